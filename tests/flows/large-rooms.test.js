// A room with more than 200 people: what each of them would tell everybody is left out, and how many there are is told instead.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overBackends } from './support/backends.js';
import { replicas, unhurried } from './support/town.js';

const PEOPLE = 205;

test('in a large room people are counted and not announced', overBackends, async (t) => {
  const town = await replicas(t, 2, { settings: unhurried });
  const people = [];
  for (let first = 0; first < PEOPLE; first += 41) {
    const coming = Array.from({ length: 41 }, (_, n) => town.citizen(`P${first + n}`, { at: (first + n) % 2 }));
    people.push(...(await Promise.all(coming)));
  }
  await Promise.all(people.map((person) => person.joins('stadium')));
  const isFull = (data) => data.roomId === 'stadium' && data.online === PEOPLE;
  await Promise.all(people.map((person) => person.sees('room:occupancy', isFull)));

  // From here on the room is large on both replicas.
  const from = people.map((person) => person.here);
  const [ada, bob, carol] = people;
  const phone = await ada.again({ at: 1 });
  await phone.joins('stadium');
  await carol.does('presence:update', 'busy');
  const message = await bob.says('stadium', 'hello, all');
  await Promise.all(people.map((person) => person.hears('hello, all')));
  await ada.reads('stadium', message.seq);
  await phone.sees('room:read', { roomId: 'stadium', userId: ada.id, lastReadSeq: message.seq });
  const late = await town.citizen('Late', { at: 0 });
  const ack = await late.joins('stadium');
  assert.equal(ack.online.length, 200);
  for (const person of people.slice(-2)) person.goes();
  // One has come and two have gone.
  const here = people.slice(0, -2);
  const isNow = (data) => data.online === PEOPLE - 1;
  await Promise.all([
    ...here.map((person, at) => person.sees('room:occupancy', isNow, { from: from[at] })),
    late.sees('room:occupancy', isNow),
  ]);
  for (const [at, person] of here.entries()) {
    for (const event of ['user:joined', 'user:left', 'presence:changed']) {
      person.hasNotSeen(event, {}, { from: from[at] });
    }
    if (person !== ada) person.hasNotSeen('room:read', {}, { from: from[at] });
  }
  assert.equal(late.seen('room:occupancy').at(-1).online, PEOPLE - 1, 'it ends at the true number');
});
