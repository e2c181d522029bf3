// Whether the reader follows what comes at the end: from when they are there until they go up. That the list or its box got another
// height is no reason to stop: rows also come above the last one (one's own waits below them), and the box shrinks when the field grows.
import { type RefObject, useState } from 'react';

/** So near the end is at the end. */
export const END_SLACK_PX = 24;
const MOVED_PX = 1;

export interface Following {
  isOn(): boolean;
  /** They asked for the end, and are taken there. */
  begins(): void;
  /** They were taken to a row: where that is not at the end, they do not follow. */
  ledAway(): void;
  /** Scrolls so that what is read holds still: it was not the reader who went up. */
  unmoved(scrolls: () => void): void;
  /** How many pixels there are below what is in view. */
  below(): number;
  /** To be asked after whatever may have changed or moved; `true`: they follow and are not there. `ends`: the list ends where the room does. */
  fellBehind(ends: boolean): boolean;
}

export function useFollowing(scroller: RefObject<HTMLElement | null>, atFirst: boolean): Following {
  const [following] = useState(() => followingIn(scroller, atFirst));
  return following;
}

function followingIn(scroller: RefObject<HTMLElement | null>, atFirst: boolean): Following {
  let on = atFirst;
  /** What was found when it was last asked. */
  let last = { top: 0, below: 0 };
  const top = () => scroller.current?.scrollTop ?? 0;
  const below = () => {
    const box = scroller.current;
    return box ? box.scrollHeight - box.clientHeight - box.scrollTop : 0;
  };
  return {
    isOn: () => on,
    begins() {
      on = true;
    },
    ledAway() {
      if (below() > END_SLACK_PX) on = false;
    },
    unmoved(scrolls) {
      const before = top();
      scrolls();
      last = { ...last, top: last.top + top() - before };
    },
    below,
    fellBehind(ends) {
      const now = { top: top(), below: below() };
      const wentUp = now.top < last.top - MOVED_PX;
      const grew = now.below > last.below + MOVED_PX;
      if (!ends) on = false;
      else if (now.below <= END_SLACK_PX) on = true;
      else if (wentUp) on = false;
      last = now;
      return on && !wentUp && grew;
    },
  };
}
