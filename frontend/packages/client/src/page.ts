// What a page tells about whoever looks at it. Where there is no page, somebody always looks and nobody leaves.
import type { Life } from './life.js';

export function isHidden(): boolean {
  return globalThis.document?.visibilityState === 'hidden';
}

/** Calls when the page is looked at again. */
export function whenSeen(life: Life, run: () => void): void {
  life.listen(globalThis.document, 'visibilitychange', () => {
    if (!isHidden()) run();
  });
}

/** Calls when the machine says that its network is back. */
export function whenNetworkBack(life: Life, run: () => void): void {
  if (globalThis.document) life.listen(globalThis.window, 'online', run);
}

/** Calls when the page goes away or into the background: nobody may be here to do it later. */
export function whenLeft(life: Life, run: () => void): void {
  if (globalThis.document) life.listen(globalThis.window, 'pagehide', run);
  life.listen(globalThis.document, 'visibilitychange', () => {
    if (isHidden()) run();
  });
}
