// What should catch somebody's eye now: told live, at most one for a room in five seconds, none for a room that is to be quiet.
import { ALERTS_PAUSE_MS } from './bounds.js';
import type { Notification } from './wire.js';

export interface Alerts {
  onAlert(listener: (notification: Notification) => void, quiet?: (roomId: string) => boolean): () => void;
  /** Only what the server has just told: never a page of what was. */
  told(notification: Notification): void;
}

interface Watcher {
  listener(notification: Notification): void;
  quiet(roomId: string): boolean;
  /** When the last one of a room was; of those within the pause only. */
  last: Map<string, number>;
}

export function createAlerts(now: () => number = Date.now): Alerts {
  const watchers = new Set<Watcher>();

  function tell({ listener, quiet, last }: Watcher, notification: Notification) {
    const { roomId } = notification;
    if (roomId !== undefined && quiet(roomId)) return;
    const at = now();
    for (const [room, then] of last) if (Math.abs(at - then) >= ALERTS_PAUSE_MS) last.delete(room);
    const key = roomId ?? '';
    if (last.has(key)) return;
    last.set(key, at);
    listener(notification);
  }

  return {
    onAlert(listener, quiet = () => false) {
      const watcher: Watcher = { listener, quiet, last: new Map() };
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
    told(notification) {
      for (const watcher of [...watchers]) tell(watcher, notification);
    },
  };
}
