// The story of story.js told to the containers that tests/compose/run has started: node main.js ENV-FILE COMPOSE-COMMAND…

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { until } from '../flows/support/limits.js';
import { answered, Rest } from '../flows/support/rest.js';
import { storyBehindTheBalancer } from './story.js';

/** Milliseconds for what starts containers. */
const STARTING = { limit: 180_000 };
const TARGETS = ['belfry-1:9100', 'belfry-2:9100', 'worker-1:9100', 'worker-2:9100'];

const [file, command, ...flags] = process.argv.slice(2);
const env = Object.fromEntries(
  (await readFile(file, 'utf8')).split('\n').map((line) => /^([A-Z_]+)=(.*)$/.exec(line)?.slice(1) ?? []),
);
const compose = async (...words) =>
  (await promisify(execFile)(command, [...flags, ...words], { timeout: STARTING.limit })).stdout;
const at = (setting) => new Rest(`http://${env[setting]}`);
const answers = (rest, path) =>
  until(async () => (await rest.get(path).catch(() => ({}))).status === 200, `${rest.base}${path} answers`, STARTING);

const front = at('PUBLISH');
await answers(front, '/ready');
const { messages, cut } = await storyBehindTheBalancer({
  url: front.base,
  addresses: false,
  said: () => '(the containers’ logs follow)',
  killsWorker: () => compose('kill', '-s', 'KILL', 'worker-1'),
  killsReplica: () => compose('kill', '-s', 'KILL', 'belfry-1'),
  startsReplica: () => compose('start', 'belfry-1'),
});
console.log(`compose-test: ${messages} messages; cut with the replica: ${cut}`);

assert.equal((await front.get('/metrics')).status, 404, 'metrics are not for the world');
await compose('start', 'worker-1');
if (process.env.OBSERVE === 'no') process.exit();
const prometheus = at('PUBLISH_PROMETHEUS');
await answers(prometheus, '/-/ready');
const up = async () => {
  const { data } = answered(await prometheus.get('/api/v1/query?query=up%7Bjob%3D~%22belfry.*%22%7D'), 200);
  return data.result.filter(({ value }) => value[1] === '1').map(({ metric }) => metric.instance);
};
await until(
  async () => (await up()).length === TARGETS.length,
  'Prometheus hears of all replicas and workers',
  STARTING,
);
assert.deepEqual((await up()).sort(), TARGETS);

const grafana = at('PUBLISH_GRAFANA');
await answers(grafana, '/api/health');
const dashboards = async () => answered(await grafana.get('/api/search?type=dash-db'), 200).length;
await until(async () => (await dashboards()) > 0, 'Grafana has the dashboard', STARTING);
console.log('compose-test: Prometheus hears of all four; Grafana has the dashboard.');
