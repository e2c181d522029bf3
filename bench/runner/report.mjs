// From the runs to medians, and from medians to the tables on the screen and in docs/benchmarks.md.

import { readFileSync, writeFileSync } from 'node:fs';
import { contenders } from './contenders.mjs';

const BEGIN = '<!-- measured: begin (written by bench/run) -->';
const END = '<!-- measured: end -->';

// `{ scenario: { contender: [report, ...] } }` to `{ scenario: { contender: { figure: { median, min, max } } } }`.
export function summarise(scenarios, runs) {
  return mapValues(runs, (byContender, name) =>
    mapValues(byContender, (reports) =>
      Object.fromEntries(
        scenarios[name].figures.map(({ title, read }) => {
          const values = reports.map(read).filter((value) => typeof value === 'number').sort((a, b) => a - b);
          return [title, values.length ? { median: median(values), min: values[0], max: values.at(-1) } : null];
        }),
      ),
    ),
  );
}

// One scenario as a Markdown table; the ratio is Belfry's median over the peer's.
export function table(scenario, summary, reports) {
  const names = Object.keys(summary);
  const withRatio = names.includes('belfry') && names.includes('peer');
  const header = ['', ...names.map((name) => contenders[name].title), ...(withRatio ? ['Belfry / peer'] : [])];
  const rows = scenario.figures.map(({ title, ratio, spread }) => {
    const cells = names.map((name) => cell(summary[name][title], spread));
    const [ours, theirs] = [summary.belfry?.[title]?.median, summary.peer?.[title]?.median];
    const quotient = ratio && ours !== undefined && theirs ? `**${(ours / theirs).toPrecision(2)}**` : '';
    return [title, ...cells, ...(withRatio ? [quotient] : [])];
  });
  const lines = [header, header.map((_, n) => (n === 0 ? '---' : '---:')), ...rows].map((row) => `| ${row.join(' | ')} |`);
  const notes = names.flatMap((name) => remarks(contenders[name].title, reports[name]));
  return [...lines, ...(notes.length ? ['', ...notes.map((note) => `- ${note}`)] : [])].join('\n');
}

// What a reader must know besides the figures: broken promises and a busy machine.
function remarks(title, reports) {
  const faults = new Map();
  for (const fault of reports.flatMap((report) => report.faults)) faults.set(fault, (faults.get(fault) ?? 0) + 1);
  const notes = [...faults].map(([fault, times]) => `${title}, in ${times} of ${reports.length} runs: ${fault}.`);
  const busy = Math.max(...reports.map((report) => report.cpu.otherCores));
  const stolen = Math.max(...reports.map((report) => report.cpu.stolenCores));
  if (busy > 0.15) notes.push(`${title}: other programs used up to ${busy} cores meanwhile.`);
  if (stolen > 0.15) notes.push(`${title}: the hypervisor took up to ${stolen} cores meanwhile.`);
  return notes;
}

export function document(scenarios, { machine, summary, runs, turns }) {
  const facts = [
    `${machine.date.slice(0, 10)}, commit ${machine.commit}: ${machine.cores} cores of ${machine.cpu} (server and stores on`,
    `${machine.serverCores}, load on ${machine.loadCores}), ${machine.memoryGib} GiB, Linux ${machine.kernel}, Postgres ${machine.postgres}`,
    `(fdatasync ${machine.fdatasyncMs} ms on ${machine.storeFilesystem}), Redis ${machine.redis}, Node ${machine.node}, Rust ${machine.rust}.`,
    `Medians of ${turns} runs; in brackets the lowest and the highest.`,
  ].join('\n');
  const sections = Object.keys(runs).map(
    (name) => `### ${name}\n\n${scenarios[name].title}.\n\n${table(scenarios[name], summary[name], runs[name])}`,
  );
  return [facts, ...sections].join('\n\n');
}

// Replaces what stands between the markers of the page.
export function updatePage(path, text) {
  const page = readFileSync(path, 'utf8');
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${path} has no markers for the tables`);
  writeFileSync(path, `${page.slice(0, begin + BEGIN.length)}\n\n${text}\n\n${page.slice(end)}`);
}

function cell(value, spread) {
  if (!value) return '–';
  return spread ? `${number(value.median)} (${number(value.min)}–${number(value.max)})` : number(value.median);
}

function number(value) {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}

function median(sorted) {
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function mapValues(object, map) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]));
}
