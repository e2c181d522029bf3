// In a room: joining, speaking, hearing, typing, being seen, leaving.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { embedded } from './support/town.js';

const town = await embedded({ after });
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('joining', { concurrency: 8 }, () => {
  test('a room that does not exist is made, and the first there owns it', async () => {
    const ada = await town.guest('Ada-makes');
    const watcher = ada.watches('brand-new');
    const ack = await ada.joins('brand-new');
    watcher.isSound();
    const { createdAt, ...room } = ack.room;
    assert.match(createdAt, TIMESTAMP);
    assert.equal(room.id, 'brand-new');
    assert.equal(typeof room.name, 'string');
    assert.equal(room.visibility, 'public');
    assert.equal(room.createdBy, ada.id);
    assert.equal(room.rev, 0);
    assert.equal(room.lastSeq, 0);
    assert.equal(room.memberCount, 1);
    assert.equal(room.role, 'owner');
    assert.equal(ack.rev, 0);
    assert.equal(ack.onlineCount, 1);
    assert.deepEqual(
      ack.online.map((user) => [user.id, user.username, user.status]),
      [[ada.id, 'Ada-makes', 'online']],
    );
    assert.deepEqual(ack.typing, []);
  });

  test('who comes later reads what was said, and is a member', async () => {
    const ada = await town.guest('Ada-early');
    await ada.joins('later');
    for (const word of ['one', 'two', 'three']) await ada.says('later', word);
    const bob = await town.guest('Bob-late');
    const watcher = bob.watches('later');
    const ack = await bob.joins('later');
    watcher.isSound();
    assert.equal(ack.rev, ack.room.rev);
    assert.equal(ack.room.lastSeq, 3);
    assert.equal(ack.room.memberCount, 2);
    assert.equal(ack.room.role, 'member');
    assert.equal(ack.room.unread, 0);
    assert.equal(ack.onlineCount, 2);
    assert.deepEqual(
      watcher.list.map((message) => message.content),
      ['one', 'two', 'three'],
    );
    const [history] = bob.seen('room:history', { roomId: 'later' });
    assert.equal(history.mode, 'page');
    assert.equal(history.hasMore, false);
  });

  test('joining twice starts again from a new history', async () => {
    const ada = await town.guest('Ada-twice');
    const watcher = ada.watches('twice');
    await ada.joins('twice');
    await ada.says('twice', 'between');
    await ada.joins('twice');
    await ada.says('twice', 'after');
    await ada.hears('after');
    watcher.isSound();
    assert.equal(ada.seen('room:history', { roomId: 'twice' }).length, 2);
    assert.equal(ada.seen('message:new', { content: 'after' }).length, 1);
  });

  test('a join, sends and typing, sent without waiting, take effect in that order', async () => {
    const bob = await town.guest('Bob-waits');
    const watcher = await bob.stays('hasty');
    const ada = await town.guest('Ada-hasty');
    const words = Array.from({ length: 30 }, (_, i) => `word ${i}`);
    const done = [
      ada.joins('hasty'),
      ...words.map((word) => ada.says('hasty', word)),
      ada.startsTyping('hasty'),
      ada.leaves('hasty'),
    ];
    const answers = await Promise.all(done);
    assert.deepEqual(
      answers.slice(1, -2).map((message) => [message.seq, message.content]),
      words.map((word, i) => [i + 1, word]),
    );
    await watcher.reaches(words.length);
    watcher.isSound();
    await bob.sees('typing:user', { roomId: 'hasty', userId: ada.id });
    await bob.sees('user:left', { roomId: 'hasty', userId: ada.id });
    assert.deepEqual(
      watcher.list.map((message) => message.content),
      words,
    );
  });

  test('with ROOM_CREATION=explicit joining makes no room', async (t) => {
    const strict = await embedded(t, { ROOM_CREATION: 'explicit' });
    const ada = await strict.guest('Ada');
    await ada.isRefused('join:room', 'nowhere', 'not_found');
  });
});

