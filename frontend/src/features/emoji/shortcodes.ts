// The emoji that the letters after a colon may mean.
import type { Named } from './data';

export interface EmojiChoice {
  emoji: string;
  /** The name that fits, without colons. */
  name: string;
}

const MOST_SHOWN = 8;

/** Names that begin so before those that have a word that does; of equals the shorter name, and what was used lately, come first. */
export function emojiChoices(query: string, all: readonly Named[], recent: readonly string[]): EmojiChoice[] {
  const wanted = query.toLowerCase();
  const found: { choice: EmojiChoice; rank: number; place: number }[] = [];
  for (const { emoji, names } of all) {
    let best: { name: string; rank: number } | null = null;
    for (const name of names) {
      const rank = rankOf(name, wanted);
      if (rank < NOT_MEANT && (best === null || rank < best.rank)) best = { name, rank };
    }
    if (!best) continue;
    const used = recent.indexOf(emoji);
    found.push({
      choice: { emoji, name: best.name },
      rank: best.rank,
      place: used === -1 ? recent.length : used,
    });
  }
  return found
    .sort((a, b) => a.rank - b.rank || a.place - b.place || a.choice.name.length - b.choice.name.length)
    .slice(0, MOST_SHOWN)
    .map(({ choice }) => choice);
}

/** The emoji of exactly that name. */
export function emojiNamed(name: string, all: readonly Named[]): string | null {
  const wanted = name.toLowerCase();
  return all.find(({ names }) => names.includes(wanted))?.emoji ?? null;
}

const NOT_MEANT = 4;

function rankOf(name: string, wanted: string): number {
  if (name === wanted) return 0;
  if (name.startsWith(wanted)) return 1;
  if (name.includes(`_${wanted}`) || name.includes(`-${wanted}`)) return 2;
  return name.includes(wanted) ? 3 : NOT_MEANT;
}
