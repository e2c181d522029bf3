// What was meant for the user while they were elsewhere, the newest first, and whether this device calls them.
import type { Notification } from '@belfry/client';
import { useClient, useNotifications } from '@belfry/react';
import { useState } from 'react';
import { Button } from '../../design/Button';
import { At, Bell, Check, Info, PeopleSign, Person, Reply } from '../../design/icons';
import { EmptyState, ErrorState, Skeleton } from '../../design/States';
import { generalSentence } from '../../language/sentences';
import { clockTime, dayName, fullTime } from '../../language/time';
import { roomAddress } from '../../routes';
import { DesktopSwitch } from './DesktopSwitch';
import { goTo } from './go-to';
import { KIND_WORDS } from './kinds';

const SIGNS = { mention: At, reply: Reply, direct: Person, invite: PeopleSign, custom: Info };

interface NotificationsPanelProps {
  /** One of them has been followed. */
  onGone(): void;
}

export default function NotificationsPanel({ onGone }: NotificationsPanelProps) {
  const { status, problem, notifications, unread, hasOlder, refresh, loadOlder, markRead } =
    useNotifications();
  const client = useClient();
  const [asked, setAsked] = useState(0);
  const loadingOlder = asked > 0 && asked === notifications.length && hasOlder && !problem;

  function follow(notification: Notification) {
    markRead(notification.id);
    onGone();
    void goTo(client, notification);
  }

  return (
    <>
      <header className="notifications-head">
        <h2>Notifications</h2>
        <Button
          size="small"
          look="quiet"
          icon={<Check />}
          aria-disabled={unread === 0}
          onClick={() => unread > 0 && markRead()}
        >
          Mark all read
        </Button>
      </header>
      <div className="notifications-list">
        {status === 'loading' && <Skeleton label="Loading notifications" />}
        {status === 'failed' && (
          <ErrorState
            small
            level={3}
            title="Not loaded"
            sentence={problem ? generalSentence(problem) : 'They come with the connection.'}
            onRetry={refresh}
          />
        )}
        {status === 'ready' && notifications.length === 0 && (
          <EmptyState small level={3} title="Nothing for you yet" icon={<Bell />}>
            <p className="soft">Mentions, replies, direct messages and invitations stand here.</p>
          </EmptyState>
        )}
        <ul>
          {notifications.map((notification, index) => (
            <li key={notification.id}>
              <Line notification={notification} unread={index < unread} onFollow={follow} />
            </li>
          ))}
        </ul>
        {hasOlder && notifications.length > 0 && (
          <Button
            className="notifications-older"
            look="quiet"
            size="small"
            busy={loadingOlder}
            onClick={() => {
              setAsked(notifications.length);
              loadOlder();
            }}
          >
            Show older
          </Button>
        )}
        {status === 'ready' && problem && (
          <p className="problem notifications-problem" role="alert">
            {generalSentence(problem)}
          </p>
        )}
      </div>
      <DesktopSwitch />
    </>
  );
}

interface LineProps {
  notification: Notification;
  unread: boolean;
  onFollow(notification: Notification): void;
}

function Line({ notification, unread, onFollow }: LineProps) {
  const { kind, roomId, title, body, createdAt } = notification;
  const Sign = SIGNS[kind] ?? Info;
  const content = (
    <>
      <span className="notification-sign">
        <Sign />
      </span>
      <span className="notification-words">
        <span className="notification-about soft">
          <span>{KIND_WORDS[kind] ?? KIND_WORDS.custom}</span>
          <time dateTime={createdAt} title={fullTime(createdAt)}>
            {whenOf(createdAt)}
          </time>
        </span>
        <strong className="notification-title">{title}</strong>
        {body !== '' && <span className="notification-body">{body}</span>}
        {unread && <span className="visually-hidden">unread</span>}
      </span>
    </>
  );
  if (roomId === undefined) {
    return (
      <div className="notification" data-unread={unread}>
        {content}
      </div>
    );
  }
  return (
    <a
      className="notification"
      data-unread={unread}
      href={roomAddress(roomId)}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        onFollow(notification);
      }}
    >
      {content}
    </a>
  );
}

function whenOf(timestamp: string): string {
  const day = dayName(timestamp);
  return day === 'Today' ? clockTime(timestamp) : day;
}
