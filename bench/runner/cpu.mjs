// CPU time of processes over a while, and what else the machine did meanwhile, from /proc.

import { readFileSync } from 'node:fs';
import { output } from './processes.mjs';

const TICKS = Number(output('getconf', 'CLK_TCK'));

// Begins to measure when it is made. The children of a process count with it.
export class Clock {
  constructor(servers, stores) {
    this.groups = { servers, stores };
    this.began = performance.now();
    this.before = this.now();
  }

  now() {
    const own = timesByPid();
    const sum = (pids) => pids.reduce((total, pid) => total + familyTime(pid, own), 0);
    return { servers: sum(this.groups.servers), stores: sum(this.groups.stores), machine: machineTimes() };
  }

  // Cores that were busy since it was made.
  read() {
    const [after, before] = [this.now(), this.before];
    const cores = (ticks) => Math.round((ticks / TICKS / ((performance.now() - this.began) / 1000)) * 100) / 100;
    return {
      serverCores: cores(after.servers - before.servers),
      storeCores: cores(after.stores - before.stores),
      otherCores: 0,
      stolenCores: cores(after.machine.stolen - before.machine.stolen),
    };
  }
}

// A run of which nothing is known.
export const busy = () => ({ serverCores: undefined, storeCores: undefined, otherCores: 0, stolenCores: 0 });

function timesByPid() {
  const table = new Map();
  for (const line of output('ps', '-eo', 'pid=,ppid=').split('\n')) {
    const [pid, parent] = line.trim().split(/\s+/).map(Number);
    table.set(pid, parent);
  }
  return table;
}

function familyTime(pid, parents) {
  let total = ownTime(pid);
  for (const [child, parent] of parents) {
    if (parent === pid) total += familyTime(child, parents);
  }
  return total;
}

// User and system time; of children that have ended too, since Postgres starts and ends some.
function ownTime(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').map(Number);
    return fields[11] + fields[12] + fields[13] + fields[14];
  } catch {
    return 0;
  }
}

function machineTimes() {
  const fields = readFileSync('/proc/stat', 'utf8').split('\n')[0].trim().split(/\s+/).slice(1).map(Number);
  return { stolen: fields[7] };
}
