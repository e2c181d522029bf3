// Measures the web client in a real browser against a real server, and writes what it found into docs/benchmarks.md.
//
// node bench/web/main.mjs [--screen]: with --screen nothing is written. BELFRY_BIN: the binary (a release build by default).

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openPage } from './browser.mjs';
import { measured } from './figures.mjs';
import { seededServer } from './server.mjs';
import { facts, page as tablePage } from './table.mjs';

const ROOT = join(import.meta.dirname, '..', '..');
const { values: flags } = parseArgs({ options: { screen: { type: 'boolean' } } });

const server = await seededServer(process.env.BELFRY_BIN ?? join(ROOT, 'target', 'release', 'belfry'));
try {
  const browser = await openPage(server);
  try {
    const figures = await measured(browser, server);
    const results = { facts: facts(browser.version), figures };
    process.stdout.write(`${tablePage(results)}\n`);
    if (!flags.screen) publish(results);
  } finally {
    await browser.close();
  }
} finally {
  await server.stop();
}

function publish(results) {
  writeFileSync(join(ROOT, 'bench', 'results', 'web.json'), `${JSON.stringify(results, null, 2)}\n`);
  const path = join(ROOT, 'docs', 'benchmarks.md');
  const text = readFileSync(path, 'utf8');
  const [begin, end] = ['<!-- web: begin (written by make bench-web) -->', '<!-- web: end -->'];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${path} has no markers for the web client's figures`);
  writeFileSync(path, `${text.slice(0, from + begin.length)}\n\n${tablePage(results)}\n\n${text.slice(to)}`);
}
