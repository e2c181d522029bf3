// One round: a town of its own, people in it, a storm of faults, and in the end everything that must hold. SEED gives it again.
//
// Prints one line, and where something did not hold, what was broken when and what the programs said. Arguments: `--seconds`, or `--plan`
// with groups of faults (`one+another;later`: two at the same time, then a third); `--replicas`, `--worker-apart`, `--told` prints what each check has found.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Chance, seed } from '../flows/support/chance.js';
import { checked } from './checks.js';
import { Crowd } from './crowd.js';
import { Storm } from './faults.js';
import { FrailTown } from './frail-town.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    plan: { type: 'string' },
    replicas: { type: 'string' },
    'worker-apart': { type: 'boolean' },
    told: { type: 'boolean' },
  },
});
const plan = values.plan?.split(';').map((names) => names.split('+'));
const chance = new Chance(5_000);
const drawn = { replicas: chance.between(2, 3), workerApart: chance.next() < 0.4 };
const replicas = Number(values.replicas ?? drawn.replicas);
const workerApart = plan ? values['worker-apart'] === true : drawn.workerApart;

const began = Date.now();
const stalls = monitorEventLoopDelay();
stalls.enable();
let end;
const frail = await FrailTown.founded({ after: (ending) => (end = ending) }, { replicas, workerApart });
const outcomes = [];
let [figures, storm, crowd] = [{}];
try {
  crowd = await Crowd.gathers(frail);
  storm = new Storm(frail, crowd);
  crowd.starts();
  await pause(1_000);
  await (plan ? storm.follows(plan) : storm.rages(Number(values.seconds)));
  frail.note('the storm is over');
  const { outcomes: all, ...others } = await checked(frail, crowd, storm, stalls);
  outcomes.push(...all);
  figures = others;
} catch (error) {
  outcomes.push({ name: 'the round was carried out', error });
}
frail.note('the round is over');
const said = frail.said(40);
try {
  await end();
} catch (error) {
  outcomes.push({ name: 'no program ended by itself or panicked', error });
}

const failures = outcomes.filter(({ error }) => error);
const broken = storm?.past.map((one) => one.name) ?? [];
const cuts = crowd?.onlookers?.reduce((sum, one) => sum + one.cuts, 0);
console.log(
  [
    `${failures.length === 0 ? 'ok    ' : 'FAILED'} seed ${seed}: ${replicas} replicas${workerApart ? ', worker apart' : ''}`,
    `broken: ${counted(broken)}`,
    `${crowd?.ledger.acknowledgedCount} acknowledged, ${crowd?.ledger.resends} resends, ${cuts} cuts, ${figures.revisions} revisions`,
    `latest ${figures.lag} ms, longest stall of the checker ${Math.round(stalls.max / 1e6)} ms`,
    `${Math.round((Date.now() - began) / 1000)} s`,
  ].join('; '),
);
if (values.told || failures.length > 0) {
  for (const { name, found, error, took } of outcomes)
    console.log(
      `  ${error ? '✗' : '✓'} ${name}${took > 1_000 ? ` (${took} ms)` : ''}: ${error?.message ?? found ?? 'yes'}`,
    );
}
if (failures.length > 0) {
  for (const { error } of failures) if (error.name !== 'Error') console.log(error.stack);
  console.log(`--- what was broken when:\n${frail.story()}\n${said}`);
}
process.exit(failures.length === 0 ? 0 : 1);

function counted(names) {
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => (count > 1 ? `${name} ×${count}` : name)).join(', ');
}
