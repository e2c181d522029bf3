// Registers the worker that keeps the page itself on this device, so that it opens without a connection.

/**
 * `onReady` is called when a newer page waits, with what makes it take over: the page is then loaded again. The answer looks for a
 * newer one.
 */
export async function register(onReady: (takeOver: () => void) => void): Promise<() => void> {
  const { serviceWorker } = navigator;
  const registration = await serviceWorker.register('/sw.js', { scope: '/' });
  const replaces = serviceWorker.controller !== null;

  function offer(waiting: ServiceWorker) {
    onReady(() => {
      serviceWorker.addEventListener('controllerchange', () => window.location.reload(), { once: true });
      waiting.postMessage({ type: 'SKIP_WAITING' });
    });
  }

  function follow(worker: ServiceWorker | null) {
    worker?.addEventListener('statechange', () => {
      if (worker.state === 'installed' && replaces) offer(worker);
    });
  }

  if (registration.waiting && replaces) offer(registration.waiting);
  follow(registration.installing);
  registration.addEventListener('updatefound', () => follow(registration.installing));
  return () => void registration.update().catch(() => undefined);
}
