// What becomes of a client whose way to the server, or whose token, is gone for a while.
import { expect, vi } from 'vitest';
import { type MessagesState, memoryStorage } from '../src/index.js';
import { fill, name, rest, somebody, startServer, story, tokenOf, until, wayTo } from './scene.js';

const server = startServer();
const NOBODY = 'http://127.0.0.1:9';

story(
  'twenty messages written without a connection go out in order, from the page after the next reload',
  async () => {
    const who = name('ada');
    const id = name('garden');
    const storage = memoryStorage();
    const user = { id: who, username: who };
    const before = somebody(server.url, { storage, user }, who);
    before.connect();
    before.room(id).open();
    await until(before.room(id).state, ({ status }) => status === 'live');
    await until(before.rooms, ({ rooms }) => rooms.length === 1);
    before.rooms.refresh();
    before.disconnect();

    const offline = somebody(NOBODY, { storage, user }, who);
    offline.connect();
    for (let at = 1; at <= 20; at += 1) offline.room(id).send(`text ${at}`);
    expect(offline.connection.get().waiting).toBe(20);
    await vi.waitFor(async () => expect(await storage.list(`user/${who}/unsent/`)).toHaveLength(20));
    offline.disconnect();

    // The storage is slower than the server, and somebody writes at once.
    let isLive = () => undefined as unknown;
    const live = new Promise((resume) => {
      isLive = () => resume(undefined);
    });
    const slow = { ...storage, list: <T>(prefix: string) => live.then(() => storage.list<T>(prefix)) };
    const after = somebody(server.url, { storage: slow, user }, who);
    after.connect();
    after.room(id).open();
    after.room(id).send('text 21');
    await until(after.room(id).state, ({ status }) => status === 'live');
    isLive();
    await until(after.connection, ({ waiting }) => waiting === 21);
    await until(after.connection, ({ waiting }) => waiting === 0);
    const { messages } = await rest<{ messages: { content: string }[] }>(
      server.url,
      who,
      'GET',
      `/rooms/${id}/messages`,
    );
    expect(messages.map(({ content }) => content)).toEqual(
      Array.from({ length: 21 }, (_, at) => `text ${at + 1}`),
    );
    await vi.waitFor(async () => expect(await storage.list(`user/${who}/unsent/`)).toEqual([]));
  },
);

story('a page that starts without a connection shows the rooms that this device saw last', async () => {
  const who = name('ada');
  const storage = memoryStorage();
  const user = { id: who, username: who };
  const before = somebody(server.url, { storage, user }, who);
  before.connect();
  await until(before.connection, ({ status }) => status === 'online');
  await before.rooms.create({ name: 'Garden' });
  before.rooms.refresh();
  await vi.waitFor(async () => expect(await storage.get(`user/${who}/rooms`)).toHaveLength(1), 10_000);
  before.disconnect();
  const offline = somebody(NOBODY, { storage, user }, who);
  offline.connect();
  const { rooms } = await until(offline.rooms, ({ status }) => status === 'kept');
  expect(rooms.map(({ title }) => title)).toEqual(['Garden']);
});

story('a room that was joined just before is among them', async () => {
  const who = name('ada');
  const storage = memoryStorage();
  const user = { id: who, username: who };
  const [bo, before] = [somebody(server.url), somebody(server.url, { storage, user }, who)];
  bo.connect();
  const { id } = await bo.rooms.create({ name: 'Garden' });
  before.connect();
  await until(before.rooms, ({ status }) => status === 'ready');
  const close = before.room(id).open();
  await until(before.rooms, ({ rooms }) => rooms.length === 1);
  // Long before the server would be asked for the list again.
  const kept = () => storage.get(`user/${who}/rooms`);
  await vi.waitFor(async () => expect(await kept()).toMatchObject([{ info: { id } }]), 5000);
  close();
  await before.room(id).leave();
  await vi.waitFor(async () => expect(await kept()).toEqual([]), 5000);
});

