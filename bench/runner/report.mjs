// From the runs to medians, from medians to tables, and from the files of results to docs/benchmarks.md.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contenders } from './contenders.mjs';
import { judge, shortName } from './figures.mjs';
import { number } from './numbers.mjs';
import { drawAll } from './plots.mjs';

const BEGIN = '<!-- measured: begin (written by bench/run) -->';
const END = '<!-- measured: end -->';
// Who stands before and behind the stroke of a ratio, where both take part.
const RATIOS = [
  ['belfry', 'peer'],
  ['belfry', 'floor'],
  ['belfry-2', 'belfry'],
];

// `{ scenario: { contender: [report, ...] } }` to `{ scenario: { contender: { figure: { median, min, max } } } }`.
export function summarise(scenarios, runs) {
  return mapValues(runs, (byContender, name) =>
    mapValues(byContender, (reports) =>
      Object.fromEntries(
        scenarios[name].figures.map(({ title, read }) => {
          const values = reports.map(read).filter((value) => typeof value === 'number');
          values.sort((a, b) => a - b);
          return [title, values.length ? { median: median(values), min: values[0], max: values.at(-1) } : null];
        }),
      ),
    ),
  );
}

// One scenario as a Markdown table: medians, ratios of medians, and how they compare with the targets.
export function table(scenario, summary, reports, { targets = true } = {}) {
  const names = Object.keys(summary);
  const peer = names.includes('peer') ? 'peer' : 'peer-quiet';
  const ratios = RATIOS.map((pair) => pair.map((name) => (name === 'peer' ? peer : name))).filter((pair) =>
    pair.every((name) => names.includes(name)),
  );
  const withTargets = targets && scenario.figures.some((it) => it.targets?.length);
  const header = [
    '',
    ...names.map((name) => contenders[name].title),
    ...ratios.map(([ours, theirs]) => `${shortName(ours)} / ${ours === 'belfry-2' ? 'one' : shortName(theirs)}`),
    ...(withTargets ? ['target'] : []),
  ];
  const rows = scenario.figures.map((figure) => [
    figure.title,
    ...names.map((name) => cell(summary[name][figure.title], figure.spread)),
    ...ratios.map(([ours, theirs]) => (figure.ratio ? quotient(summary[ours][figure.title], summary[theirs][figure.title]) : '')),
    ...(withTargets ? [judge(figure, summary).map(verdict).join('; ')] : []),
  ]);
  const rule = header.map((title, n) => (n === 0 || title === 'target' ? '---' : '---:'));
  const lines = [header, rule, ...rows].map((row) => `| ${row.join(' | ')} |`);
  const notes = names.flatMap((name) => remarks(contenders[name].title, reports[name]));
  return [...lines, ...(notes.length ? ['', ...notes.map((note) => `- ${note}`)] : [])].join('\n');
}

function quotient(ours, theirs) {
  return ours && theirs?.median ? `**${(ours.median / theirs.median).toPrecision(2)}**` : '';
}

function verdict({ text, met }) {
  if (met === undefined) return text;
  return `${text}: ${met ? 'met' : '**not met**'}`;
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

// Writes the tables and the plots of docs/ anew, from the files of results.
export function publish(root, scenarios) {
  const read = (name) => {
    const path = join(root, 'bench', 'results', name);
    if (!existsSync(path)) return undefined;
    const results = JSON.parse(readFileSync(path, 'utf8'));
    const runs = Object.fromEntries(Object.entries(results.runs).filter(([scenario]) => scenario in scenarios));
    return { ...results, runs, summary: summarise(scenarios, runs) };
  };
  const [latest, jobs, large, jobsLarge] = ['latest', 'jobs', 'large', 'jobs-large'].map((name) => read(`${name}.json`));
  if (!latest) throw new Error('there is no bench/results/latest.json yet');
  const drawn = drawAll(join(root, 'docs', 'plots'), scenarios, latest);
  const sections = Object.keys(latest.runs).map((name) =>
    section(name, scenarios[name].title, scenarios[name], latest, drawn[name]),
  );
  const parts = [facts(latest), ...sections];
  if (jobs) {
    const forms = Object.keys(jobs.runs).map((name) => section(name, scenarios[name].title, scenarios[name], jobs));
    parts.push(`## Jobs, beside BullMQ\n\n${facts(jobs)}`, ...forms);
  }
  if (large) {
    const names = Object.keys(large.runs);
    const forms = names.map((name) => section(`${name}, large`, scenarios[name].largeTitle, scenarios[name], large, [], name));
    parts.push(`## The large forms\n\n\`make bench-large\`. ${facts(large)}`, ...forms);
  }
  if (jobsLarge) {
    const forms = Object.keys(jobsLarge.runs).map((name) =>
      section(`${name}, large`, scenarios[name].largeTitle, scenarios[name], jobsLarge, [], name),
    );
    parts.push(`\`LARGE=1 bench/run jobs-drain\`. ${facts(jobsLarge)}`, ...forms);
  }
  updatePage(join(root, 'docs', 'benchmarks.md'), parts.join('\n\n'));
}

function section(heading, title, scenario, { summary, runs }, plots = [], name = heading) {
  const images = plots.map(({ file, alt }) => `![${alt}](plots/${file})`);
  return [`### ${heading}`, `${title}.`, ...images, table(scenario, summary[name], runs[name])].join('\n\n');
}

function facts({ machine, turns }) {
  return [
    `${machine.date.slice(0, 10)}, commit ${machine.commit}: ${machine.cores} cores of ${machine.cpu} (server and stores on`,
    `${machine.serverCores}, load on ${machine.loadCores}), ${machine.memoryGib} GiB, Linux ${machine.kernel}, Postgres ${machine.postgres}`,
    `(fdatasync ${machine.fdatasyncMs} ms on ${machine.storeFilesystem}), Redis ${machine.redis}, Node ${machine.node}, Rust ${machine.rust}.`,
    turns === 1 ? 'One run of each.' : `Medians of ${turns} runs; in brackets the lowest and the highest.`,
  ].join('\n');
}

// Replaces what stands between the markers of the page.
function updatePage(path, text) {
  const page = readFileSync(path, 'utf8');
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${path} has no markers for the tables`);
  writeFileSync(path, `${page.slice(0, begin + BEGIN.length)}\n\n${text}\n\n${page.slice(end)}`);
}

function cell(value, spread) {
  if (!value) return '–';
  const alike = value.min === value.max;
  return spread && !alike ? `${number(value.median)} (${number(value.min)}–${number(value.max)})` : number(value.median);
}

function median(sorted) {
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function mapValues(object, map) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]));
}
