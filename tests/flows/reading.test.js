// How far people have read: counted from the places of messages, moved forward alone, and the same on all of a user's devices.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everywhere } from './support/everywhere.js';

/** What the list of rooms and the room itself say of the asker's reading. */
async function standing(person, room) {
  const of = ({ lastReadSeq, unread, unreadMentions }) => ({ lastReadSeq, unread, unreadMentions });
  const one = await person.rest.get(`/api/rooms/${room}`);
  assert.equal(one.status, 200, one.text);
  const { body } = await person.rest.get('/api/rooms?scope=mine&limit=100');
  const listed = body.rooms.find(({ id }) => id === room);
  assert.deepEqual(of(listed), of(one.body), 'the list and the room say the same');
  return of(one.body);
}

const state = (lastReadSeq, unread, unreadMentions = 0) => ({ lastReadSeq, unread, unreadMentions });

async function saysMany(person, room, count) {
  await Promise.all(Array.from({ length: count }, (_, i) => person.says(room, `message ${i}`)));
}

everywhere((place) => {
  test('what others say is unread until it is read, and reading moves forward alone', async () => {
    const [ada, bob] = await place.guests('Ada-reads', 'Bob-reads');
    await ada.joins('reading');
    await bob.joins('reading');
    await saysMany(bob, 'reading', 5);
    assert.deepEqual(await standing(ada, 'reading'), state(0, 5));
    assert.deepEqual(await ada.reads('reading', 3), state(3, 2));
    assert.deepEqual(await bob.sees('room:read', { userId: ada.id }), {
      roomId: 'reading',
      userId: ada.id,
      lastReadSeq: 3,
    });
    assert.deepEqual(await standing(ada, 'reading'), state(3, 2));
    assert.deepEqual(await ada.reads('reading', 1), state(3, 2), 'back is no way to go');
    assert.deepEqual(await ada.reads('reading', 0), state(3, 2));
    assert.deepEqual(await ada.reads('reading', 1_000_000), state(5, 0), 'beyond the end is the end');
    await bob.sees('room:read', { userId: ada.id, lastReadSeq: 5 });
    assert.equal(bob.seen('room:read', { userId: ada.id }).length, 2, 'what does not move is not told');
  });

  test('sending marks as read', async () => {
    const [ada, bob] = await place.guests('Ada-sends', 'Bob-sends');
    await ada.joins('sending');
    await bob.joins('sending');
    await saysMany(bob, 'sending', 3);
    await ada.says('sending', 'seen it all');
    assert.deepEqual(await standing(ada, 'sending'), state(4, 0));
    assert.deepEqual(await standing(bob, 'sending'), state(3, 1));
  });

  test('who comes new has read everything so far', async () => {
    const [ada, bob] = await place.guests('Ada-first', 'Bob-late');
    await ada.joins('late');
    await saysMany(ada, 'late', 4);
    const { room } = await bob.joins('late');
    assert.deepEqual(state(room.lastReadSeq, room.unread, room.unreadMentions), state(4, 0));
    await ada.says('late', 'and this is new');
    await bob.hears('and this is new');
    assert.deepEqual(await standing(bob, 'late'), state(4, 1));
    const again = await bob.joins('late');
    assert.equal(again.room.unread, 1, 'joining again is not reading');
  });

  test('mentions are counted among what is unread', async () => {
    const [ada, bob] = await place.guests('Ada-mentioned', 'Bob-mentions');
    const watcher = await ada.stays('mentions');
    await bob.joins('mentions');
    await bob.says('mentions', 'nothing for anybody');
    const first = await bob.says('mentions', `for @${ada.name}`);
    const second = await bob.says('mentions', `and for @${ada.name} again`);
    for (const { id } of [first, second]) {
      await watcher.shows(id, (it) => it.mentions.includes(ada.id), 'the mention');
    }
    assert.deepEqual(await standing(ada, 'mentions'), state(0, 3, 2));
    assert.deepEqual(await ada.reads('mentions', first.seq), state(2, 1, 1));
    await bob.edits(second, 'for nobody after all');
    await watcher.shows(second.id, (it) => it.mentions.length === 0, 'no mention');
    assert.deepEqual(await standing(ada, 'mentions'), state(2, 1, 0));
  });

  test('a position sent right behind a message counts it', async () => {
    const [ada, bob] = await place.guests('Ada-behind', 'Bob-behind');
    await ada.joins('behind');
    await bob.joins('behind');
    for (let round = 1; round <= 20; round++) {
      const sent = ada.says('behind', `message ${round}`);
      assert.deepEqual(await ada.reads('behind', 1_000_000), state(round, 0));
      assert.equal((await sent).seq, round);
    }
  });

  test('many positions at once end at the furthest', async () => {
    const [ada, bob] = await place.guests('Ada-scrolls', 'Bob-scrolls');
    await ada.joins('scrolling');
    await bob.joins('scrolling');
    await saysMany(bob, 'scrolling', 60);
    const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => ada.reads('scrolling', (i * 7) % 60)));
    for (const [i, { lastReadSeq, unread }] of answers.entries()) {
      assert.ok(lastReadSeq >= (i * 7) % 60, `${(i * 7) % 60} was answered with ${lastReadSeq}`);
      assert.equal(unread, 60 - lastReadSeq);
    }
    assert.deepEqual(await standing(ada, 'scrolling'), state(59, 1));
  });

  test('only members mark as read', async () => {
    const [ada, stranger] = await place.guests('Ada-marks', 'Stranger-marks');
    await ada.joins('marking');
    await ada.says('marking', 'hello');
    await stranger.isRefused('message:read', { roomId: 'marking', seq: 1 }, 'forbidden');
    const made = await ada.rest.post('/api/rooms', { name: 'Ours', visibility: 'private' });
    const unknown = await stranger.isRefused('message:read', { roomId: 'never-made', seq: 1 }, 'not_found');
    const hidden = await stranger.isRefused('message:read', { roomId: made.body.id, seq: 1 }, 'not_found');
    assert.deepEqual(hidden, unknown);
    for (const seq of [-1, 1.5, '1', null, 1e300]) {
      await ada.isRefused('message:read', { roomId: 'marking', seq }, 'invalid_argument');
    }
    for (const argument of [null, 'marking', {}, { roomId: 'marking' }, { seq: 1 }, { roomId: 5, seq: 1 }]) {
      await ada.isRefused('message:read', argument, 'invalid_argument');
    }
  });
});
