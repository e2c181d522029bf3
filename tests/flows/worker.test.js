// The worker reads what was said: people and links in a message become its next revisions, and no job is lost.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { overBackends } from './support/backends.js';
import { until } from './support/limits.js';
import { Lock } from './support/lock.js';
import { embedded, replicas } from './support/town.js';
import { previewing, Web } from './support/web.js';

/** How each kind of town starts; in both the worker can be left out. */
const towns = {
  embedded: { options: {}, open: (t) => embedded(t, previewing) },
  replicas: { options: overBackends, open: (t) => replicas(t, 2, { settings: previewing }) },
  'replicas with a worker apart': {
    options: overBackends,
    open: (t) => replicas(t, 2, { settings: previewing, worker: 'apart' }),
  },
};

for (const [kind, { options, open }] of Object.entries(towns)) {
  test(`${kind}: people and links in a message are found and told to all`, options, async (t) => {
    const [town, web] = [await open(t), await Web.opens(t)];
    const last = town.servers.length - 1;
    const ada = await town.guest('Ada');
    const bob = await town.guest('Bob', { at: last });
    const eve = await town.guest('Eve', { at: last });
    const watchers = [await ada.stays('lobby'), await bob.stays('lobby')];
    await eve.joins('elsewhere');

    const plain = await ada.says('lobby', 'nobody and nothing');
    const message = await ada.says('lobby', `look @Bob and @Eve and @Nobody: ${web.at('/a?b=c')} (${web.at('/b')}).`);
    assert.deepEqual([message.mentions, message.previews], [[], []]);
    for (const watcher of watchers) {
      const { mentions } = await watcher.shows(message.id, (one) => one.mentions.length > 0, 'the mentions');
      assert.deepEqual(mentions, [bob.id], 'only members are mentioned');
      const told = await watcher.shows(message.id, (one) => one.previews.length > 0, 'the links');
      assert.deepEqual(told.previews, [web.preview('/a?b=c'), web.preview('/b')]);
      assert.equal(told.content, message.content);
      assert.equal(told.seq, message.seq);
    }
    await Promise.all(watchers.map((watcher) => watcher.reaches(4)));
    for (const watcher of watchers) watcher.isSound();
    if (kind === 'embedded') {
      const [first, ...others] = ada.seen('message:updated', { id: message.id });
      assert.deepEqual(
        [first.mentions, first.previews, others.length],
        [[bob.id], [], 1],
        'people first, links in a change of their own',
      );
    }
    ada.hasNotSeen('message:updated', { id: plain.id });

    const { body } = await bob.rest.get('/api/rooms/lobby/messages');
    const [, kept] = body.messages;
    assert.deepEqual(kept.mentions, [bob.id]);
    assert.equal(kept.previews.length, 2);
    assert.equal(kept.rev, 4);
  });
}

describe('a job', { concurrency: 4 }, () => {
  test('waits for a worker over a restart', async (t) => {
    const town = await embedded(t);
    await town.stop();
    town.servers[0].flags = ['--no-worker'];
    await town.starts();
    const ada = await town.guest('Ada');
    await ada.joins('lobby');
    const messages = await Promise.all(Array.from({ length: 20 }, (_, i) => ada.says('lobby', `@Ada ${i}`)));
    ada.goes();
    await town.stop();
    town.servers[0].flags = [];
    await town.starts();
    await allMentioned(await ada.again(), messages);
  });

  test('survives that its process is killed', async (t) => {
    const town = await embedded(t);
    const ada = await town.guest('Ada');
    await ada.joins('lobby');
    const messages = await Promise.all(Array.from({ length: 50 }, (_, i) => ada.says('lobby', `@Ada ${i}`)));
    await town.kill();
    ada.goes();
    await town.starts();
    await allMentioned(await ada.again(), messages);
  });

  test('that fails while others of its handful hold the store up is tried again soon', overBackends, async (t) => {
    const town = await replicas(t, 1, { worker: 'apart', ownRedis: true });
    const ada = await town.guest('Ada');
    await ada.joins('lobby');
    await until(() => town.redis.waiting(), 'the worker to wait for jobs');
    town.worker.signal('SIGSTOP');
    // More than the worker has connections to the store.
    const messages = await Promise.all(Array.from({ length: 40 }, (_, i) => ada.says('lobby', `@Ada ${i}`)));
    const lock = await Lock.on('members', town);
    town.worker.signal('SIGCONT');
    // Together well before claims would run out.
    const soon = { limit: 14_000 };
    await until(() => town.worker.said().includes('an attempt at a job failed'), 'an attempt to fail', soon);
    await lock.ends();
    await allMentioned(await ada.again(), messages, soon);
  });

  test('waits in the store until a worker starts', overBackends, async (t) => {
    const town = await replicas(t, 2, { worker: 'apart' });
    await town.worker.kill();
    const ada = await town.guest('Ada');
    const bob = await town.guest('Bob', { at: 1 });
    const watcher = await bob.stays('lobby');
    await ada.joins('lobby');
    const messages = await Promise.all(Array.from({ length: 20 }, (_, i) => ada.says('lobby', `@Bob ${i}`)));
    await watcher.reaches(20);
    bob.hasNotSeen('message:updated');
    town.runs(['worker']);
    await watcher.reaches(40);
    watcher.isSound();
    assert.deepEqual(
      watcher.list.map((message) => message.mentions),
      messages.map(() => [bob.id]),
    );
  });

  test(
    'is done by another when the worker that was called for it stands still, and is killed',
    overBackends,
    async (t) => {
      const town = await replicas(t, 1, { worker: 'apart', ownRedis: true });
      const ada = await town.guest('Ada');
      const watcher = await ada.stays('lobby');
      const idle = async () => (await town.redis.waiting()) === 2;
      await until(idle, 'the worker to wait for messages and for other jobs');
      town.worker.signal('SIGSTOP');
      await Promise.all(Array.from({ length: 20 }, (_, i) => ada.says('lobby', `@Ada ${i}`)));
      await watcher.reaches(20);
      await until(async () => !(await idle()), 'the worker to be called');
      await town.worker.kill();
      town.worker = town.runs(['worker']);
      await watcher.reaches(40, { limit: 90_000 });
      watcher.isSound();
      for (const message of watcher.list) assert.deepEqual(message.mentions, [ada.id]);
    },
  );
});

async function allMentioned(person, messages, options) {
  const watcher = await person.stays('lobby');
  await watcher.reaches(2 * messages.length, options);
  watcher.isSound();
  assert.deepEqual(
    watcher.list.map((message) => [message.id, message.mentions]),
    messages.map((message) => [message.id, [person.id]]),
  );
}
