// The emoji files of this page's own host: fetched when first needed, kept as long as the page is open.
import { names as namesUrl, picker as pickerUrl } from 'virtual:emoji-data';
import type { EmojiData } from 'frimousse';
import { drawnHere } from './drawn-here';

/** An emoji and what people call it between colons; the first is the one to show. */
export interface Named {
  emoji: string;
  names: readonly string[];
}

type PickerRow = [
  emoji: string,
  label: string,
  category: number,
  version: number,
  words: string,
  skins: string[],
  flag: 0 | 1,
];
type NamesRow = [emoji: string, version: number, names: string, flag: 0 | 1];

interface PickerFile {
  categories: [index: number, label: string][];
  skinTones: EmojiData['skinTones'];
  emoji: PickerRow[];
}

/** What the picker shows, without what this system has no picture for. Rejects where the file cannot be had; asked again, it tries again. */
export const pickerData = kept(async (): Promise<EmojiData> => {
  const file = await fetched<PickerFile>(pickerUrl);
  const { version, flags } = drawnHere(file.emoji.map(([emoji, , , since]) => [emoji, since]));
  return {
    locale: 'en',
    categories: file.categories.map(([index, label]) => ({ index, label: capital(label) })),
    skinTones: file.skinTones,
    emojis: file.emoji
      .filter(([, , , since, , , flag]) => since <= version && (flags || flag === 0))
      .map(([emoji, label, category, since, words, skins]) => ({
        emoji,
        label: capital(label),
        category,
        version: since,
        tags: words.split(' '),
        ...tones(skins),
      })),
  };
});

/** The short names, commonest emoji in the order of their pictures' families. Rejects as `pickerData` does. */
export const shortNames = kept(async (): Promise<readonly Named[]> => {
  const rows = await fetched<NamesRow[]>(namesUrl);
  const { version, flags } = drawnHere(rows.map(([emoji, since]) => [emoji, since]));
  return rows
    .filter(([, since, , flag]) => since <= version && (flags || flag === 0))
    .map(([emoji, , names]) => ({ emoji, names: names.split(' ') }));
});

function tones([light, mediumLight, medium, mediumDark, dark]: string[]) {
  if (!light || !mediumLight || !medium || !mediumDark || !dark) return {};
  return { skins: { light, 'medium-light': mediumLight, medium, 'medium-dark': mediumDark, dark } };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

async function fetched<T>(url: string): Promise<T> {
  const response = await fetch(url, { signal: AbortSignal.timeout(15_000) });
  if (!response.ok) throw new Error(`The emoji cannot be had: ${response.status}`);
  return (await response.json()) as T;
}

/** Done once; again only after it failed. */
function kept<T>(make: () => Promise<T>): () => Promise<T> {
  let making: Promise<T> | null = null;
  return () => {
    making ??= make().catch((failure: unknown) => {
      making = null;
      throw failure;
    });
    return making;
  };
}
