// What the documents say can be followed: links and alerts lead somewhere, and the table of settings names what the program takes.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { asks } from './support/http.js';
import { belfryBinary, repositoryFile } from './support/program.js';
import { embedded } from './support/town.js';

const run = promisify(execFile);
const root = repositoryFile('.');

test('every link within the documents leads to a file, and to a heading that is there', async () => {
  const { stdout } = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
    cwd: root,
  });
  const dead = [];
  for (const page of stdout.trim().split('\n')) {
    for (const link of linksIn(await readFile(join(root, page), 'utf8'))) {
      const [path, heading] = link.split('#');
      const target = path ? join(root, dirname(page), path) : join(root, page);
      if (!existsSync(target)) dead.push(`${page}: ${link}`);
      else if (heading && !headingsOf(await readFile(target, 'utf8')).has(heading)) dead.push(`${page}: ${link}`);
    }
  }
  assert.deepEqual(dead, []);
});

test('each alert says what to do, at a heading that is there', async () => {
  const rules = await readFile(join(root, 'deploy/prometheus/alerts.yml'), 'utf8');
  const dead = [];
  for (const rule of rules.split('- alert: ').slice(1)) {
    const [name] = rule.split('\n');
    const [, path, heading] = rule.match(/^ +runbook: ([^#\s]+)#(\S+)$/m) ?? [];
    const target = path && join(root, path);
    if (!target || !existsSync(target)) dead.push(`${name}: ${path}`);
    else if (!headingsOf(await readFile(target, 'utf8')).has(heading)) dead.push(`${name}: ${path}#${heading}`);
  }
  assert.deepEqual(dead, []);
});

test('the table of settings names each one once', async () => {
  const { stdout } = await run(belfryBinary(), ['serve', '--help']);
  const taken = [...stdout.matchAll(/\[env: ([A-Z_]+)/g)].map(([, name]) => name).sort();
  const page = await readFile(join(root, 'docs/settings.md'), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  const named = rows.flatMap((row) => [...row.split('|')[1].matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name)).sort();
  assert.deepEqual(named, taken);
});

test('what is said of heartbeats to those who set up proxies is what a handshake says', async (t) => {
  const town = await embedded(t);
  const { body } = await asks(`${town.address()}/socket.io/?EIO=4&transport=polling`);
  const { pingInterval, pingTimeout } = JSON.parse(body.slice(1));
  const [each, answer] = [pingInterval / 1_000, pingTimeout / 1_000];
  const says = async (file, ...phrases) => {
    // As words: lines end where they must, and some begin with the sign of a comment.
    const text = (await readFile(join(root, file), 'utf8')).replace(/\n\s*(# )?/g, ' ');
    for (const phrase of phrases) assert.ok(text.includes(phrase), `${file} does not say "${phrase}"`);
  };
  await says(
    'docs/behind-a-proxy.md',
    `longer than ${each + answer} s (a ping each ${each} s, ${answer} s for its answer)`,
    `a poll is answered within ${each} s`,
  );
  await says('docs/security.md', `every ${each} s, ${answer} s for the answer`);
  await says('deploy/nginx/nginx.conf', `pings every ${each} s`);
});

function linksIn(text) {
  const prose = text.replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link).filter((link) => !/^[a-z]+:/.test(link));
}

/** As the places that show these pages make anchors of headings. */
function headingsOf(text) {
  const headings = text.replace(/^```.*?^```/gms, '').matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, words]) =>
      words
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    ),
  );
}
