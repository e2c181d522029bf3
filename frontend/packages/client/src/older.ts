// Brings earlier messages: a page when the reader goes up, as many as it takes when they go to one message.
import type { RoomEvent, RoomState } from './timeline/history.js';
import type { HistoryPage } from './wire.js';

export interface Older {
  load(roomId: string): Promise<void>;
  /** Loads until that message is held; whether it is. */
  seek(roomId: string, messageId: string): Promise<boolean>;
}

export interface OlderScene {
  history(roomId: string): RoomState | undefined;
  ask(roomId: string, before: number): Promise<HistoryPage>;
  move(roomId: string, event: RoomEvent): void;
}

/** Somebody who goes to a message further up than that is not taken there. */
const MOST_PAGES = 20;

export function createOlder({ history, ask, move }: OlderScene): Older {
  async function load(roomId: string): Promise<void> {
    const now = history(roomId);
    const before = now?.messages[0]?.seq;
    if (!now?.hasOlder || now.older === 'loading' || before === undefined) return;
    move(roomId, { type: 'olderAsked' });
    await ask(roomId, before).then(
      (page) => move(roomId, { type: 'olderCame', before, page }),
      () => move(roomId, { type: 'olderFailed' }),
    );
  }

  return {
    load,
    async seek(roomId, messageId) {
      for (let pages = 0; pages < MOST_PAGES; pages += 1) {
        const now = history(roomId);
        if (!now) return false;
        if (now.messages.some(({ id }) => id === messageId)) return true;
        if (!now.hasOlder || now.older !== 'idle') return false;
        await load(roomId);
      }
      return false;
    },
  };
}
