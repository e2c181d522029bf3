// Whole lives of people, again and again: visitors, owners of accounts, askers for exports, makers of rooms, and one who does not listen.

import { randomUUID } from 'node:crypto';
import { Doings, oneOf } from './acts.mjs';
import { pause } from './pauses.mjs';
import { installed } from './stage.mjs';

/** A room that stays as large as it is, so that a file of it does. */
export const EXPORTED = 'exported';
const ENDED = ['completed', 'dead', 'cancelled'];

/** Guests who come, look, say something and go, some of them without a word. */
export async function visits(town, over) {
  while (!over()) {
    const { user, accessToken } = await town.rest(
      'POST',
      '/api/auth/guest',
      { username: `visitor ${randomUUID().slice(0, 8)}` },
      [200, 201],
    );
    const person = town.person({
      user,
      token: accessToken,
      via: oneOf([['websocket'], ['websocket'], ['polling'], ['polling', 'websocket']]),
    });
    await person.connects();
    const home = [oneOf(town.rooms), oneOf(town.rooms)];
    for (const room of home) await person.joins(room);
    const doings = new Doings({ ...town, person, rest: town.restOf(accessToken), home });
    for (let n = 0; n < 6 && !over(); n++) {
      await doings[oneOf(['says', 'reads', 'types', 'claps', 'reacts', 'browses', 'wanders'])](oneOf(home));
      await pause(Math.random() * 300);
    }
    if (Math.random() < 0.3) await person.leaves(home[0]);
    town.leaves(person, Math.random() < 0.3);
    town.ledger.did('visits');
    await pause(Math.random() * 500);
  }
}

/** Accounts: made, logged in to, wrongly too, refreshed, a token used again, logged out of. */
export async function logsIn(town, over) {
  while (!over()) {
    const account = { username: `owner-${randomUUID().slice(0, 12)}`, password: randomUUID() };
    await town.rest('POST', '/api/auth/register', account, [200, 201]);
    const session = await town.rest('POST', '/api/auth/login', account);
    if (Math.random() < 0.3) await town.rest('POST', '/api/auth/login', { ...account, password: 'not the password' }, [401]);
    const person = town.person({ user: session.user, token: session.accessToken });
    await person.connects();
    await person.joins(oneOf(town.rooms));
    const next = await town.rest('POST', '/api/auth/refresh', { refreshToken: session.refreshToken });
    await town.restOf(next.accessToken)('GET', '/api/me');
    // A log-out, and a token used a second time, tell the socket to go for good.
    const ended = new Promise((resolve) => person.socket.once('disconnect', resolve));
    person.isSentAway = true;
    if (Math.random() < 0.5) await town.rest('POST', '/api/auth/refresh', { refreshToken: session.refreshToken }, [401]);
    else await town.rest('POST', '/api/auth/logout', { refreshToken: next.refreshToken }, [200, 204]);
    await Promise.race([ended, pause(5_000)]);
    if (person.socket.connected && !over()) town.ledger.wrong('a socket outlived its session', session.user.id);
    town.leaves(person);
    town.ledger.did('accounts');
    await pause(1_500 * Math.random());
  }
}

/** Rooms as files; some are called off. */
export async function exports(town, over) {
  const person = town.person({ user: { id: `exporter-${randomUUID()}` } });
  await person.connects();
  const rest = town.restOf(person.token);
  await person.joins(EXPORTED);
  const updates = new Map();
  person.socket.on('job:update', (job) => ENDED.includes(job.state) && updates.get(job.id)?.());
  while (!over()) {
    const wish = { format: oneOf(['json', 'csv', 'html']) };
    const job = await rest('POST', '/api/jobs', { type: 'room.export', payload: { roomId: EXPORTED, ...wish } }, [202]);
    const told = new Promise((resolve) => updates.set(job.id, resolve));
    if (Math.random() < 0.2) await rest('DELETE', `/api/jobs/${job.id}`, undefined, [200, 202, 204, 409]);
    await Promise.race([told, pause(3_000)]);
    let { state } = job;
    // Updates are told as well as can be; a job has to end all the same.
    for (let tries = 0; !ENDED.includes(state); tries++) {
      ({ state } = await rest('GET', `/api/jobs/${job.id}`));
      if (tries === 60) {
        town.ledger.wrong('a job that does not end', `${job.id} ${state}`);
        break;
      }
      if (!ENDED.includes(state)) await new Promise((resolve) => setTimeout(resolve, 500));
    }
    updates.delete(job.id);
    town.ledger.did(`exports ${state}`);
    town.exported();
    if (state === 'dead') town.ledger.wrong('a job died', job.id);
    if (state === 'completed') await rest('GET', `/api/jobs/${job.id}/result`);
    await pause(5_000 * Math.random());
  }
  town.leaves(person);
}

