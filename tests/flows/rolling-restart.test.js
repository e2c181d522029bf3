// A deploy: three replicas are restarted one after the other under load. Nothing is lost, nobody seems to leave, and the longest
// silence is told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overBackends } from './support/backends.js';
import { replicas, unhurried } from './support/town.js';
import { agree } from './support/watcher.js';

const WRITERS = 4;
const PEOPLE = 12;
/** Messages that everybody must have seen between two restarts: they have come back from the one before. */
const BETWEEN = 100;

test('a rolling restart of three replicas under load loses nothing', overBackends, async (t) => {
  const town = await replicas(t, 3, { settings: { ...unhurried, DRAIN_SECONDS: '2' } });
  town.balancer.looksForReadiness();
  const people = await Promise.all(
    Array.from({ length: PEOPLE }, (_, i) => town.guest(`Guest${i}`, { at: 'any', reconnects: true })),
  );
  const watchers = await Promise.all(people.map((person) => person.stays('square')));
  const silences = people.map(longestSilence);
  let isOver = false;
  const writing = people.slice(0, WRITERS).map(async (person, i) => {
    const messages = [];
    while (!isOver) messages.push(await person.insistsOn('square', `${i}.${messages.length} @Guest${PEOPLE - 1}`));
    return messages;
  });
  const everybodyHears = () => {
    const rev = Math.max(...watchers.map((watcher) => watcher.rev)) + BETWEEN;
    return Promise.all(watchers.map((watcher) => watcher.reaches(rev)));
  };
  await everybodyHears();
  const begun = Date.now();
  for (const place of [0, 1, 2]) {
    assert.deepEqual(await town.stop(place), { code: 0, signal: null }, `replica ${place}\n${town.said()}`);
    await town.starts(place);
    await everybodyHears();
  }
  const took = Date.now() - begun;
  isOver = true;
  const messages = await Promise.all(writing);
  await Promise.all(watchers.map((watcher) => watcher.has(messages.flat().map((message) => message.id))));
  const mentioned = (message) => message.mentions.length === 1;
  for (const { id } of messages.flat()) {
    for (const watcher of watchers) await watcher.shows(id, mentioned, `the mention in message ${id}: its job is done`);
  }
  const last = Math.max(...watchers.map((watcher) => watcher.rev));
  await Promise.all(watchers.map((watcher) => watcher.reaches(last)));
  agree(watchers);
  assert.equal(watchers[0].list.length, messages.flat().length, 'each acknowledged message once');
  messages.forEach((own, i) => {
    const kept = watchers[0].list.map((message) => message.content).filter((content) => content.startsWith(`${i}.`));
    assert.deepEqual(
      kept,
      own.map((message) => message.content),
      'in the order in which they were written',
    );
  });
  // They have moved, and were here all the time.
  for (const person of people) person.hasNotSeen('user:left');
  t.diagnostic(
    `three restarts in ${took} ms with ${messages.flat().length} messages; ` +
      `the longest silence of each client, in ms: ${silences
        .map((silence) => silence())
        .sort((one, other) => other - one)
        .join(' ')}`,
  );
});

/** Follows what a person hears of the room; the longest time between two events, in milliseconds, each time it is asked. */
function longestSilence(person) {
  let [last, longest] = [Date.now(), 0];
  person.follow((entry) => {
    if (entry.kind !== 'event' || entry.data?.roomId !== 'square') return;
    const now = Date.now();
    longest = Math.max(longest, now - last);
    last = now;
  });
  return () => longest;
}
