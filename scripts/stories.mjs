// Runs stories of node:test: node scripts/stories.mjs FILE…
//
// With CI=true, files in which something failed are run once more, one after the other and with the same chances (SEED), if they are
// few: a machine that is shared can stand still for longer than a story waits. What passes only then is named at the end, and kept in
// the file that PASSED_LATER names. It is something to look into, since the cause may as well be Belfry.
import { randomInt } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

/** With more failed files than this it is not the machine. */
const FEW = 2;

/**
 * Runs files, reports to standard output, and answers with the files that failed, the names of all that did, and how many stories
 * passed. Which file a failure belongs to is said by the end of its process alone: an event's own `file` is where `test` was called,
 * which may be a module that many share.
 */
async function tell(files, concurrency) {
  const told = { files: [], names: [], passed: 0 };
  const stream = run({ files, concurrency });
  stream.on('test:fail', ({ name, todo }) => todo ?? told.names.push(name));
  stream.on('test:pass', ({ name, skip }) => {
    if (skip === undefined && !files.includes(name)) told.passed += 1;
  });
  stream.on('test:complete', ({ name, details }) => {
    if (files.includes(name) && !details.passed) told.files.push(name);
  });
  for await (const piece of stream.compose(new spec())) process.stdout.write(piece);
  return told;
}

// Whatever ends this before it is known how the stories went is a failure.
process.exitCode = 1;
process.env.SEED ??= String(randomInt(2 ** 31));
const files = process.argv.slice(2);
const first = await tell(files, Math.max(1, availableParallelism() - 1));
let allIsWell = first.files.length === 0 && first.names.length === 0 && first.passed > 0;
if (!allIsWell && process.env.CI === 'true' && first.files.length > 0 && first.files.length <= FEW) {
  allIsWell = true;
  for (const file of first.files) {
    console.log(`\n--- once more, alone, with SEED=${process.env.SEED}: ${file}`);
    const again = await tell([file], 1);
    if (again.files.length === 0 && again.names.length === 0 && again.passed > 0) continue;
    allIsWell = false;
  }
  if (allIsWell) {
    const said = `passed only when run once more: ${first.files.join(', ')}: ${first.names.join('; ')}`;
    console.log(`--- ${said}`);
    if (process.env.PASSED_LATER) appendFileSync(process.env.PASSED_LATER, `${said}\n`);
  }
}
process.exitCode = allIsWell ? 0 : 1;
