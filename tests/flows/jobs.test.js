// Background jobs over REST: asked for, followed live on all devices, cancelled, and nobody else's business.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { overBackends } from './support/backends.js';
import { everywhere } from './support/everywhere.js';
import { asks, exports, fetches, hearsOf, looksAtJob } from './support/jobs.js';
import { until } from './support/limits.js';
import { answered, isProblem } from './support/rest.js';
import { embedded, replicas, unhurried } from './support/town.js';

const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;

/** The same user on the last of the servers. */
const elsewhere = (town, person) => person.again({ at: town.servers.length - 1 });

everywhere((place) => {
  test('a job is done, and told to every device of its owner', async () => {
    const { town } = place;
    const [ada, eve] = await place.guests('Ada-asks', 'Eve-listens');
    const phone = await elsewhere(town, ada);
    await ada.opens('asked-for');
    const job = await exports(ada, 'asked-for', 'csv', { priority: 'high' });
    assert.match(job.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    const { type, state, progress, attempts, maxAttempts, priority } = job;
    assert.deepEqual(
      { type, state, progress, attempts, maxAttempts, priority },
      { type: 'room.export', state: 'waiting', progress: 0, attempts: 0, maxAttempts: 3, priority: 'high' },
    );
    for (const device of [ada, phone]) {
      await hearsOf(device, job, 'waiting');
      const done = await hearsOf(device, job);
      assert.equal(done.state, 'completed', JSON.stringify(done));
      assert.equal(done.progress, 100);
      assert.equal(done.attempts, 1);
      assert.equal(done.result.file.mediaType, 'text/csv; charset=utf-8; header=present');
      assert.deepEqual(await looksAtJob(device, job), done);
      const { headers, text } = await fetches(device, job);
      assert.equal(headers.get('content-type'), done.result.file.mediaType);
      assert.equal(headers.get('content-length'), String(done.result.file.bytes));
      assert.match(
        headers.get('content-disposition'),
        /^attachment; filename="asked-for-\d{4}-\d\d-\d\d\.csv"; filename\*=UTF-8''asked-for-/,
      );
      assert.equal(headers.get('content-security-policy'), 'sandbox');
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.equal(headers.get('cache-control'), 'no-store');
      assert.match(text, /^seq,rev,id,/);
    }
    const head = await fetch(`${town.address(0)}/api/jobs/${job.id}/result`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${ada.token}` },
    });
    assert.equal(head.status, 200);
    assert.match(head.headers.get('content-type'), /^text\/csv/);

    for (const path of [`/api/jobs/${job.id}`, `/api/jobs/${job.id}/result`])
      isProblem(await eve.rest.get(path), 404, 'not_found');
    isProblem(await eve.rest.delete(`/api/jobs/${job.id}`), 404, 'not_found');
    assert.deepEqual(answered(await eve.rest.get('/api/jobs'), 200), { jobs: [] });
    eve.hasNotSeen('job:update');
  });

  test('a delayed job is not started before its time', async () => {
    const { town } = place;
    const [ada] = await place.guests('Ada-delays');
    const phone = await elsewhere(town, ada);
    await ada.opens('delayed');
    const job = await exports(ada, 'delayed', 'json', { delayMs: 1_500 });
    assert.equal(job.state, 'delayed');
    assert.ok(Date.parse(job.runAt) > Date.parse(job.createdAt), JSON.stringify(job));
    const done = await hearsOf(phone, job);
    assert.equal(done.state, 'completed');
    const early = phone.seen('job:update', (one) => one.id === job.id && one.state === 'active');
    for (const one of early) assert.ok(one.updatedAt >= job.runAt, `${one.updatedAt} is before ${job.runAt}`);
    assert.ok(done.updatedAt >= job.runAt, `${done.updatedAt} is before ${job.runAt}`);
  });

  test('a job that waits is cancelled at once, and one that has ended stays as it is', async () => {
    const { town } = place;
    const [ada] = await place.guests('Ada-cancels');
    const phone = await elsewhere(town, ada);
    await ada.opens('cancelled');
    const job = await exports(ada, 'cancelled', 'json', { delayMs: HOUR });
    isProblem(await ada.rest.get(`/api/jobs/${job.id}/result`), 409, 'conflict');
    const cancelled = answered(await ada.rest.delete(`/api/jobs/${job.id}`), 200);
    assert.equal(cancelled.state, 'cancelled');
    assert.deepEqual(await hearsOf(phone, job), cancelled);
    assert.deepEqual(answered(await phone.rest.delete(`/api/jobs/${job.id}`), 200), cancelled);
    isProblem(await ada.rest.get(`/api/jobs/${job.id}/result`), 409, 'conflict');

    const done = await exports(ada, 'cancelled');
    const completed = await hearsOf(phone, done);
    assert.deepEqual(answered(await ada.rest.delete(`/api/jobs/${done.id}`), 200), completed);
    await fetches(ada, done);
  });

  test('a hopeless job is dead at once, and says why', async () => {
    const { town } = place;
    const [ada] = await place.guests('Ada-ends-it');
    const phone = await elsewhere(town, ada);
    await ada.opens('ended-before');
    const job = await exports(ada, 'ended-before', 'json', { delayMs: 5_000 });
    await ada.ends('ended-before');
    const dead = await hearsOf(phone, job);
    assert.deepEqual([dead.state, dead.attempts, dead.error], ['dead', 1, 'There is no such room.']);
    isProblem(await phone.rest.get(`/api/jobs/${job.id}/result`), 409, 'conflict');
  });

  test('a room’s file is for whoever may read the room, when it is asked for and when it is made', async () => {
    const [ada, bob, eve] = await place.guests('Ada-owns', 'Bob-leaves', 'Eve-outside');
    await ada.opens('secret', { visibility: 'private' });
    await ada.adds(bob, 'secret');
    const wish = { type: 'room.export', payload: { roomId: 'secret', format: 'json' } };
    isProblem(await eve.rest.post('/api/jobs', wish), 404, 'not_found');
    const job = await exports(bob, 'secret', 'json', { delayMs: 5_000 });
    await ada.kicks(bob, 'secret');
    const dead = await hearsOf(bob, job);
    assert.deepEqual([dead.state, dead.error], ['dead', 'There is no such room.']);
    const hers = await exports(ada, 'secret');
    assert.equal((await hearsOf(ada, hers)).state, 'completed');
  });

  test('a person’s jobs are listed in pages, the newest first, by state', async () => {
    const { town } = place;
    const [ada] = await place.guests('Ada-lists-jobs');
    const phone = await elsewhere(town, ada);
    await ada.opens('listed-jobs');
    const asked = [];
    for (let i = 0; i < 7; i++) asked.push(await exports(ada, 'listed-jobs', 'json', { delayMs: HOUR }));
    const [first, ...others] = asked;
    answered(await ada.rest.delete(`/api/jobs/${first.id}`), 200);
    const pages = async (query) => {
      const found = [];
      let cursor = '';
      do {
        const page = answered(await phone.rest.get(`/api/jobs?limit=3${query}${cursor}`), 200);
        assert.ok(page.jobs.length <= 3);
        found.push(...page.jobs.map((job) => job.id));
        cursor = page.nextCursor && `&cursor=${page.nextCursor}`;
      } while (cursor);
      return found;
    };
    const ids = (jobs) => jobs.map((job) => job.id).reverse();
    assert.deepEqual(await pages(''), ids(asked));
    assert.deepEqual(await pages('&state=delayed'), ids(others));
    assert.deepEqual(await pages('&state=cancelled'), [first.id]);
    assert.deepEqual(await pages('&state=dead'), []);
    for (const query of ['state=odd', 'limit=0', 'limit=101', 'cursor=x'])
      isProblem(await ada.rest.get(`/api/jobs?${query}`), 400, 'invalid_argument');
  });

  test('what makes no sense is refused with a clear sentence, and nothing is kept of it', async () => {
    const [ada] = await place.guests(`Ada-senseless`);
    await ada.opens('sensible');
    const fine = { type: 'room.export', payload: { roomId: 'sensible', format: 'json' } };
    const wrong = {
      'a list': [],
      nothing: {},
      'no type': { payload: fine.payload },
      'a number for a type': { ...fine, type: 5 },
      'an unknown type': { ...fine, type: 'room.import' },
      'a long type': { ...fine, type: 'x'.repeat(100_000) },
      'the system’s own': { ...fine, type: 'message.enrich' },
      'the system’s own, of links': { ...fine, type: 'message.preview' },
      'no payload': { type: fine.type },
      'a payload of null': { ...fine, payload: null },
      'a payload in a list': { ...fine, payload: ['sensible', 'json'] },
      'no format': { ...fine, payload: { roomId: 'sensible' } },
      'an unknown format': { ...fine, payload: { roomId: 'sensible', format: 'pdf' } },
      'a senseless room': { ...fine, payload: { roomId: 'two words', format: 'json' } },
      'an unknown priority': { ...fine, priority: 'urgent' },
      'a number for a priority': { ...fine, priority: 1 },
      'a negative delay': { ...fine, delayMs: -1 },
      'an absurd delay': { ...fine, delayMs: YEAR + 1 },
      'a huge delay': { ...fine, delayMs: 1e300 },
      'half a delay': { ...fine, delayMs: 0.5 },
      'a delay in words': { ...fine, delayMs: '1000' },
      'no time at all': { ...fine, expiresMs: 0 },
      'a negative time': { ...fine, expiresMs: -5 },
      'an end before its beginning': { ...fine, delayMs: 10_000, expiresMs: 10_000 },
      'an absurd end': { ...fine, expiresMs: YEAR + 1 },
    };
    for (const [what, body] of Object.entries(wrong)) {
      const answer = await ada.rest.post('/api/jobs', body);
      isProblem(answer, 400, 'invalid_argument');
      assert.match(answer.body.detail, /\.$/, `${what}: ${answer.body.detail}`);
      assert.ok(answer.body.detail.length < 300, `${what}: ${answer.body.detail}`);
    }
    const deep = `{"type":"room.export","payload":${'['.repeat(5_000)}${']'.repeat(5_000)}}`;
    for (const body of ['{"type":', '{"type":"room.export","payload":"\\ud800"}', deep])
      isProblem(await ada.rest.postRaw('/api/jobs', body), 400, 'invalid_argument');
    const large = { ...fine, payload: { ...fine.payload, more: 'x'.repeat(64 * 1024) } };
    isProblem(await ada.rest.post('/api/jobs', large), 413, 'payload_too_large');
    const nowhere = { ...fine, payload: { roomId: 'no-such-room', format: 'json' } };
    isProblem(await ada.rest.post('/api/jobs', nowhere), 404, 'not_found');
    isProblem(await place.town.rest().post('/api/jobs', fine), 401, 'unauthenticated');
    isProblem(await ada.rest.get('/api/jobs/x'), 400, 'invalid_argument');
    isProblem(await ada.rest.get('/api/jobs/01900000-0000-7000-8000-000000000000'), 404, 'not_found');
    assert.deepEqual(answered(await ada.rest.get('/api/jobs'), 200), { jobs: [] });
  });
});

describe('jobs, told apart', { concurrency: 4 }, () => {
  test('one person may ask for many jobs, but not for all of them at once', async (t) => {
    const town = await embedded(t, unhurried);
    const ada = await town.guest('Ada-wants-all');
    await ada.opens('wanted');
    const wish = { type: 'room.export', payload: { roomId: 'wanted', format: 'json' }, delayMs: HOUR };
    const began = Date.now();
    const burst = await Promise.all(Array.from({ length: 100 }, () => ada.rest.post('/api/jobs', wish)));
    const refused = burst.filter(({ status }) => status !== 202);
    const [passed, most] = [burst.length - refused.length, 26 + (5 * (Date.now() - began)) / 1_000];
    assert.ok(passed >= 25 && passed <= most, `${passed} of 100 passed, at most ${most} may`);
    for (const answer of refused) {
      isProblem(answer, 429, 'rate_limited');
      assert.ok(answer.body.retryAfterMs > 0, answer.text);
    }
    let open = burst.length - refused.length;
    let last;
    // As fast as the first limit lets it, until the second one shows.
    for (;;) {
      last = await ada.rest.post('/api/jobs', wish);
      if (last.status === 202) open += 1;
      else if (last.body.retryAfterMs) await pause(last.body.retryAfterMs);
      else break;
    }
    isProblem(last, 429, 'rate_limited');
    assert.match(last.body.detail, /100 jobs/);
    assert.equal(open, 100);
    const { jobs } = answered(await ada.rest.get('/api/jobs?limit=100&state=delayed'), 200);
    assert.equal(jobs.length, 100);
    answered(await ada.rest.delete(`/api/jobs/${jobs[0].id}`), 200);
    await pause(1_000);
    await asks(ada, wish.type, wish.payload, { delayMs: HOUR });
  });

  test('a job that nobody starts in time is dead, with that for a reason', overBackends, async (t) => {
    const town = await replicas(t, 1, { worker: 'apart' });
    await town.worker.kill();
    const ada = await town.guest('Ada');
    await ada.opens('late');
    const job = await exports(ada, 'late', 'json', { expiresMs: 200 });
    await pause(300);
    town.worker = town.runs(['worker']);
    const dead = await hearsOf(ada, job, ['completed', 'dead'], { limit: 90_000 });
    assert.deepEqual([dead.state, dead.attempts, dead.progress], ['dead', 0, 0]);
    assert.match(dead.error, /expired|in time/i);
  });

  test('a job that is asked for while Redis is away is done when it is back', overBackends, async (t) => {
    const town = await replicas(t, 2, { worker: 'apart', ownRedis: true });
    const ada = await town.guest('Ada');
    await ada.opens('kept');
    await town.stopRedis();
    const job = await exports(ada, 'kept');
    await town.startRedis();
    // What is told live while the replicas find Redis again may be lost.
    const bob = await ada.again({ at: 1 });
    const ended = async () => (await looksAtJob(bob, job)).state === 'completed';
    await until(ended, 'the job is done', { limit: 90_000, seen: () => town.said() });
    await fetches(bob, job);
  });
});