story('a cut in the middle of writing loses nothing and repeats nothing', async () => {
  const way = await wayTo(server.url);
  const who = name('ada');
  const ada = somebody(way.url, {}, who);
  const id = name('garden');
  ada.connect();
  ada.room(id).open();
  await until(ada.room(id).state, ({ status }) => status === 'live');
  const done: Promise<unknown>[] = [];
  for (let round = 0; round < 5; round += 1) {
    for (let at = 0; at < 10; at += 1) done.push(ada.room(id).send(`${round}.${at}`).done);
    way.cut();
    const { downSince } = await until(ada.connection, ({ status }) => status === 'reconnecting');
    expect(downSince).toBeGreaterThan(0);
    way.heal();
    await until(ada.room(id).state, ({ status }) => status === 'live');
  }
  await Promise.all(done);
  const wished = Array.from({ length: 50 }, (_, at) => `${Math.floor(at / 10)}.${at % 10}`);
  const { messages } = await until(ada.room(id).messages, ({ messages }) =>
    messages.every(({ seq }) => seq !== null),
  );
  expect(messages.map(({ content }) => content)).toEqual(wished);
  expect(ada.connection.get()).toMatchObject({ status: 'online', waiting: 0, downSince: null });
});

story(
  'a message that is far too long fails at once, also after a reload, and the others go out',
  async () => {
    const way = await wayTo(server.url);
    const who = name('ada');
    const id = name('garden');
    const storage = memoryStorage();
    const user = { id: who, username: who };
    const huge = 'x'.repeat(900_000);
    const writtenAt = new Date().toISOString();
    await storage.set(`user/${who}/unsent/000000000001/old`, {
      roomId: id,
      unsent: { clientId: 'old', content: huge, writtenAt, state: 'waiting' },
    });
    const ada = somebody(way.url, { storage, user }, who);
    ada.connect();
    const room = ada.room(id);
    room.open();
    await until(room.messages, ({ messages }) => messages.length === 1);
    const { done } = room.send(huge);
    const last = room.send('fits');
    await expect(done).rejects.toMatchObject({ code: 'payload_too_large' });
    await last.done;
    const { messages } = await until(room.messages, (now) => now.lastSeq === 1);
    expect(messages.map(({ content, problem }) => [content.length, problem?.code])).toEqual([
      [4, undefined],
      [900_000, 'payload_too_large'],
      [900_000, 'payload_too_large'],
    ]);
    expect(way.connections()).toBe(1);
  },
);

story('nobody stays typing over a cut', async () => {
  const way = await wayTo(server.url);
  const [ada, bo] = [somebody(way.url), somebody(server.url)];
  const id = name('garden');
  for (const each of [ada, bo]) {
    each.connect();
    each.room(id).open();
    await until(each.room(id).state, ({ status }) => status === 'live');
  }
  bo.room(id).typed('Hm');
  await until(ada.room(id).typing, ({ length }) => length === 1);
  way.cut();
  await until(ada.connection, ({ status }) => status === 'reconnecting');
  expect(ada.room(id).typing.get()).toEqual([]);
});

story('a token that is refused is asked for once more, and no third time', async () => {
  const asked: (string | undefined)[] = [];
  let good = false;
  const who = name('ada');
  const ada = somebody(server.url, {
    user: { id: who, username: who },
    getToken(refused) {
      asked.push(refused);
      return good ? tokenOf(who) : 'not a token';
    },
  });
  ada.connect();
  const { problem } = await until(ada.connection, ({ status }) => status === 'refused');
  expect(problem?.code).toBe('unauthenticated');
  expect(asked.filter((each) => each !== undefined)).toEqual(['not a token']);
  good = true;
  ada.connect();
  await until(ada.connection, ({ status }) => status === 'online');
});

