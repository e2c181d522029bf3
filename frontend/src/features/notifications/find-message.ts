// Which place in its room a message has: a notification knows its id only.
import type { Room } from '@belfry/client';

const READY_WITHIN_MS = 10_000;
/** Halving a room of a million messages by pages of fifty takes fifteen. */
const MOST_STEPS = 24;

/**
 * Ids rise with time, as places do: where the message is not at hand, the part of the history around the middle is asked for, and so on.
 * `null` where it is not there, or the room cannot be read. The room has to be open, and shows another part of its history then.
 */
export async function findMessage(room: Room, messageId: string): Promise<number | null> {
  if (!(await ready(room))) return null;
  let from = 1;
  let to = room.messages.get().lastSeq;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const kept = room.messages.get().messages.flatMap(({ id, seq }) => (seq === null ? [] : [{ id, seq }]));
    const found = kept.find(({ id }) => id === messageId);
    if (found) return found.seq;
    const [first, last] = [kept[0], kept.at(-1)];
    if (!first || !last) return null;
    if (messageId > last.id) from = Math.max(from, last.seq + 1);
    else if (messageId < first.id) to = Math.min(to, first.seq - 1);
    else return null;
    if (from > to || !(await room.seek(Math.floor((from + to) / 2)))) return null;
  }
  return null;
}

function ready(room: Room): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (answer: boolean) => {
      clearTimeout(late);
      unsubscribe();
      resolve(answer);
    };
    const look = () => {
      const { status } = room.messages.get();
      if (status === 'ready') end(true);
      else if (status === 'failed') end(false);
    };
    const late = setTimeout(() => end(false), READY_WITHIN_MS);
    const unsubscribe = room.messages.subscribe(look);
    look();
  });
}
