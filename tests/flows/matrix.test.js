// Who may do what, in which kind of room: the table, and a walk through every cell of it on both backends.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, describe, test } from 'node:test';
import { overBackends } from './support/backends.js';
import { unknownId } from './support/ids.js';
import { brief } from './support/person.js';
import { embedded, replicas, unhurried } from './support/town.js';

// yes: it is done. no: `forbidden`. hid: `not_found`. -: there is no such case.
// Where the room is hidden from somebody (private and direct, for who is not in it), the answer must also be, word for word, the
// one for a room or a message that does not exist.
const TABLE = `
                                            | public                       | private                      | direct
                                            | owner mod member out kicked  | owner mod member out kicked  | one out
join:room                                   | yes   yes yes    yes yes     | yes   yes yes    hid hid     | yes hid
leave:room                                  | yes   yes yes    yes yes     | yes   yes yes    yes yes     | yes yes
message:send                                | yes   yes yes    no  no      | yes   yes yes    hid hid     | yes hid
message:edit (one's own)                    | yes   yes yes    -   no      | yes   yes yes    -   hid     | yes -
message:edit (another's)                    | no    no  no     no  no      | no    no  no     hid hid     | no  hid
message:delete (one's own)                  | yes   yes yes    -   no      | yes   yes yes    -   hid     | yes -
message:delete (another's)                  | yes   yes no     no  no      | yes   yes no     hid hid     | no  hid
message:clap                                | yes   yes yes    no  no      | yes   yes yes    hid hid     | yes hid
message:react                               | yes   yes yes    no  no      | yes   yes yes    hid hid     | yes hid
message:read                                | yes   yes yes    no  no      | yes   yes yes    hid hid     | yes hid
typing:start                                | yes   yes yes    no  no      | yes   yes yes    no  no      | yes no
typing:stop                                 | yes   yes yes    yes yes     | yes   yes yes    yes yes     | yes yes
GET /rooms/{id}                             | yes   yes yes    yes yes     | yes   yes yes    hid hid     | yes hid
PATCH /rooms/{id} (name)                    | yes   yes no     no  no      | yes   yes no     hid hid     | no  hid
PATCH /rooms/{id} (topic)                   | yes   yes no     no  no      | yes   yes no     hid hid     | no  hid
PATCH /rooms/{id} (visibility)              | yes   no  no     no  no      | yes   no  no     hid hid     | no  hid
DELETE /rooms/{id}                          | yes   no  no     no  no      | yes   no  no     hid hid     | no  hid
GET /rooms/{id}/members                     | yes   yes yes    yes yes     | yes   yes yes    hid hid     | yes hid
POST /rooms/{id}/members (a member)         | yes   yes no     no  no      | yes   yes no     hid hid     | no  hid
POST /rooms/{id}/members (a moderator)      | yes   no  no     no  no      | yes   no  no     hid hid     | no  hid
POST /rooms/{id}/members (an owner)         | yes   no  no     no  no      | yes   no  no     hid hid     | no  hid
POST /rooms/{id}/members (oneself)          | -     -   -      no  no      | -     -   -      hid hid     | -   hid
PATCH /rooms/{id}/members/{userId} (up)     | yes   no  no     no  no      | yes   no  no     hid hid     | no  hid
PATCH /rooms/{id}/members/{userId} (down)   | yes   no  no     no  no      | yes   no  no     hid hid     | no  hid
PATCH /rooms/{id}/members/{userId} (oneself)| yes   no  no     -   -       | yes   no  no     -   -       | no  -
DELETE /rooms/{id}/members/{userId} (member)| yes   yes no     no  no      | yes   yes no     hid hid     | no  hid
DELETE /rooms/{id}/members/{userId} (mod)   | yes   no  no     no  no      | yes   no  no     hid hid     | no  hid
DELETE /rooms/{id}/members/{userId} (owner) | yes   no  no     no  no      | yes   no  no     hid hid     | no  hid
DELETE /rooms/{id}/members/{userId} (self)  | yes   yes yes    no  no      | yes   yes yes    hid hid     | no  hid
GET /rooms/{id}/messages                    | yes   yes yes    yes yes     | yes   yes yes    hid hid     | yes hid
POST /rooms/{id}/messages                   | yes   yes yes    no  no      | yes   yes yes    hid hid     | yes hid
GET /rooms/{id}/changes                     | yes   yes yes    yes yes     | yes   yes yes    hid hid     | yes hid
GET /rooms/{id}/presence                    | yes   yes yes    yes yes     | yes   yes yes    hid hid     | yes hid
GET /rooms/{id}/moderation                  | yes   yes no     no  no      | yes   yes no     hid hid     | no  hid
`;

