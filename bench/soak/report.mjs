// What was measured, in a file with the machine and the date, and the numbers that sum it up.

import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './stage.mjs';

/** Writes bench/results/<file>, unless the run was told to be on the screen only (SCREEN=1). */
export function report(file, { machine }, figures) {
  const [one, five] = loadavg().map((load) => Math.round(load * 10) / 10);
  const whole = { machine: { ...machine, loadAverage: { one, five } }, ...figures };
  if (process.env.SCREEN) return;
  const results = join(ROOT, 'bench', 'results');
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, file), `${JSON.stringify(whole, null, 1)}\n`);
}

/** `{ min, median, p95, p99, max, count }` of some numbers. */
export function summary(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (part) => round(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]);
  return { min: at(0), median: round(median(sorted)), p95: at(0.95), p99: at(0.99), max: at(1), count: sorted.length };
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export const round = (value, digits = 2) => (value === undefined ? undefined : Math.round(value * 10 ** digits) / 10 ** digits);
