// The benchmark run: builds, starts private stores, lets the contenders take turns, and reports.
//
// Environment: TURNS (5), SMALL=1 (a quick look: little load, one turn), LARGE=1 (the large forms of those scenarios that have
// one), ONLY=belfry,peer (some contenders), PEER_NODES (2), BENCH_DIR (where the stores keep their files; it should be on a real
// disk), RESULTS (a file for every single run), BENCH_BIN (a directory
// of programs that are built already). Only a run with every scenario and contender of a group (those of jobs, or all others) is written down. `--redraw` measures nothing and makes tables
// and plots from what was written down.

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contenders, installPeer, PEER_NODES } from './contenders.mjs';
import { measureJobs } from './jobs.mjs';
import { divideCores, machineFacts } from './machine.mjs';
import { killAll, output, run, stopAll } from './processes.mjs';
import { publish, summarise, table } from './report.mjs';
import { scenarios } from './scenarios.mjs';
import { startStores } from './stores.mjs';

const root = join(import.meta.dirname, '..', '..');
const small = Boolean(process.env.SMALL);
const large = Boolean(process.env.LARGE);
const turns = Number(process.env.TURNS ?? (small || large ? 1 : 5));
const only = process.env.ONLY?.split(',');
const redraw = process.argv[2] === '--redraw';
const all = Object.keys(scenarios).filter((name) => !large || scenarios[name].large);
const chosen = process.argv.length > 2 && !redraw ? process.argv.slice(2) : all;
// What is written down together: a run of all of one of these.
const groups = [
  { file: large ? 'large.json' : 'latest.json', names: all.filter((name) => !scenarios[name].jobs) },
  { file: large ? 'jobs-large.json' : 'jobs.json', names: all.filter((name) => scenarios[name].jobs) },
];
// The large forms are about what Belfry does with them.
const takePart = (name) =>
  scenarios[name].contenders.filter((contender) => (only ? only.includes(contender) : !large || contender === 'belfry'));
const needs = (...names) => chosen.some((name) => takePart(name).some((contender) => names.includes(contender)));

if (redraw) {
  publish(root, scenarios);
  process.exit(0);
}

const directory = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'belfry-bench-'));
// Postgres runs as another user below it.
chmodSync(directory, 0o711);
const logs = join(directory, 'logs');
mkdirSync(logs);

let stopping;
async function finish(code) {
  stopping ??= stopAll().finally(() => {
    rmSync(directory, { recursive: true, force: true });
    process.exit(code);
  });
  await stopping;
}
process.on('SIGINT', () => finish(130));
process.on('SIGTERM', () => finish(143));
process.on('SIGHUP', () => finish(129));
process.on('exit', killAll);

try {
  const kept = await main();
  // The figures were told all the same; but a run in which Belfry broke a promise is not a good one.
  await finish(kept ? 0 : 3);
} catch (error) {
  if (!stopping) console.error(`bench/run: ${error.message}`);
  await finish(1);
}

// Returns whether Belfry has kept all its promises.
async function main() {
  for (const name of chosen) {
    if (!all.includes(name)) throw new Error(`no scenario ${name}; there are ${all.join(', ')}`);
  }
  for (const name of only ?? []) {
    if (!(name in contenders)) throw new Error(`no contender ${name}; there are ${Object.keys(contenders).join(', ')}`);
  }
  const bin = await build();
  const cores = divideCores();
  const stores = await startStores(directory, cores.server);
  const machine = machineFacts(directory, cores, stores);
  if (machine.storeFilesystem === 'tmpfs') console.error('The stores are on tmpfs, where nothing is durable: set BENCH_DIR.');

  const runs = await measureAll({ bin, cores, stores });
  const summary = summarise(scenarios, runs);
  for (const name of chosen) {
    const text = table(scenarios[name], summary[name], runs[name], { targets: !small });
    console.log(`\n${name}: ${small ? 'SMALL, ' : ''}${load(name).join(' ')}\n\n${text}`);
  }
  const keep = (path, names = chosen) => {
    const of = (record) => Object.fromEntries(names.map((name) => [name, record[name]]));
    const kept = { machine, turns, peerNodes: PEER_NODES, summary: of(summary), runs: of(runs) };
    writeFileSync(path, `${JSON.stringify(kept, null, 1)}\n`);
  };
  if (process.env.RESULTS) keep(process.env.RESULTS);
  const broken = Object.values(runs)
    .flatMap((by) => [by.belfry, by['belfry-2']].flat())
    .filter((it) => it?.faults.length);
  if (broken.length > 0) console.error(`\nBelfry did not keep its promises in ${broken.length} runs; see below the tables.`);
  const whole = groups.filter(({ names }) => names.every((name) => chosen.includes(name)));
  if (!small && !only && whole.length > 0) {
    const results = join(root, 'bench', 'results');
    mkdirSync(results, { recursive: true });
    for (const { file, names } of whole) keep(join(results, file), names);
    publish(root, scenarios);
  }
  return broken.length === 0;
}