story('a token that ran out while there was no connection is replaced, and nothing is lost', async () => {
  const way = await wayTo(server.url);
  const who = name('ada');
  const id = name('garden');
  let tokens = 0;
  let life = 3600;
  const ada = somebody(way.url, {
    user: { id: who, username: who },
    getToken(refused) {
      if (refused !== undefined) life = 3600;
      tokens += 1;
      return tokenOf(who, life);
    },
  });
  ada.connect();
  ada.room(id).open();
  await until(ada.room(id).state, ({ status }) => status === 'live');
  way.cut();
  await until(ada.connection, ({ status }) => status === 'reconnecting');
  life = -3600;
  const { done } = ada.room(id).send('Written in between');
  const before = tokens;
  way.heal();
  await done;
  expect(tokens).toBeGreaterThanOrEqual(before + 2);
});

story('REST asks for another token when one is refused', async () => {
  const who = name('ada');
  let life = 2;
  const ada = somebody(server.url, {
    getToken(refused) {
      if (refused !== undefined) life = 3600;
      return tokenOf(who, life);
    },
  });
  life = -3600;
  expect(await ada.people.get(who).catch(({ code }) => code)).toMatchObject({ id: who });
});

story('connect, disconnect and connect at once come to one connection', async () => {
  const way = await wayTo(server.url);
  const who = name('ada');
  const ada = somebody(way.url, { user: { id: who, username: who } }, who);
  const bo = somebody(server.url);
  const id = name('garden');
  bo.connect();
  bo.room(id).open();
  await until(bo.room(id).state, ({ status }) => status === 'live');
  let came = 0;
  bo.on('user:joined', () => {
    came += 1;
  });
  ada.connect();
  const close = ada.room(id).open();
  close();
  ada.disconnect();
  ada.connect();
  ada.room(id).open();
  await until(ada.room(id).state, ({ status }) => status === 'live');
  const sent = ada.room(id).send('Once');
  await sent.done;
  await until(bo.room(id).messages, ({ messages }) => messages.length === 1);
  expect(came).toBe(1);
  const { online } = bo.room(id).presence.get();
  expect(online.map((each) => each.id).sort()).toEqual([who, bo.me.get()?.id].sort());
  ada.disconnect();
  await until(bo.room(id).presence, ({ count }) => count === 1);
  expect(ada.connection.get().status).toBe('idle');
});

story(
  'what is too much to catch up with comes as a new list, and the reader stays where they stood',
  async () => {
    const who = name('bo');
    const id = name('garden');
    const bo = somebody(server.url, {}, who);
    bo.connect();
    bo.room(id).open();
    await until(bo.room(id).state, ({ status }) => status === 'live');
    await fill(server.url, who, id, 300);
    const ada = somebody(server.url);
    const room = ada.room(id);
    ada.connect();
    room.open();
    await until(room.messages, ({ lastSeq }) => lastSeq === 300);
    expect(await room.seek(100)).toBe(true);
    expect(room.messages.get().hasNewer).toBe(true);
    ada.disconnect();
    await fill(server.url, who, id, 501);
    ada.connect();
    const there = ({ lastSeq, messages }: MessagesState) =>
      lastSeq === 801 && messages.some(({ seq }) => seq === 100);
    const again = await until(room.messages, there);
    expect(again.hasNewer).toBe(true);
    room.toEnd();
    const end = room.messages.get().messages.map(({ seq }) => seq);
    expect(end).toEqual(Array.from({ length: end.length }, (_, at) => 802 - end.length + at));
  },
  180_000,
);

