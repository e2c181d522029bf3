// What a message, a room and a connection cost: `node bench/soak/costs.mjs [messages two-replicas rooms connections]`. The figures of docs/scaling.md.
//
// Each part runs on stores of its own. What everything costs while nobody does anything is measured first and taken off. CPU time is that of
// the processes, so a busy machine changes it little.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { output, start, stop } from '../runner/processes.mjs';
import { Ledger } from './ledger.mjs';
import { Person } from './person.mjs';
import { report, round } from './report.mjs';
import { onStage, SECRET } from './stage.mjs';
import { token } from './tokens.mjs';
import { cpuSeconds, figures } from './watch.mjs';

const parts = { messages: (stage) => messages(stage, 1), 'two-replicas': (stage) => messages(stage, 2), rooms, connections };
const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts);
const OPEN = { MESSAGES_PER_SECOND: '100000', EVENTS_PER_SECOND: '100000', ROOMS_PER_SOCKET: '100000', RUST_LOG: 'warn' };
/** A message as people write them, so many characters. */
const TEXT = 'a message of a hundred characters or so, as somebody writes it who has a little time and two thumbs';

await onStage('costs', async (stage) => {
  const found = {};
  for (const name of chosen) {
    stage.databaseUrl = stage.stores.fresh();
    found[name] = await parts[name](stage);
    console.log(`${name}: ${JSON.stringify(found[name], undefined, 1)}`);
    for (const program of stage.programs.splice(0)) await stage.stops(program);
  }
  if (chosen.length === Object.keys(parts).length) report('costs.json', stage, found);
  return true;
});

/** 300 messages a second in 30 rooms of 10 people, half of the people of a room on each replica. */
async function messages(stage, count) {
  const [rooms, people, perSecond, seconds] = [30, 10, 300, 20];
  const replicas = await stage.serves(count, OPEN);
  stage.runs('worker', ['worker'], { RUST_LOG: 'warn' });
  const postgres = await stage.postgres();
  const urls = replicas.map(({ url }) => url);
  const crowd = await gathered(urls, rooms * people, (n) => [`room-${Math.floor(n / people)}`]);
  await pause(5_000);
  const idle = await over(stage, postgres, 10, () => pause(10_000));
  await postgres.query('CHECKPOINT');
  const sizes = await tables(postgres);
  let sent = 0;
  let packet = 0;
  crowd[0].socket.once('message:new', (message) => {
    packet = Buffer.byteLength(`42${JSON.stringify(['message:new', message])}`);
  });
  const waiting = [];
  const busy = await over(stage, postgres, seconds, async () => {
    const began = performance.now();
    while (performance.now() - began < seconds * 1_000) {
      const due = ((performance.now() - began) / 1_000) * perSecond;
      for (; sent < due; sent++) {
        // The first of each room in turn.
        const writer = crowd[(sent % rooms) * people];
        waiting.push(writer.asks('message:send', { roomId: `room-${sent % rooms}`, content: TEXT, clientId: `message-${sent}` }));
      }
      await pause(5);
    }
    await Promise.all(waiting);
    // What the worker does with them is part of it.
    while ((await looked(postgres, 'SELECT count(*)::int AS n FROM jobs')).n > 0) await pause(100);
  });
  const acks = await Promise.all(waiting);
  const acknowledged = acks.filter((ack) => ack?.ok).length;
  const after = await tables(postgres);
  for (const person of crowd) person.goes();
  await postgres.end();
  const each = (name, digits = 1) => round((busy[name] - idle[name] * (busy.seconds / idle.seconds)) / acknowledged, digits);
  const micros = (name) => round(((busy.cpu[name] - idle.cpu[name] * (busy.seconds / idle.seconds)) / acknowledged) * 1e6, 0);
  const commands = {};
  for (const [name, calls] of Object.entries(busy.commands)) {
    const one = (calls - (idle.commands[name] ?? 0) * (busy.seconds / idle.seconds)) / acknowledged;
    if (one > 0.005) commands[name] = round(one, 3);
  }
  return {
    load: {
      replicas: count,
      rooms,
      people,
      perSecond,
      acknowledged,
      deliveries: busy.deliveries,
      bytesOfText: TEXT.length,
      bytesOfPacket: packet,
    },
    cpuMicrosAMessage: Object.fromEntries(Object.keys(busy.cpu).map((name) => [name, micros(name)])),
    walBytesAMessage: each('wal', 0),
    commitsAMessage: each('commits', 3),
    tableBytesAMessage: Object.fromEntries(
      Object.keys(after)
        .map((name) => [name, round((after[name] - (sizes[name] ?? 0)) / acknowledged, 0)])
        .filter(([, bytes]) => bytes > 0),
    ),
    redis: { commandsAMessage: commands, bytesInAMessage: each('redisIn', 0), bytesOutAMessage: each('redisOut', 0) },
    idleCoresBefore: Object.fromEntries(Object.entries(idle.cpu).map(([name, used]) => [name, round(used / idle.seconds, 4)])),
  };
}