// Turn by turn, so that whatever else the machine does hits all alike.
async function measureAll(context) {
  const factor = small ? 0.4 : large ? 2 : 1;
  const each = chosen.map((name) => scenarios[name].seconds * factor * takePart(name).length * turns);
  let left = each.reduce((sum, seconds) => sum + seconds, 0);
  const minutes = (seconds) => `${Math.ceil(seconds / 60)} min`;
  console.error(`bench/run: ${chosen.length} scenarios, ${turns} turns, about ${minutes(left)}`);
  const runs = {};
  for (const [n, name] of chosen.entries()) {
    runs[name] = {};
    for (let turn = 1; turn <= turns; turn += 1) {
      for (const contender of takePart(name)) {
        console.error(`-- ${name}, ${contenders[contender].title}, ${turn} of ${turns}, about ${minutes(left)} to go`);
        runs[name][contender] ??= [];
        runs[name][contender].push(await measure(name, contender, context));
        left -= each[n] / turns / takePart(name).length;
      }
    }
  }
  return runs;
}

// Builds what takes part and returns the directory of the programs.
async function build() {
  if (process.env.BENCH_BIN) return process.env.BENCH_BIN;
  const packages = needs('belfry', 'belfry-2') ? ['-p', 'belfry', '-p', 'belfry-load', '-p', 'belfry-jobs'] : ['-p', 'belfry-load'];
  const { code } = await run(['cargo', 'build', '--release', ...packages], { cwd: root, limitMs: 3_600_000 });
  if (code !== 0) throw new Error('the build failed');
  if (needs('peer', 'peer-quiet')) await installPeer();
  const metadata = output('cargo', 'metadata', '--format-version=1', '--no-deps', `--manifest-path=${join(root, 'Cargo.toml')}`);
  return join(JSON.parse(metadata).target_directory, 'release');
}

function load(name) {
  const { load, small: little, large: much } = scenarios[name];
  if (small) return little;
  return large ? much : load;
}

async function measure(name, contender, { bin, cores, stores }) {
  const { dialect, start } = contenders[contender];
  const { trouble, replicas, env, jobs } = scenarios[name];
  const jwtSecret = 'a secret for benchmarks, 32 bytes or more';
  const databaseUrl = stores.fresh();
  rmSync(logs, { recursive: true });
  mkdirSync(logs);
  if (jobs) {
    const report = await measureJobs(load(name), contender, { bin, cores, logs, stores, databaseUrl, jwtSecret });
    if (report.faults.length > 0) showLogs();
    return report;
  }
  const context = { bin, cores: cores.server, logs, redisUrl: stores.redisUrl, databaseUrl, jwtSecret, replicas, env };
  const server = await start(context);
  const args = [
    ...load(name),
    ...['--dialect', dialect],
    ...server.urls.flatMap((url) => ['--url', url]),
    ...(trouble ? trouble.pids(server) : server.pids).flatMap((pid) => ['--pid', pid]),
    ...stores.pids.flatMap((pid) => ['--store-pid', pid]),
  ].map(String);
  const { code, stdout } = await run([join(bin, 'belfry-load'), ...args], {
    cores: cores.load,
    env: { JWT_SECRET: jwtSecret },
    whenReady: trouble && (() => trouble.act(server)),
  });
  await server.stop();
  if (code !== 0) showLogs();
  // One run that failed does not throw away an hour of others; the table tells of it.
  if (code !== 0 && code !== 3) return { faults: ['the run failed'], cpu: { otherCores: 0, stolenCores: 0 } };
  // 3: the figures are there, with promises that were not kept.
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

// The last lines of each server, which may say why something went wrong.
function showLogs() {
  for (const name of readdirSync(logs)) {
    const lines = readFileSync(join(logs, name), 'utf8').trim().split('\n').slice(-8);
    console.error(`${name}:\n${lines.map((line) => `  ${line}`).join('\n')}`);
  }
}
