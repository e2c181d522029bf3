// The bell: how much is unread, the list behind it, and the calls while somebody is elsewhere.
import { useNotifications } from '@belfry/react';
import { useRef } from 'react';
import { Badge } from '../../design/Badge';
import { Bell } from '../../design/icons';
import { lazyPart } from '../../design/lazy-part';
import { Popup } from '../../design/Popup';
import { Skeleton } from '../../design/States';
import { keysOf, useShortcut } from '../../keyboard';
import { NotificationAlerts } from './NotificationAlerts';
import './notifications.css';

const NotificationsPanel = lazyPart(() => import('./NotificationsPanel').then((module) => module.default));

export function NotificationsButton() {
  const unread = useNotifications((state) => state.unread);
  const place = useRef<HTMLSpanElement>(null);
  useShortcut('notifications', () => place.current?.querySelector('button')?.click());
  return (
    <span ref={place}>
      <NotificationAlerts />
      <Popup
        label={unread > 0 ? `Notifications: ${unread} unread` : 'Notifications'}
        face={
          <>
            <Bell />
            {unread > 0 && (
              <span className="button-mark" aria-hidden="true">
                <Badge tone="calls">{unread}</Badge>
              </span>
            )}
          </>
        }
        kind="dialog"
        keys={keysOf('notifications')}
        align="start"
      >
        {(close) => (
          <div className="notifications">
            <NotificationsPanel
              onGone={close}
              onMissing={close}
              waiting={<Skeleton label="Loading notifications" />}
            />
          </div>
        )}
      </Popup>
    </span>
  );
}