describe('speaking', { concurrency: 8 }, () => {
  test('a message is acknowledged and heard by all, the sender included, as one and the same', async () => {
    const ada = await town.guest('Ada-speaks');
    const bob = await town.guest('Bob-hears');
    await ada.joins('speaking');
    await bob.joins('speaking');
    const message = await ada.says('speaking', 'hello', { clientId: 'mine-1' });
    assert.deepEqual(await bob.hears('hello'), await ada.hears('hello'));
    const { id, timestamp, ...rest } = message;
    assert.match(id, UUID_V7);
    assert.match(timestamp, TIMESTAMP);
    assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 60_000, timestamp);
    assert.equal(rest.roomId, 'speaking');
    assert.equal(rest.seq, 1);
    assert.equal(rest.rev, 1);
    assert.equal(rest.userId, ada.id);
    assert.equal(rest.username, 'Ada-speaks');
    assert.equal(rest.content, 'hello');
    assert.equal(rest.type, 'text');
    assert.equal(rest.clientId, 'mine-1');
    assert.equal(rest.claps.total, 0);
    assert.deepEqual(rest.reactions, []);
    assert.deepEqual(rest.mentions, []);
    assert.deepEqual(rest.previews, []);
    const heard = await bob.hears('hello');
    assert.equal(heard.id, id);
    assert.equal(heard.claps.mine, undefined, 'what belongs to one reader is in no broadcast');
  });

  test('a reply names the message that it answers', async () => {
    const ada = await town.guest('Ada-replies');
    await ada.joins('replying');
    const question = await ada.says('replying', 'a question');
    const answer = await ada.says('replying', 'an answer', { replyTo: question.id });
    assert.equal(answer.replyTo, question.id);
    assert.equal((await ada.hears('an answer')).replyTo, question.id);
  });

  test('only members speak', async () => {
    const ada = await town.guest('Ada-inside');
    await ada.joins('members-only');
    const eve = await town.guest('Eve-outside');
    await eve.isRefused('message:send', { roomId: 'members-only', content: 'let me in' }, 'forbidden');
    await eve.isRefused('message:send', { roomId: 'no-such-room', content: 'anybody?' }, 'not_found');
    await ada.says('members-only', 'fence');
    await ada.hears('fence');
    ada.hasNotSeen('message:new', { content: 'let me in' });
  });

  test('who leaves hears nothing more, stays a member, and reads it all on coming back', async () => {
    const ada = await town.guest('Ada-stays');
    const bob = await town.guest('Bob-leaves');
    await ada.joins('leaving');
    await bob.joins('leaving');
    await bob.joins('fence');
    await ada.joins('fence');
    await bob.leaves('leaving');
    await ada.sees('user:left', { roomId: 'leaving', userId: bob.id });
    await ada.says('leaving', 'while you were out');
    await ada.hears('while you were out');
    await ada.says('fence', 'now');
    await bob.hears('now');
    bob.hasNotSeen('message:new', { roomId: 'leaving' });
    await bob.says('leaving', 'a member still');
    const watcher = bob.watches('leaving');
    await bob.joins('leaving');
    assert.deepEqual(
      watcher.list.map((message) => message.content),
      ['while you were out', 'a member still'],
    );
  });

  test('what is said in one room is not heard in another', async () => {
    const ada = await town.guest('Ada-apart');
    const bob = await town.guest('Bob-apart');
    await ada.joins('here');
    await ada.joins('there');
    await bob.joins('there');
    await ada.says('here', 'a secret');
    await ada.says('there', 'no secret');
    await bob.hears('no secret');
    bob.hasNotSeen('message:new', { content: 'a secret' });
  });
});

