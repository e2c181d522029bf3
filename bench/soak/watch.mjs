// What is looked at while the load goes on: the processes by /proc, Redis by its keys, Postgres by its sessions, the replicas by /metrics.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { get } from 'node:http';
import { output } from '../runner/processes.mjs';

const TICKS = Number(output('getconf', 'CLK_TCK'));
const GAUGES = ['sockets', 'live_rooms', 'queued_bytes', 'jobs_running'];
const COUNTERS = ['commit_failures', 'aftermath_dropped', 'limits_alone', 'holes_closed', 'jobs_dead', 'jobs_failed'];
/** What is counted by one name: keys that differ in a room, a user or a turn. */
const KEYS = `
local names = {}
local cursor = '0'
repeat
  local found = redis.call('SCAN', cursor, 'COUNT', 1000)
  cursor = found[1]
  for _, key in ipairs(found[2]) do
    local name = key:gsub('^belfry:', '')
    if name:sub(1, 1) == '{' then name = name:gsub('^{.-}', '{room}') end
    name = name:gsub('^(presence:rooms:).*', '%1*'):gsub('^(presence:of:).*', '%1*')
    name = name:gsub('^(limit:login:%a+):.*', '%1:*'):gsub('^(limit:[^:]+):[^*].*', '%1:*')
    names[name] = (names[name] or 0) + 1
  end
until cursor == '0'
local waiting = 0
for _, line in ipairs({ 'messages', 'high', 'normal', 'low' }) do
  waiting = waiting + redis.call('XLEN', 'belfry:queue:' .. line)
end
return cjson.encode({ names = names, waiting = waiting })`;

/** One look at everything. */
export async function look(stage, postgres) {
  const [{ names, waiting }, info, sessions, size, ...processes] = await Promise.all([
    stage.redis('EVAL', KEYS, '0').then(([text]) => JSON.parse(text)),
    stage.redis('INFO').then((lines) => fields(lines.join('\n').replaceAll('\r', ''))),
    postgres.query(
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name <> 'soak'",
    ),
    postgres.query('SELECT pg_database_size(current_database())::float8 AS bytes'),
    ...stage.programs.map((program) => lookAtProgram(stage, program)),
  ]);
  return {
    at: Date.now(),
    processes: Object.fromEntries(processes.map((one) => [one.name, one])),
    redis: {
      keys: names,
      waiting,
      memory: Number(info.used_memory),
      clients: Number(info.connected_clients),
      channels: Number(info.pubsub_channels),
    },
    postgres: { sessions: sessions.rows[0].n, bytes: size.rows[0].bytes },
  };
}

/** What each program holds now, in KiB; cheap enough for four times a second. Nothing where one is gone. */
export function weigh(stage) {
  try {
    const memoryKib = stage.programs.map(({ pid }) => {
      return Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/RssAnon:\s+(\d+)/)[1]);
    });
    return [{ at: Date.now(), memoryKib }];
  } catch {
    return [];
  }
}

async function lookAtProgram(stage, { name, pid, url }) {
  const status = fields(readFileSync(`/proc/${pid}/status`, 'utf8'));
  const kib = (field) => Number.parseInt(status[field], 10);
  return {
    name,
    memoryKib: kib('RssAnon'),
    residentKib: kib('VmRSS'),
    threads: kib('Threads'),
    cpuSeconds: cpuSeconds(pid),
    descriptors: descriptors(pid, ports(stage)),
    figures: url && (await figures(url)),
  };
}

/** Descriptors of a process: connections to the stores, whose number the pools decide, and all others. */
function descriptors(pid, { postgres, redis }) {
  const inodes = new Map(['tcp', 'tcp6'].flatMap((file) => remotes(`/proc/${pid}/net/${file}`)));
  const counts = { postgres: 0, redis: 0, clients: 0, others: 0 };
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    let target;
    try {
      target = readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      continue;
    }
    const inode = target.match(/^socket:\[(\d+)\]$/)?.[1];
    const port = inodes.get(inode);
    if (port === postgres) counts.postgres += 1;
    else if (port === redis) counts.redis += 1;
    else if (port > 0) counts.clients += 1;
    else counts.others += 1;
  }
  return counts;
}

function remotes(file) {
  const lines = readFileSync(file, 'utf8').trim().split('\n').slice(1);
  return lines.map((line) => {
    const parts = line.trim().split(/\s+/);
    return [parts[9], Number.parseInt(parts[2].split(':')[1], 16)];
  });
}

function ports({ databaseUrl, redisUrl }) {
  return { postgres: Number(new URL(databaseUrl).port), redis: Number(new URL(redisUrl).port) };
}

/** CPU time of a process so far. */
export function cpuSeconds(pid) {
  const parts = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').map(Number);
  return (parts[11] + parts[12]) / TICKS;
}

/** The figures of a replica, those with labels added up; what links were cut for by reason. */
export async function figures(url) {
  const text = await got(`${url}/metrics`);
  const found = { cuts: {} };
  for (const line of text.split('\n')) {
    const [, name, labels, value] = line.match(/^belfry_(\w+?)(?:_total)?(?:\{(.*)\})? (\S+)$/) ?? [];
    if (name === 'links_cut') found.cuts[labels.match(/reason="(.*?)"/)[1]] = Number(value);
    else if (GAUGES.includes(name) || COUNTERS.includes(name)) found[name] = (found[name] ?? 0) + Number(value);
    else if (['messages_committed', 'deliveries', 'joins'].includes(name)) found[name] = Number(value);
  }
  return found;
}

/** A GET over a connection that is closed then, so that looking leaves no descriptor. */
function got(url) {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, timeout: 10_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
      response.on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error(`${url} does not answer`)));
    request.on('error', reject);
  });
}

function fields(text) {
  const pairs = text.split('\n').map((line) => line.split(/:\s*/, 2));
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined).map(([name, value]) => [name, value.trim()]));
}
