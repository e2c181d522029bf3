// A room as a file equals its history: as JSON, as a table and as a page, made by one process and fetched from another.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { overBackends } from './support/backends.js';
import { rowsOf } from './support/csv.js';
import { everywhere } from './support/everywhere.js';
import { exports, fetches, hearsOf, looksAtJob } from './support/jobs.js';
import { answered, isProblem } from './support/rest.js';
import { seedHistory } from './support/seeding.js';
import { replicas, unhurried } from './support/town.js';

const MIB = 1024 * 1024;

/** What people would like to break a file with. */
const wicked = [
  '<script>alert(1)</script>',
  '</li></ol></section><img src=x onerror=alert(1)>',
  '=1+1',
  '+1',
  '-1',
  '@SUM(A1)',
  "'quoted",
  '\ttab',
  'a "quote", a comma,\r\nand another line\rand\nmore',
  '&amp; &lt; \u2028 \u202e \ufeff',
  '\u{1f514} \u4f60\u597d \u05e9\u05dc\u05d5\u05dd',
  ']]}',
];

everywhere((place) => {
  test('a room’s file holds what its history holds, in each format', async () => {
    const { town } = place;
    const [ada, bob] = await place.guests('Ada-exports', 'Bob-reads');
    await ada.opens('told', { topic: 'wicked & "odd"' });
    await ada.joins('told');
    const watcher = await bob.stays('told');
    const said = [];
    for (const content of wicked) said.push(await ada.says('told', content));
    await ada.says('told', 'an answer', { replyTo: said[0].id, clientId: '=client' });
    const look = await bob.says('told', 'look @Ada-exports');
    // Before the crowd: who falls behind it is told of the newest messages alone.
    await watcher.shows(look.id, ({ mentions }) => mentions.length > 0, 'the mention');
    await ada.edits(said[1], '<b>edited</b>');
    await bob.claps(said[2], 7);
    await bob.reacts(said[2], '🎉');
    await ada.deletes(said[3]);
    await ada.saysMany('told', 1_200, (i) => `message ${i}`);
    await watcher.reaches(wicked.length + 2 + 1_200 + 5);

    const reader = await ada.again({ at: town.servers.length - 1 });
    const history = await wholeHistory(reader, 'told');
    assert.equal(history.length, wicked.length + 2 + 1_200);
    const files = {};
    for (const format of ['json', 'csv', 'html']) {
      const job = await exports(ada, 'told', format);
      const done = await hearsOf(ada, job);
      assert.equal(done.state, 'completed', JSON.stringify(done));
      const { text } = await fetches(reader, job);
      assert.equal(Buffer.byteLength(text), done.result.file.bytes);
      files[format] = text;
    }

    const { room, exportedAt, messages, ...others } = JSON.parse(files.json);
    assert.deepEqual(messages, history);
    assert.deepEqual([room.id, room.topic, others], ['told', 'wicked & "odd"', {}]);
    assert.match(exportedAt, /^\d{4}-\d\d-\d\dT.*Z$/);
    assert.deepEqual(fromTable(files.csv, 'told'), history);
    for (const row of rowsOf(files.csv))
      for (const cell of row) assert.doesNotMatch(cell, /^[=+\-@\t\r]/, 'no cell is a formula');
    assert.deepEqual(
      fromPage(files.html),
      history.map(({ id, content, deletedAt }) => [id, deletedAt ? `This message was deleted: ${deletedAt}` : content]),
    );
    assert.doesNotMatch(files.html, /<(script|img|b)\b/);
    assert.match(
      files.html,
      /http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'/,
    );
  });

  test('an empty room has a file too', async () => {
    const [ada] = await place.guests('Ada-empty');
    await ada.opens('empty');
    const job = await exports(ada, 'empty');
    assert.equal((await hearsOf(ada, job)).state, 'completed');
    assert.deepEqual((await fetches(ada, job)).body.messages, []);
  });
});

