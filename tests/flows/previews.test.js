// Links in messages: what they lead to is shown under them, fetched once, and never from where it must not be.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { overBackends } from './support/backends.js';
import { embedded, replicas } from './support/town.js';
import { previewing, Web } from './support/web.js';

/** How each kind of town starts. */
const towns = {
  embedded: { options: {}, open: (t) => embedded(t, previewing) },
  replicas: { options: overBackends, open: (t) => replicas(t, 2, { settings: previewing }) },
  'replicas with a worker apart': {
    options: overBackends,
    open: (t) => replicas(t, 2, { settings: previewing, worker: 'apart' }),
  },
};

/** One job after the other: what a later one does shows that an earlier one has come to its end. */
const inTurn = { ...previewing, WORKER_CONCURRENCY: '1' };

const some = (message) => message.previews.length > 0;

for (const [kind, { options, open }] of Object.entries(towns)) {
  describe(kind, options, () => {
    test('a link is shown to all, after the people and as a change of its own', async (t) => {
      const [town, web] = [await open(t), await Web.opens(t)];
      const ada = await town.guest('Ada');
      const bob = await town.guest('Bob', { at: town.servers.length - 1 });
      const watchers = [await ada.stays('lobby'), await bob.stays('lobby')];

      const [one, other] = [web.at('/held/one'), web.at('/other')];
      const message = await ada.says('lobby', `@Bob: ${one}, (${other}). ${one} ${web.at('/nothing')} ftp://x.example`);
      assert.deepEqual(message.previews, []);
      for (const watcher of watchers) {
        const mentioned = await watcher.shows(message.id, (it) => it.mentions.length > 0, 'the mention');
        assert.deepEqual([mentioned.mentions, mentioned.previews, mentioned.rev], [[bob.id], [], 2]);
      }
      await web.isAsked('/held/one');
      web.gives('/held/one');

      for (const watcher of watchers) {
        const shown = await watcher.shows(message.id, some, 'the previews');
        assert.deepEqual(shown.previews, [web.preview('/held/one'), web.preview('/other')], 'in the order of the text');
        assert.deepEqual([shown.mentions, shown.rev, shown.seq], [[bob.id], 3, 1]);
        assert.equal(shown.content, message.content);
        watcher.isSound();
      }
      const { body } = await bob.rest.get('/api/rooms/lobby/messages');
      assert.deepEqual(body.messages[0].previews, [web.preview('/held/one'), web.preview('/other')]);
      assert.deepEqual([...web.asked].sort(), ['/held/one', '/nothing', '/other']);
    });

    test('a page is fetched once, however many messages link to it', async (t) => {
      const [town, web] = [await open(t), await Web.opens(t)];
      const ada = await town.guest('Ada', { at: town.servers.length - 1 });
      const [lobby, attic] = [await ada.stays('lobby'), await ada.stays('attic')];
      const first = await ada.says('lobby', `${web.at('/page')} ${web.at('/nothing')}`);
      await lobby.shows(first.id, some, 'the preview');
      for (const [room, watcher] of [
        ['lobby', lobby],
        ['attic', attic],
      ]) {
        const again = await ada.says(
          room,
          `look: ${web.at('/page')} and ${web.at('/nothing')} and ${web.at(`/${room}`)}`,
        );
        const shown = await watcher.shows(again.id, some, 'the previews');
        assert.deepEqual(shown.previews, [web.preview('/page'), web.preview(`/${room}`)]);
      }
      assert.equal(web.count('/page'), 1);
      assert.equal(web.count('/nothing'), 1, 'nor is it asked again for what it does not have');
    });
  });
}

test('a preview that comes too late for an edited text changes nothing', async (t) => {
  const web = await Web.opens(t);
  const town = await embedded(t, inTurn);
  const ada = await town.guest('Ada');
  const watcher = await ada.stays('lobby');
  const message = await ada.says('lobby', web.at('/held/old'));
  await web.isAsked('/held/old');
  await ada.edits(message, `rather ${web.at('/new')}`);
  web.gives('/held/old');
  const shown = await watcher.shows(message.id, some, 'the preview');
  assert.deepEqual([shown.previews, shown.rev], [[web.preview('/new')], 3], 'sent, edited, and one preview');
  const fence = await ada.says('lobby', 'fence');
  assert.equal(fence.rev, 4);
  assert.deepEqual(watcher.messages.get(message.id).previews, [web.preview('/new')]);
  watcher.isSound();
});

test('a message that was deleted meanwhile stays empty', async (t) => {
  const web = await Web.opens(t);
  const town = await embedded(t, inTurn);
  const ada = await town.guest('Ada');
  const watcher = await ada.stays('lobby');
  const message = await ada.says('lobby', web.at('/held/page'));
  await web.isAsked('/held/page');
  await ada.deletes(message);
  web.gives('/held/page');
  const next = await ada.says('lobby', web.at('/next'));
  await watcher.shows(next.id, some, 'the next preview');
  assert.deepEqual(watcher.messages.get(message.id).previews, []);
  assert.equal(watcher.rev, 4);
  watcher.isSound();
});

test('what must not be asked is not, by link or by redirect, and the other links are shown', async (t) => {
  const web = await Web.opens(t);
  // A proxy would go wherever it is sent.
  const proxy = `http://127.0.0.2:${web.port}`;
  const town = await embedded(t, { ...previewing, http_proxy: proxy, HTTP_PROXY: proxy, ALL_PROXY: proxy });
  const ada = await town.guest('Ada');
  const watcher = await ada.stays('lobby');
  const forbidden = [
    web.at('/secret', '127.0.0.2'),
    web.at('/secret', '127.2'),
    web.at('/secret', '2130706434'),
    web.at('/secret', '0x7f.0.0.2'),
    web.at('/secret', '[::ffff:127.0.0.2]'),
    web.at(`/to?${web.at('/secret', '127.0.0.2')}`),
    'http://169.254.169.254/latest/meta-data/',
    'http://metadata.google.internal/',
    'http://[fd00:ec2::254]/',
  ];
  const message = await ada.says('lobby', [...forbidden, web.at('/page')].join(' '));
  const shown = await watcher.shows(message.id, some, 'the preview');
  assert.deepEqual(shown.previews, [web.preview('/page')]);
  assert.deepEqual([...web.asked].sort(), ['/page', `/to?${web.at('/secret', '127.0.0.2')}`]);
});

test('switched off, nothing is fetched and nothing is left to fetch', async (t) => {
  const web = await Web.opens(t);
  const town = await embedded(t, { ...inTurn, LINK_PREVIEWS: 'off' });
  const ada = await town.guest('Ada');
  const watcher = await ada.stays('lobby');
  const message = await ada.says('lobby', `@Ada ${web.at('/page')}`);
  await watcher.shows(message.id, (it) => it.mentions.length > 0, 'the mention');
  ada.goes();
  await town.stop();
  await town.starts(0, { LINK_PREVIEWS: 'on' });
  const again = await ada.again();
  const later = await again.stays('lobby');
  const next = await again.says('lobby', web.at('/next'));
  await later.shows(next.id, some, 'the preview');
  assert.deepEqual(web.asked, ['/next']);
  assert.deepEqual(later.messages.get(message.id).previews, []);
});
