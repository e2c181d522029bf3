// What the map of keys promises, some part of the page does.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { SHORTCUTS, type Shortcut, type ShortcutName } from './shortcuts';

const SOURCES = fileURLToPath(new URL('..', import.meta.url));
const everywhere = (Object.entries(SHORTCUTS) as [ShortcutName, Shortcut][]).filter(
  ([, { local }]) => !local,
);

test.each(everywhere)('%s has somebody who registers for it', (name) => {
  expect(all).toContain(`useShortcut('${name}',`);
});

const all = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path) && !/\.test\.tsx?$/.test(path))
  .map((path) => readFileSync(join(SOURCES, path), 'utf8'))
  .join('\n');
