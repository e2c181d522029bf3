// The figures as a table, with the machine and the day.

import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';

export function facts(chromium) {
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus()[0].model.trim(),
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    chromium,
    node: process.versions.node,
    commit: execFileSync('git', ['-C', import.meta.dirname, 'describe', '--always', '--dirty'], { encoding: 'utf8' }).trim(),
  };
}

export function page({ facts, figures }) {
  const { date, commit, cores, cpu, memoryGib, chromium, node } = facts;
  const head = `${date}, commit ${commit}: Chromium ${chromium} and one Belfry on SQLite side by side on ${cores} cores of ${cpu}, ${memoryGib} GiB, Node ${node}.`;
  const rows = figures.map(({ what, target, value, met }) => `| ${what} | ${target} | ${value} | ${met ? 'met' : '**not met**'} |`);
  return [head, '', '| what | target | figure | |', '| --- | --- | ---: | --- |', ...rows].join('\n');
}
