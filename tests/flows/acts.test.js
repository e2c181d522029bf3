// What is done with messages that are there: editing, deleting, answering; seen live, in history, and in the order it was sent.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { everywhere } from './support/everywhere.js';
import { agree, broadcast } from './support/watcher.js';

/** The room as a fresh look shows it. */
async function history(person, room) {
  const answer = await person.rest.get(`/api/rooms/${room}/messages`);
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

everywhere((place) => {
  test('an edit is seen live, in history, and by who comes later', async () => {
    const [ada, bob] = await place.guests('Ada-edits', 'Bob-edits');
    const watchers = [await ada.stays('edits'), await bob.stays('edits')];
    const first = await ada.says('edits', 'frist', { clientId: 'mine' });
    await ada.says('edits', 'second');
    const edited = await ada.edits(first, 'first');
    assert.equal(edited.content, 'first');
    assert.ok(edited.editedAt >= first.timestamp, `edited at ${edited.editedAt}, sent at ${first.timestamp}`);
    const { id, seq, userId, timestamp, clientId } = first;
    assert.deepEqual({ ...edited, id, seq, userId, timestamp, clientId, rev: 3 }, edited, 'nothing else is another');
    const heard = await bob.sees('message:updated', { id });
    assert.deepEqual(heard, broadcast(edited));
    const { messages, rev } = await history(bob, 'edits');
    assert.equal(rev, 3);
    assert.deepEqual(broadcast(messages[0]), heard);
    const [later] = await place.guests('Later-edits');
    const watcher = await later.stays('edits');
    agree([...watchers, watcher]);
  });

  test('the same edit again changes nothing', async () => {
    const [ada] = await place.guests('Ada-again');
    const watcher = await ada.stays('same-edit');
    const message = await ada.says('same-edit', 'text');
    const edited = await ada.edits(message, 'other');
    assert.deepEqual(await ada.edits(message, 'other'), edited);
    const { rev } = await ada.says('same-edit', 'fence');
    assert.equal(rev, 3);
    await watcher.reaches(3);
    watcher.isSound();
  });

  test('what the worker found in a text goes with it, and what is in the new one is found', async () => {
    const [ada, bob] = await place.guests('Ada-finds', 'Bob-finds');
    const watcher = await ada.stays('finds');
    await bob.joins('finds');
    const message = await ada.says('finds', `hello @${bob.name}`);
    await watcher.shows(message.id, (it) => it.mentions.includes(bob.id), 'the mention');
    const edited = await ada.edits(message, `hello @${ada.name}`);
    assert.deepEqual(edited.mentions, []);
    const isFound = (it) => it.content === edited.content && it.mentions.length > 0;
    const shown = await watcher.shows(message.id, isFound, 'the other mention');
    assert.deepEqual(shown.mentions, [ada.id]);
    watcher.isSound();
  });

  test('a deleted message keeps its place and nothing of its text', async () => {
    const [ada, bob] = await place.guests('Ada-deletes', 'Bob-deletes');
    const watchers = [await ada.stays('deletes'), await bob.stays('deletes')];
    await ada.says('deletes', 'before');
    const message = await ada.says('deletes', 'regretted');
    await bob.claps(message, 3);
    const deleted = await ada.deletes(message);
    assert.equal(deleted.content, '');
    assert.equal(deleted.seq, 2);
    assert.equal(deleted.claps.total, 3);
    const { id, deletedAt } = deleted;
    const told = await bob.sees('message:deleted', { id });
    assert.deepEqual(told, { roomId: 'deletes', id, seq: 2, rev: 4, deletedAt });
    assert.equal((await ada.says('deletes', 'after')).seq, 3);
    assert.deepEqual(await ada.deletes(message), deleted, 'deleting again changes nothing');
    const { messages, rev } = await history(bob, 'deletes');
    assert.equal(rev, 5);
    assert.deepEqual(
      messages.map((one) => one.content),
      ['before', '', 'after'],
    );
    await Promise.all(watchers.map((watcher) => watcher.reaches(5)));
    agree(watchers);
  });

  test('a deleted message is not edited, clapped or reacted to any more', async () => {
    const [ada, bob] = await place.guests('Ada-gone', 'Bob-gone');
    await ada.joins('gone');
    await bob.joins('gone');
    const { id: messageId, rev } = await ada.says('gone', 'soon gone');
    await ada.deletes({ id: messageId });
    const acts = {
      'message:edit': { messageId, content: 'back' },
      'message:clap': { messageId },
      'message:react': { messageId, emoji: '👍', on: true },
    };
    for (const [event, act] of Object.entries(acts)) await ada.isRefused(event, act, 'conflict');
    await bob.isRefused('message:clap', { messageId }, 'conflict');
    assert.equal((await ada.says('gone', 'fence')).rev, rev + 2);
  });

  test('an answer names its message, and only one of the same room', async () => {
    const [ada, bob] = await place.guests('Ada-answers', 'Bob-answers');
    for (const room of ['answers', 'elsewhere']) {
      await ada.joins(room);
      await bob.joins(room);
    }
    const question = await ada.says('answers', 'why?');
    const answer = await bob.says('answers', 'because', { replyTo: question.id });
    assert.equal(answer.replyTo, question.id);
    assert.equal((await ada.sees('message:new', { id: answer.id })).replyTo, question.id);
    assert.equal((await history(ada, 'answers')).messages[1].replyTo, question.id);
    const astray = { roomId: 'elsewhere', content: 'because', replyTo: question.id };
    await bob.isRefused('message:send', astray, 'invalid_argument');
  });

  test('the acts of one socket take effect in the order sent, without waiting for answers', async () => {
    const [ada, bob] = await place.guests('Ada-orders', 'Bob-orders');
    const watcher = await bob.stays('ordered');
    await ada.joins('ordered');
    const { id: messageId } = await ada.says('ordered', 'the one');
    await watcher.reaches(1);
    for (let round = 0; round < 10; round++) {
      const from = watcher.rev;
      const sent = [
        ada.does('message:send', { roomId: 'ordered', content: `before ${round}` }),
        ada.does('message:edit', { messageId, content: `edit ${round}` }),
        ada.does('message:send', { roomId: 'ordered', content: `between ${round}` }),
        ada.does('message:react', { messageId, emoji: `${round}`, on: true }),
        ada.does('message:edit', { messageId, content: `edited ${round}` }),
        ada.does('message:send', { roomId: 'ordered', content: `after ${round}` }),
      ];
      const answers = await Promise.all(sent);
      const [before, , between, , , after] = answers;
      // The answer to a reaction names no revision; that one is left to it.
      assert.deepEqual(
        answers.map(({ message }, step) => message?.rev ?? from + 1 + step),
        sent.map((_, step) => from + 1 + step),
      );
      await watcher.reaches(from + sent.length);
      const expected = [
        `message:new ${before.message.id}`,
        `message:updated ${messageId}`,
        `message:new ${between.message.id}`,
        `message:reacted ${messageId}`,
        `message:updated ${messageId}`,
        `message:new ${after.message.id}`,
      ];
      // What came as part of an unasked history has no event of its own.
      const told = expected.map((change, step) => watcher.changes.get(from + 1 + step) ?? change);
      assert.deepEqual(told, expected);
    }
    watcher.isSound();
  });

  test('claps of a socket are counted before its next act on the message, and before it joins anew', async () => {
    const [ada] = await place.guests('Ada-claps-first');
    const watcher = await ada.stays('claps-first');
    const { id: messageId } = await ada.says('claps-first', 'applaud, then forget');
    const [clapped, deleted] = await Promise.all([
      ada.does('message:clap', { messageId, count: 2 }),
      ada.does('message:delete', { messageId }),
    ]);
    assert.deepEqual(clapped.claps, { total: 2, mine: 2 });
    assert.deepEqual(deleted.message.claps, { total: 2, mine: 2 });
    const other = await ada.says('claps-first', 'applaud, then join');
    ada.shouts('message:clap', { messageId: other.id, count: 3 });
    const { rev } = await ada.joins('claps-first', { since: watcher.rev });
    assert.equal(rev, 5);
    watcher.isSound();
    assert.deepEqual(watcher.messages.get(other.id).claps, { total: 3 });
  });

  test('a message that is not there and one in a room that is not to be seen are refused in the same words', async () => {
    const [ada, bob] = await place.guests('Ada-hides', 'Bob-seeks');
    const made = await ada.rest.post('/api/rooms', { name: 'Hidden', visibility: 'private' });
    assert.equal(made.status, 201, made.text);
    await ada.joins(made.body.id);
    const hidden = await ada.says(made.body.id, 'between us');
    const gone = await ada.says(made.body.id, 'not even that');
    await ada.deletes(gone);
    const acts = {
      'message:edit': { content: 'mine' },
      'message:delete': {},
      'message:clap': {},
      'message:react': { emoji: '👍', on: true },
    };
    for (const [event, act] of Object.entries(acts)) {
      const unknown = await bob.isRefused(event, { messageId: randomUUID(), ...act }, 'not_found');
      for (const { id: messageId } of [hidden, gone]) {
        assert.deepEqual(await bob.isRefused(event, { messageId, ...act }, 'not_found'), unknown);
      }
    }
    assert.deepEqual((await history(ada, made.body.id)).messages[0].claps, { total: 0, mine: 0 });
  });

  test('only members act, only authors edit, and who keeps order may delete', async () => {
    const [owner, ada, stranger] = await place.guests('Owner', 'Ada-member', 'Stranger');
    await owner.joins('roles');
    await ada.joins('roles');
    const message = await ada.says('roles', 'hers');
    const theirs = await owner.says('roles', 'the owner’s');
    const messageId = message.id;
    for (const one of [owner, stranger]) {
      await one.isRefused('message:edit', { messageId, content: 'put into her mouth' }, 'forbidden');
    }
    await ada.isRefused('message:delete', { messageId: theirs.id }, 'forbidden');
    await stranger.isRefused('message:delete', { messageId }, 'forbidden');
    await stranger.isRefused('message:clap', { messageId }, 'forbidden');
    await stranger.isRefused('message:react', { messageId, emoji: '👍', on: true }, 'forbidden');
    await owner.deletes(message);
  });

  test('what is one’s own is in every answer to oneself and in no other', async () => {
    const [ada, bob] = await place.guests('Ada-owns', 'Bob-owns');
    const watcher = await bob.stays('own');
    await ada.joins('own');
    const message = await ada.says('own', 'applauded');
    assert.deepEqual(message.claps, { total: 0, mine: 0 });
    await ada.claps(message, 2);
    await bob.claps(message, 3);
    await bob.reacts(message, '👍');
    const own = (claps, mine) => ({ claps: { total: 5, mine: claps }, reactions: [{ emoji: '👍', count: 1, mine }] });
    const mine = ({ claps, reactions }) => ({ claps, reactions });
    assert.deepEqual(mine(await ada.edits(message, 'much applauded')), own(2, false));
    for (const [person, expected] of [
      [ada, own(2, false)],
      [bob, own(3, true)],
    ]) {
      assert.deepEqual(mine((await history(person, 'own')).messages[0]), expected);
      const changes = await person.rest.get('/api/rooms/own/changes?since=0');
      assert.deepEqual(mine(changes.body.messages[0]), expected);
    }
    const said = { content: 'once', clientId: 'once' };
    const once = (await bob.rest.post('/api/rooms/own/messages', said)).body.message;
    await bob.claps(once);
    const again = await bob.rest.post('/api/rooms/own/messages', said);
    assert.equal(again.status, 200, again.text);
    assert.deepEqual(again.body.message.claps, { total: 1, mine: 1 });
    await watcher.reaches(again.body.message.rev);
    watcher.isSound();
  });
});