// How each row is done: by `actor`, in `room`, to the message or the person that it is about.
const ACTS = {
  'join:room': ({ actor, room }) => actor.tries('join:room', room),
  'leave:room': ({ actor, room }) => actor.tries('leave:room', { roomId: room }),
  'message:send': ({ actor, room }) => actor.tries('message:send', { roomId: room, content: 'hello' }),
  "message:edit (one's own)": ({ actor, own }) => actor.tries('message:edit', { messageId: own, content: 'better' }),
  "message:edit (another's)": ({ actor, other }) => actor.tries('message:edit', { messageId: other, content: 'worse' }),
  "message:delete (one's own)": ({ actor, own }) => actor.tries('message:delete', { messageId: own }),
  "message:delete (another's)": ({ actor, other }) => actor.tries('message:delete', { messageId: other }),
  'message:clap': ({ actor, other }) => actor.tries('message:clap', { messageId: other, count: 3 }),
  'message:react': ({ actor, other }) => actor.tries('message:react', { messageId: other, emoji: '👍', on: true }),
  'message:read': ({ actor, room }) => actor.tries('message:read', { roomId: room, seq: 1 }),
  'typing:start': async ({ actor, room, belongs }) => {
    if (belongs) await actor.joins(room);
    return actor.tries('typing:start', room);
  },
  'typing:stop': ({ actor, room }) => actor.tries('typing:stop', room),
  'GET /rooms/{id}': ({ rest, path }) => rest.get(path),
  'PATCH /rooms/{id} (name)': ({ rest, path }) => rest.patch(path, { name: 'Another name' }),
  'PATCH /rooms/{id} (topic)': ({ rest, path }) => rest.patch(path, { topic: 'Another topic' }),
  'PATCH /rooms/{id} (visibility)': ({ rest, path, visibility }) =>
    rest.patch(path, { visibility: visibility === 'public' ? 'private' : 'public' }),
  'DELETE /rooms/{id}': ({ rest, path }) => rest.delete(path),
  'GET /rooms/{id}/members': ({ rest, path }) => rest.get(`${path}/members`),
  'POST /rooms/{id}/members (a member)': ({ rest, path, people }) =>
    rest.post(`${path}/members`, { userId: people.stranger.id }),
  'POST /rooms/{id}/members (a moderator)': ({ rest, path, people }) =>
    rest.post(`${path}/members`, { userId: people.stranger.id, role: 'moderator' }),
  'POST /rooms/{id}/members (an owner)': ({ rest, path, people }) =>
    rest.post(`${path}/members`, { userId: people.stranger.id, role: 'owner' }),
  'POST /rooms/{id}/members (oneself)': ({ rest, path, actor }) => rest.post(`${path}/members`, { userId: actor.id }),
  'PATCH /rooms/{id}/members/{userId} (up)': ({ rest, place }) => rest.patch(place('member'), { role: 'moderator' }),
  'PATCH /rooms/{id}/members/{userId} (down)': ({ rest, place }) => rest.patch(place('mod'), { role: 'member' }),
  'PATCH /rooms/{id}/members/{userId} (oneself)': ({ rest, place }) => rest.patch(place('self'), { role: 'owner' }),
  'DELETE /rooms/{id}/members/{userId} (member)': ({ rest, place }) => rest.delete(place('member')),
  'DELETE /rooms/{id}/members/{userId} (mod)': ({ rest, place }) => rest.delete(place('mod')),
  'DELETE /rooms/{id}/members/{userId} (owner)': ({ rest, place }) => rest.delete(place('owner')),
  'DELETE /rooms/{id}/members/{userId} (self)': ({ rest, place }) => rest.delete(place('self')),
  'GET /rooms/{id}/messages': ({ rest, path }) => rest.get(`${path}/messages`),
  'POST /rooms/{id}/messages': ({ rest, path }) => rest.post(`${path}/messages`, { content: 'hello' }),
  'GET /rooms/{id}/changes': ({ rest, path }) => rest.get(`${path}/changes?since=0`),
  'GET /rooms/{id}/presence': ({ rest, path }) => rest.get(`${path}/presence`),
  'GET /rooms/{id}/moderation': ({ rest, path }) => rest.get(`${path}/moderation`),
};

