// From polling to a websocket: where that does not come about, the session goes on as it was.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import WebSocket from 'ws';
import { RawPoller } from './support/poller.js';
import { embedded, unhurried } from './support/town.js';

/** Milliseconds: longer than a silent connection is believed in, and than an upgrade may take. */
const LONG = 15_000;

/** Somebody who polls, live in the lobby, and somebody who talks there. */
async function pollsInTheLobby(t) {
  const town = await embedded(t, unhurried);
  const [ada, bob] = [await town.guest('Ada'), await town.guest('Bob')];
  await ada.joins('lobby');
  bob.goes();
  const poller = new RawPoller(town.address(0));
  town.whenItEnds(() => poller.close());
  await poller.opens();
  await poller.handshakes(bob.token);
  await poller.sends('421["join:room","lobby"]');
  await poller.hears((frame) => frame.startsWith('431[{"ok":true'), 'the acknowledgement of the join');
  const hears = async (content) => {
    await ada.says('lobby', content);
    await poller.hears((frame) => frame.includes(`"content":"${content}"`), `hears ${content}`);
  };
  return { poller, hears, upgrade: poller.url.replace('transport=polling', 'transport=websocket') };
}

describe('a way to a websocket that leads nowhere', { concurrency: 3 }, () => {
  test('is closed by a proxy that knows no websockets', async (t) => {
    const { hears, upgrade } = await pollsInTheLobby(t);
    const { status } = await fetch(upgrade);
    assert.equal(status, 400);
    await hears('at once');
    await pause(LONG);
    await hears('and much later');
  });

  test('is begun and not gone to its end', async (t) => {
    const { hears, upgrade } = await pollsInTheLobby(t);
    const socket = new WebSocket(upgrade.replace('http', 'ws'));
    await new Promise((opened) => socket.once('open', opened));
    const answered = new Promise((heard) => socket.once('message', (data) => heard(String(data))));
    const closed = new Promise((ended) => socket.once('close', ended));
    socket.send('2probe');
    assert.equal(await answered, '3probe');
    await hears('while it is tried');
    await closed;
    await hears('and when it has been given up');
  });

  test('is not even begun', async (t) => {
    const { hears, upgrade } = await pollsInTheLobby(t);
    const socket = new WebSocket(upgrade.replace('http', 'ws'));
    await new Promise((opened) => socket.once('open', opened));
    const closed = new Promise((ended) => socket.once('close', ended));
    socket.send('something else');
    await closed;
    await hears('as before');
  });
});
