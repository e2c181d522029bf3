// A server to compare with, in which no metric counts: the sources as they are here, and in place of the metrics' library one that does nothing.
//
// It is built from a copy, for it needs a lock file of its own. Prints where it is.

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const target = resolve(root, process.env.CARGO_TARGET_DIR ?? 'target');
const copy = join(target, 'bare-source');

const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
});
rmSync(copy, { recursive: true, force: true });
// The page is built before, if at all, and is in no list.
for (const file of [...listed.split('\0').filter(Boolean), 'frontend/dist']) {
  if (!existsSync(join(root, file))) continue;
  mkdirSync(dirname(join(copy, file)), { recursive: true });
  cpSync(join(root, file), join(copy, file), { recursive: true, preserveTimestamps: true });
}
const manifest = join(copy, 'Cargo.toml');
const changed = `
[[bin]]
name = "belfry-bare"
path = "src/main.rs"

[patch.crates-io]
prometheus-client = { path = "bench/instructions/uncounted" }
`;
const kept = readFileSync(manifest, 'utf8').replace('default-run = "belfry"', '');
writeFileSync(manifest, kept + changed);
// The lock file names the library itself until it is told otherwise.
execFileSync('cargo', ['update', '--offline', '--package', 'prometheus-client'], {
  cwd: copy,
  stdio: ['ignore', 'inherit', 'inherit'],
});
if (!readFileSync(join(copy, 'Cargo.lock'), 'utf8').includes('0.24.999'))
  throw new Error('the metrics are still counted by their own library');
// Into the same place as the other, whose libraries it shares.
execFileSync('cargo', ['build', '--release', '--bin', 'belfry-bare', '--target-dir', target, ...process.argv.slice(2)], {
  cwd: copy,
  stdio: ['ignore', 'inherit', 'inherit'],
});
console.log(join(target, 'release', 'belfry-bare'));