/** People, and rooms with them in it as often as they are needed. */
class Scenery {
  static async of(town) {
    const scenery = new Scenery();
    scenery.town = town;
    const names = ['owner', 'mod', 'member', 'out', 'kicked', 'stranger', 'member2', 'mod2', 'owner2', 'one', 'two'];
    const people = await Promise.all(
      names.map((name, i) => town.citizen(`The-${name}`, { at: i % town.servers.length })),
    );
    scenery.people = Object.fromEntries(names.map((name, i) => [name, people[i]]));
    return scenery;
  }

  /** A room of that kind, as somebody finds it. */
  async scene(row, visibility, who) {
    const direct = visibility === 'direct';
    const { room, own, other } = direct ? await this.#direct() : await this.#room(row, visibility, who);
    const actor = this.people[who];
    const targets = direct
      ? { member: this.people.two, mod: this.people.two, owner: this.people.two }
      : { member: this.people.member2, mod: this.people.mod2, owner: this.people.owner2 };
    const belongs = who !== 'out' && who !== 'kicked';
    return this.#scene({ visibility, room, own, other, actor, belongs, targets });
  }

  /** The same with a room and messages that do not exist. */
  nowhere(scene) {
    const [room, own, other] = [`no-${randomUUID()}`, unknownId(), unknownId()];
    return this.#scene({ ...scene, room, own, other });
  }

  #scene(parts) {
    const { actor, room, targets } = parts;
    const path = `/api/rooms/${room}`;
    const place = (target) => `${path}/members/${target === 'self' ? actor.id : targets[target].id}`;
    return { ...parts, people: this.people, rest: actor.rest, path, place };
  }

  async #room(row, visibility, who) {
    const { owner } = this.people;
    const room = `r-${randomUUID()}`;
    const path = `/api/rooms/${room}`;
    await done(owner.rest.post('/api/rooms', { id: room, name: room, visibility }));
    const roles = { mod: 'moderator', member: 'member', kicked: 'member', mod2: 'moderator', owner2: 'owner' };
    const others = row.includes('{userId}') ? ['mod2', 'owner2'] : [];
    for (const name of new Set([who, 'member2', ...others].filter((one) => one !== 'owner' && one !== 'out'))) {
      const role = roles[name] ?? 'member';
      await done(owner.rest.post(`${path}/members`, { userId: this.people[name].id, role }));
    }
    const other = await this.#says('member2', room);
    const own = who === 'out' ? unknownId() : await this.#says(who, room);
    if (who === 'kicked') await done(owner.rest.delete(`${path}/members/${this.people.kicked.id}`));
    return { room, own, other };
  }

  async #direct() {
    const { one, two } = this.people;
    const { id: room } = await done(one.rest.post('/api/direct', { userId: two.id }));
    return { room, own: await this.#says('one', room), other: await this.#says('two', room) };
  }

  async #says(name, room) {
    const path = `/api/rooms/${room}/messages`;
    const { message } = await done(this.people[name].rest.post(path, { content: `said by ${name}` }));
    return message.id;
  }
}

const rows = readTable(TABLE);

// Joining makes no rooms here: a room that does not exist is then as absent for joining as for everything else.
const settings = { ...unhurried, ROOM_CREATION: 'explicit' };
const backends = {
  'alone, on SQLite': { options: {}, opens: (t) => embedded(t, settings) },
  'as two replicas, on Postgres and Redis': { options: overBackends, opens: (t) => replicas(t, 2, { settings }) },
};