/** One connection in 2,000 rooms that nobody else is in, on one replica; and then, twice, in as many others, to see what stays behind. */
async function rooms(stage) {
  const count = 2_000;
  const [replica] = await stage.serves(1, OPEN);
  const postgres = await stage.postgres();
  await gathered([replica.url], 1, () => ['first']);
  await pause(5_000);
  const idle = await over(stage, postgres, 10, () => pause(10_000));
  const before = await held(stage, replica);
  const rounds = [];
  let quiet;
  for (let round = 0; round < 3; round++) {
    const [person] = await gathered([replica.url], 1, () => []);
    for (let n = 0; n < count; n += 50)
      await Promise.all(Array.from({ length: 50 }, (_, k) => person.joins(`room-${round}-${n + k}`)));
    await pause(5_000);
    const live = await held(stage, replica);
    quiet ??= await over(stage, postgres, 20, () => pause(20_000));
    person.goes();
    // The first one's room goes on.
    while ((await figures(replica.url)).live_rooms > 1) await pause(1_000);
    await pause(5_000);
    rounds.push({ live, asleep: await held(stage, replica) });
  }
  const sizes = await tables(postgres);
  await postgres.end();
  const each = (name, to, from) => round((to[name] - from[name]) / count, 0);
  const cores = (name) => round(quiet.cpu[name] / quiet.seconds - idle.cpu[name] / idle.seconds, 4);
  return {
    rooms: count,
    live: { replicaBytes: each('replica', rounds[0].live, before), redisBytes: each('redis', rounds[0].live, before) },
    // Beside what the round before has left.
    rounds: rounds.map(({ live, asleep }) => ({ liveKib: live.replica / 1_024, asleepKib: asleep.replica / 1_024 })),
    beforeKib: before.replica / 1_024,
    asleepRedisBytes: each('redis', rounds[0].asleep, before),
    channels: rounds[0].live.channels - before.channels,
    coresWhileNothingHappens: Object.fromEntries(Object.keys(quiet.cpu).map((name) => [name, cores(name)])),
    redisCommandsASecond: round(Object.values(quiet.commands).reduce((sum, calls) => sum + calls, 0) / quiet.seconds),
    redisCommands: Object.fromEntries(Object.entries(quiet.commands).filter(([, calls]) => calls > 100)),
    tableBytes: Object.fromEntries(Object.entries(sizes).filter(([name]) => ['rooms', 'members', 'room_counts'].includes(name))),
  };
}

/** 10,000 connections of as many users in 100 rooms of one replica, idle. Kernel memory counts both ends, as both are here. */
async function connections(stage) {
  const count = Number(process.env.CLIENTS ?? 10_000);
  const [replica] = await stage.serves(1, OPEN);
  const postgres = await stage.postgres();
  await pause(3_000);
  const idle = await over(stage, postgres, 10, () => pause(10_000));
  const before = { ...(await held(stage, replica)), kernel: kernelBytes() };
  const crowd = start(
    [join(stage.bin, 'belfry-load'), 'idle', '--url', replica.url, '--clients', count, '--rooms', 100, '--stay', 45].map(String),
    { log: join(stage.logs, 'crowd.log'), env: { JWT_SECRET: SECRET } },
  );
  const arriving = cpuSeconds(replica.pid);
  while ((await figures(replica.url)).sockets < count) {
    if (crowd.ended) throw new Error('the crowd did not come');
    await pause(500);
  }
  await pause(5_000);
  const came = cpuSeconds(replica.pid);
  const there = { ...(await held(stage, replica)), kernel: kernelBytes() };
  const quiet = await over(stage, postgres, 20, () => pause(20_000));
  await stop(crowd);
  while ((await figures(replica.url)).sockets > 0) await pause(500);
  await pause(15_000);
  const gone = await held(stage, replica);
  await postgres.end();
  const each = (name, to) => round((to[name] - before[name]) / count, 0);
  return {
    connections: count,
    replicaBytes: each('replica', there),
    replicaBytesAfterwards: each('replica', gone),
    kernelBytesOfOneEnd: round(each('kernel', there) / 2, 0),
    redisBytes: each('redis', there),
    descriptors: round((there.descriptors - before.descriptors) / count),
    cpuMicrosToArrive: round(((came - arriving) / count) * 1e6, 0),
    coresWhileNothingHappens: Object.fromEntries(
      Object.keys(quiet.cpu).map((name) => [name, round(quiet.cpu[name] / quiet.seconds - idle.cpu[name] / idle.seconds, 4)]),
    ),
  };
}

