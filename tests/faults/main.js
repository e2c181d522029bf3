// Runs rounds of faults, each a process of its own: `node main.js --seeds 20`, `--seed 7` to repeat one, `--bounded` for the fixed part.
//
// `--seconds` is how long a round's storm lasts, `--at-once` how many rounds run side by side; `--told` prints what each check found.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { belfryBinary, repositoryFile } from '../flows/support/program.js';
import { faults } from './faults.js';

/** What the bounded part breaks: together every fault, `+` at the same time, `;` one after the other. */
const BOUNDED = [
  { plan: 'replica killed after a commit;Redis killed, back empty;network to Postgres blackholed', replicas: 2 },
  { plan: 'replica frozen;Postgres crashed;network to Redis reset+answers of commits lost', replicas: 3 },
  {
    plan: 'worker killed;Redis frozen;Postgres connections ended;network to Postgres delayed',
    replicas: 2,
    worker: true,
  },
  { plan: 'replica drained;Postgres frozen;network to Redis blackholed+Redis connections cut', replicas: 2 },
  { plan: 'network to Redis delayed;network to Postgres reset+replica killed;network to Redis refused', replicas: 3 },
  {
    plan: 'answers of commits lost;network to Postgres refused;worker killed+Redis killed, back empty',
    replicas: 2,
    worker: true,
  },
];
/** A round that takes longer hangs: no check waits so long beside its storm. */
const HANGS = 300_000;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    seed: { type: 'string' },
    seconds: { type: 'string', default: '40' },
    'at-once': { type: 'string' },
    bounded: { type: 'boolean' },
    told: { type: 'boolean' },
  },
});

// The fixed rounds are short, and wait more than they work.
const atOnce = Number(values['at-once'] ?? (values.bounded ? 3 : Math.max(1, Math.min(3, availableParallelism() - 1))));
const rounds = values.bounded ? bounded() : random();
const began = Date.now();
console.log(
  `${belfryBinary().split('/').at(-1)} in ${rounds.length} rounds, ${atOnce} at once; seeds: ${rounds.map(({ seed }) => seed).join(' ')}`,
);
const failed = [];
const waiting = [...rounds];
await Promise.all(Array.from({ length: atOnce }, works));
console.log(
  `${rounds.length - failed.length} of ${rounds.length} rounds held, in ${Math.round((Date.now() - began) / 1000)} s`,
);
for (const { seed } of failed) console.log(`seed ${seed} failed; the same again: ${again(seed)}`);
process.exit(failed.length === 0 ? 0 : 1);

function bounded() {
  const names = new Set(BOUNDED.flatMap(({ plan }) => plan.split(/[;+]/)));
  assert.deepEqual([...names].sort(), Object.keys(faults).sort(), 'the bounded part has every fault, and no other');
  return BOUNDED.map(({ plan, replicas, worker }, i) => ({
    seed: i + 1,
    args: ['--plan', plan, '--replicas', String(replicas), ...(worker ? ['--worker-apart'] : [])],
  })).filter(({ seed }) => values.seed === undefined || Number(values.seed) === seed);
}

function random() {
  const seeds = values.seed
    ? [Number(values.seed)]
    : Array.from({ length: Number(values.seeds) }, () => randomInt(1e9));
  return seeds.map((seed) => ({ seed, args: ['--seconds', values.seconds] }));
}

async function works() {
  for (let round = waiting.shift(); round; round = waiting.shift()) if (!(await holds(round))) failed.push(round);
}

/** Runs a round and prints what it said when it is over. */
function holds({ seed, args }) {
  const path = repositoryFile('tests/faults/round.js');
  const child = spawn(process.execPath, [path, ...args, ...(values.told ? ['--told'] : [])], {
    env: { ...process.env, SEED: String(seed) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
  }
  // It ends what it started when it is asked to end.
  const hanging = setTimeout(() => {
    said += `FAILED seed ${seed}: the round hangs\n`;
    child.kill('SIGTERM');
  }, HANGS);
  return new Promise((settle) => {
    child.once('close', (code) => {
      clearTimeout(hanging);
      process.stdout.write(said || `FAILED seed ${seed}: the round ended with ${code} and said nothing\n`);
      settle(code === 0);
    });
  });
}

function again(seed) {
  return values.bounded ? `node tests/faults/main.js --bounded --seed ${seed}` : `make faults SEED=${seed}`;
}
