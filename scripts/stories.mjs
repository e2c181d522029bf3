// Runs stories of node:test: node scripts/stories.mjs FILE…
//
// With CI=true, files in which something failed are run once more, one after the other and with the same chances (SEED), if they are
// few: a machine that is shared can stand still for longer than a story waits. What passes only then is named at the end, and kept in
// the file that PASSED_LATER names. It is something to look into, since the cause may as well be Belfry.
import { appendFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

/** With more failed files than this it is not the machine. */
const FEW = 2;

/** Runs files, reports to standard output, and answers what failed: file → its seed, if it had one. */
async function tell(files, concurrency) {
  const failed = new Map();
  const seeds = new Map();
  const stream = run({ files, concurrency });
  stream.on('test:fail', ({ file, name, details, todo }) => {
    if (todo) return;
    // What happened to no test in particular is said of the file itself.
    failed.set(file ?? name, failed.get(file ?? name) ?? []);
    if (details?.type !== 'suite') failed.get(file ?? name).push(name);
    seedIn(file, name);
  });
  stream.on('test:diagnostic', ({ file, message }) => seedIn(file, message));
  function seedIn(file, text) {
    const seed = /\bSEED=(\d+)/.exec(text)?.[1];
    if (seed) seeds.set(file, seed);
  }
  for await (const piece of stream.compose(new spec())) process.stdout.write(piece);
  return [...failed].map(([file, names]) => ({ file, names, seed: seeds.get(file) }));
}

const files = process.argv.slice(2);
const failed = await tell(files, Math.max(1, availableParallelism() - 1));
process.exitCode = failed.length === 0 ? 0 : 1;
if (failed.length > 0 && failed.length <= FEW && process.env.CI === 'true') {
  process.exitCode = 0;
  for (const { file, names, seed } of failed) {
    console.log(`\n--- once more, alone: ${relative('', file)}`);
    if (seed) process.env.SEED = seed;
    const failedAgain = await tell([file], 1);
    if (seed) delete process.env.SEED;
    if (failedAgain.length > 0) {
      process.exitCode = 1;
      continue;
    }
    const said = `passed only when run once more: ${relative('', file)}: ${names.join('; ')}`;
    console.log(`--- ${said}`);
    if (process.env.PASSED_LATER) appendFileSync(process.env.PASSED_LATER, `${said}\n`);
  }
}
