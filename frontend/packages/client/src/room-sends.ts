// What the user writes in one room: in the list at once, kept until the server has it, and a promise for whoever wants to know.

import { MOST_WAITING } from './bounds.js';
import { newClientId } from './client-id.js';
import type { SentMessage } from './contract.js';
import { NO_MEMBER, Problem, tooLong } from './problem.js';
import type { RoomStore } from './room-store.js';
import type { Pending, Timeline } from './timeline/timeline.js';
import type { Message } from './wire.js';
import type { World } from './world.js';

export interface Sends {
  send(content: string, replyTo?: string | null): SentMessage;
  retry(key: string): void;
  discard(key: string): string | null;
  /** What an earlier page had not sent. */
  restore(pending: readonly Pending[]): void;
  /** What waits cannot be sent any more: the room is refused, or not open to the user. */
  refuseAll(): void;
  /** For each step of the timeline: keeps what waits, and tells those who wait for it. */
  moved(before: Timeline, after: Timeline): void;
  acknowledged(clientId: string, message: Message): void;
  refused(clientId: string, problem: Problem): void;
}

interface Hope {
  resolve(message: Message): void;
  reject(problem: Problem): void;
}

export function createSends(store: RoomStore, { unsent, pump }: Pick<World, 'unsent' | 'pump'>): Sends {
  const hopes = new Map<string, Hope>();
  let restoring = false;

  function settle(clientId: string, run: (hope: Hope) => void) {
    const hope = hopes.get(clientId);
    hopes.delete(clientId);
    if (hope) run(hope);
  }

  function refused(clientId: string, problem: Problem) {
    store.move({ type: 'refused', clientId, problem });
    settle(clientId, ({ reject }) => reject(problem));
  }

  function refuseAll() {
    const { status, problem } = store.state.get();
    const why = (status === 'refused' && problem) || new Problem(NO_MEMBER);
    for (const { clientId, state } of store.timeline().pending)
      if (state === 'waiting') refused(clientId, why);
  }

  /** To be sent, but for what cannot be now: it is not to go out unasked when it can. */
  function offer() {
    const status = store.status();
    if (status === 'lost' || status === 'refused') return refuseAll();
    for (const { clientId, content, state } of store.timeline().pending) {
      const error = state === 'waiting' && tooLong(content);
      if (error) refused(clientId, new Problem(error));
    }
    pump(store.id);
  }

  return {
    send(content, replyTo) {
      const clientId = newClientId();
      const done = new Promise<Message>((resolve, reject) => hopes.set(clientId, { resolve, reject }));
      // Nobody has to wait for it.
      done.catch(() => undefined);
      if (store.timeline().pending.length >= MOST_WAITING) {
        const message = 'Too many messages wait in this room.';
        settle(clientId, ({ reject }) => reject(new Problem({ code: 'rate_limited', message })));
        return { key: clientId, done };
      }
      const writtenAt = new Date().toISOString();
      const pending: Pending = {
        clientId,
        content,
        writtenAt,
        state: 'waiting',
        ...(replyTo ? { replyTo } : {}),
      };
      store.move({ type: 'written', pending });
      offer();
      return { key: clientId, done };
    },
    retry(key) {
      store.move({ type: 'retried', clientId: key });
      offer();
    },
    discard(key) {
      const pending = store.timeline().pending.find(({ clientId }) => clientId === key);
      if (!pending || pending.state === 'sent') return null;
      store.move({ type: 'discarded', clientId: key });
      settle(key, ({ reject }) => reject(new Problem({ code: 'conflict', message: 'It was discarded.' })));
      return pending.content;
    },
    restore(pending) {
      restoring = true;
      store.move({ type: 'restored', pending });
      restoring = false;
      offer();
    },
    refuseAll,
    moved(before, after) {
      if (before.pending === after.pending || restoring) return;
      const then = new Map(before.pending.map((each) => [each.clientId, each]));
      for (const each of after.pending) {
        if (then.get(each.clientId) !== each) {
          if (each.state === 'sent') void unsent.remove(each.clientId);
          else void unsent.put(store.id, each);
        }
        then.delete(each.clientId);
      }
      for (const { clientId, state } of then.values()) {
        if (state !== 'sent') void unsent.remove(clientId);
        if (!hopes.has(clientId)) continue;
        // Its own event came before the acknowledgement.
        const message = after.tail.messages.findLast((each) => each.clientId === clientId);
        if (message) settle(clientId, ({ resolve }) => resolve(message));
      }
    },
    acknowledged(clientId, message) {
      store.move({ type: 'acknowledged', clientId, message });
      settle(clientId, ({ resolve }) => resolve(message));
    },
    refused,
  };
}
