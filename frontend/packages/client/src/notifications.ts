// The user's notifications: pages of what was, and what is told live put before them; one count of the unread over all devices.

import { NOTIFICATIONS_MOST, NOTIFICATIONS_PAGE } from './bounds.js';
import type { Notifications, NotificationsState } from './contract.js';
import { oneAtATime } from './one-at-a-time.js';
import { asProblem } from './problem.js';
import { cell } from './readable.js';
import type { Rest } from './rest.js';
import type { Notification, NotificationsPage } from './wire.js';

export interface NotificationList
  extends Pick<Notifications, 'get' | 'first' | 'subscribe' | 'loadOlder' | 'markRead'> {
  /** Asks for the newest page: after a connect, and where something may have been missed. */
  refresh(): void;
  told(notification: Notification): void;
  readElsewhere(read: { upTo: string; unread: number }): void;
}

const nothing: NotificationsState = {
  status: 'loading',
  problem: null,
  notifications: [],
  unread: 0,
  hasOlder: false,
};

export function createNotifications({ ask }: Pick<Rest, 'ask'>): NotificationList {
  const state = cell<NotificationsState>(nothing);
  let cursor: string | undefined;
  let loadingOlder = false;

  function set(patch: Partial<NotificationsState>) {
    state.set({ ...state.get(), ...patch });
  }

  const page = (cursor?: string) =>
    ask<NotificationsPage>('/notifications', { query: { cursor, limit: NOTIFICATIONS_PAGE } });

  /** `last`: the newest one known when the page was asked for. */
  function withNewest({ notifications: newest, unread, nextCursor }: NotificationsPage, last = '') {
    const known = state.get().notifications;
    const oldest = newest.at(-1);
    // What came live while the page was on its way is newer than it; what was held and meets it stays below.
    const first = newest[0]?.id ?? '';
    const newer = known.filter(({ id }) => id > first);
    const meets = oldest !== undefined && known.some(({ id }) => id === oldest.id);
    const older = meets ? known.filter(({ id }) => id < oldest.id) : [];
    if (!meets) cursor = nextCursor;
    const notifications = [...newer, ...newest, ...older];
    const all = unread + newer.filter(({ id }) => id > last).length;
    set({ status: 'ready', problem: null, notifications, unread: all, hasOlder: cursor !== undefined });
  }

  const refresh = oneAtATime(async () => {
    const last = state.get().notifications[0]?.id;
    try {
      withNewest(await page(), last);
    } catch (error) {
      set({ status: state.get().status === 'ready' ? 'ready' : 'failed', problem: asProblem(error) });
    }
  });

  async function loadOlder() {
    if (loadingOlder || cursor === undefined) return;
    loadingOlder = true;
    try {
      const { notifications: next, nextCursor } = await page(cursor);
      const known = state.get().notifications;
      const last = known.at(-1)?.id;
      const older = next.filter(({ id }) => last === undefined || id < last);
      const notifications = [...known, ...older];
      cursor = notifications.length < NOTIFICATIONS_MOST ? nextCursor : undefined;
      set({ problem: null, notifications, hasOlder: cursor !== undefined });
    } catch (error) {
      set({ problem: asProblem(error) });
    }
    loadingOlder = false;
  }

  async function markRead(upTo = state.get().notifications[0]?.id) {
    if (upTo === undefined) return;
    const left = state.get().notifications.filter(({ id }) => id > upTo).length;
    set({ unread: Math.min(left, state.get().unread) });
    try {
      set({
        unread: (await ask<{ unread: number }>('/notifications/read', { method: 'POST', body: { upTo } }))
          .unread,
      });
    } catch (error) {
      set({ problem: asProblem(error) });
      void refresh();
    }
  }

  return {
    get: state.get,
    first: state.first,
    subscribe: state.subscribe,
    refresh: () => void refresh(),
    loadOlder: () => void loadOlder(),
    markRead: (upTo) => void markRead(upTo),
    told(notification) {
      const { notifications: known, unread } = state.get();
      if (known.some(({ id }) => id === notification.id)) return;
      const notifications = [notification, ...known].sort((a, b) => (a.id < b.id ? 1 : -1));
      if (notifications.length > NOTIFICATIONS_MOST) {
        notifications.length = NOTIFICATIONS_MOST;
        cursor = undefined;
      }
      set({ notifications, unread: unread + 1, hasOlder: cursor !== undefined });
    },
    readElsewhere: ({ unread }) => set({ unread }),
  };
}
