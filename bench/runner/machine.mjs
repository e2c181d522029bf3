// The machine that the figures belong to, and how its cores are divided.

import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { output } from './processes.mjs';

// The first half of our cores for the server and its stores, the second half for the load; none on a single core.
export function divideCores() {
  const list = readFileSync('/proc/self/status', 'utf8').match(/Cpus_allowed_list:\s*(\S+)/)[1];
  const cores = list.split(',').flatMap((range) => {
    const [from, to = from] = range.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, n) => from + n);
  });
  const half = Math.floor(cores.length / 2);
  if (half === 0) return { count: 1, server: undefined, load: undefined };
  return { count: cores.length, server: cores.slice(0, half).join(','), load: cores.slice(half).join(',') };
}

export function machineFacts(directory, cores, stores) {
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0].model.trim(),
    cores: cores.count,
    serverCores: cores.server ?? 'all',
    loadCores: cores.load ?? 'all',
    memoryGib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    congestionControl: readFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'utf8').trim(),
    storeFilesystem: output('stat', '-f', '-c', '%T', directory),
    fdatasyncMs: fdatasyncMs(directory),
    node: process.versions.node,
    rust: output('rustc', '--version').split(' ')[1],
    ...stores.versions,
    commit: commit(),
  };
}

// What one durable write costs on the stores' disk: the median of 200.
function fdatasyncMs(directory) {
  const path = join(directory, 'fdatasync');
  const file = openSync(path, 'w');
  const block = Buffer.alloc(8192, 1);
  const times = Array.from({ length: 200 }, () => {
    const before = process.hrtime.bigint();
    writeSync(file, block, 0, block.length, 0);
    fdatasyncSync(file);
    return Number(process.hrtime.bigint() - before) / 1e6;
  });
  closeSync(file);
  rmSync(path);
  return Math.round(times.sort((a, b) => a - b)[100] * 1000) / 1000;
}

function commit() {
  try {
    return output('git', '-C', import.meta.dirname, 'describe', '--always', '--dirty');
  } catch {
    return 'unknown';
  }
}
