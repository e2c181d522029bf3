// An operator's own type of job: the example of docs/jobs.md in the place of `belfry`, used as any client would.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overBackends } from './support/backends.js';
import { exampleBinary } from './support/program.js';
import { answered, isProblem } from './support/rest.js';
import { embedded, replicas, unhurried } from './support/town.js';

const wordCount = () => exampleBinary('word_count');
const towns = {
  embedded: { options: {}, open: (t) => embedded(t, unhurried, { binary: wordCount() }) },
  'replicas with a worker apart': {
    options: overBackends,
    open: (t) => replicas(t, 2, { settings: unhurried, worker: 'apart', binary: wordCount() }),
  },
};

const counts = (person, roomId) => person.rest.post('/api/jobs', { type: 'word.count', payload: { roomId } });

for (const [kind, { options, open }] of Object.entries(towns)) {
  test(`${kind}: counts the words of a room for whoever may read it`, options, async (t) => {
    const town = await open(t);
    const ada = await town.guest('Ada');
    const eve = await town.guest('Eve', { at: town.servers.length - 1 });
    await ada.opens('attic', { visibility: 'private' });
    await ada.joins('attic');
    await ada.saysMany('attic', 1_200, (i) => `three words: ${i}`);

    const job = answered(await counts(ada, 'attic'), 202);
    assert.equal(job.type, 'word.count');
    const done = await ada.sees('job:update', { id: job.id, state: 'completed' });
    assert.deepEqual(done.result, { roomId: 'attic', messages: 1_200, words: 3_600 });
    assert.equal(done.progress, 100);
    const [first] = ada.seen('job:update', { id: job.id });
    assert.equal(first.state, 'waiting');
    assert.deepEqual(answered(await ada.rest.get(`/api/jobs/${job.id}`), 200), done);

    const again = answered(await counts(ada, 'attic'), 202);
    const { result } = await ada.sees('job:update', { id: again.id, state: 'completed' });
    assert.deepEqual(result, done.result, 'done twice, it comes to the same');

    isProblem(await counts(eve, 'attic'), 404, 'not_found');
    isProblem(await counts(eve, 'no-such-room'), 404, 'not_found');
    isProblem(await counts(ada, 5), 400, 'invalid_argument');
    isProblem(await ada.rest.post('/api/jobs', { type: 'word.counts', payload: {} }), 400, 'invalid_argument');
    eve.hasNotSeen('job:update');
  });
}

test('the program is Belfry in all else', async (t) => {
  const town = await embedded(t, {}, { binary: wordCount() });
  const [ada, bob] = [await town.guest('Ada'), await town.guest('Bob')];
  await ada.joins('lobby');
  await bob.joins('lobby');
  await ada.says('lobby', 'hello @Bob');
  assert.equal((await bob.hears('hello @Bob')).username, 'Ada');
  assert.deepEqual((await bob.sees('message:updated', (one) => one.mentions.length > 0)).mentions, [bob.id]);
  assert.deepEqual(await town.stop(), { code: 0, signal: null });
});