/** Rooms from their making to their end: members added, somebody kicked, renamed, deleted while people are in them. */
export async function makesRooms(town, over) {
  const [owner, ...others] = Array.from({ length: 4 }, (_, n) => town.person({ user: { id: `maker-${n}-${randomUUID()}` } }));
  await Promise.all([owner, ...others].map((person) => person.connects()));
  const rest = town.restOf(owner.token);
  while (!over()) {
    const id = `short-${randomUUID()}`;
    await rest('POST', '/api/rooms', { id, name: 'short', visibility: 'private' }, [201]);
    for (const { user } of others) await rest('POST', `/api/rooms/${id}/members`, { userId: user.id }, [201]);
    for (const person of [owner, ...others]) await person.joins(id);
    for (const person of others) await person.says(id, `${person.user.id} is here`);
    await rest('PATCH', `/api/rooms/${id}`, { topic: 'not for long' });
    await rest('DELETE', `/api/rooms/${id}/members/${others[0].user.id}`, undefined, [204]);
    await others[1].says(id, 'one is gone');
    const direct = await rest('POST', '/api/direct', { userId: others[1].user.id }, [200, 201]);
    town.ledger.readers.set(direct.id, rest);
    await owner.joins(direct.id);
    await owner.says(direct.id, 'between us');
    await owner.leaves(direct.id);
    town.ledger.ended.add(id);
    await rest('DELETE', `/api/rooms/${id}`, undefined, [204]);
    for (const person of [owner, ...others]) person.rooms.delete(id);
    town.ledger.did('rooms made and ended');
    await pause(2_000 * Math.random());
  }
  for (const person of [owner, ...others]) town.leaves(person);
}

/** Somebody whose client stands still in a busy room: the replica must cut the connection. */
export async function doesNotListen(town, over) {
  const WebSocket = installed('ws');
  while (!over()) {
    const url = `${oneOf(town.urls).replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`;
    const socket = new WebSocket(url);
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    await Promise.race([new Promise((resolve) => socket.once('open', resolve)), ended]);
    socket.send(`40${JSON.stringify({ token: town.token(`deaf-${randomUUID()}`) })}`);
    socket.send(`42["join:room",${JSON.stringify(oneOf(town.rooms))}]`);
    await pause(1_000);
    socket._socket?.pause();
    await pause(20_000);
    // What came meanwhile and the end of the connection are there to be read now.
    socket._socket?.resume();
    await Promise.race([ended, pause(10_000)]);
    if (!over() && socket.readyState === WebSocket.OPEN) town.ledger.wrong('somebody who did not listen was not cut', '');
    socket.terminate();
    town.ledger.did('cut since they did not listen');
  }
}

/** A large audience in one room; now and then a connection breaks. */
export async function listens(town, over, { count, room, arrived }) {
  const people = Array.from({ length: count }, (_, n) => town.person({ user: { id: `audience-${n}` } }));
  await Promise.all(
    Array.from({ length: 10 }, async (_, hand) => {
      for (let n = hand; n < count && !over(); n += 10) {
        await people[n].connects();
        await people[n].joins(room);
      }
    }),
  );
  arrived();
  while (!over()) {
    oneOf(people).cuts(Math.random() < 0.5);
    await pause(500 * Math.random());
  }
  for (const person of people) town.leaves(person, Math.random() < 0.2);
}

/** For proving that the run can fail: connections that nobody ever closes, a few more each second. */
export async function hoards(town, over) {
  const WebSocket = installed('ws');
  for (let n = 0; !over(); n++) {
    const socket = new WebSocket(`${town.urls[n % town.urls.length].replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    socket.on('open', () => socket.send(`40${JSON.stringify({ token: town.token(`hoarded-${n}`) })}`));
    socket.on('message', (text) => String(text) === '2' && socket.send('3'));
    socket.on('error', () => {});
    await pause(100);
  }
}
