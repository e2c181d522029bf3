// How pages of notifications and what is told live come together.
import { expect, it } from 'vitest';
import { createNotifications } from './notifications.js';
import type { Rest } from './rest.js';
import type { Notification, NotificationsPage } from './wire.js';

const notification = (id: string) => ({ id, kind: 'mention' }) as Notification;

it('counts what is told while a page is on its way', async () => {
  let answer: (page: NotificationsPage) => void = () => undefined;
  const ask = () =>
    new Promise<NotificationsPage>((resolve) => {
      answer = resolve;
    });
  const list = createNotifications({ ask: ask as unknown as Rest['ask'] });
  list.refresh();
  list.told(notification('2'));
  const ready = new Promise<void>((resolve) => list.subscribe(resolve));
  answer({ notifications: [notification('1')], unread: 1 } as NotificationsPage);
  await ready;
  expect(list.get().notifications.map(({ id }) => id)).toEqual(['2', '1']);
  expect(list.get().unread).toBe(2);
});
