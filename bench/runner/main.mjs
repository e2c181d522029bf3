// The benchmark run: builds, starts private stores, lets the contenders take turns, and reports.
//
// Environment: TURNS (3), SMALL=1 (a quick look: little load, one turn), ONLY=belfry,peer (some contenders), PEER_NODES (2),
// BENCH_DIR (where the stores keep their files; it should be on a real disk). Only a full run, with every scenario and
// contender, is written down.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contenders, installPeer, PEER_NODES } from './contenders.mjs';
import { divideCores, machineFacts } from './machine.mjs';
import { killAll, output, run, stopAll } from './processes.mjs';
import { document, summarise, table, updatePage } from './report.mjs';
import { scenarios } from './scenarios.mjs';
import { startStores } from './stores.mjs';

const root = join(import.meta.dirname, '..', '..');
const small = Boolean(process.env.SMALL);
const turns = Number(process.env.TURNS ?? (small ? 1 : 3));
const only = process.env.ONLY?.split(',');
const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(scenarios);
const takePart = (name) => scenarios[name].contenders.filter((contender) => !only || only.includes(contender));
const needs = (...names) => chosen.some((scenario) => takePart(scenario).some((contender) => names.includes(contender)));

const directory = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'belfry-bench-'));
// Postgres runs as another user below it.
chmodSync(directory, 0o711);

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
  await main();
  await finish(0);
} catch (error) {
  if (!stopping) console.error(`bench/run: ${error.message}`);
  await finish(1);
}

async function main() {
  for (const name of chosen) {
    if (!(name in scenarios)) throw new Error(`no scenario ${name}; there are ${Object.keys(scenarios).join(', ')}`);
  }
  for (const name of only ?? []) {
    if (!(name in contenders)) throw new Error(`no contender ${name}; there are ${Object.keys(contenders).join(', ')}`);
  }
  const bin = await build();
  const cores = divideCores();
  const stores = await startStores(directory, cores.server);
  const machine = machineFacts(directory, cores, stores);
  if (machine.storeFilesystem === 'tmpfs') console.error('The stores are on tmpfs, where nothing is durable: set BENCH_DIR.');

  const runs = {};
  for (const name of chosen) {
    runs[name] = {};
    for (let turn = 1; turn <= turns; turn += 1) {
      for (const contender of takePart(name)) {
        console.error(`-- ${name}, ${contenders[contender].title}, ${turn} of ${turns}`);
        (runs[name][contender] ??= []).push(await measure(scenarios[name], contender, { bin, cores, stores }));
      }
    }
  }

  const summary = summarise(scenarios, runs);
  const title = (name) => (small ? `SMALL, ${scenarios[name].small.join(' ')}` : scenarios[name].title);
  for (const name of chosen) console.log(`\n${name}: ${title(name)}\n\n${table(scenarios[name], summary[name], runs[name])}`);
  if (small || only || chosen.length < Object.keys(scenarios).length) return;
  const result = { machine, turns, peerNodes: PEER_NODES, summary, runs };
  mkdirSync(join(root, 'bench', 'results'), { recursive: true });
  writeFileSync(join(root, 'bench', 'results', 'latest.json'), `${JSON.stringify(result, null, 2)}\n`);
  updatePage(join(root, 'docs', 'benchmarks.md'), document(scenarios, result));
}

// Builds what takes part and returns the directory of the programs.
async function build() {
  const packages = needs('belfry') ? ['-p', 'belfry', '-p', 'belfry-load'] : ['-p', 'belfry-load'];
  const { code } = await run(['cargo', 'build', '--release', ...packages], { cwd: root, limitMs: 3_600_000 });
  if (code !== 0) throw new Error('the build failed');
  if (needs('peer', 'peer-quiet')) await installPeer();
  const metadata = output('cargo', 'metadata', '--format-version=1', '--no-deps', `--manifest-path=${join(root, 'Cargo.toml')}`);
  return join(JSON.parse(metadata).target_directory, 'release');
}

async function measure(scenario, contender, { bin, cores, stores }) {
  const { dialect, start } = contenders[contender];
  const jwtSecret = 'a secret for benchmarks, 32 bytes or more';
  const context = { bin, cores: cores.server, logs: directory, redisUrl: stores.redisUrl, databaseUrl: stores.fresh(), jwtSecret };
  const server = await start(context);
  const args = [
    ...(small ? scenario.small : scenario.load),
    ...['--dialect', dialect],
    ...server.urls.flatMap((url) => ['--url', url]),
    ...server.pids.flatMap((pid) => ['--pid', pid]),
    ...stores.pids.flatMap((pid) => ['--store-pid', pid]),
  ].map(String);
  const load = await run([join(bin, 'belfry-load'), ...args], { cores: cores.load, env: { JWT_SECRET: jwtSecret } });
  await server.stop();
  // 3: the figures are there, with promises that were not kept.
  if (load.code !== 0 && load.code !== 3) throw new Error(`belfry-load ended with ${load.code}`);
  return JSON.parse(load.stdout.trim().split('\n').at(-1));
}
