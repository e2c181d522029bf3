// Jobs on a bad night: workers die, stand still or lose Redis, and types of jobs misbehave.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { overBackends } from './support/backends.js';
import { until } from './support/limits.js';
import { exampleBinary } from './support/program.js';
import { answered, isProblem } from './support/rest.js';
import { embedded, replicas } from './support/town.js';

const rehearsal = { binary: exampleBinary('rehearsal') };
/** A dead worker's jobs are taken over within 30 s; what is waited here leaves room for a busy machine. */
const TAKEN_OVER = { limit: 60_000 };

const asked = async (person, type, payload = {}, more = {}) =>
  answered(await person.rest.post('/api/jobs', { type, payload, ...more }), 202);

/** The job, once it is in that state. */
function becomes(person, job, state, limits) {
  const look = async () => {
    const { body } = await person.rest.get(`/api/jobs/${job.id}`);
    return body?.state === state && body;
  };
  return until(look, `${job.type} is ${state}`, limits);
}

describe('a type of job that', { concurrency: 3 }, () => {
  test('panics is dead after its attempts, and the others go on', async (t) => {
    const town = await embedded(t, {}, rehearsal);
    town.servers[0].program.mayPanic = true;
    const ada = await town.guest('Ada');
    const bad = await asked(ada, 'rehearsal.panic');
    const good = await asked(ada, 'rehearsal.sleep', { millis: 10 });
    await becomes(ada, good, 'completed');
    const dead = await becomes(ada, bad, 'dead');
    assert.equal(dead.attempts, 3);
    assert.match(dead.error, /fault of its own/);
  });

  test('never ends is ended, and dead after its attempts', async (t) => {
    const town = await embedded(t, {}, rehearsal);
    const ada = await town.guest('Ada');
    const dead = await becomes(ada, await asked(ada, 'rehearsal.hang'), 'dead');
    assert.equal(dead.attempts, 3);
    assert.match(dead.error, /longer than/);
  });

  test('fails twice and then succeeds says so', async (t) => {
    const town = await embedded(t, {}, rehearsal);
    const ada = await town.guest('Ada');
    const done = await becomes(ada, await asked(ada, 'rehearsal.fail', { times: 2 }), 'completed');
    assert.deepEqual([done.attempts, done.result], [3, { attempt: 3 }]);
  });

  test('is not for whoever asks is refused, and no job', async (t) => {
    const town = await embedded(t, {}, rehearsal);
    const ada = await town.guest('Ada');
    const answer = await ada.rest.post('/api/jobs', { type: 'rehearsal.refuse', payload: {} });
    isProblem(answer, 403, 'forbidden');
    assert.deepEqual((await ada.rest.get('/api/jobs')).body.jobs, []);
  });

  test('kills its worker is dead after its attempts, and takes nobody with it', async (t) => {
    const town = await embedded(t, {}, rehearsal);
    const ada = await town.guest('Ada');
    const innocent = await Promise.all(
      Array.from({ length: 5 }, () => asked(ada, 'rehearsal.sleep', { millis: 2_000 })),
    );
    const poison = await asked(ada, 'rehearsal.kill', {}, { delayMs: 500 });
    const deaths = async () => {
      const { program } = town.servers[0];
      program.mayPanic = true;
      await program.exit(120_000);
      await town.starts();
    };
    for (let death = 1; death <= 3; death++) await deaths();
    const ada2 = await ada.again();
    const dead = await becomes(ada2, poison, 'dead', TAKEN_OVER);
    assert.equal(dead.attempts, 3);
    for (const job of innocent) await becomes(ada2, job, 'completed', { limit: 120_000 });
    assert.ok(town.servers[0].program.isRunning, 'no crash loop');
  });
});

describe('a job', { concurrency: 2 }, () => {
  test('goes to another worker when its own is killed', overBackends, async (t) => {
    const town = await replicas(t, 2, { worker: 'apart', ...rehearsal });
    const ada = await town.guest('Ada');
    const job = await asked(ada, 'rehearsal.sleep', { millis: 10_000 });
    await becomes(ada, job, 'active');
    await town.worker.kill();
    town.runs(['worker']);
    const done = await becomes(ada, job, 'completed', TAKEN_OVER);
    assert.deepEqual([done.attempts, done.result.attempt], [2, 2]);
  });

  test('that takes longer than any lease stays with its live worker', overBackends, async (t) => {
    const town = await replicas(t, 1, { worker: 'apart', ...rehearsal });
    town.runs(['worker']);
    const ada = await town.guest('Ada');
    const job = await asked(ada, 'rehearsal.sleep', { millis: 40_000 });
    const done = await becomes(ada, job, 'completed', { limit: 90_000 });
    assert.equal(done.attempts, 1, 'nobody else has started it');
  });

  test('is started by one of two workers that race for it', overBackends, async (t) => {
    const town = await replicas(t, 2, { ...rehearsal });
    const ada = await town.citizen('Ada');
    const jobs = await Promise.all(Array.from({ length: 20 }, () => asked(ada, 'rehearsal.sleep', { millis: 50 })));
    for (const job of jobs) {
      const done = await becomes(ada, job, 'completed');
      assert.deepEqual([done.attempts, done.result.attempt], [1, 1]);
    }
  });

  test('is not lost when Redis is emptied', overBackends, async (t) => {
    const town = await replicas(t, 1, { worker: 'apart', ownRedis: true, ...rehearsal });
    await town.worker.kill();
    const ada = await town.guest('Ada');
    const jobs = [
      await asked(ada, 'rehearsal.sleep', { millis: 10 }),
      await asked(ada, 'rehearsal.sleep', { millis: 10 }, { priority: 'low' }),
      await asked(ada, 'rehearsal.sleep', { millis: 10 }, { delayMs: 3_000 }),
    ];
    await town.stopRedis();
    await town.startRedis();
    town.worker = town.runs(['worker']);
    for (const job of jobs) await becomes(ada, job, 'completed', TAKEN_OVER);
  });

  test('goes on while Redis is away, and its end is told of', overBackends, async (t) => {
    const town = await replicas(t, 1, { ownRedis: true, ...rehearsal });
    const ada = await town.guest('Ada');
    const job = await asked(ada, 'rehearsal.sleep', { millis: 8_000 });
    await becomes(ada, job, 'active');
    await town.stopRedis();
    await ada.sees('job:update', { id: job.id, state: 'completed' });
    await becomes(ada, job, 'completed');
    await town.startRedis();
  });

  test('is handed back by a worker that is asked to end', overBackends, async (t) => {
    const town = await replicas(t, 1, { worker: 'apart', ...rehearsal });
    const ada = await town.guest('Ada');
    const job = await asked(ada, 'rehearsal.sleep', { millis: 8_000 });
    await becomes(ada, job, 'active');
    town.worker.signal('SIGTERM');
    const { code } = await town.worker.exit();
    assert.equal(code, 0);
    town.runs(['worker']);
    const done = await becomes(ada, job, 'completed');
    assert.equal(done.attempts, 1, 'what was handed back does not count');
  });
});
