// Operators look after dead jobs: over REST with the server's key, and from the command line beside a running server.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { overBackends } from './support/backends.js';
import { exports, fetches, hearsOf } from './support/jobs.js';
import { answered, isProblem } from './support/rest.js';
import { embedded, replicas, unhurried } from './support/town.js';

const key = 'a-key-for-operators';
const settings = { ...unhurried, SERVER_API_KEY: key };
const REASON = 'There is no such room.';

const places = [
  ['one server', {}, (t) => embedded(t, settings)],
  ['two replicas', overBackends, (t) => replicas(t, 2, { settings })],
];

for (const [name, options, opens] of places) {
  describe(name, { concurrency: 4, ...options }, () => {
    let town;
    let end;
    before(async () => {
      town = await opens({ after: (ending) => (end = ending) });
    });
    after(() => end?.());

    const operator = () => town.rest(town.servers.length - 1, key);
    const guest = (username) => town.guest(username);

    /** A job of somebody who lost the right to the room before it was started. */
    async function deadJob(username) {
      const ada = await guest(`Ada-${username}`);
      const bob = await guest(username);
      const room = `room-of-${username}`;
      await ada.opens(room, { visibility: 'private' });
      await ada.adds(bob, room);
      const job = await exports(bob, room, 'json', { delayMs: 5_000 });
      await ada.kicks(bob, room);
      const dead = await hearsOf(bob, job);
      assert.deepEqual([dead.state, dead.error], ['dead', REASON]);
      return { ada, bob, room, job: dead };
    }

    /** `belfry admin jobs …` to its end. */
    async function admin(...args) {
      const program = town.runs(['admin', 'jobs', ...args]);
      const { code } = await program.exit();
      return { code, output: program.output.join('\n'), errors: program.errors.join('\n') };
    }

    test('over REST: listed, shown with every attempt, and tried again until it is done', async () => {
      const { ada, bob, room, job } = await deadJob('Bob-rest');
      const listed = answered(await operator().get('/api/admin/jobs?type=room.export&limit=100'), 200);
      const found = listed.jobs.find(({ id }) => id === job.id);
      assert.deepEqual(found.payload, { roomId: room, format: 'json' });
      assert.equal(found.owner, bob.id);
      assert.deepEqual(
        found.failures.map(({ attempt, error }) => [attempt, error]),
        [[1, REASON]],
      );
      assert.deepEqual(answered(await operator().get(`/api/admin/jobs/${job.id}`), 200), found);

      const from = bob.here;
      const again = answered(await operator().post(`/api/admin/jobs/${job.id}/retry`), 200);
      assert.equal(again.state, 'waiting');
      assert.equal((await hearsOf(bob, job, undefined, { from })).state, 'dead', 'he is no member still');
      const twice = answered(await operator().get(`/api/admin/jobs/${job.id}`), 200);
      assert.deepEqual(
        twice.failures.map(({ error }) => error),
        [REASON, REASON],
        'its failures stay with it',
      );

      await ada.adds(bob, room);
      const later = bob.here;
      answered(await operator().post(`/api/admin/jobs/${job.id}/retry`), 200);
      assert.equal((await hearsOf(bob, job, undefined, { from: later })).state, 'completed');
      await fetches(bob, job);
      isProblem(await operator().post(`/api/admin/jobs/${job.id}/retry`), 409, 'conflict');
      const { jobs } = answered(await operator().get('/api/admin/jobs?limit=100'), 200);
      assert.ok(!jobs.some(({ id }) => id === job.id), 'it is no dead one any more');
    });

    test('over REST: anybody’s job is cancelled', async () => {
      const ada = await guest('Ada-is-cancelled');
      await ada.opens('cancelled-by-them');
      const job = await exports(ada, 'cancelled-by-them', 'json', { delayMs: 3_600_000 });
      const waiting = answered(await operator().get('/api/admin/jobs?state=delayed&limit=100'), 200);
      assert.ok(waiting.jobs.some(({ id }) => id === job.id));
      assert.equal(answered(await operator().delete(`/api/admin/jobs/${job.id}`), 200).state, 'cancelled');
      assert.equal((await hearsOf(ada, job)).state, 'cancelled');
    });

    test('over REST: it takes the key, and a sensible question', async () => {
      const ada = await guest('Ada-without-key');
      const id = '01900000-0000-7000-8000-000000000000';
      for (const token of [undefined, 'another-key', ada.token, `${key} `.repeat(2)]) {
        const rest = town.rest(0, token);
        for (const path of ['/api/admin/jobs', `/api/admin/jobs/${id}`])
          isProblem(await rest.get(path), 401, 'unauthenticated');
        isProblem(await rest.post(`/api/admin/jobs/${id}/retry`), 401, 'unauthenticated');
        isProblem(await rest.delete(`/api/admin/jobs/${id}`), 401, 'unauthenticated');
      }
      for (const query of ['state=odd', 'limit=0', 'limit=101', 'cursor=x', 'type=%00'])
        isProblem(await operator().get(`/api/admin/jobs?${query}`), 400, 'invalid_argument');
      isProblem(await operator().get(`/api/admin/jobs/${id}`), 404, 'not_found');
      isProblem(await operator().post(`/api/admin/jobs/${id}/retry`), 404, 'not_found');
      isProblem(await operator().delete(`/api/admin/jobs/${id}`), 404, 'not_found');
    });

    test('from the command line: listed, shown, and tried again', async () => {
      const { ada, bob, room, job } = await deadJob('Bob-line');
      const dead = await admin('dead', '--type', 'room.export');
      assert.equal(dead.code, 0, dead.errors);
      const row = dead.output.split('\n').find((line) => line.startsWith(job.id));
      assert.match(row, /room\.export\s+dead\s+1\/3\s.*There is no such room\.$/);
      const json = await admin('list', '--state', 'dead', '--json', '--limit', '1000');
      assert.ok(
        JSON.parse(json.output).jobs.some(({ id }) => id === job.id),
        json.output,
      );
      const shown = await admin('show', job.id);
      assert.match(shown.output, new RegExp(`payload +.*${room}`));
      assert.match(shown.output, /\n1 +\S+Z +There is no such room\./);
      assert.deepEqual(
        JSON.parse((await admin('show', job.id, '--json')).output),
        answered(await operator().get(`/api/admin/jobs/${job.id}`), 200),
      );

      await ada.adds(bob, room);
      const from = bob.here;
      const retried = await admin('retry', job.id);
      assert.equal(retried.code, 0, retried.errors);
      assert.match(retried.output, /within 5 s/);
      assert.equal((await hearsOf(bob, job, undefined, { from })).state, 'completed');
    });

    test('from the command line: ended, and no when it makes no sense', async () => {
      const ada = await guest('Ada-line');
      await ada.opens('cancelled-on-the-line');
      const job = await exports(ada, 'cancelled-on-the-line', 'json', { delayMs: 3_600_000 });
      const cancelled = await admin('cancel', job.id, '--json');
      assert.equal(cancelled.code, 0, cancelled.errors);
      assert.equal(JSON.parse(cancelled.output).state, 'cancelled');
      const id = '01900000-0000-7000-8000-000000000000';
      const refused = [
        [1, /is cancelled already/, 'cancel', job.id],
        [1, /only a dead one/, 'retry', job.id],
        [1, /there is no job/, 'show', id],
        [1, /there is no job/, 'retry', id],
        [2, /invalid value/, 'show', 'x'],
        [2, /one of waiting, delayed/, 'list', '--state', 'odd'],
        [2, /not in 1\.\.=1000/, 'dead', '--limit', '0'],
        [2, /unrecognized subcommand/, 'bury', id],
      ];
      for (const [code, why, ...args] of refused) {
        const answer = await admin(...args);
        assert.equal(answer.code, code, `${args}: ${answer.errors}`);
        assert.match(answer.errors, why);
        assert.equal(answer.output, '');
      }
    });
  });
}

test('without a key there is no such path', async (t) => {
  const town = await embedded(t, { SERVER_API_KEY: '' });
  isProblem(await town.rest(0, 'x').get('/api/admin/jobs'), 404, 'not_found');
});
