// Operators look after people and rooms from the command line, beside servers that run: what they change shows to who is connected.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { overBackends } from './support/backends.js';
import { belfryBinary } from './support/program.js';
import { answered, isProblem } from './support/rest.js';
import { embedded, replicas, unhurried } from './support/town.js';

const places = [
  ['one server', {}, (t) => embedded(t, unhurried)],
  ['two replicas', overBackends, (t) => replicas(t, 2, { settings: unhurried })],
];

for (const [name, options, opens] of places) {
  describe(name, { concurrency: 4, ...options }, () => {
    let town;
    let end;
    before(async () => {
      town = await opens({ after: (ending) => (end = ending) });
    });
    after(() => end?.());

    /** `belfry admin …` to its end. */
    async function admin(...args) {
      const program = town.runs(['admin', ...args]);
      const { code } = await program.exit();
      return { code, output: program.output.join('\n'), errors: program.errors.join('\n') };
    }

    async function done(...args) {
      const { code, output, errors } = await admin(...args);
      assert.equal(code, 0, `${args}: ${errors}`);
      assert.equal(errors, '', 'words go to standard error, and there are none');
      return output;
    }

    const asked = async (...args) => JSON.parse(await done(...args, '--json'));

    const logsIn = (username, password) => town.rest().post('/api/auth/login', { username, password });

    test('an account is made with a password that is printed once, and lets its owner in', async () => {
      const made = await asked('users', 'create', 'Dora');
      assert.match(made.password, /^[\w-]{20}$/);
      const { user } = answered(await logsIn('dora', made.password), 200);
      assert.equal(user.id, made.id);
      const shown = await done('users', 'show', 'dora');
      assert.match(shown, /password +yes\n/);
      assert.doesNotMatch(shown, new RegExp(made.password));
      const taken = await admin('users', 'create', 'DORA');
      assert.deepEqual([taken.code, taken.output], [1, '']);
      assert.match(taken.errors, /taken/);
    });

    test('a password is read from standard input, and ends the sessions that knew the old one', async () => {
      const made = await asked('users', 'create', 'Erin');
      const session = answered(await logsIn('erin', made.password), 200);
      const erin = await town.connected({ user: session.user, token: session.accessToken });
      const set = (input) =>
        spawnSync(belfryBinary(), ['admin', 'users', 'set-password', 'erin', '--password-stdin'], {
          cwd: town.directory,
          env: { PATH: process.env.PATH, ...town.settings },
          input,
          encoding: 'utf8',
        });
      const short = set('short\n');
      assert.equal(short.status, 1);
      assert.match(short.stderr, /8 to 256/);
      const changed = set('another good one\n');
      assert.equal(changed.status, 0, changed.stderr);
      assert.doesNotMatch(changed.stdout, /another good one/);
      await erin.isCut();
      answered(await logsIn('erin', 'another good one'), 200);
      assert.equal((await logsIn('erin', made.password)).status, 401);
      assert.equal((await town.rest(0, session.accessToken).get('/api/me')).status, 401);
    });

    test('sessions end everywhere, and only theirs', async () => {
      const ada = await town.guest('Ada-ends');
      const ben = await town.guest('Ben-stays', { at: town.servers.length - 1 });
      const phone = await ada.again({ at: town.servers.length - 1 });
      const ended = await asked('users', 'end-sessions', ada.id);
      assert.deepEqual(ended, { id: ada.id, username: 'Ada-ends', ended: 1 });
      await Promise.all([ada.isCut(), phone.isCut()]);
      await ben.joins('still-here');
      await ben.says('still-here', 'nobody has touched me');
    });

    test('people are listed page by page, and shown with their rooms', async () => {
      for (const one of ['lister-1', 'lister-2', 'lister-3']) await (await town.guest(one)).joins('listers');
      const first = await asked('users', 'list', '--find', 'LISTER', '--limit', '2');
      assert.deepEqual(
        first.users.map(({ username }) => username),
        ['lister-1', 'lister-2'],
      );
      const next = await asked('users', 'list', '--find', 'lister', '--after', first.nextCursor);
      assert.deepEqual(
        next.users.map(({ username, hasPassword }) => [username, hasPassword]),
        [['lister-3', false]],
      );
      assert.equal(next.nextCursor, undefined);
      const shown = await asked('users', 'show', 'lister-2');
      assert.deepEqual(
        shown.rooms.map(({ id, role }) => [id, role]),
        [['listers', 'member']],
      );
      assert.equal(shown.sessions.length, 1);
      const table = await done('users', 'list', '--find', 'lister', '--no-password');
      assert.match(table, /^USERNAME +ID +PASSWORD/);
      assert.equal(table.trim().split('\n').length, 4);
    });

    test('a member who is removed is told, and one whose role is raised may use it', async () => {
      const ada = await town.guest('Ada-rules');
      const bob = await town.guest('Bob-goes', { at: town.servers.length - 1 });
      await ada.opens('ruled', { visibility: 'private' });
      await done('rooms', 'add-member', 'ruled', 'Bob-goes', '--role', 'moderator');
      await ada.joins('ruled');
      await bob.joins('ruled');
      const { members } = await asked('rooms', 'members', 'ruled');
      assert.deepEqual(members.map(({ user, role }) => `${user.username} ${role}`).sort(), [
        'Ada-rules owner',
        'Bob-goes moderator',
      ]);
      await done('rooms', 'set-role', 'ruled', 'Bob-goes', 'owner');
      await bob.changes('ruled', { topic: 'ruled by Bob' });
      await done('rooms', 'set-role', 'ruled', 'Bob-goes', 'member');
      isProblem(await bob.rest.patch('/api/rooms/ruled', { topic: 'still?' }), 403, 'forbidden');
      await done('rooms', 'remove-member', 'ruled', bob.id);
      await bob.sees('room:removed', { roomId: 'ruled' });
      await bob.isRefused('message:send', { roomId: 'ruled', content: 'still?' }, 'not_found');
      for (const [why, ...args] of [
        [/is no member/, 'remove-member', 'ruled', bob.id],
        [/no owner/, 'set-role', 'ruled', 'Ada-rules', 'member'],
        [/there is no room/, 'add-member', 'nowhere', bob.id],
        [/there is no user/, 'add-member', 'ruled', 'nobody-of-that-name'],
      ]) {
        const refused = await admin('rooms', ...args);
        assert.deepEqual([refused.code, refused.output], [1, ''], `${args}`);
        assert.match(refused.errors, why);
      }
    });

    test('a deleted room takes a revision, and everybody in it is told, in order', async () => {
      const ada = await town.guest('Ada-loses');
      const watcher = await ada.stays('doomed');
      const bob = await town.guest('Bob-loses', { at: town.servers.length - 1 });
      await bob.joins('doomed');
      const last = await ada.says('doomed', 'the last words');
      const asks = await admin('rooms', 'delete', 'doomed');
      assert.equal(asks.code, 1);
      assert.match(asks.errors, /2 members and 1 messages.*--yes/);
      const { roomId, rev } = await asked('rooms', 'delete', 'doomed', '--yes');
      assert.equal(roomId, 'doomed');
      assert.ok(rev > last.rev, `${rev}`);
      for (const person of [ada, bob]) assert.equal((await person.sees('room:deleted', { roomId })).rev, rev);
      watcher.isSound?.();
      assert.equal((await admin('rooms', 'show', 'doomed')).code, 1);
    });

    test('rooms are listed by what they hold, and figures are of the whole', async () => {
      const ada = await town.guest('Ada-counts');
      for (const [room, count] of [
        ['heap-1', 1],
        ['heap-2', 3],
      ]) {
        await ada.joins(room);
        for (let n = 0; n < count; n++) await ada.says(room, `${n}`);
      }
      const { rooms } = await asked('rooms', 'list', '--find', 'heap', '--by', 'messages');
      assert.deepEqual(
        rooms.map(({ id, lastSeq }) => [id, lastSeq]),
        [
          ['heap-2', 3],
          ['heap-1', 1],
        ],
      );
      assert.ok(rooms[0].lastMessageAt);
      const stats = await asked('stats');
      for (const figure of ['users', 'rooms', 'messages', 'messagesLastDay'])
        assert.ok(stats[figure].count > 0 && stats[figure].sure === 'exact', JSON.stringify(stats));
      assert.ok(stats.storeBytes > 0 && stats.schemaVersion > 0);
      assert.match(await done('stats'), /^users +\d+\nrooms +\d+\n/);
    });

    test('no name gives a terminal an order, and wrong words are told apart from wrong wishes', async () => {
      const ada = await town.guest('Ada-names');
      await ada.opens('named', { name: 'an \u202eodd one' });
      const shown = await done('rooms', 'show', 'named');
      assert.match(shown, /an \\u\{202e\}odd one/);
      assert.equal((await admin('users', 'bury', 'x')).code, 2);
      assert.equal((await admin('rooms', 'list', '--by', 'colour')).code, 2);
      assert.equal((await admin('users', 'show', 'nobody-at-all')).code, 1);
    });
  });
}
