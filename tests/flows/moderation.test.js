// The operator's rules: what they cover or remove, for everybody and for good, and who learns why.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { overBackends } from './support/backends.js';
import { answered, isProblem } from './support/rest.js';
import { embedded, empty, replicas, unhurried } from './support/town.js';
import { agree } from './support/watcher.js';

const RULES = [
  { name: 'swearing', words: ['darn', 'blast it'], action: 'mask', reason: 'Swearing' },
  { regex: '[0-9]{12,}', action: 'mask', reason: 'A number that should be private' },
  { name: 'advertising', regex: '(?i)buy .{1,20} now', action: 'remove', reason: 'Advertising' },
  { repeats: { times: 3, withinSeconds: 3600 }, action: 'remove', reason: 'Said again and again' },
];

/** The setting that names a file with these rules. */
async function ruled(t, rules = RULES) {
  const directory = await mkdtemp(join(tmpdir(), 'belfry-rules-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, 'rules.json');
  await writeFile(file, typeof rules === 'string' ? rules : JSON.stringify(rules));
  return { MODERATION_RULES: file };
}

const over = {
  embedded: { options: {}, open: async (t) => embedded(t, { ...(await ruled(t)), ...unhurried }) },
  'two replicas': {
    options: overBackends,
    open: async (t) => replicas(t, 2, { settings: { ...(await ruled(t)), ...unhurried } }),
  },
  'two replicas with a worker apart': {
    options: overBackends,
    open: async (t) => replicas(t, 2, { settings: { ...(await ruled(t)), ...unhurried }, worker: 'apart' }),
  },
};

/** Ada, who owns the room, Mo, who moderates it, and Ben and Cy, who are in it; Ben on the other replica. */
async function people(town, room, tag = '') {
  const other = town.servers.length - 1;
  const ada = await town.guest(`Ada${tag}`);
  const mo = await town.guest(`Mo${tag}`, { at: other });
  const ben = await town.guest(`Ben${tag}`, { at: other });
  const cy = await town.guest(`Cy${tag}`);
  const watchers = [];
  for (const one of [ada, mo, ben, cy]) watchers.push(await one.stays(room));
  await ada.makes(mo, 'moderator', room);
  return { ada, mo, ben, cy, watchers };
}

const log = async (person, room, query = '') =>
  answered(await person.rest.get(`/api/rooms/${room}/moderation${query}`), 200);
const history = async (person, room) => answered(await person.rest.get(`/api/rooms/${room}/messages`), 200).messages;
const texts = (messages) => messages.map((message) => message.content);

for (const [kind, { options, open }] of Object.entries(over)) {
  test(`${kind}: what offends is covered for everybody, with the mentions in one change`, options, async (t) => {
    const town = await open(t);
    const { ada, mo, ben, cy, watchers } = await people(town, 'hall');
    const { rev } = watchers[0];
    await cy.losesConnection();

    const sent = await ben.says('hall', `DARN you @Ada, blast  it: 1234567890123`);
    const stands = '**** you @Ada, *********: *************';
    for (const watcher of watchers.slice(0, 3)) {
      const shown = await watcher.shows(sent.id, (one) => one.content === stands, 'the mask');
      assert.deepEqual(
        [shown.mentions, shown.rev, shown.editedAt, shown.deletedAt],
        [[ada.id], rev + 2, undefined, undefined],
        'mentions and the mask are one change, and no edit',
      );
    }
    await ada.says('hall', 'now now');
    await Promise.all(watchers.slice(0, 3).map((watcher) => watcher.reaches(rev + 3)));

    // Whoever comes later, comes back, or asks.
    await cy.connects();
    await cy.joins('hall', { since: rev });
    const [delta] = cy.seen('room:history', { mode: 'delta' });
    assert.deepEqual(texts(delta.messages), [stands, 'now now']);
    for (const one of [ada, ben]) assert.deepEqual(texts(await history(one, 'hall')), [stands, 'now now']);
    const dan = await town.guest('Dan');
    await dan.joins('hall');
    assert.deepEqual(texts((await dan.sees('room:history')).messages), [stands, 'now now']);
    agree(watchers.slice(0, 3));

    // Why, for those who moderate.
    const reason = 'Swearing; A number that should be private';
    const told = { roomId: 'hall', messageId: sent.id, seq: sent.seq, contentRev: sent.rev, userId: ben.id };
    for (const one of [ada, mo]) {
      const { at, ...seen } = await one.sees('message:moderated');
      assert.deepEqual(seen, { ...told, action: 'mask', reason });
      assert.deepEqual(await log(one, 'hall'), { moderated: [{ ...seen, at }], hasMore: false });
    }
    ben.hasNotSeen('message:moderated');
    for (const one of [ben, cy]) {
      isProblem(await one.rest.get('/api/rooms/hall/moderation'), 403, 'forbidden');
    }
  });

  test(`${kind}: what must not stand is removed for good`, options, async (t) => {
    const town = await open(t);
    const { ada, mo, ben, cy, watchers } = await people(town, 'hall');
    const question = await ada.says('hall', 'What is new?');
    const sent = await ben.says('hall', 'Buy @Ada this now https://a.example', { replyTo: question.id });
    for (const watcher of watchers) {
      const shown = await watcher.shows(sent.id, (one) => one.deletedAt, 'the removal');
      assert.deepEqual([shown.content, shown.mentions, shown.previews], ['', [], []]);
    }
    const deleted = await cy.sees('message:deleted', { id: sent.id });
    assert.deepEqual([deleted.roomId, deleted.seq, deleted.rev], ['hall', sent.seq, sent.rev + 1]);
    assert.equal((await mo.sees('message:moderated', { messageId: sent.id })).reason, 'Advertising');
    cy.hasNotSeen('message:moderated');
    cy.hasNotSeen('message:updated', { id: sent.id });

    await ben.isRefused('message:edit', { messageId: sent.id, content: 'Do not buy' }, 'conflict');
    await ben.isRefused('message:clap', { messageId: sent.id }, 'conflict');
    const [, kept] = await history(cy, 'hall');
    assert.deepEqual([kept.content, kept.deletedAt], ['', deleted.deletedAt]);
    assert.equal((await ada.looksAt('hall')).unreadMentions, 0);
    agree(watchers);
  });

  test(`${kind}: a text said again and again is removed from the third time on`, options, async (t) => {
    const town = await open(t);
    const { mo, ben, cy, watchers } = await people(town, 'hall');
    const sent = [];
    for (let time = 0; time < 5; time++) sent.push(await ben.says('hall', 'darn, look at this'));
    sent.push(await cy.says('hall', 'darn, look at this'));
    const [watcher] = watchers;
    for (const { id } of sent.slice(2, 5)) await watcher.shows(id, (one) => one.deletedAt, 'the removal of a repeat');
    for (const { id } of [...sent.slice(0, 2), sent[5]])
      await watcher.shows(id, (one) => one.content === '****, look at this' && !one.deletedAt, 'the mask');
    const { moderated } = await log(mo, 'hall');
    assert.deepEqual(
      moderated.map(({ seq, action, reason }) => [seq, action, reason]),
      [
        [6, 'mask', 'Swearing'],
        [5, 'remove', 'Said again and again'],
        [4, 'remove', 'Said again and again'],
        [3, 'remove', 'Said again and again'],
        [2, 'mask', 'Swearing'],
        [1, 'mask', 'Swearing'],
      ],
    );
    await Promise.all(watchers.map((one) => one.reaches(watcher.rev)));
    agree(watchers);
  });
}

describe('moderation', { concurrency: 8 }, async () => {
  const town = await embedded({ after }, { ...(await ruled({ after })), ...unhurried });

  test('reads an edited text anew, and leaves alone what an edit has made good', async () => {
    const { mo, ben, watchers } = await people(town, 'edits', '-edits');
    const sent = await ben.says('edits', 'all is well');
    const edited = await ben.edits(sent, 'all is darn well');
    const [watcher] = watchers;
    const shown = await watcher.shows(sent.id, (one) => one.content === 'all is **** well', 'the mask');
    assert.equal(shown.editedAt, edited.editedAt, 'the edit is the author’s, the mask is not');
    await ben.edits(sent, 'all is very well');
    await watcher.shows(sent.id, (one) => one.content === 'all is very well', 'the better text');
    await ben.edits(sent, 'darn');
    await watcher.shows(sent.id, (one) => one.content === '****', 'the next mask');
    const { moderated } = await log(mo, 'edits');
    assert.deepEqual(
      moderated.map(({ messageId, contentRev }) => [messageId, contentRev]),
      [
        [sent.id, shown.rev + 2],
        [sent.id, edited.rev],
      ],
      'one entry for each text that was judged',
    );
  });

  test('finds nobody to mention in what it has covered or removed', async () => {
    const { ada, ben, watchers } = await people(town, 'names', '-names');
    const quiet = await town.guest('Darn');
    await quiet.joins('names');
    const sent = await ben.says('names', '@Darn and @Ada-names');
    const shown = await watchers[0].shows(sent.id, (one) => one.mentions.length > 0, 'the mentions');
    assert.deepEqual([shown.content, shown.mentions], ['@**** and @Ada-names', [ada.id]]);
  });

  test('is read in pages, the newest text first', async () => {
    const { ada, ben, watchers } = await people(town, 'pages', '-pages');
    const sent = [];
    for (const n of [1, 2, 3, 4, 5]) sent.unshift(await ben.says('pages', `darn ${n}`));
    for (const { id } of sent) await watchers[0].shows(id, (one) => one.content.startsWith('****'), 'the mask');
    const ids = ({ moderated }) => moderated.map(({ messageId }) => messageId);
    const wanted = sent.map(({ id }) => id);
    const first = await log(ada, 'pages', '?limit=2');
    assert.deepEqual([ids(first), first.hasMore], [wanted.slice(0, 2), true]);
    const next = await log(ada, 'pages', `?limit=3&before=${first.moderated[1].contentRev}`);
    assert.deepEqual([ids(next), next.hasMore], [wanted.slice(2), false]);
    for (const query of ['?limit=0', '?limit=101', '?before=-1', '?before=x', '?limit='])
      isProblem(await ada.rest.get(`/api/rooms/pages/moderation${query}`), 400, 'invalid_argument');
  });

  test('is nobody’s to read outside the room, and nobody’s in a direct one', async () => {
    const { ada, ben } = await people(town, 'closed', '-closed');
    await ada.changes('closed', { visibility: 'private' });
    const eve = await town.guest('Eve-closed');
    isProblem(await eve.rest.get('/api/rooms/closed/moderation'), 404, 'not_found');
    isProblem(await eve.rest.get('/api/rooms/never-there/moderation'), 404, 'not_found');
    const direct = answered(await ada.rest.post('/api/direct', { userId: ben.id }), 201);
    await ada.joins(direct.id);
    const watcher = await ben.stays(direct.id);
    const sent = await ada.says(direct.id, 'darn');
    await watcher.shows(sent.id, (one) => one.content === '****', 'the mask, which the rules ask for everywhere');
    for (const one of [ada, ben]) {
      isProblem(await one.rest.get(`/api/rooms/${direct.id}/moderation`), 403, 'forbidden');
    }
  });
});

describe('rules that make no sense keep every process from starting', { concurrency: 4 }, () => {
  for (const [what, rules, told] of [
    ['no JSON', '[', /MODERATION_RULES: .*rules\.json: not a JSON array of rules: /],
    ['no list', '{}', /MODERATION_RULES: .*rules\.json: not a JSON array of rules: /],
    [
      'a pattern that is none',
      [{ name: 'broken', regex: '(darn', action: 'mask', reason: 'Swearing' }],
      /MODERATION_RULES: .*rules\.json: rule 1 \("broken"\): is no regular expression: .*unclosed group/,
    ],
    [
      'an action that is none',
      [RULES[0], { words: ['darn'], action: 'shout', reason: 'Swearing' }],
      /MODERATION_RULES: .*rules\.json: rule 2: unknown variant `shout`/,
    ],
  ]) {
    test(what, async (t) => {
      const town = await empty(t, await ruled(t, rules));
      await isRefused(town, told);
    });
  }

  test('a file that is not there', async (t) => {
    const town = await empty(t, { MODERATION_RULES: 'absent.json' });
    await isRefused(town, /MODERATION_RULES: absent\.json: cannot be read: /);
  });
});

async function isRefused(town, told) {
  const program = town.runs(['serve'], { BIND_ADDR: '127.0.0.1:0' });
  assert.notEqual((await program.exit()).code, 0, program.said());
  assert.equal(program.errors.length, 1, `one line says why\n${program.said()}`);
  assert.match(program.errors[0], told);
}
