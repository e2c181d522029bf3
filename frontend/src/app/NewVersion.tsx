// Says when a newer page is ready to take over; it does so only when asked to, so that nothing is lost while one writes.
import { useEffect } from 'react';
import { useToast } from '../design/Toast';

const LOOK_AGAIN_MS = 60 * 60 * 1000;

export function NewVersion() {
  const toast = useToast();

  useEffect(() => {
    if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
    let timer: ReturnType<typeof setInterval> | undefined;
    let close = () => {};
    let over = false;
    void import('./service-worker')
      .then(({ register }) =>
        register((takeOver) => {
          close = toast({
            name: 'new version',
            text: 'A new version is ready.',
            action: { label: 'Reload', run: takeOver },
            lastsMs: null,
          });
        }),
      )
      .then((look) => {
        if (!over) timer = setInterval(look, LOOK_AGAIN_MS);
      })
      // Without one the page works all the same, as long as there is a connection.
      .catch(() => undefined);
    return () => {
      over = true;
      clearInterval(timer);
      close();
    };
  }, [toast]);

  return null;
}