/** So many people, each of whom joins their rooms. */
async function gathered(urls, count, roomsOf) {
  const ledger = new Ledger();
  const people = Array.from({ length: count }, (_, n) => {
    const id = `user-${n}`;
    return new Person({ ledger, user: { id }, token: token(id, id), urls, first: n });
  });
  for (let n = 0; n < count; n += 20) {
    const some = people.slice(n, n + 20);
    await Promise.all(some.map((person) => person.connects()));
    await Promise.all(some.map(async (person, k) => Promise.all(roomsOf(n + k).map((room) => person.joins(room)))));
  }
  return people;
}

/** What was used of everything while `work` was done. */
async function over(stage, postgres, seconds, work) {
  const before = await counters(stage, postgres);
  await work();
  const after = await counters(stage, postgres);
  const less = (to, from) => Object.fromEntries(Object.entries(to).map(([name, value]) => [name, value - (from[name] ?? 0)]));
  const { cpu, commands, ...others } = after;
  return {
    ...less(others, before),
    cpu: less(cpu, before.cpu),
    commands: less(commands, before.commands),
    seconds: (after.at - before.at) / 1_000,
    asked: seconds,
  };
}

async function counters(stage, postgres) {
  // What was counted in a session is told to others when it rests.
  await postgres.query('SELECT pg_stat_clear_snapshot()');
  const [stats, commandLines] = await Promise.all([stage.redis('INFO', 'stats'), stage.redis('INFO', 'commandstats')]);
  const number = (name) => Number(stats.join('\n').match(new RegExp(`${name}:(\\d+)`))?.[1] ?? 0);
  const { lsn, commits } = await looked(
    postgres,
    `SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::float8 AS lsn,
       (SELECT xact_commit::float8 FROM pg_stat_database WHERE datname = current_database()) AS commits`,
  );
  const [postgresPid, redisPid] = stage.stores.pids;
  const cpu = Object.fromEntries(stage.programs.map(({ name, pid }) => [name, cpuSeconds(pid)]));
  const delivered = await Promise.all(stage.programs.filter(({ url }) => url).map(({ url }) => figures(url)));
  return {
    at: performance.now(),
    wal: lsn,
    commits,
    redisIn: number('total_net_input_bytes'),
    redisOut: number('total_net_output_bytes'),
    deliveries: delivered.reduce((sum, one) => sum + one.deliveries, 0),
    cpu: { ...cpu, postgres: family(postgresPid), redis: cpuSeconds(redisPid) },
    commands: Object.fromEntries(
      commandLines.flatMap((line) => {
        const [, name, calls] = line.match(/^cmdstat_([^:]+):calls=(\d+)/) ?? [];
        return name && !/^(info|command|config)/.test(name) ? [[name, Number(calls)]] : [];
      }),
    ),
  };
}

/** CPU time of a process and all its children, also those that have ended. */
function family(pid) {
  const lines = output('ps', '-eo', 'pid=,ppid=').split('\n');
  const children = lines.map((line) => line.trim().split(/\s+/).map(Number)).filter(([, parent]) => parent === pid);
  const ended = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').map(Number);
  const own = cpuSeconds(pid) + (ended[13] + ended[14]) / 100;
  return children.reduce((sum, [child]) => {
    try {
      return sum + cpuSeconds(child);
    } catch {
      return sum;
    }
  }, own);
}

/** Bytes of memory that a replica and Redis hold, and what else grows with people. */
async function held(stage, { pid }) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const [memory] = (await stage.redis('INFO', 'memory')).filter((line) => line.startsWith('used_memory:'));
  const [channels] = (await stage.redis('INFO', 'stats')).filter((line) => line.startsWith('pubsub_channels:'));
  return {
    replica: Number(status.match(/RssAnon:\s+(\d+)/)[1]) * 1_024,
    redis: Number.parseInt(memory.split(':')[1], 10),
    channels: Number.parseInt(channels.split(':')[1], 10),
    descriptors: Number(output('ls', `/proc/${pid}/fd`).split('\n').length),
  };
}

/** What the kernel holds for all sockets: slabs, and buffers with something in them. */
function kernelBytes() {
  const slab = Number(readFileSync('/proc/meminfo', 'utf8').match(/Slab:\s+(\d+)/)[1]) * 1_024;
  const pages = Number(readFileSync('/proc/net/sockstat', 'utf8').match(/TCP:.* mem (\d+)/)[1]);
  return slab + pages * 4_096;
}

async function tables(postgres) {
  const { rows } = await postgres.query(
    "SELECT relname, pg_total_relation_size(oid)::float8 AS bytes FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
  );
  return Object.fromEntries(rows.map(({ relname, bytes }) => [relname, bytes]));
}

async function looked(postgres, query) {
  return (await postgres.query(query)).rows[0];
}