for (const [name, { options, opens }] of Object.entries(backends)) {
  const scenery = options.skip ? undefined : await Scenery.of(await opens({ after }));
  describe(`who may do what ${name}`, { concurrency: 6, ...options }, () => {
    for (const { row, cells } of rows) {
      test(row, async () => {
        const found = await Promise.all(cells.map((cell) => walk(scenery, row, cell)));
        assert.deepEqual(
          found,
          cells.map(({ visibility, who, expected }) => `${visibility} ${who}: ${expected}`),
        );
      });
    }

    test('the table has every event and every path that is about a room', async () => {
      const covered = new Set(rows.map(({ row }) => row.split(' (')[0]));
      const rest = scenery.town.rest(0, scenery.people.owner.token);
      const { paths } = (await rest.get('/api/openapi.json')).body;
      for (const [path, methods] of Object.entries(paths)) {
        if (!path.startsWith('/api/rooms/{')) continue;
        for (const method of Object.keys(methods).filter((key) => /^(get|put|post|patch|delete)$/.test(key))) {
          const row = `${method.toUpperCase()} ${path.slice('/api'.length)}`;
          assert.ok(covered.has(row), `${row} is not in the table`);
        }
      }
      const document = (await rest.get('/api/asyncapi.json')).body;
      const events = Object.values(document.operations)
        .filter(({ action }) => action === 'receive')
        .flatMap(({ messages }) => messages.map(({ $ref }) => at(document, $ref).name));
      assert.ok(events.includes('join:room'), `${events}`);
      for (const event of events) {
        assert.ok(['connect', 'presence:update'].includes(event) || covered.has(event), `${event} is not in the table`);
      }
    });
  });
}

/** Does what the row says in a room made for this cell, and tells what came of it. */
async function walk(scenery, row, { visibility, who, expected }) {
  const told = (outcome) => `${visibility} ${who}: ${outcome}`;
  if (expected === '-') return told('-');
  const scene = await scenery.scene(row, visibility, who);
  const answer = plain(await ACTS[row](scene));
  const isHidden = visibility !== 'public' && !scene.belongs;
  if (isHidden) {
    const nowhere = plain(await ACTS[row](scenery.nowhere(scene)));
    assert.deepEqual(answer, nowhere, `${row}, ${visibility} ${who}: the answer tells that there is something`);
  }
  return told(outcome(answer));
}

/** What a client can see of an acknowledgement or of an answer over REST. */
function plain(answer) {
  if ('ok' in answer) return answer;
  const { status, type, text } = answer;
  return { status, type, text };
}

function outcome(answer) {
  if (answer.ok === true || (answer.status >= 200 && answer.status < 300)) return 'yes';
  const code = answer.error?.code ?? (answer.text ? JSON.parse(answer.text).code : answer.status);
  return { forbidden: 'no', not_found: 'hid' }[code] ?? brief(answer);
}

async function done(asked) {
  const answer = await asked;
  assert.ok(answer.status >= 200 && answer.status < 300, `${answer.status} ${answer.text}`);
  return answer.body;
}

/** What a reference within a document leads to: `#/channels/socket/…`. */
function at(document, reference) {
  const steps = reference.slice(2).split('/');
  return steps.reduce((part, step) => part[step], document);
}

/** `[{ row, cells: [{ visibility, who, expected }] }]` */
function readTable(text) {
  const [kinds, who, ...lines] = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.split('|').map((part) => part.trim()));
  return lines.map(([row, ...groups]) => {
    assert.ok(ACTS[row], `nothing says how ${row} is done`);
    const cells = groups.flatMap((group, at) => {
      const names = who[at + 1].split(/\s+/);
      const expected = group.split(/\s+/);
      assert.equal(expected.length, names.length, `${row}: ${group}`);
      return names.map((name, i) => ({ visibility: kinds[at + 1], who: name, expected: expected[i] }));
    });
    return { row, cells };
  });
}
