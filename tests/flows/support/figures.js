// Figures as Prometheus reads them.

import assert from 'node:assert/strict';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { freePort } from './ports.js';
import { Rest } from './rest.js';

/** An address for METRICS_ADDR, and a client of what is there. */
export async function aside() {
  const address = `127.0.0.1:${await freePort()}`;
  return {
    settings: { METRICS_ADDR: address },
    rest: new Rest(`http://${address}`, undefined, { isDescribed: false }),
  };
}

/** What is there to scrape. */
export async function scraped(rest) {
  const answer = await rest.get('/metrics');
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.type, /^text\/plain; version=0\.0\.4/);
  return new Figures(answer.text);
}

export class Figures {
  constructor(text) {
    this.text = text;
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    /** Every series with its value. */
    this.series = new Map(lines.map((line) => [line.replace(/ [^ ]+$/, ''), Number(line.split(' ').at(-1))]));
    /** The names of all samples. */
    this.names = new Set([...this.series.keys()].map((series) => series.split('{')[0]));
  }

  /** A series' value; `labels` as in the text, `event="join:room"`. */
  value(name, labels = '') {
    const series = labels ? `${name}{${labels}}` : name;
    assert.ok(this.series.has(series), `no series ${series}`);
    return this.series.get(series);
  }
}

/** How many TCP ports a process listens on. Linux. */
export async function ports(pid) {
  const links = (await readdir(`/proc/${pid}/fd`)).map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''));
  const own = new Set(await Promise.all(links));
  const tables = await Promise.all(['tcp', 'tcp6'].map((table) => readFile(`/proc/${pid}/net/${table}`, 'utf8')));
  const rows = tables.flatMap((table) => table.trim().split('\n').slice(1)).map((row) => row.trim().split(/\s+/));
  const LISTENS = '0A';
  return rows.filter((row) => row[3] === LISTENS && own.has(`socket:[${row[9]}]`)).length;
}
