// What the user has just done to messages and the server has not shown yet. It lies over what is known, and goes when the
// known has come up to it; a failure takes it back and leaves a problem where it happened.
import { unlessAlike } from '../derived.js';
import type { Problem } from '../problem.js';
import { type Message, MOST_CLAPS, type Reaction } from '../wire.js';
import { held, type Timeline } from './timeline.js';

export interface MessageActs {
  /** How many claps of their own the user has tapped for, in all. */
  claps?: number;
  /** How the user wants their marks; `sending`: not answered yet. */
  reactions?: Readonly<Record<string, Wish>>;
  /** The text that is on its way; `rev`: the revision at which it is known. */
  edit?: { content: string; rev?: number; failed?: true };
  deleting?: { rev?: number };
  problem?: Problem;
}

export interface Wish {
  on: boolean;
  sending: boolean;
}

/** The same, where what is `undefined` is as good as not there. */
export type Said<T> = { [Name in keyof T]?: T[Name] | undefined };

/** By message id. */
export type Acts = Readonly<Record<string, MessageActs>>;

export const noActs: Acts = {};

/** Puts `next` in the place of what there is for a message; nothing is kept of acts that say nothing. */
export function withActs(acts: Acts, messageId: string, next: Said<MessageActs>): Acts {
  const { [messageId]: _, ...others } = acts;
  const said = Object.entries(next).filter(([, value]) => value !== undefined);
  return said.length === 0 ? others : { ...others, [messageId]: Object.fromEntries(said) };
}

/** The message as the user should see it. */
export function overlaid(message: Message, acts: MessageActs | undefined): Message {
  if (!acts || message.deletedAt) return message;
  const { claps, reactions, edit } = acts;
  return {
    ...message,
    ...(edit ? { content: edit.content } : {}),
    claps: claps === undefined ? message.claps : clapped(message, claps),
    reactions: reactions ? reacted(message.reactions, reactions) : message.reactions,
  };
}

/** How many claps the user has on it when what was tapped is counted in. */
export function ownClaps(message: Message, acts: MessageActs | undefined): number {
  return Math.min(MOST_CLAPS, Math.max(message.claps.mine ?? 0, acts?.claps ?? 0));
}

/** Takes away what the known messages have come up to. The same object where nothing has changed. */
export function settled(acts: Acts, messages: readonly Message[], rev: number | null): Acts {
  return settledBy(acts, (id) => messages.findLast((known) => known.id === id), rev);
}

/** The same for both lists of a timeline. */
export function settledIn(acts: Acts, timeline: Timeline): Acts {
  return settledBy(acts, (id) => held(timeline, id), timeline.rev);
}

function settledBy(acts: Acts, find: (id: string) => Message | undefined, rev: number | null): Acts {
  let next = acts;
  for (const [id, each] of Object.entries(acts)) {
    const message = find(id);
    const left = stillWaiting(each, message, rev ?? 0);
    if (left !== each) next = withActs(next, id, left);
  }
  return next;
}

function isThere(act: { rev?: number }, rev: number): boolean {
  return act.rev !== undefined && act.rev <= rev;
}

/** Of a message that is not held any more: what is on its way, and what the user has to be told. */
function stillWaiting(acts: MessageActs, message: Message | undefined, rev: number): MessageActs {
  if (message?.deletedAt) return {};
  const left = { ...acts };
  if (!message || (acts.claps ?? 0) <= (message.claps.mine ?? 0)) delete left.claps;
  if (acts.edit && isThere(acts.edit, rev)) delete left.edit;
  if (acts.deleting && isThere(acts.deleting, rev)) delete left.deleting;
  const marks = Object.entries(acts.reactions ?? {});
  const open = marks.filter(
    ([emoji, { on, sending }]) => sending || (message && on !== hasMine(message.reactions, emoji)),
  );
  if (open.length === 0) delete left.reactions;
  else if (open.length < marks.length) left.reactions = Object.fromEntries(open);
  return unlessAlike(acts, left);
}

export function hasMine(reactions: readonly Reaction[], emoji: string): boolean {
  return reactions.find((each) => each.emoji === emoji)?.mine ?? false;
}

function clapped({ claps }: Message, wish: number) {
  const mine = claps.mine ?? 0;
  const more = Math.max(0, wish - mine);
  return { total: claps.total + more, mine: mine + more };
}

function reacted(known: readonly Reaction[], wishes: Readonly<Record<string, Wish>>): Reaction[] {
  const shown = known.map((each) => {
    const wish = wishes[each.emoji];
    if (!wish || wish.on === each.mine) return each;
    return { ...each, mine: wish.on, count: each.count + (wish.on ? 1 : -1) };
  });
  for (const [emoji, { on }] of Object.entries(wishes)) {
    if (on && !known.some((each) => each.emoji === emoji)) shown.push({ emoji, count: 1, mine: true });
  }
  return shown.filter(({ count }) => count > 0);
}
