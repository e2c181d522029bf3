// Whom an `@` may mean: those whose name fits best come first, and of them those who are here.
import type { Status } from '@belfry/client';

export interface Candidate {
  id: string;
  username: string;
  displayName?: string;
  /** Missing where it is not known. */
  status?: Status;
}

export type MentionChoice = { kind: 'person'; person: Candidate } | { kind: 'here' };

const MOST_SHOWN = 8;
/** In a room where more people are live, the server lets `@here` call nobody. */
export const HERE_MOST = 200;

/** `people`: those who spoke last or are here come first; somebody named twice is taken once. */
export function mentionChoices(query: string, people: readonly Candidate[], here: boolean): MentionChoice[] {
  const wanted = plain(query);
  const known = new Map<string, Candidate>();
  for (const person of people) {
    const there = known.get(person.id);
    known.set(person.id, there ? { ...person, ...there } : person);
  }
  const ranked = [...known.values()]
    .map((person, place) => ({ person, place, rank: rankOf(person, wanted) }))
    .filter(({ rank }) => rank < NOT_MEANT)
    .sort((a, b) => a.rank - b.rank || presence(a.person) - presence(b.person) || a.place - b.place)
    .slice(0, MOST_SHOWN)
    .map(({ person }): MentionChoice => ({ kind: 'person', person }));
  const offersHere = here && 'here'.startsWith(wanted);
  // Without a letter it is people that are looked for: everybody at once comes last.
  if (!offersHere) return ranked;
  return wanted === ''
    ? [...ranked.slice(0, MOST_SHOWN - 1), { kind: 'here' }]
    : [{ kind: 'here' }, ...ranked];
}

export function mentionText(choice: MentionChoice): string {
  return `@${choice.kind === 'here' ? 'here' : choice.person.username} `;
}

const NOT_MEANT = 4;

function rankOf({ username, displayName }: Candidate, wanted: string): number {
  const names = [plain(username), displayName === undefined ? null : plain(displayName)];
  const [name, shown] = names;
  if (name?.startsWith(wanted)) return 0;
  if (shown?.startsWith(wanted)) return 1;
  if (names.some((each) => each?.split(/[\s._-]+/u).some((word) => word.startsWith(wanted)))) return 2;
  return names.some((each) => each?.includes(wanted)) ? 3 : NOT_MEANT;
}

function presence({ status }: Candidate): number {
  return status === undefined || status === 'offline' ? 1 : 0;
}

/** Letters without their marks and in small: `jose` finds José. */
function plain(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}
