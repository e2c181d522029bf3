// Catches somebody's eye when something for them comes in: on the desktop while they are elsewhere, by a line in the page while they
// are in another room. Renders nothing.
import { useClient } from '@belfry/react';
import { useEffect } from 'react';
import { useToast } from '../../design/Toast';
import { currentPlace } from '../../routes';
import { desktopState, showOnDesktop } from './desktop';
import { goTo } from './go-to';
import { lineOf } from './kinds';

export function NotificationAlerts() {
  const client = useClient();
  const toast = useToast();

  useEffect(
    () =>
      client.notifications.onAlert((notification) => {
        const { id, roomId, title, body } = notification;
        const show = () => {
          client.notifications.markRead(id);
          void goTo(client, notification);
        };
        const name = `notification ${roomId ?? id}`;
        const away = !document.hasFocus();
        if (away && desktopState() === 'on' && showOnDesktop(title, body, name, show)) return;
        if (document.visibilityState === 'hidden') return;
        toast({
          name,
          text: lineOf(notification),
          ...(roomId !== undefined && { action: { label: 'Show', run: show } }),
        });
      }, isLookedAt),
    [client, toast],
  );
  return null;
}

function isLookedAt(roomId: string): boolean {
  const place = currentPlace();
  return place.view === 'room' && place.roomId === roomId && document.hasFocus();
}
