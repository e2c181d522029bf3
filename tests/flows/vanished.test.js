// Clients whose network is gone without a word: nothing is sent to them, no connection ends, and still nobody stays online for them.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { overBackends } from './support/backends.js';
import { TcpProxy } from './support/proxy.js';
import { embedded, replicas } from './support/town.js';

/** Milliseconds in which somebody whose network is gone must be gone for everybody: 15, and the rest is for a busy machine. */
const GONE = 25_000;
const places = [
  ['one server', {}, (t) => embedded(t)],
  ['two replicas', overBackends, (t) => replicas(t, 2)],
];

for (const [name, options, opens] of places) {
  describe(`over ${name}`, { concurrency: 4, ...options }, () => {
    let town;
    let last;
    let end;
    before(async () => {
      town = await opens({ after: (ending) => (end = ending) });
      last = town.servers.length - 1;
    });
    after(() => end?.());

    for (const via of ['websocket', 'polling', 'both']) {
      test(`who vanishes is gone for all within 15 s, and comes back by themselves (${via})`, async () => {
        const room = `vanished-${via}`;
        const network = await TcpProxy.before(town.servers[0].port);
        town.whenItEnds(() => network.close());
        const behind = town.servers.push({ url: `http://${network.host}:${network.port}` }) - 1;
        const others = [await town.guest('Ada'), await town.guest('Bob', { at: last })];
        for (const other of others) await other.joins(room);
        const ghost = await town.guest('Ghost', { at: behind, via, reconnects: true });
        const watcher = await ghost.stays(room);
        await ghost.startsTyping(room);
        const { id: userId } = ghost;
        for (const other of others) await other.sees('typing:user', { roomId: room, userId });
        const here = ghost.here;
        network.blackholes();
        await Promise.all(
          others.flatMap((other) => [
            other.sees('typing:stop', { roomId: room, userId }, { limit: GONE }),
            other.sees('user:left', { roomId: room, userId }, { limit: GONE }),
            other.sees('presence:changed', { userId, status: 'offline' }, { limit: GONE }),
          ]),
        );
        for (const other of others) {
          const { body } = await other.rest.get(`/api/rooms/${room}/presence`);
          assert.deepEqual(
            body.online.map((user) => user.username).filter((one) => one.startsWith('Ghost')),
            [],
          );
        }
        // The client has no more reason to believe in the connection than the server has.
        await ghost.isCut({ from: here, limit: GONE });
        const [ada, bob] = others;
        await ada.insistsOn(room, 'said meanwhile');
        const from = bob.here;
        await network.passes();
        await watcher.reaches(1);
        watcher.isSound();
        await bob.sees('user:joined', { roomId: room, userId }, { from });
      });
    }
  });
}