describe('typing', { concurrency: 8 }, () => {
  test('is seen by the others, and that it stops', async () => {
    const ada = await town.guest('Ada-types');
    const bob = await town.guest('Bob-sees');
    await ada.joins('typing');
    await bob.joins('typing');
    await ada.startsTyping('typing');
    assert.deepEqual(await bob.sees('typing:user', { userId: ada.id }), {
      roomId: 'typing',
      userId: ada.id,
      username: 'Ada-types',
    });
    const carol = await town.guest('Carol-comes');
    assert.deepEqual((await carol.joins('typing')).typing, [{ userId: ada.id, username: 'Ada-types' }]);
    await ada.does('typing:stop', { roomId: 'typing' });
    assert.deepEqual(await bob.sees('typing:stop', { userId: ada.id }), { roomId: 'typing', userId: ada.id });
    ada.hasNotSeen('typing:user');
  });

  test('stops by itself 5 s after the last word of it', async () => {
    const ada = await town.guest('Ada-dozes');
    const bob = await town.guest('Bob-watches');
    await ada.joins('dozing');
    await bob.joins('dozing');
    const began = Date.now();
    await ada.startsTyping('dozing');
    await bob.sees('typing:stop', { roomId: 'dozing', userId: ada.id });
    assert.ok(Date.now() - began > 4_000, `it stopped after ${Date.now() - began} ms`);
  });

  test('stops when the typist is gone', async () => {
    const ada = await town.guest('Ada-vanishes');
    const bob = await town.guest('Bob-remains');
    await ada.joins('vanishing');
    await bob.joins('vanishing');
    await ada.startsTyping('vanishing');
    await bob.sees('typing:user', { userId: ada.id });
    const gone = Date.now();
    ada.goes();
    await bob.sees('typing:stop', { roomId: 'vanishing', userId: ada.id });
    assert.ok(Date.now() - gone < 4_000, 'by itself it would have stopped later');
  });

  test('needs a live join', async () => {
    const ada = await town.guest('Ada-left');
    await ada.joins('left');
    await ada.leaves('left');
    const ack = await ada.tries('typing:start', 'left');
    assert.equal(ack.ok, false);
    assert.match(ack.error.code, /^(forbidden|conflict)$/);
  });
});

describe('being seen', { concurrency: 8 }, () => {
  test('a user joins with the first socket and leaves with the last', async () => {
    const bob = await town.guest('Bob-counts');
    await bob.joins('counting');
    const ada = await town.guest('Ada-counted');
    const phone = await ada.again();
    await ada.joins('counting');
    assert.deepEqual(await bob.sees('user:joined', { userId: ada.id }), {
      roomId: 'counting',
      userId: ada.id,
      username: 'Ada-counted',
    });
    await phone.joins('counting');
    await ada.leaves('counting');
    await phone.says('counting', 'still here');
    await bob.hears('still here');
    bob.hasNotSeen('user:left', { userId: ada.id });
    phone.goes();
    assert.deepEqual(await bob.sees('user:left', { userId: ada.id }), {
      roomId: 'counting',
      userId: ada.id,
      username: 'Ada-counted',
    });
    assert.equal(bob.seen('user:joined', { userId: ada.id }).length, 1);
    ada.hasNotSeen('user:joined', { userId: ada.id });
  });

  test('a status is told to those who share a live room, and to nobody else', async () => {
    const ada = await town.guest('Ada-busy');
    const bob = await town.guest('Bob-near');
    const eve = await town.guest('Eve-far');
    await ada.joins('status');
    await bob.joins('status');
    await eve.joins('elsewhere');
    assert.equal((await ada.does('presence:update', 'busy')).status, 'busy');
    assert.equal((await bob.sees('presence:changed', { userId: ada.id, status: 'busy' })).userId, ada.id);
    assert.equal((await ada.does('presence:update', { status: 'away' })).status, 'away');
    await bob.sees('presence:changed', { userId: ada.id, status: 'away' });
    const carol = await town.guest('Carol-asks');
    const { online } = await carol.joins('status');
    assert.deepEqual(online.map(({ username, status }) => `${username} ${status}`).sort(), [
      'Ada-busy away',
      'Bob-near online',
      'Carol-asks online',
    ]);
    await bob.joins('elsewhere');
    await bob.says('elsewhere', 'fence');
    await eve.hears('fence');
    eve.hasNotSeen('presence:changed', { userId: ada.id });
  });
});
