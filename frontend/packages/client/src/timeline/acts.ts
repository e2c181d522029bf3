// What the user has just done to messages and the server has not shown yet. It lies over what is known, and goes when the
// known has come up to it; a failure takes it back and leaves a problem where it happened.
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

/** By message id. */
export type Acts = Readonly<Record<string, MessageActs>>;

export const noActs: Acts = {};

/** Puts `next` in the place of what there is for a message; nothing is kept of acts that say nothing. */
export function withActs(acts: Acts, messageId: string, next: MessageActs): Acts {
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
    const left = message ? stillWaiting(each, message, rev ?? 0) : outOfSight(each, rev ?? 0);
    if (left !== each) next = withActs(next, id, left);
  }
  return next;
}

/** Of a message that is not held any more: what is on its way, and what the user has to be told. */
function outOfSight(acts: MessageActs, rev: number): MessageActs {
  const left: MessageActs = {};
  if (acts.edit && !isThere(acts.edit, rev)) left.edit = acts.edit;
  if (acts.deleting && !isThere(acts.deleting, rev)) left.deleting = acts.deleting;
  if (acts.problem) left.problem = acts.problem;
  const open = Object.entries(acts.reactions ?? {}).filter(([, { sending }]) => sending);
  if (open.length > 0) left.reactions = Object.fromEntries(open);
  return isSame(acts, left) ? acts : left;
}

function isThere(act: { rev?: number }, rev: number): boolean {
  return act.rev !== undefined && act.rev <= rev;
}

function isSame(one: MessageActs, other: MessageActs): boolean {
  const marks = ({ reactions }: MessageActs) => Object.keys(reactions ?? {}).length;
  return (
    one.claps === other.claps &&
    one.edit === other.edit &&
    one.deleting === other.deleting &&
    one.problem === other.problem &&
    marks(one) === marks(other)
  );
}

function stillWaiting(acts: MessageActs, message: Message, rev: number): MessageActs {
  if (message.deletedAt) return {};
  const { claps, edit, deleting, reactions, ...rest } = acts;
  const left: MessageActs = rest;
  if (claps !== undefined && claps > (message.claps.mine ?? 0)) left.claps = claps;
  if (edit && !isThere(edit, rev)) left.edit = edit;
  if (deleting && !isThere(deleting, rev)) left.deleting = deleting;
  const open = Object.entries(reactions ?? {}).filter(
    ([emoji, { on, sending }]) => sending || on !== hasMine(message.reactions, emoji),
  );
  if (open.length > 0) left.reactions = Object.fromEntries(open);
  return isSame(acts, left) ? acts : left;
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
