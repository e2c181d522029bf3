// Everything that can be written can be read on everything it can stand on, in both themes; and the order of the layers holds.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const here = fileURLToPath(new URL('./', import.meta.url));
const sheets = readdirSync(here).filter((name) => name.endsWith('.css'));
const file = readFileSync(`${here}tokens.css`, 'utf8');
const colours = new Map(
  [...file.matchAll(/--([a-z0-9-]+):\s*light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);/g)].map(
    ([, name = '', light = '', dark = '']) => [name, { light, dark }],
  ),
);

const GROUNDS = ['paper', 'surface', 'raised', 'hover', 'brass-wash', 'danger-wash'];
const WRITTEN = ['ink', 'ink-soft', 'brass', 'danger', 'good'];
const MARKS = ['line-strong', 'online', 'away', 'busy', 'offline'];
const FILLED: [string, string][] = [
  ['on-brass', 'brass'],
  ['on-brass', 'brass-strong'],
  ['on-danger', 'danger'],
  ...Array.from({ length: 8 }, (_, hue): [string, string] => ['on-hue', `hue-${hue}`]),
];

describe.each(['light', 'dark'] as const)('in the %s theme', (theme) => {
  const colour = (name: string) => {
    const known = colours.get(name);
    if (!known) throw new Error(`tokens.css has no --${name} in both themes`);
    return known[theme];
  };

  test.each(WRITTEN.flatMap((text) => GROUNDS.map((ground) => [text, ground])).concat(FILLED))(
    '%s is readable on %s',
    (text, ground) => {
      expect(contrast(colour(text), colour(ground))).toBeGreaterThanOrEqual(4.5);
    },
  );

  test.each(MARKS.flatMap((mark) => ['paper', 'surface', 'raised'].map((ground) => [mark, ground])))(
    '%s can be made out on %s',
    (mark, ground) => {
      expect(contrast(colour(mark), colour(ground))).toBeGreaterThanOrEqual(3);
    },
  );
});

/** As WCAG 2.2 defines it. */
function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

test.each(sheets)(
  '%s says the order of the layers first: whichever file is loaded first fixes it',
  (sheet) => {
    const rules = readFileSync(`${here}${sheet}`, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
    expect(rules.trimStart()).toMatch(/^@layer base, design;/);
  },
);
