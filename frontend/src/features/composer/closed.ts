// Why nothing can be written in a room, as a sentence.
import type { RoomState } from '@belfry/client';
import { joinSentence } from '../../language/sentences';

/** `null` where one can write: also while the room is being joined, and while there is no connection. */
export function closedSentence({
  status,
  problem,
  loss,
}: Pick<RoomState, 'status' | 'problem' | 'loss'>): string | null {
  if (status === 'lost') return loss ? LOST[loss] : LOST.notAllowed;
  if (status === 'refused') return problem ? joinSentence(problem) : LOST.notAllowed;
  return null;
}

const LOST: Record<NonNullable<RoomState['loss']>, string> = {
  deleted: 'This room has been deleted: nothing can be written here any more.',
  kicked: 'You have been removed from this room: you cannot write here any more.',
  left: 'You have left this room: join it again to write here.',
  notAllowed: 'You cannot write in this room.',
};
