// The emoji that the page offers, as two files of its own: made of emojibase at build time, so that nothing is asked of another host.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Plugin } from 'vite';

const MODULE = 'virtual:emoji-data';
const RESOLVED = `\0${MODULE}`;
const COMPONENTS = 'component';

interface BaseEmoji {
  emoji: string;
  hexcode: string;
  label: string;
  group?: number;
  subgroup?: number;
  version: number;
  tags?: string[];
  skins?: { emoji: string; tone: number | number[] }[];
}

interface BaseMessages {
  groups: { key: string; message: string; order: number }[];
  subgroups: { key: string; order: number }[];
  skinTones: { key: string; message: string }[];
}

/** `virtual:emoji-data` says where the two files are: what the picker shows, and the short names alone. */
export function emojiData(): Plugin {
  let building = false;
  const made = once(make);
  return {
    name: 'belfry-emoji-data',
    configResolved(config) {
      building = config.command === 'build';
    },
    resolveId: (id) => (id === MODULE ? RESOLVED : null),
    load(id) {
      if (id !== RESOLVED) return null;
      const lines = Object.entries(made()).map(([name, source]) => {
        const fileName = `assets/emoji-${name}-${hash(source)}.json`;
        if (building) this.emitFile({ type: 'asset', fileName, source });
        return `export const ${name} = ${JSON.stringify(`/${fileName}`)};`;
      });
      return lines.join('\n');
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const name = /^\/assets\/emoji-(picker|names)-[0-9a-f]+\.json$/u.exec(request.url ?? '')?.[1];
        if (name !== 'picker' && name !== 'names') return next();
        response.setHeader('content-type', 'application/json');
        response.end(made()[name]);
      });
    },
  };
}

function make() {
  const base = read<BaseEmoji[]>('data');
  const messages = read<BaseMessages>('messages');
  const github = read<Record<string, string | string[]>>('shortcodes/github');
  const more = read<Record<string, string | string[]>>('shortcodes/emojibase');
  const flags = new Set(
    messages.subgroups.filter(({ key }) => key.endsWith('-flag')).map(({ order }) => order),
  );
  const components = messages.groups.find(({ key }) => key === COMPONENTS)?.order;
  const shown = base
    .filter((each) => each.group !== undefined && each.group !== components)
    .map((each) => ({
      ...each,
      names: [...new Set([github[each.hexcode] ?? [], more[each.hexcode] ?? []].flat())],
      flag: each.subgroup !== undefined && flags.has(each.subgroup),
    }));
  const skins = ({ skins: all }: BaseEmoji) =>
    (all ?? []).flatMap(({ emoji, tone }) => (typeof tone === 'number' ? [emoji] : []));
  return {
    picker: JSON.stringify({
      categories: messages.groups
        .filter(({ key }) => key !== COMPONENTS)
        .map(({ order, message }) => [order, message]),
      skinTones: Object.fromEntries(messages.skinTones.map(({ key, message }) => [key, message])),
      // [emoji, label, category, version, words to find it by, its skin tones from light to dark, whether it is a country's flag]
      emoji: shown.map((each) => [
        each.emoji,
        each.label,
        each.group,
        each.version,
        [...(each.tags ?? []), ...each.names].join(' '),
        skins(each),
        each.flag ? 1 : 0,
      ]),
    }),
    // [emoji, version, names, the first of which is shown, whether it is a country's flag]
    names: JSON.stringify(
      shown.map((each) => [each.emoji, each.version, each.names.join(' '), each.flag ? 1 : 0]),
    ),
  };
}

function read<T>(name: string): T {
  const path = createRequire(import.meta.url).resolve(`emojibase-data/en/${name}.json`);
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 10);
}
