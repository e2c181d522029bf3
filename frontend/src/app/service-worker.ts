// Registers the worker that keeps the page itself on this device, so that it opens without a connection.

/**
 * `onReady` is called when a newer page waits, with what makes it take over: all tabs are then loaded again, since what they have
 * not loaded yet is gone with the older page. The answer looks for a newer one.
 */
export async function register(onReady: (takeOver: () => void) => void): Promise<() => void> {
  const { serviceWorker } = navigator;
  const registration = await serviceWorker.register('/sw.js', { scope: '/' });
  const replaces = serviceWorker.controller !== null;
  let asked = false;

  function offer(waiting: ServiceWorker) {
    onReady(() => {
      asked = true;
      waiting.postMessage({ type: 'SKIP_WAITING' });
    });
  }

  function follow(worker: ServiceWorker | null) {
    worker?.addEventListener('statechange', () => {
      if (worker.state === 'installed' && replaces) offer(worker);
    });
  }

  if (replaces) {
    serviceWorker.addEventListener(
      'controllerchange',
      () => (asked ? window.location.reload() : reloadInAQuietMoment()),
      { once: true },
    );
    if (registration.waiting) offer(registration.waiting);
  }
  follow(registration.installing);
  registration.addEventListener('updatefound', () => follow(registration.installing));
  return () => void registration.update().catch(() => undefined);
}

/** Another tab has asked for it: nobody who writes here is to be interrupted. */
function reloadInAQuietMoment() {
  const look = () => {
    const hidden = document.visibilityState === 'hidden';
    if (hidden ? !wouldLoseText() : !someoneWrites()) window.location.reload();
  };
  look();
  document.addEventListener('visibilitychange', look);
  window.addEventListener('hashchange', () => window.location.reload());
}

function someoneWrites(): boolean {
  return document.querySelector('dialog[open]') !== null || writtenIn('textarea, input');
}

/** What is in the field to write in is kept as the room's draft. */
function wouldLoseText(): boolean {
  return document.querySelector('dialog[open]') !== null || writtenIn('textarea:not(.composer textarea)');
}

function writtenIn(fields: string): boolean {
  return [...document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>(fields)].some(
    ({ type, value }) => /^(text|textarea|search|password)/.test(type) && value.trim() !== '',
  );
}
