// One person with several devices, wherever these are connected: what is done on one is so on all.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everywhere } from './support/everywhere.js';
import { agree } from './support/watcher.js';

async function adaAndBob(place, room) {
  const [laptop, bob] = await place.guests(`Ada-${room}`, `Bob-${room}`);
  const phone = await laptop.again({ at: place.town.servers.length - 1 });
  return { laptop, phone, bob };
}

everywhere((place) => {
  test('what is read on one is read on the other', async () => {
    const { laptop, phone, bob } = await adaAndBob(place, 'devices-read');
    for (const one of [laptop, phone, bob]) await one.joins('devices-read');
    for (const text of ['one', 'two', 'three']) await bob.says('devices-read', text);
    const state = await laptop.reads('devices-read', 2);
    const { lastReadSeq } = await phone.sees('room:read', { roomId: 'devices-read', userId: laptop.id });
    assert.equal(lastReadSeq, 2);
    const { body } = await phone.rest.get('/api/rooms/devices-read');
    assert.deepEqual({ ...state, unread: body.unread, lastReadSeq: body.lastReadSeq }, state);
    assert.deepEqual(await phone.reads('devices-read', 1), state, 'the phone is not behind the laptop');
    await phone.says('devices-read', 'I know');
    assert.equal((await laptop.rest.get('/api/rooms/devices-read')).body.unread, 0);
  });

  test('what is done with a message on one is seen on the other', async () => {
    const { laptop, phone, bob } = await adaAndBob(place, 'devices-act');
    const watchers = await Promise.all([laptop, phone, bob].map((one) => one.stays('devices-act')));
    const message = await laptop.says('devices-act', 'from the laptop');
    await phone.edits(message, 'from the phone');
    await phone.reacts(message, '📱');
    await laptop.claps(message, 4);
    assert.deepEqual(await phone.claps(message, 3), { total: 7, mine: 7 });
    assert.deepEqual(await laptop.reacts(message, '📱'), [{ emoji: '📱', count: 1, mine: true }]);
    await laptop.deletes(message);
    await Promise.all(watchers.map((watcher) => watcher.reaches(6)));
    agree(watchers);
    assert.equal(watchers[1].messages.get(message.id).deletedAt !== undefined, true);
  });

  test('a device that was away catches up with what the other did', async () => {
    const { laptop, phone } = await adaAndBob(place, 'devices-away');
    const watcher = await laptop.stays('devices-away');
    const own = await phone.stays('devices-away');
    const [kept, gone] = [await laptop.says('devices-away', 'kept'), await laptop.says('devices-away', 'gone')];
    await own.reaches(2);
    phone.goes();
    await laptop.edits(kept, 'kept and edited');
    await laptop.claps(kept, 2);
    await laptop.reacts(kept, '🦀');
    await laptop.deletes(gone);
    const back = await laptop.again({ at: place.town.servers.length - 1 });
    await back.joins('devices-away', { since: 2 });
    const { mode, messages, rev } = await back.sees('room:history', { roomId: 'devices-away' });
    assert.equal(mode, 'delta');
    assert.equal(rev, 6);
    await watcher.reaches(6);
    assert.deepEqual(
      messages.map(({ content, claps }) => [content, claps]),
      [
        ['kept and edited', { total: 2, mine: 2 }],
        ['', { total: 0, mine: 0 }],
      ],
    );
  });
});
