// What a change makes of the message that this page holds. Events never say what is the reader's own; what is known of that stays,
// and an event that names the reader tells it anew.
import type { Clapped, Deletion, Message, Reacted, Reaction } from '../wire.js';

export type Change = Message | Deletion | Clapped | Reacted;

export function isMessage(change: Change): change is Message {
  return 'content' in change;
}

/** A message as this page keeps it: `mine` is always there. */
export function arrived(message: Message, known?: Message): Message {
  const { total, mine } = message.claps;
  return {
    ...message,
    claps: { total, mine: mine ?? known?.claps.mine ?? 0 },
    reactions: withMine(message.reactions, known),
  };
}

export function amended(known: Message, change: Change, me: string): Message {
  const { rev } = change;
  if (isMessage(change)) return arrived(change, known);
  if ('deletedAt' in change) {
    return { ...known, rev, content: '', mentions: [], previews: [], deletedAt: change.deletedAt };
  }
  if ('by' in change) {
    const mine = change.by.find(({ userId }) => userId === me)?.count ?? known.claps.mine ?? 0;
    return { ...known, rev, claps: { total: change.claps.total, mine } };
  }
  const reactions = withMine(change.reactions, known).map((each) =>
    change.userId === me && each.emoji === change.emoji ? { ...each, mine: change.on } : each,
  );
  return { ...known, rev, reactions };
}

function withMine(reactions: readonly Reaction[], known?: Message): Reaction[] {
  return reactions.map(({ emoji, count, mine }) => ({
    emoji,
    count,
    mine: mine ?? known?.reactions.find((each) => each.emoji === emoji)?.mine ?? false,
  }));
}
