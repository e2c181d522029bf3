// What is measured: the load of each scenario, who takes part, and which figures the table shows.
//
// `load`, `small` and `large` are arguments of belfry-load; `seconds` is about how long one run takes; `headline` is the figure
// that is drawn. `trouble` is what the runner does to the servers in the middle of a run, and whose CPU time still says
// something afterwards.

import { atLeastTimes, atMost, atMostTimes, below, exactly, figure } from './figures.mjs';

const window = ['--seconds', '10', '--warm-up', '4'];
const smallWindow = ['--seconds', '2', '--warm-up', '1'];

const deliveries = (...targets) => figure('deliveries/s', (r) => r.deliveriesPerSecond, { ratio: true, spread: true, targets });
const messages = (...targets) =>
  figure('acknowledged messages/s', (r) => r.messagesPerSecond, { ratio: true, spread: targets.length > 0, targets });
const delivery = [
  figure('send to delivery p50, ms', (r) => r.deliveryMs?.p50),
  figure('send to delivery p99, ms', (r) => r.deliveryMs?.p99),
];
const ack = [figure('acknowledgement p50, ms', (r) => r.ackMs?.p50), figure('acknowledgement p99, ms', (r) => r.ackMs?.p99)];
const cpuADelivery = figure('server CPU seconds a million deliveries', (r) => r.serverCpuSecondsPerMillionDeliveries, {
  ratio: true,
});
const cpuAMessage = figure('server CPU seconds a million messages', (r) => r.serverCpuSecondsPerMillionMessages, {
  ratio: true,
});
const cores = [
  figure('cores busy: server', (r) => r.cpu.serverCores),
  figure('cores busy: Postgres and Redis', (r) => r.cpu.storeCores),
];
const memory = figure('server peak memory, MiB', (r) => r.serverPeakRssMib);
const orders = figure('orders in which one room was seen', (r) => r.ordersSeen);
const delivered = figure('delivered, %', (r) => r.deliveredPercent, { targets: [exactly(100, '%')] });

