// What a reader sees of a timeline: the items of one list, each the same object until something in it changes.
import type { MessageItem, MessagesState } from '../contract.js';
import { unlessAlike } from '../derived.js';
import type { Message } from '../wire.js';
import { type Acts, type MessageActs, overlaid } from './acts.js';
import { endOf, shownSpan } from './lists.js';
import type { Pending } from './pending.js';
import { newerState, olderState, type Timeline } from './timeline.js';

export type Shown = Pick<
  MessagesState,
  'messages' | 'hasOlder' | 'older' | 'hasNewer' | 'newer' | 'epoch' | 'lastSeq'
>;

/** Makes the function that shows one room: it remembers the items it has made. The same answer where nothing has changed. */
export function createShown(): (timeline: Timeline, acts: Acts) => Shown {
  const made = new WeakMap<Message, { acts: MessageActs | undefined; item: MessageItem }>();
  const waiting = new WeakMap<Pending, MessageItem>();
  let source: readonly Message[] = [];
  let lastActs: Acts = {};
  let kept: readonly MessageItem[] = [];
  let all = kept;
  let last: Shown | undefined;

  function itemOf(message: Message, acts: MessageActs | undefined, me: string): MessageItem {
    const known = made.get(message);
    if (known && known.acts === acts) return known.item;
    const item = keptItem(message, acts, me);
    made.set(message, { acts, item });
    return item;
  }

  function waitingItem(pending: Pending, timeline: Timeline): MessageItem {
    const item = waiting.get(pending) ?? pendingItem(pending, timeline);
    waiting.set(pending, item);
    return item;
  }

  /** What is where it was and has not changed is not looked up. */
  function keptItems(messages: readonly Message[], acts: Acts, me: string): readonly MessageItem[] {
    if (messages === source && acts === lastActs) return kept;
    const items = messages.map((each, at) => {
      const stays = acts === lastActs && each === source[at] ? kept[at] : undefined;
      return stays ?? itemOf(each, acts[each.id], me);
    });
    source = messages;
    lastActs = acts;
    if (!sameItems(items, kept)) kept = items;
    return kept;
  }

  return (timeline, acts) => {
    const { window, me, pending, epoch } = timeline;
    const { messages, hasOlder } = shownSpan(timeline);
    const items = keptItems(messages, acts, me.id);
    const unsent = window ? [] : pending.map((each) => waitingItem(each, timeline));
    const joined = unsent.length > 0 ? [...items, ...unsent] : items;
    if (!sameItems(joined, all)) all = joined;
    const next = {
      messages: all,
      hasOlder,
      older: olderState(timeline),
      hasNewer: window !== null,
      newer: newerState(timeline),
      epoch,
      lastSeq: endOf(timeline),
    };
    last = unlessAlike(last ?? next, next);
    return last;
  };
}

/** One's own messages are called by what they were sent with, before and after they are acknowledged. */
function keyOf({ id, userId, clientId }: Message, me: string): string {
  return userId === me && clientId ? clientId : id;
}

function keptItem(message: Message, acts: MessageActs | undefined, me: string): MessageItem {
  const { claps, reactions, ...rest } = overlaid(message, acts);
  const changing = acts && !message.deletedAt && (acts.deleting || (acts.edit && !acts.edit.failed));
  return {
    ...rest,
    key: keyOf(message, me),
    claps: { total: claps.total, mine: claps.mine ?? 0 },
    reactions: reactions.map(({ emoji, count, mine }) => ({ emoji, count, mine: mine ?? false })),
    state: changing ? 'changing' : acts?.edit?.failed && !message.deletedAt ? 'failed' : 'kept',
    problem: acts?.problem ?? null,
  };
}

/** Its `seq` and id come with the message itself: the list has no gap before. */
function pendingItem(pending: Pending, { me, roomId }: Timeline): MessageItem {
  const { clientId, content, replyTo, writtenAt, state, problem } = pending;
  return {
    key: clientId,
    id: clientId,
    clientId,
    roomId,
    seq: null,
    rev: 0,
    userId: me.id,
    username: me.username,
    content,
    type: 'text',
    timestamp: writtenAt,
    ...(replyTo ? { replyTo } : {}),
    claps: { total: 0, mine: 0 },
    reactions: [],
    mentions: [],
    previews: [],
    state: state === 'sent' ? 'kept' : state,
    problem: problem ?? null,
  };
}

function sameItems(one: readonly MessageItem[], other: readonly MessageItem[]): boolean {
  return one.length === other.length && one.every((item, index) => item === other[index]);
}
