// The plots of docs/plots, made from a results file: bars for each scenario's headline, and latencies of the open loop.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contenders } from './contenders.mjs';
import { judge } from './figures.mjs';
import { number } from './numbers.mjs';
import { bar, colour, curve, line, picture, text } from './svg.mjs';

const WIDTH = 720;
const label = (contender) => contenders[contender].label ?? contenders[contender].title;

// Writes all plots that the results have figures for. Returns `{ scenario: [{ file, alt }] }`.
export function drawAll(directory, scenarios, { summary, runs }) {
  mkdirSync(directory, { recursive: true });
  for (const old of readdirSync(directory)) if (old.endsWith('.svg')) rmSync(join(directory, old));
  const drawn = {};
  const draw = (name, file, alt, svg) => {
    writeFileSync(join(directory, file), svg);
    drawn[name] ??= [];
    drawn[name].push({ file, alt });
  };
  for (const name of Object.keys(runs)) {
    const { headline, figures, distribution } = scenarios[name] ?? {};
    const figure = figures?.find(({ title }) => title === headline);
    if (figure) draw(name, `${name}.svg`, `${name}: ${headline}`, bars(name, figure, summary[name]));
    if (distribution) {
      const svg = distributionPlot(name, figures, summary[name], runs[name]);
      if (svg) draw(name, `${name}-distribution.svg`, `${name}: send to delivery, by percentile`, svg);
    }
  }
  return drawn;
}

// One bar a contender, with the spread of its runs, and a line where each target is.
function bars(name, figure, summary) {
  const taking = Object.keys(summary).filter((contender) => summary[contender][figure.title]);
  const targets = judge(figure, summary).filter(({ line: at }) => Number.isFinite(at));
  const values = taking.map((contender) => summary[contender][figure.title]);
  const most = Math.max(...values.map(({ max }) => max), ...targets.map(({ line: at }) => at));
  const [left, right, rowHeight] = [170, 90, 34];
  const top = 48 + 16 * targets.length;
  const bottom = top + rowHeight * taking.length;
  const x = (value) => left + ((WIDTH - left - right) * value) / (most || 1);
  const rows = taking.flatMap((contender, n) => {
    const { median, min, max } = values[n];
    const middle = top + rowHeight * n + rowHeight / 2;
    return [
      text(left - 10, middle + 4, label(contender), { anchor: 'end' }),
      bar(left, middle - 10, Math.max(x(median) - left, 1), 20, colour(contender)),
      ...(max > min ? [line(x(min), middle, x(max), middle, 'spread')] : []),
    ];
  });
  const figures = taking.map((_, n) => {
    const middle = top + rowHeight * n + rowHeight / 2;
    return text(x(values[n].max) + 6, middle + 4, number(values[n].median), { style: 'above' });
  });
  const lines = targets.flatMap(({ text: wanted, line: at }, n) => {
    const y = 50 + 16 * n;
    // A label near the right edge stands to the left of its line.
    const beyond = at > most * 0.7;
    return [
      line(x(at), y - 4, x(at), bottom, 'target'),
      text(x(at) + (beyond ? -6 : 6), y + 4, wanted, { anchor: beyond ? 'end' : 'start', style: 'wanted' }),
    ];
  });
  return picture(WIDTH, bottom + 16, `${name}: ${figure.title}`, [
    text(16, 26, `${name}: ${figure.title}`, { style: 'title' }),
    line(left, top - 2, left, bottom, 'rule'),
    ...rows,
    ...lines,
    ...figures,
  ]);
}

// Latency over percentile, both on a logarithmic scale: of each contender the run whose p99 is the median one.
function distributionPlot(name, figures, summary, runs) {
  const curves = Object.entries(runs)
    .map(([contender, reports]) => [contender, medianRun(reports)?.deliveryDistributionMs])
    .filter(([, points]) => points);
  if (curves.length === 0) return undefined;
  const [left, right, top, bottom, height] = [64, 150, 48, 48, 380];
  const all = curves.flatMap(([, points]) => points.map(([, ms]) => ms));
  const [low, high] = [10 ** Math.floor(Math.log10(Math.min(...all))), 10 ** Math.ceil(Math.log10(Math.max(...all)))];
  const x = (quantile) => left + ((WIDTH - left - right) * -Math.log10(1 - quantile)) / 4;
  const share = (ms) => Math.log10(ms / low) / Math.log10(high / low);
  const y = (ms) => height - bottom - (height - top - bottom) * share(ms);
  const marks = [0, 0.5, 0.9, 0.99, 0.999, 0.9999].flatMap((quantile) => [
    line(x(quantile), top, x(quantile), height - bottom, 'rule'),
    text(x(quantile), height - bottom + 18, Number((quantile * 100).toFixed(2)), { anchor: 'middle', style: 'faint' }),
  ]);
  for (let ms = low; ms <= high; ms *= 10) {
    marks.push(line(left, y(ms), WIDTH - right, y(ms), 'rule'));
    marks.push(text(left - 8, y(ms) + 4, Number(ms.toPrecision(1)), { anchor: 'end', style: 'faint' }));
  }
  const labels = apart(curves.map(([contender, points]) => ({ contender, at: y(points.at(-1)[1]) })));
  const drawn = curves.flatMap(([contender, points], n) => [
    curve(
      points.map(([quantile, ms]) => [x(quantile), y(ms)]),
      colour(contender),
    ),
    text(WIDTH - right + 8, labels[n] + 4, label(contender)),
  ]);
  const wanted = [0.5, 0.99].flatMap((quantile) => {
    const figure = figures.find(({ title }) => title.endsWith(`p${quantile * 100}, ms`) && title.startsWith('send'));
    const limits = figure ? judge(figure, summary).filter(({ text: words }) => words.startsWith('≤')) : [];
    return limits.flatMap(({ text: words, line: at }) => [
      line(x(quantile) - 12, y(at), x(quantile) + 12, y(at), 'target'),
      text(x(quantile), y(at) - 7, words, { anchor: 'middle', style: 'wanted' }),
    ]);
  });
  const axis = text(left, height - 10, 'percentile of all deliveries; milliseconds from when the message was due', {
    style: 'faint',
  });
  return picture(WIDTH, height, `${name}: send to delivery, by percentile`, [
    text(16, 26, `${name}: send to delivery, ms, by percentile`, { style: 'title' }),
    ...marks,
    ...drawn,
    ...wanted,
    axis,
  ]);
}

function medianRun(reports) {
  const sorted = reports.filter((report) => report.deliveryMs).sort((a, b) => a.deliveryMs.p99 - b.deliveryMs.p99);
  return sorted[sorted.length >> 1];
}

// The heights of labels, moved so that none lies on another.
function apart(labels) {
  const sorted = [...labels].sort((a, b) => a.at - b.at);
  sorted.forEach((label, n) => {
    if (n > 0) label.at = Math.max(label.at, sorted[n - 1].at + 16);
  });
  return labels.map(({ at }) => at);
}