export const scenarios = {
  fanout: {
    title: '1,000 clients in one room, 10 of them write, each as soon as it has its acknowledgement and its own message',
    load: ['fanout', '--clients', '1000', '--senders', '10', ...window],
    small: ['fanout', '--clients', '100', '--senders', '5', ...smallWindow],
    contenders: ['belfry', 'peer', 'floor'],
    seconds: 20,
    headline: 'deliveries/s',
    figures: [
      deliveries(atLeastTimes(8, 'peer'), atLeastTimes(0.6, 'floor')),
      messages(),
      ...delivery,
      ...ack,
      cpuADelivery,
      ...cores,
      memory,
      orders,
    ],
  },
  'fanout-saturated': {
    title: '100 clients in one room, all of them write, each with 8 messages under way',
    load: ['fanout', '--clients', '100', '--senders', '100', '--in-flight', '8', ...window],
    small: ['fanout', '--clients', '20', '--senders', '20', '--in-flight', '8', ...smallWindow],
    contenders: ['belfry', 'peer', 'floor'],
    seconds: 19,
    headline: 'deliveries/s',
    figures: [deliveries(atLeastTimes(20, 'peer')), messages(), ...delivery, ...ack, cpuADelivery, ...cores, memory, orders],
  },
  'fanout-open': {
    title: '100 clients in one room, 300 messages a second on a timetable (30,000 deliveries a second)',
    load: ['fanout', '--clients', '100', '--senders', '30', ...window, '--open-loop', '300'],
    small: ['fanout', '--clients', '20', '--senders', '5', ...smallWindow, '--open-loop', '60'],
    contenders: ['belfry', 'peer', 'floor'],
    seconds: 18,
    headline: 'send to delivery p99, ms',
    distribution: true,
    figures: [
      figure('deliveries/s', (r) => r.deliveriesPerSecond),
      figure('send to delivery p50, ms', (r) => r.deliveryMs?.p50, {
        ratio: true,
        spread: true,
        targets: [atMost(2.5, 'ms'), below('peer')],
      }),
      figure('send to delivery p99, ms', (r) => r.deliveryMs?.p99, {
        ratio: true,
        spread: true,
        targets: [atMost(8, 'ms'), below('peer')],
      }),
      ...ack,
      cpuADelivery,
      ...cores,
      memory,
      figure('lateness of the load generator itself p99, ms', (r) => r.sendLagMs?.p99),
    ],
  },
  durable: {
    title: '512 clients in 64 rooms, all of them write, each as soon as it has its acknowledgement',
    load: ['durable', '--senders', '512', '--rooms', '64', ...window],
    small: ['durable', '--senders', '64', '--rooms', '8', ...smallWindow],
    contenders: ['belfry', 'peer'],
    seconds: 20,
    headline: 'acknowledged messages/s',
    figures: [messages(atLeastTimes(10, 'peer')), ...ack, ...delivery, cpuAMessage, ...cores, memory, orders],
  },
  'durable-one-room': {
    title: '512 clients write in one room, each as soon as it has its acknowledgement, without listening; one more listens',
    load: ['durable', '--senders', '512', '--watchers', '1', ...window],
    small: ['durable', '--senders', '64', '--watchers', '1', ...smallWindow],
    contenders: ['belfry', 'peer'],
    seconds: 20,
    headline: 'acknowledged messages/s',
    figures: [messages(atLeastTimes(10, 'peer')), ...ack, ...delivery, cpuAMessage, ...cores, memory],
  },
  jitter: {
    title:
      '2,000 clients in one room, 120 messages at 2 a second; each connection is cut every 15 s, and comes back 2 s later with `since`',
    load: ['jitter', '--clients', '2000'],
    small: ['jitter', '--clients', '100', '--messages', '16', '--cut-every', '3', '--offline', '0.5'],
    large: ['jitter', '--clients', '10000'],
    largeTitle: 'As `jitter`, with 10,000 clients',
    contenders: ['belfry', 'peer-quiet'],
    seconds: 70,
    headline: 'replay after the reconnect starts p99, ms',
    figures: [
      delivered,
      figure('replay after the reconnect starts p50, ms', (r) => r.replayMs?.p50),
      figure('replay after the reconnect starts p99, ms', (r) => r.replayMs?.p99, {
        ratio: true,
        spread: true,
        targets: [atMost(500, 'ms')],
      }),
      figure('connections cut', (r) => r.cuts),
      ...delivery,
      cpuADelivery,
      ...cores,
      memory,
    ],
  },
  avalanche: {
    title:
      'two servers, one of them killed under its 2,000 clients in 20 rooms, 2 messages a second in each; all go to the other after the back-off of a stock client',
    load: ['avalanche', '--clients', '2000', '--rooms', '20'],
    small: ['avalanche', '--clients', '200', '--rooms', '4'],
    large: ['avalanche', '--clients', '15000', '--rooms', '150'],
    largeTitle: 'As `avalanche`, with 15,000 clients in 150 rooms',
    contenders: ['belfry', 'peer-quiet'],
    replicas: 2,
    trouble: { act: (server) => server.kill(0), pids: (server) => server.pids.slice(1) },
    seconds: 15,
    headline: 'the last one in after its first possible reconnect, ms',
    figures: [
      figure('clients back, %', (r) => r.backPercent, { targets: [exactly(100, '%')] }),
      figure('the last one in after its first possible reconnect, ms', (r) => r.joinedMs?.max, {
        ratio: true,
        spread: true,
        targets: [atMost(5000, 'ms')],
      }),
      figure('in after the first possible reconnect p50, ms', (r) => r.joinedMs?.p50),
      figure('in after the first possible reconnect p99, ms', (r) => r.joinedMs?.p99),
      delivered,
      figure('the longest silence of a client p50, ms', (r) => r.silenceMs?.p50),
      figure('attempts to connect that failed', (r) => r.failedAttempts),
      ...cores,
      memory,
    ],
  },
  'join-storm': {
    title: '1,000 connected clients join one room of 50 messages at the same moment',
    load: ['join-storm', '--clients', '1000'],
    small: ['join-storm', '--clients', '100'],
    contenders: ['belfry', 'peer', 'peer-quiet'],
    seconds: 10,
    headline: 'all in after, ms',
    figures: [
      figure('all in after, ms', (r) => r.allInMs, { ratio: true, spread: true, targets: [atMost(500, 'ms')] }),
      figure('one join p50, ms', (r) => r.joinMs?.p50),
      figure('one join p99, ms', (r) => r.joinMs?.p99),
      figure('other events received meanwhile', (r) => r.otherEvents),
      figure('server CPU seconds', (r) => r.serverCpuSeconds),
      figure('Postgres and Redis CPU seconds', (r) => r.storeCpuSeconds),
      memory,
    ],
  },
  idle: {
    title: '10,000 clients, each a user of its own, in 100 rooms where nothing happens',
    load: ['idle', '--clients', '10000', '--rooms', '100'],
    small: ['idle', '--clients', '500', '--rooms', '10'],
    contenders: ['belfry', 'peer'],
    seconds: 25,
    headline: 'resident memory of one client, kB',
    figures: [
      figure('resident memory of one client, kB', (r) => r.rssKbEach, {
        ratio: true,
        spread: true,
        targets: [atMost(20, 'kB')],
      }),
      figure('resident memory with nobody there, MiB', (r) => r.rssBeforeMib),
      figure('resident memory with all of them, MiB', (r) => r.rssAfterMib),
      figure('server CPU seconds until all were in', (r) => r.serverCpuSeconds),
      figure('cores busy afterwards: server', (r) => r.cpu.serverCores),
      memory,
    ],
  },
  'two-replicas': {
    title:
      '1,000 clients in one room, 40 messages a second on a timetable (40,000 deliveries a second), on one server and over two; the CPU time of both counts',
    load: ['fanout', '--clients', '1000', '--senders', '10', ...window, '--open-loop', '40'],
    small: ['fanout', '--clients', '100', '--senders', '5', ...smallWindow, '--open-loop', '40'],
    contenders: ['belfry', 'belfry-2'],
    seconds: 20,
    headline: 'server CPU seconds a million deliveries',
    figures: [
      { ...cpuADelivery, spread: true, targets: [atMostTimes(1.15, 'belfry', 'belfry-2')] },
      figure('deliveries/s', (r) => r.deliveriesPerSecond),
      ...delivery,
      ...ack,
      ...cores,
      memory,
      orders,
    ],
  },
  rolling: {
    title: 'three servers restarted one after another (5 s of drain) under 600 clients in 12 rooms, 20 messages a second in each',
    load: ['rolling', '--clients', '600', '--rooms', '12', '--rate', '20'],
    small: ['rolling', '--clients', '60', '--rooms', '6', '--rate', '20'],
    contenders: ['belfry'],
    replicas: 3,
    env: { DRAIN_SECONDS: '5' },
    trouble: { act: (server) => server.restartEach(), pids: () => [] },
    seconds: 35,
    headline: 'the longest silence of a client, worst, ms',
    figures: [
      delivered,
      figure('the longest silence of a client, median, ms', (r) => r.silenceMs?.p50, { spread: true }),
      figure('the longest silence of a client, worst, ms', (r) => r.silenceMs?.max, { spread: true }),
      figure('in after the first possible reconnect p50, ms', (r) => r.joinedMs?.p50),
      figure('in after the first possible reconnect p99, ms', (r) => r.joinedMs?.p99),
      figure('connections cut by the servers', (r) => r.cutByServer),
      figure('messages sent again', (r) => r.repeatedSends),
      figure('attempts to connect that failed', (r) => r.failedAttempts),
    ],
  },
  claps: {
    title:
      '1,000 clients clap for one message, each again as soon as the last clap is acknowledged, for 10 s; beside it 20 other messages a second in the same room',
    load: ['claps', '--clients', '1000', '--seconds', '10', '--others', '20'],
    small: ['claps', '--clients', '100', '--seconds', '2', '--others', '20'],
    contenders: ['belfry'],
    seconds: 18,
    figures: [
      figure('acknowledged claps/s', (r) => r.clapsPerSecond, { spread: true }),
      figure('claps in the total', (r) => r.total),
      figure('events about the message a second', (r) => r.eventsPerSecond),
      figure('the most of them in any second', (r) => r.mostEventsInOneSecond),
      ...ack,
      figure('other messages, send to delivery p50, ms', (r) => r.deliveryMs?.p50),
      figure('other messages, send to delivery p99, ms', (r) => r.deliveryMs?.p99, { spread: true }),
      ...cores,
      memory,
    ],
  },
  'room-list': {
    title: 'one user of 2,000 rooms, each with something unread, asks for all of them, one time after another',
    load: ['room-list', '--rooms', '2000', '--times', '200'],
    small: ['room-list', '--rooms', '100', '--times', '20'],
    contenders: ['belfry'],
    seconds: 20,
    figures: [
      figure('list p50, ms', (r) => r.listMs?.p50),
      figure('list p95, ms', (r) => r.listMs?.p95, { spread: true }),
      figure('list p99, ms', (r) => r.listMs?.p99),
      figure('bytes of the answer', (r) => r.bytes),
      ...cores,
    ],
  },
  'jobs-drain': {
    title:
      '100,000 jobs wait, then workers do them, 100 at once, with a handler that does nothing. Belfry keeps a row of each in Postgres: stored, started and done are commits; BullMQ keeps all in Redis, here without persistence',
    jobs: true,
    load: ['drain', '--jobs', '100000'],
    small: ['drain', '--jobs', '5000'],
    large: ['drain', '--jobs', '1000000'],
    largeTitle: 'As `jobs-drain`, with 1,000,000 jobs',
    contenders: ['belfry', 'peer'],
    seconds: 45,
    headline: 'jobs done/s',
    figures: [
      figure('jobs done/s', (r) => r.jobsPerSecond, { ratio: true, spread: true, targets: [atLeastTimes(5, 'peer')] }),
      figure('jobs stored/s, 1,000 a call', (r) => r.storedPerSecond, { ratio: true, spread: true }),
      figure('bytes of Redis a waiting job', (r) => r.redisBytesEach, { ratio: true, targets: [atMost(1000, 'bytes')] }),
      figure('kB of Redis left when all are done', (r) => (r.redisBytesLeft === undefined ? undefined : r.redisBytesLeft / 1000)),
      ...cores,
    ],
  },
  'jobs-pace': {
    title:
      '1,000 jobs a second on a timetable, each handed in alone, 100 at once, with a handler that does nothing; from when a job was due to be handed in until its handler starts. Belfry commits each to Postgres before',
    jobs: true,
    load: ['pace', '--rate', '1000', '--seconds', '10', '--warm-up', '4'],
    small: ['pace', '--rate', '100', '--seconds', '2', '--warm-up', '1'],
    contenders: ['belfry', 'peer'],
    seconds: 20,
    headline: 'enqueue to start p99, ms',
    figures: [
      figure('enqueue to start p50, ms', (r) => r.startMs?.p50, { ratio: true, spread: true }),
      figure('enqueue to start p99, ms', (r) => r.startMs?.p99, {
        ratio: true,
        spread: true,
        targets: [atMost(10, 'ms'), below('peer')],
      }),
      figure('stored (told to the asker) p50, ms', (r) => r.storedMs?.p50),
      figure('stored (told to the asker) p99, ms', (r) => r.storedMs?.p99),
      figure('jobs that count', (r) => r.startMs?.count),
      ...cores,
    ],
  },
};
