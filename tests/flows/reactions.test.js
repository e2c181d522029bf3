// Emoji under messages: counted once a person, in the order in which they were first chosen, and not without end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everywhere } from './support/everywhere.js';
import { agree } from './support/watcher.js';

const EMOJI_MAX = 20;

everywhere((place) => {
  test('are counted by person and seen by all', async () => {
    const [ada, bob] = await place.guests('Ada-reacts', 'Bob-reacts');
    const watchers = [await ada.stays('reacting'), await bob.stays('reacting')];
    const message = await ada.says('reacting', 'what do you think?');
    assert.deepEqual(await ada.reacts(message, '🦀'), [{ emoji: '🦀', count: 1, mine: true }]);
    assert.deepEqual(await bob.reacts(message, '👍'), [
      { emoji: '🦀', count: 1, mine: false },
      { emoji: '👍', count: 1, mine: true },
    ]);
    assert.deepEqual(await bob.reacts(message, '🦀'), [
      { emoji: '🦀', count: 2, mine: true },
      { emoji: '👍', count: 1, mine: true },
    ]);
    const { id, roomId } = message;
    assert.deepEqual(await ada.sees('message:reacted', { userId: bob.id, emoji: '👍' }), {
      roomId,
      id,
      rev: 3,
      reactions: [
        { emoji: '🦀', count: 1 },
        { emoji: '👍', count: 1 },
      ],
      userId: bob.id,
      emoji: '👍',
      on: true,
    });
    assert.deepEqual(await ada.reacts(message, '🦀', false), [
      { emoji: '🦀', count: 1, mine: false },
      { emoji: '👍', count: 1, mine: false },
    ]);
    assert.deepEqual(await bob.reacts(message, '🦀', false), [{ emoji: '👍', count: 1, mine: true }]);
    await ada.sees('message:reacted', { userId: bob.id, emoji: '🦀', on: false });
    await Promise.all(watchers.map((watcher) => watcher.reaches(6)));
    agree(watchers);
    assert.deepEqual(watchers[0].messages.get(id).reactions, [{ emoji: '👍', count: 1 }]);
  });

  test('put twice count once, and taking away what is not there changes nothing', async () => {
    const [ada] = await place.guests('Ada-twice');
    const watcher = await ada.stays('twice');
    const message = await ada.says('twice', 'hello');
    await ada.reacts(message, '👍', false);
    await ada.reacts(message, '👍');
    assert.deepEqual(await ada.reacts(message, '👍'), [{ emoji: '👍', count: 1, mine: true }]);
    assert.equal((await ada.says('twice', 'fence')).rev, 3);
    await watcher.reaches(3);
    watcher.isSound();
  });

  test('on and off without waiting end as the last word says', async () => {
    const [ada] = await place.guests('Ada-wavers');
    const message = await ada.joins('wavering').then(() => ada.says('wavering', 'yes or no'));
    const waver = Array.from({ length: 20 }, (_, i) => ada.reacts(message, '👍', i % 2 === 0));
    const answers = await Promise.all(waver);
    for (const [i, answer] of answers.entries()) {
      assert.deepEqual(answer, i % 2 === 0 ? [{ emoji: '👍', count: 1, mine: true }] : [], `the answer to ${i}`);
    }
    const { body } = await ada.rest.get('/api/rooms/wavering/messages');
    assert.deepEqual(body.messages[0].reactions, []);
    assert.equal(body.rev, 21);
  });

  test('are twenty different ones at most', async () => {
    const [ada, bob] = await place.guests('Ada-many', 'Bob-many');
    const watcher = await ada.stays('many');
    await bob.joins('many');
    const message = await ada.says('many', 'all of them');
    const messageId = message.id;
    const tries = Array.from({ length: 50 }, (_, i) => {
      const person = i % 2 ? ada : bob;
      return person.tries('message:react', { messageId, emoji: `:emoji-${i}:`, on: true });
    });
    const acks = await Promise.all(tries);
    assert.equal(acks.filter((ack) => ack.ok).length, EMOJI_MAX);
    for (const ack of acks.filter((one) => !one.ok)) assert.equal(ack.error.code, 'conflict');
    await watcher.reaches(1 + EMOJI_MAX);
    const [first] = watcher.messages.get(messageId).reactions;
    await ada.reacts(message, first.emoji);
    await bob.reacts(message, first.emoji);
    await ada.isRefused('message:react', { messageId, emoji: '🆕', on: true }, 'conflict');
    await ada.reacts(message, first.emoji, false);
    await bob.reacts(message, first.emoji, false);
    assert.equal((await ada.reacts(message, '🆕')).length, EMOJI_MAX);
    watcher.isSound();
  });

  test('are short words without blanks', async () => {
    const [ada] = await place.guests('Ada-words');
    await ada.joins('words');
    const { id: messageId } = await ada.says('words', 'hello');
    const on = true;
    for (const emoji of ['👩‍👩‍👧‍👦', '👍🏽', ':+1:', 'x'.repeat(32)]) await ada.reacts({ id: messageId }, emoji);
    const wrong = [
      { messageId, on },
      { messageId, emoji: '👍' },
      { messageId: 'x', emoji: '👍', on },
      { emoji: '👍', on },
      ...[5, null, '', ' ', 'a b', 'a\u0000', 'x'.repeat(33)].map((emoji) => ({ messageId, emoji, on })),
      ...[1, 'true', null].map((wish) => ({ messageId, emoji: '👍', on: wish })),
    ];
    for (const argument of wrong) await ada.isRefused('message:react', argument, 'invalid_argument');
  });
});
