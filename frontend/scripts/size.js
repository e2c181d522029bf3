// What people have to load, held against budgets: minified and gzipped, in kB of 1,000 bytes. Fails where one is exceeded.
// `npm run size` weighs everything; `npm run size -- sdk` or `page` one of them; with `--json` for programs. The page is weighed as it was built last.
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path/posix';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, parseAst } from 'vite';

const ROOT = new URL('../', import.meta.url);
const DIST = fileURLToPath(new URL('dist', ROOT));

/** By name: what is weighed, each with the most that it may weigh. */
const BUDGETS = {
  sdk: async () => [
    {
      what: '@belfry/client without socket.io-client',
      kB: await sdk("export * from '@belfry/client'"),
      most: 20,
    },
    {
      what: '@belfry/client, of which only createSession',
      kB: await sdk("export { createSession } from '@belfry/client'"),
      most: 6,
    },
  ],
  page: async () => {
    const { scripts, styles } = await firstLoad();
    // Whoever is signed in sees a room first, so what a room takes is a part of the first load.
    const room = await loadedWith('RoomView', scripts);
    const allStyles = [...styles, ...room.styles];
    return [
      {
        what: `page: script up to a room (${room.scripts.length} files; ${scripts.length} of them at once)`,
        kB: await weight(room.scripts),
        most: 170,
      },
      { what: `page: CSS up to a room (${allStyles.length} files)`, kB: await weight(allStyles), most: 15 },
    ];
  },
};

/** What a bundler makes of a program that says only that. */
async function sdk(program) {
  const { output } = await build({
    root: fileURLToPath(ROOT),
    configFile: false,
    logLevel: 'error',
    resolve: { alias: { '@belfry/client': fileURLToPath(new URL('packages/client/src/index.ts', ROOT)) } },
    plugins: [
      {
        name: 'program',
        resolveId: (id) => (id === 'program' ? '\0program' : null),
        load: (id) => (id === '\0program' ? program : null),
      },
    ],
    build: {
      target: 'es2022',
      write: false,
      minify: true,
      modulePreload: false,
      rolldownOptions: {
        input: 'program',
        preserveEntrySignatures: 'strict',
        external: ['socket.io-client'],
        output: { format: 'es', minify: true, comments: false },
      },
    },
  });
  return gzipped(output.map(({ code = '' }) => Buffer.from(code)));
}

/** The files that a browser loads before anything happens: those that index.html names, and what scripts import without being asked. */
async function firstLoad() {
  const html = await readFile(join(DIST, 'index.html'), 'utf8').catch(() => {
    throw new Error('There is no dist/index.html: `npm run build` first.');
  });
  const tags = [...html.matchAll(/<(script|link)\b[^>]*>/g)].map(([tag, name]) => ({
    name,
    is: (text) => tag.includes(text),
    path: /(?:src|href)="\/?([^"]+)"/.exec(tag)?.[1],
  }));
  const first = tags
    .filter(({ name, is }) => name === 'script' || is('rel="modulepreload"'))
    .map(({ path }) => path);
  const styles = tags.filter(({ is }) => is('rel="stylesheet"')).map(({ path }) => path);
  return { scripts: await withImports(first), styles };
}

/** The same after the part of that name has been asked for, and the styles that come with it. */
async function loadedWith(part, scripts) {
  const files = await readdir(join(DIST, 'assets'));
  const named = (extension) =>
    files
      .filter((file) => file.startsWith(`${part}-`) && file.endsWith(extension))
      .map((file) => `assets/${file}`);
  if (named('.js').length !== 1) throw new Error(`There is no part called ${part} in dist/assets.`);
  return { scripts: await withImports([...scripts, ...named('.js')]), styles: named('.css') };
}

async function withImports(paths) {
  const scripts = new Set();
  for (const open = [...paths]; open.length > 0; ) {
    const path = open.pop();
    if (!path || scripts.has(path)) continue;
    scripts.add(path);
    const { body } = parseAst(await readFile(join(DIST, path), 'utf8'));
    for (const { source } of body)
      if (source?.value.startsWith('.')) open.push(join(dirname(path), source.value));
  }
  return [...scripts];
}

async function weight(paths) {
  return gzipped(await Promise.all(paths.map((path) => readFile(join(DIST, path)))));
}

function gzipped(files) {
  return files.reduce((sum, file) => sum + gzipSync(file, { level: 9 }).length, 0) / 1000;
}

const asked = process.argv.slice(2).filter((word) => word !== '--json');
const json = process.argv.includes('--json');
const weighed = [];
for (const name of asked.length > 0 ? asked : Object.keys(BUDGETS)) {
  if (!BUDGETS[name]) throw new Error(`There is no budget ${name}: ${Object.keys(BUDGETS).join(', ')}.`);
  weighed.push(...(await BUDGETS[name]()));
}
for (const { what, kB, most } of json ? [] : weighed) {
  const over = kB > most;
  process.stdout.write(
    `${over ? 'TOO BIG ' : '        '}${kB.toFixed(2).padStart(6)} of ${most} kB  ${what}\n`,
  );
}
if (json) process.stdout.write(JSON.stringify(weighed));
if (weighed.some(({ kB, most }) => kB > most)) process.exitCode = 1;