test(
  '100,000 messages pass through in pieces, with progress, and can be stopped on the way',
  overBackends,
  async (t) => {
    const count = 100_000;
    const town = await replicas(t, 2, { worker: 'apart', settings: unhurried });
    const ada = await town.guest('Ada');
    const bob = await ada.again({ at: 1 });
    for (const [room, length] of [
      ['shorter', count / 5],
      ['long', count],
    ]) {
      await ada.opens(room);
      await seedHistory(town, room, ada, length);
    }

    const stopped = await exports(ada, 'long', 'html');
    const underway = (job) => job.id === stopped.id && job.state === 'active' && job.progress > 0;
    await bob.sees('job:update', underway, { limit: 90_000 });
    assert.equal(answered(await bob.rest.delete(`/api/jobs/${stopped.id}`), 200).state, 'active');
    assert.equal((await hearsOf(ada, stopped)).state, 'cancelled');
    isProblem(await ada.rest.get(`/api/jobs/${stopped.id}/result`), 409, 'conflict');

    // What a fifth of it takes is what any length takes.
    const shorter = await exports(ada, 'shorter');
    assert.equal((await hearsOf(bob, shorter, undefined, { limit: 300_000 })).state, 'completed');
    assert.equal((await fetches(bob, shorter)).body.messages.length, count / 5);
    const before = await Promise.all([peakOf(town.worker), peakOf(town.servers[1].program)]);
    const began = Date.now();
    const job = await exports(ada, 'long');
    const done = await hearsOf(bob, job, undefined, { limit: 300_000 });
    const seconds = (Date.now() - began) / 1_000;
    assert.equal(done.state, 'completed', JSON.stringify(done));
    const updates = bob.seen('job:update', ({ id }) => id === job.id);
    const progress = updates.map((update) => update.progress);
    assert.ok(progress.filter((percent) => percent > 0 && percent < 100).length > 1, `it gets on: ${progress}`);
    assert.deepEqual(
      progress,
      progress.toSorted((a, b) => a - b),
      'and never back',
    );
    assert.ok(updates.length <= 10 * seconds + 3, `${updates.length} updates in ${seconds} s`);

    const { body, text } = await fetches(bob, job);
    assert.ok(text.length > 50 * MIB, `${text.length} characters`);
    const peaks = await Promise.all([peakOf(town.worker), peakOf(town.servers[1].program)]);
    for (const [i, who] of ['the worker', 'the server'].entries()) {
      const grown = peaks[i] - before[i];
      assert.ok(grown < 40 * MIB, `${who} grew by ${grown} bytes for a file of ${text.length}`);
    }
    const history = await wholeHistory(bob, 'long');
    assert.equal(history.length, count);
    assert.deepEqual(body.messages.length, count);
    for (let i = 0; i < count; i++) assert.deepEqual(body.messages[i], history[i]);
    assert.equal((await looksAtJob(ada, job)).state, 'completed');
  },
);

/** Every message of a room as REST tells it, without what is the reader's own. */
async function wholeHistory(person, room) {
  const { lastSeq } = await person.looksAt(room);
  const starts = Array.from({ length: Math.ceil(lastSeq / 100) }, (_, i) => i * 100);
  const pages = new Array(starts.length);
  const readers = Array.from({ length: 4 }, async (_, reader) => {
    for (let i = reader; i < starts.length; i += 4) {
      const path = `/api/rooms/${room}/messages?after=${starts[i]}&limit=100`;
      pages[i] = answered(await person.rest.get(path), 200).messages;
    }
  });
  await Promise.all(readers);
  for (const message of pages.flat()) {
    delete message.claps.mine;
    for (const reaction of message.reactions) delete reaction.mine;
  }
  return pages.flat();
}

/** The messages of a table, as REST would tell them. */
function fromTable(text, roomId) {
  const [header, ...rows] = rowsOf(text);
  const plain = (cell) => cell.replace(/^'/, '');
  return rows.map((row) => {
    assert.equal(row.length, header.length);
    const cells = Object.fromEntries(header.map((name, i) => [name, row[i]]));
    const listed = (cell) => (cell === '' ? [] : JSON.parse(cell));
    const message = {
      id: cells.id,
      roomId,
      seq: Number(cells.seq),
      rev: Number(cells.rev),
      userId: plain(cells.userId),
      username: plain(cells.username),
      content: plain(cells.content),
      type: cells.type,
      timestamp: cells.timestamp,
      claps: { total: Number(cells.claps) },
      reactions: listed(cells.reactions),
      mentions: listed(cells.mentions),
      previews: listed(cells.previews),
    };
    for (const name of ['clientId', 'replyTo', 'editedAt', 'deletedAt'])
      if (cells[name] !== '') message[name] = plain(cells[name]);
    return message;
  });
}

/** `[id, text]` of each message of a page. */
function fromPage(html) {
  const entities = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' };
  const entries = html.matchAll(/<li id="([^"]+)">.*?<p class="text[^>]*>(.*?)<\/p>/gs);
  return Array.from(entries, ([, id, text]) => [
    id,
    text.replace(/<\/?time[^>]*>/g, '').replace(/&(lt|gt|quot|#39|amp);/g, (entity) => entities[entity]),
  ]);
}

/** The most memory that a program has had, in bytes; 0 where the system does not tell. */
async function peakOf(program) {
  const status = await readFile(`/proc/${program.child.pid}/status`, 'utf8').catch(() => '');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}
