// What a person does to a message that is there: seen at once, sent in the order done, taken back with a sentence if refused.

import { createGatherer } from './gather.js';
import { actSentence } from './problem.js';
import { type Acts, hasMine, type MessageActs, ownClaps, withActs } from './timeline/acts.js';
import type { Ack, Claps, Message, Reaction, WireError } from './wire.js';

export interface Deeds {
  edit(roomId: string, messageId: string, content: string): void;
  remove(roomId: string, messageId: string): void;
  clap(roomId: string, messageId: string): void;
  react(roomId: string, messageId: string, emoji: string): void;
  /** Takes a failed act and its sentence away. */
  dismiss(roomId: string, messageId: string): void;
  /** Sends the claps that are gathered: the page may go away. */
  flush(): void;
  close(): void;
}

export interface DeedsScene {
  ask<T>(event: string, argument: unknown): Promise<Ack<T>>;
  message(roomId: string, messageId: string): Message | undefined;
  acts(roomId: string): Acts;
  setActs(roomId: string, acts: Acts): void;
}

/** A mark that the server has taken, but that does not come, is not waited for any longer. */
const PATIENCE_MS = 3000;

export function createDeeds({ ask, message, acts, setActs }: DeedsScene): Deeds {
  const rooms = new Map<string, string>();
  const timers = new Set<ReturnType<typeof setTimeout>>();
  const gatherer = createGatherer(sendClaps);

  function act(roomId: string, messageId: string): MessageActs {
    return acts(roomId)[messageId] ?? {};
  }

  function change(roomId: string, messageId: string, next: (now: MessageActs) => MessageActs) {
    setActs(roomId, withActs(acts(roomId), messageId, next(act(roomId, messageId))));
  }

  async function sendClaps(messageId: string, count: number) {
    const roomId = rooms.get(messageId) ?? '';
    const ack = await ask<{ claps: Claps }>('message:clap', { messageId, count });
    if (ack.ok) {
      const mine = ack.claps.mine ?? 0;
      return change(roomId, messageId, (now) => ({ ...now, claps: Math.max(now.claps ?? 0, mine) }));
    }
    gatherer.drop(messageId);
    const problem = actSentence(ack.error, 'clap');
    change(roomId, messageId, ({ claps: _, ...now }) => ({ ...now, problem }));
  }

  async function sendReaction(roomId: string, messageId: string, emoji: string) {
    const wished = () => act(roomId, messageId).reactions?.[emoji]?.on;
    let sent: boolean | undefined;
    for (let on = wished(); on !== undefined && on !== sent; on = wished()) {
      const ack = await ask<{ reactions: Reaction[] }>('message:react', { messageId, emoji, on });
      if (!ack.ok) return unwish(roomId, messageId, emoji, ack.error);
      sent = on;
    }
    wish(roomId, messageId, emoji, sent ?? false, false);
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (act(roomId, messageId).reactions?.[emoji]?.sending === false) unwish(roomId, messageId, emoji);
    }, PATIENCE_MS);
    timers.add(timer);
  }

  function wish(roomId: string, messageId: string, emoji: string, on: boolean, sending: boolean) {
    change(roomId, messageId, ({ problem: _, ...now }) => ({
      ...now,
      reactions: { ...now.reactions, [emoji]: { on, sending } },
    }));
  }

  function unwish(roomId: string, messageId: string, emoji: string, error?: WireError) {
    change(roomId, messageId, ({ reactions = {}, ...now }) => {
      const { [emoji]: _, ...others } = reactions;
      const left = Object.keys(others).length > 0 ? { ...now, reactions: others } : now;
      return error ? { ...left, problem: actSentence(error, 'react') } : left;
    });
  }

  return {
    async edit(roomId, messageId, content) {
      change(roomId, messageId, ({ problem: _, ...now }) => ({ ...now, edit: { content } }));
      const ack = await ask<{ message: Message }>('message:edit', { messageId, content });
      change(roomId, messageId, (now) => {
        if (now.edit?.content !== content) return now;
        if (ack.ok) return { ...now, edit: { content, rev: ack.message.rev } };
        return { ...now, edit: { content, failed: true }, problem: actSentence(ack.error, 'edit') };
      });
    },
    async remove(roomId, messageId) {
      change(roomId, messageId, ({ problem: _, ...now }) => ({ ...now, deleting: {} }));
      const ack = await ask<{ message: Message }>('message:delete', { messageId });
      change(roomId, messageId, ({ deleting: _, ...now }) =>
        ack.ok
          ? { ...now, deleting: { rev: ack.message.rev } }
          : { ...now, problem: actSentence(ack.error, 'delete') },
      );
    },
    clap(roomId, messageId) {
      const known = message(roomId, messageId);
      if (!known || known.deletedAt) return;
      const now = ownClaps(known, act(roomId, messageId));
      const next = ownClaps(known, { claps: now + 1 });
      if (next === now) return;
      rooms.set(messageId, roomId);
      change(roomId, messageId, ({ problem: _, ...others }) => ({ ...others, claps: next }));
      gatherer.tap(messageId);
    },
    react(roomId, messageId, emoji) {
      const known = message(roomId, messageId);
      if (!known || known.deletedAt) return;
      const now = act(roomId, messageId).reactions?.[emoji];
      wish(roomId, messageId, emoji, !(now?.on ?? hasMine(known.reactions, emoji)), true);
      if (!now?.sending) void sendReaction(roomId, messageId, emoji);
    },
    dismiss(roomId, messageId) {
      change(roomId, messageId, ({ problem: _, edit, ...now }) =>
        edit && !edit.failed ? { ...now, edit } : now,
      );
    },
    flush: gatherer.flush,
    close() {
      gatherer.flush();
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
