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
    // Of the server's runtime. One makes runs of a kind alike: who is awake first decides how much is done at once.
    threads: { type: 'string', default: '1' },
    // Those of the variants whose names have this in them; all of them without it.
    only: { type: 'string', default: '' },
  },
});
const load = Object.fromEntries(['sockets', 'sends', 'together', 'threads'].map((name) => [name, Number(values[name])]));
/** For each count. */
const TRIES = 4;
const deliveries = load.sockets * load.sends;
const binary = process.env.BELFRY_BIN ?? 'target/release/belfry';
// A build from which the metrics are left out altogether, where there is one.
const bare = process.env.BELFRY_BARE_BIN;

const all = [
  ...(bare ? [{ name: 'neither', binary: bare, share: undefined }] : []),
  { name: 'metrics', binary, share: undefined },
  { name: 'metrics, traces at 0.01', binary, share: '0.01' },
  { name: 'metrics, traces at 1', binary, share: '1' },
];
const variants = all.filter(({ name }) => name.includes(values.only));

const median = (list) => {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = (list.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
};
const shown = (figure) => figure.toLocaleString('en', { maximumFractionDigits: 0 });

/** Once more where the machine was so busy that the server gave a message up. */
async function again(variant) {
  for (let left = TRIES; ; left--) {
    try {
      return await counted(variant, load);
    } catch (error) {
      if (left === 1) throw error;
      console.error(`${variant.name}: once more, for ${error.message.split('\n')[0]}`);
    }
  }
}

for (const variant of variants) variant.turns = [];
// In turns, so that what changes on the machine meanwhile changes all of them.
for (let turn = 0; turn < Number(values.turns); turn++) {
  for (const variant of variants) {
    const { profile, seconds, exports, quiet } = await again(variant);
    const cost = attributed(profile);
    variant.turns.push(cost);
    const clock = (attributed(quiet.profile).all / quiet.seconds) * seconds;
    const beside = `${exports} requests to the collector; ${seconds.toFixed(1)} s, in which the clock has at most ${shown(clock / deliveries)} done`;
    console.error(`${variant.name}: ${shown(cost.all / deliveries)} instructions a delivery; ${beside}`);
  }
}

const [first] = variants;
const base = median(first.turns.map((cost) => cost.all));
console.log(
  `${load.sends} messages, ${load.together} at once, to ${load.sockets} sockets: ${shown(deliveries)} deliveries, ${values.turns} turns`,
);
console.log(`${cpus()[0].model}, ${availableParallelism()} cores; callgrind; ${new Date().toISOString().slice(0, 10)}\n`);
// The middle of the turns, and the lowest and the highest, in hundredths of all that was counted in the same turn.
const columns = [...Object.keys(parts), 'clocks'];
const heads = [...Object.keys(parts).map((part) => `in ${part}`), 'in all looks at clocks'];
console.log(`| server | instructions a delivery | lowest to highest | beside ${first.name} | ${heads.join(' | ')} |`);
console.log(`| --- | ---: | ---: | ---: | ${columns.map(() => '---:').join(' | ')} |`);
for (const { name, turns } of variants) {
  const each = turns.map((cost) => cost.all / deliveries);
  const beside = (100 * (median(each) * deliveries - base)) / base;
  const shares = columns.map((part) => {
    const list = turns.map((cost) => (100 * cost[part]) / cost.all);
    return `${median(list).toFixed(2)} % (${Math.min(...list).toFixed(2)} to ${Math.max(...list).toFixed(2)})`;
  });
  const range = `${shown(Math.min(...each))} to ${shown(Math.max(...each))}`;
  console.log(
    `| ${name} | ${shown(median(each))} | ${range} | ${beside >= 0 ? '+' : ''}${beside.toFixed(2)} % | ${shares.join(' | ')} |`,
  );
}
