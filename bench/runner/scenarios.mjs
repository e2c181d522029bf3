// What is measured: the load of each scenario, who takes part, and which figures the table shows.

const figure = (title, read, options = {}) => ({ title, read, ...options });

const deliveries = figure('deliveries/s', (r) => r.deliveriesPerSecond, { ratio: true, spread: true });
const messages = figure('acknowledged messages/s', (r) => r.messagesPerSecond, { ratio: true });
const delivery = [
  figure('send to delivery p50, ms', (r) => r.deliveryMs?.p50),
  figure('send to delivery p99, ms', (r) => r.deliveryMs?.p99),
];
const ack = [figure('acknowledgement p50, ms', (r) => r.ackMs?.p50), figure('acknowledgement p99, ms', (r) => r.ackMs?.p99)];
const cpuADelivery = figure('server CPU seconds a million deliveries', (r) => r.serverCpuSecondsPerMillionDeliveries);
const cpuAMessage = figure('server CPU seconds a million messages', (r) => r.serverCpuSecondsPerMillionMessages);
const cores = [
  figure('cores busy: server', (r) => r.cpu.serverCores),
  figure('cores busy: Postgres and Redis', (r) => r.cpu.storeCores),
];
const memory = figure('server peak memory, MiB', (r) => r.serverPeakRssMib);
const orders = figure('orders in which one room was seen', (r) => r.ordersSeen);

export const scenarios = {
  fanout: {
    title: '1,000 clients in one room, 10 of them write, each as soon as it has its acknowledgement and its own message',
    load: ['fanout', '--clients', '1000', '--senders', '10', '--seconds', '10', '--warm-up', '5'],
    small: ['fanout', '--clients', '100', '--senders', '5', '--seconds', '2', '--warm-up', '1'],
    contenders: ['belfry', 'peer', 'floor'],
    figures: [deliveries, messages, ...delivery, ...ack, cpuADelivery, ...cores, memory, orders],
  },
  'fanout-open': {
    title: '1,000 clients in one room, 40 messages a second on a timetable (40,000 deliveries a second)',
    load: ['fanout', '--clients', '1000', '--senders', '10', '--seconds', '10', '--warm-up', '5', '--open-loop', '40'],
    small: ['fanout', '--clients', '100', '--senders', '5', '--seconds', '2', '--warm-up', '1', '--open-loop', '40'],
    contenders: ['belfry', 'peer', 'floor'],
    figures: [deliveries, ...delivery, ...ack, cpuADelivery, ...cores, memory],
  },
  durable: {
    title: '512 clients in 64 rooms, all of them write, each as soon as it has its acknowledgement',
    load: ['durable', '--senders', '512', '--rooms', '64', '--seconds', '10', '--warm-up', '5'],
    small: ['durable', '--senders', '64', '--rooms', '8', '--seconds', '2', '--warm-up', '1'],
    contenders: ['belfry', 'peer'],
    figures: [{ ...messages, spread: true }, ...ack, ...delivery, cpuAMessage, ...cores, memory, orders],
  },
  'join-storm': {
    title: '1,000 connected clients join one room of 50 messages at the same moment',
    load: ['join-storm', '--clients', '1000'],
    small: ['join-storm', '--clients', '100'],
    contenders: ['belfry', 'peer', 'peer-quiet'],
    figures: [
      figure('all in after, ms', (r) => r.allInMs, { ratio: true, spread: true }),
      figure('one join p50, ms', (r) => r.joinMs?.p50),
      figure('one join p99, ms', (r) => r.joinMs?.p99),
      figure('other events received meanwhile', (r) => r.otherEvents),
      figure('server CPU seconds', (r) => r.serverCpuSeconds),
      figure('Postgres and Redis CPU seconds', (r) => r.storeCpuSeconds),
      memory,
    ],
  },
  claps: {
    title:
      '1,000 clients clap for one message, each again as soon as the last clap is acknowledged, for 10 s; beside it 20 other messages a second in the same room',
    load: ['claps', '--clients', '1000', '--seconds', '10', '--others', '20'],
    small: ['claps', '--clients', '100', '--seconds', '2', '--others', '20'],
    contenders: ['belfry'],
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
    figures: [
      figure('list p50, ms', (r) => r.listMs?.p50),
      figure('list p95, ms', (r) => r.listMs?.p95, { spread: true }),
      figure('list p99, ms', (r) => r.listMs?.p99),
      figure('bytes of the answer', (r) => r.bytes),
      ...cores,
    ],
  },
};
