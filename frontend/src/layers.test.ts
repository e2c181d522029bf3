// Who may import whom: `app` uses `features`, both use what knows nothing of either, and one package alone knows the socket.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const FRONTEND = fileURLToPath(new URL('..', import.meta.url));
const BELOW = ['src/design/', 'src/language/', 'src/keyboard/', 'src/routes', 'src/room-id'];

interface Import {
  from: string;
  to: string;
}

const imports = ['src', 'packages', 'examples', 'e2e'].flatMap(filesIn).flatMap(importsOf);

test('there is something to look at', () => {
  expect(imports).toContainEqual({ from: 'src/app/main.tsx', to: 'src/app/App' });
  expect(
    imports.some(({ from, to }) => from === 'src/app/Layout.tsx' && to.startsWith('src/features/')),
  ).toBe(true);
});

test('what is below knows nothing of features and of the app', () => {
  expect(
    imports.filter(({ from, to }) => isIn(BELOW, from) && isIn(['src/features/', 'src/app/'], to)),
  ).toEqual([]);
});

test('features know nothing of the app', () => {
  expect(imports.filter(({ from, to }) => isIn(['src/features/'], from) && isIn(['src/app/'], to))).toEqual(
    [],
  );
});

test('the SDK alone knows the socket', () => {
  // The tests speak to a server as others do, and one example is about doing without the SDK.
  const others = imports.filter(({ from }) => !isIn(['packages/client/', 'examples/plain/', 'e2e/'], from));
  expect(others.filter(({ to }) => to.startsWith('socket.io-client'))).toEqual([]);
});

function isIn(places: readonly string[], path: string): boolean {
  return places.some((place) => path.startsWith(place));
}

function filesIn(folder: string): string[] {
  return readdirSync(join(FRONTEND, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return ['node_modules', 'dist'].includes(entry.name) ? [] : filesIn(path);
    return /\.(tsx?|js|mjs|html)$/.test(entry.name) ? [path] : [];
  });
}

function importsOf(from: string): Import[] {
  const text = readFileSync(join(FRONTEND, from), 'utf8');
  const named = text.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*)['"]([^'"]+)['"]/g);
  return [...named].map(([, name = '']) => ({
    from,
    to: name.startsWith('.') ? resolved(from, name) : name,
  }));
}

function resolved(from: string, name: string): string {
  return relative('.', normalize(join(dirname(from), name)))
    .split(sep)
    .join('/');
}