story(
  'a hundred cuts at any moment lose nothing and repeat nothing',
  async () => {
    const [ada, bo] = [somebody(server.url), somebody(server.url)];
    const id = name('garden');
    const [hers, his] = [ada.room(id), bo.room(id)];
    for (const each of [ada, bo]) {
      each.connect();
      each.room(id).open();
      await until(each.room(id).state, ({ status }) => status === 'live');
    }
    const done: Promise<unknown>[] = [];
    for (let cut = 0; cut < 100; cut += 1) {
      done.push(hers.send(`hers ${cut}`).done, his.send(`his ${cut}`).done);
      const moment = Math.random() * 40;
      await new Promise((resume) => setTimeout(resume, moment));
      const cutOne = cut % 2 === 0 ? ada : bo;
      cutOne.disconnect();
      cutOne.connect();
    }
    await Promise.all(done);
    const whole = ({ messages, lastSeq }: MessagesState) =>
      lastSeq === 200 && messages.every(({ seq }) => seq !== null);
    const lists = await Promise.all([hers, his].map(({ messages }) => until(messages, whole)));
    for (const { messages } of lists) {
      expect(messages.map(({ seq }) => seq)).toEqual(
        Array.from({ length: messages.length }, (_, at) => 201 - messages.length + at),
      );
      for (const who of ['hers', 'his']) {
        const texts = messages.map(({ content }) => content).filter((each) => each.startsWith(`${who} `));
        expect(texts).toEqual(
          Array.from({ length: texts.length }, (_, at) => `${who} ${100 - texts.length + at}`),
        );
      }
    }
  },
  180_000,
);

story(
  'a draft is there after a reload, also one that was begun before it was known whose it is',
  async () => {
    const who = name('ada');
    const id = name('garden');
    const storage = memoryStorage();
    const before = somebody(server.url, { storage }, who);
    before.room(id).setDraft({ text: 'Beans ar' });
    before.connect();
    before.room(id).open();
    await until(before.rooms, ({ rooms }) => rooms.some(({ hasDraft }) => hasDraft));
    before.room(id).setDraft({ replyTo: 'x' });
    await vi.waitFor(async () => expect(await storage.list(`user/${who}/draft/`)).toHaveLength(1));
    before.disconnect();
    const after = somebody(NOBODY, { storage, user: { id: who, username: who } }, who);
    after.connect();
    expect(await until(after.room(id).draft, ({ text }) => text !== '')).toEqual({
      text: 'Beans ar',
      replyTo: 'x',
    });
    after.room(id).setDraft({ text: '', replyTo: null });
    await vi.waitFor(async () => expect(await storage.list(`user/${who}/draft/`)).toEqual([]));
  },
);

story(
  "a client is one user's: with the token of another nothing is sent, with one of the first it goes on",
  async () => {
    const who = name('ada');
    const other = name('bo');
    const id = name('garden');
    let given = who;
    const ada = somebody(server.url, { getToken: () => tokenOf(given) });
    ada.connect();
    ada.room(id).open();
    await until(ada.room(id).state, ({ status }) => status === 'live');
    ada.disconnect();
    const { key, done } = ada.room(id).send('by Ada');
    given = other;
    ada.connect();
    const { problem } = await until(ada.connection, ({ status }) => status === 'refused');
    expect(problem?.code).toBe('unauthenticated');
    expect(ada.me.get()?.id).toBe(who);
    expect(ada.room(id).messages.get().messages).toMatchObject([{ key, state: 'waiting' }]);
    given = who;
    ada.connect();
    expect((await done).userId).toBe(who);
  },
);

story('a room that was closed just before the client was is not joined by the next connection', async () => {
  const way = await wayTo(server.url);
  const ada = somebody(way.url, { live: 0 });
  const { id, open, state } = ada.room(name('garden'));
  ada.connect();
  const close = open();
  await until(state, ({ status }) => status === 'live');
  way.cut();
  await until(ada.connection, ({ status }) => status === 'reconnecting');
  close();
  ada.disconnect();
  expect(state.get().status).toBe('closed');
  way.heal();
  ada.connect();
  const other = ada.room(name('meadow'));
  other.open();
  await until(other.state, ({ status }) => status === 'live');
  expect(ada.room(id).state.get().status).toBe('closed');
});
