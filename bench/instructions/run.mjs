// What metrics and traces cost: the instructions of a whole server for each delivery, counted under a load that is always the same.
//
// Time would show a difference of one in a hundred only on a machine that does nothing else; instructions show it on any.

import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { attributed, parts } from './attribution.mjs';
import { counted } from './counted.mjs';

const { values } = parseArgs({
  options: {
    sockets: { type: 'string', default: '200' },
    sends: { type: 'string', default: '300' },
    // So many of the sends are under way at once; it divides `sends`.
    together: { type: 'string', default: '1' },
    turns: { type: 'string', default: '3' },
  },
});
const load = { sockets: Number(values.sockets), sends: Number(values.sends), together: Number(values.together) };
const deliveries = load.sockets * load.sends;
const binary = process.env.BELFRY_BIN ?? 'target/release/belfry';
// A build from which the metrics are left out altogether, where there is one.
const bare = process.env.BELFRY_BARE_BIN;

const variants = [
  ...(bare ? [{ name: 'neither', binary: bare, share: undefined }] : []),
  { name: 'metrics', binary, share: undefined },
  { name: 'metrics, traces at 0.01', binary, share: '0.01' },
  { name: 'metrics, traces at 1', binary, share: '1' },
];

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const shown = (figure) => figure.toLocaleString('en', { maximumFractionDigits: 0 });

for (const variant of variants) variant.turns = [];
// In turns, so that what changes on the machine meanwhile changes all of them.
for (let turn = 0; turn < Number(values.turns); turn++) {
  for (const variant of variants) {
    const { profile, seconds, quiet } = await counted(variant, load);
    const cost = attributed(profile);
    // What goes by the clock would count for more the slower valgrind is.
    const rest = attributed(quiet.profile);
    const clock = (rest.all / quiet.seconds) * seconds;
    for (const part of ['all', ...Object.keys(parts)]) cost[part] -= (rest[part] / quiet.seconds) * seconds;
    variant.turns.push({ ...cost, clock });
    const apart = `${shown(clock / deliveries)} more go by the clock`;
    console.error(`${variant.name}: ${shown(cost.all / deliveries)} instructions a delivery; ${apart} (${seconds.toFixed(1)} s)`);
  }
}

const [first] = variants;
const base = median(first.turns.map((cost) => cost.all));
console.log(
  `${load.sends} messages, ${load.together} at once, to ${load.sockets} sockets: ${shown(deliveries)} deliveries, ${values.turns} turns`,
);
console.log(`${cpus()[0].model}, ${availableParallelism()} cores; callgrind; ${new Date().toISOString().slice(0, 10)}\n`);
const columns = Object.keys(parts);
console.log(
  `| server | instructions a delivery | lowest to highest | beside ${first.name} | ${columns.map((it) => `in ${it}`).join(' | ')} |`,
);
console.log(`| --- | ---: | ---: | ---: | ${columns.map(() => '---:').join(' | ')} |`);
for (const { name, turns } of variants) {
  const all = turns.map((cost) => cost.all / deliveries);
  const share = (100 * (median(all) * deliveries - base)) / base;
  const shares = columns.map((part) => `${median(turns.map((cost) => (100 * cost[part]) / cost.all)).toFixed(2)} %`);
  const range = `${shown(Math.min(...all))} to ${shown(Math.max(...all))}`;
  console.log(
    `| ${name} | ${shown(median(all))} | ${range} | ${share >= 0 ? '+' : ''}${share.toFixed(2)} % | ${shares.join(' | ')} |`,
  );
}
