// What a person does to a message that is there: seen at once, sent in the order done, taken back with a problem if refused.
import { backOff, isPassing } from './back-off.js';
import { DEEDS_AGAIN_MS, DEEDS_LONGEST_AGAIN_MS, PATIENCE_MS } from './bounds.js';
import { createGatherer } from './gather.js';
import { Problem, tooLong } from './problem.js';
import { type Acts, hasMine, type MessageActs, ownClaps, type Said, withActs } from './timeline/acts.js';
import type { Ack, Claps, Message, Reaction, WireError } from './wire.js';

export interface Deeds {
  edit(messageId: string, content: string): void;
  remove(messageId: string): void;
  clap(messageId: string): void;
  react(messageId: string, emoji: string): void;
  /** Takes a failed act and its problem away. */
  dismiss(messageId: string): void;
  /** Asks again at once for the edits and deletions that wait: the server can be reached. */
  again(): void;
  /** Sends the claps that are gathered: the page may go away. */
  flush(): void;
  /** Ends all timers, after a last flush. */
  rest(): void;
}

export interface DeedsScene {
  ask<T>(event: string, argument: unknown): Promise<Ack<T>>;
  message(messageId: string): Message | undefined;
  acts(): Acts;
  setActs(acts: Acts): void;
}

export function createDeeds({ ask, message, acts, setActs }: DeedsScene): Deeds {
  /** Marks that the server has taken and that have not come. */
  const patience = new Set<() => void>();
  const gatherer = createGatherer(sendClaps);
  /** The edits and deletions that the server could not be asked for, in their order. */
  const owed: (() => void)[] = [];
  let tries = 0;
  let pause: ReturnType<typeof setTimeout> | undefined;

  function act(messageId: string): MessageActs {
    return acts()[messageId] ?? {};
  }

  /** What is `undefined` goes. */
  function change(messageId: string, patch: Said<MessageActs>) {
    setActs(withActs(acts(), messageId, { ...act(messageId), ...patch }));
  }

  function standing(messageId: string): Message | undefined {
    const known = message(messageId);
    return known?.deletedAt ? undefined : known;
  }

  function again() {
    clearTimeout(pause);
    pause = undefined;
    for (const go of owed.splice(0)) go();
  }

  /** Asks until the server has said yes or no, behind those that wait; `null` where it is not wished any more. */
  async function insist(event: string, argument: unknown, wished: () => unknown) {
    let ms: number | undefined;
    while (wished()) {
      if (owed.length === 0) {
        const ack = await ask<{ message: Message }>(event, argument);
        if (ack.ok || !isPassing(ack.error)) {
          tries = 0;
          return ack;
        }
        ms = ack.error.retryAfterMs;
      }
      await new Promise<void>((go) => {
        owed.push(go);
        pause ??= setTimeout(again, ms ?? backOff(++tries, DEEDS_AGAIN_MS, DEEDS_LONGEST_AGAIN_MS));
      });
    }
    return null;
  }

  async function sendClaps(messageId: string, count: number) {
    const ack = await ask<{ claps: Claps }>('message:clap', { messageId, count });
    if (ack.ok) {
      const mine = ack.claps.mine ?? 0;
      return change(messageId, { claps: Math.max(act(messageId).claps ?? 0, mine) });
    }
    gatherer.drop(messageId);
    change(messageId, { claps: undefined, problem: new Problem(ack.error) });
  }

  async function sendReaction(messageId: string, emoji: string) {
    const wished = () => act(messageId).reactions?.[emoji]?.on;
    let sent: boolean | undefined;
    for (let on = wished(); on !== undefined && on !== sent; on = wished()) {
      const ack = await ask<{ reactions: Reaction[] }>('message:react', { messageId, emoji, on });
      if (!ack.ok) return unwish(messageId, emoji, ack.error);
      sent = on;
    }
    wish(messageId, emoji, sent ?? false, false);
    const giveUp = () => {
      clearTimeout(timer);
      patience.delete(giveUp);
      if (act(messageId).reactions?.[emoji]?.sending === false) unwish(messageId, emoji);
    };
    const timer = setTimeout(giveUp, PATIENCE_MS);
    patience.add(giveUp);
  }

  function wish(messageId: string, emoji: string, on: boolean, sending: boolean) {
    const reactions = { ...act(messageId).reactions, [emoji]: { on, sending } };
    change(messageId, { problem: undefined, reactions });
  }

  function unwish(messageId: string, emoji: string, error?: WireError) {
    const { [emoji]: _, ...others } = act(messageId).reactions ?? {};
    const reactions = Object.keys(others).length > 0 ? others : undefined;
    change(messageId, { reactions, ...(error && { problem: new Problem(error) }) });
  }

  return {
    async edit(messageId, content) {
      if (!standing(messageId)) return;
      change(messageId, { problem: undefined, edit: { content } });
      const wished = () => act(messageId).edit?.content === content;
      const error = tooLong(content);
      const ack = error
        ? ({ ok: false, error } as const)
        : await insist('message:edit', { messageId, content }, wished);
      if (!ack || !wished()) return;
      if (ack.ok) change(messageId, { edit: { content, rev: ack.message.rev } });
      else change(messageId, { edit: { content, failed: true }, problem: new Problem(ack.error) });
    },
    async remove(messageId) {
      if (!standing(messageId)) return;
      change(messageId, { problem: undefined, deleting: {} });
      const ack = await insist('message:delete', { messageId }, () => act(messageId).deleting);
      if (!ack) return;
      if (ack.ok) change(messageId, { deleting: { rev: ack.message.rev } });
      else change(messageId, { deleting: undefined, problem: new Problem(ack.error) });
    },
    clap(messageId) {
      const known = standing(messageId);
      if (!known) return;
      const now = ownClaps(known, act(messageId));
      const next = ownClaps(known, { claps: now + 1 });
      if (next === now) return;
      change(messageId, { problem: undefined, claps: next });
      gatherer.tap(messageId);
    },
    react(messageId, emoji) {
      const known = standing(messageId);
      if (!known) return;
      const now = act(messageId).reactions?.[emoji];
      wish(messageId, emoji, !(now?.on ?? hasMine(known.reactions, emoji)), true);
      if (!now?.sending) void sendReaction(messageId, emoji);
    },
    dismiss(messageId) {
      const { edit } = act(messageId);
      change(messageId, { problem: undefined, edit: edit?.failed ? undefined : edit });
    },
    again,
    flush: gatherer.flush,
    rest() {
      gatherer.flush();
      clearTimeout(pause);
      pause = undefined;
      for (const giveUp of patience) giveUp();
    },
  };
}
