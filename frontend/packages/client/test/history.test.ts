// A room with a long past: up and down in it, and a jump to any place.
import { expect } from 'vitest';
import type { MessagesState } from '../src/index.js';
import { fill, name, somebody, startServer, story, until } from './scene.js';

const server = startServer();
const seqs = ({ messages }: MessagesState) => messages.map(({ seq }) => seq);
const run = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);

story(
  'a jump far up in a room of a thousand messages, and the way back',
  async () => {
    const who = name('ada');
    const ada = somebody(server.url, {}, who);
    const id = name('garden');
    ada.connect();
    const room = ada.room(id);
    const close = room.open();
    await until(room.state, ({ status }) => status === 'live');
    close();
    await until(room.state, ({ status }) => status === 'live');
    ada.disconnect();
    await fill(server.url, who, id, 1000);

    ada.connect();
    room.open();
    const end = await until(
      room.messages,
      ({ status, lastSeq, messages }) => status === 'ready' && lastSeq === 1000 && messages.length >= 50,
    );
    expect(seqs(end)).toEqual(run(1001 - end.messages.length, 1000));
    room.loadOlder();
    expect(room.messages.get().older).toBe('loading');
    const longer = await until(
      room.messages,
      ({ older, messages }) => older === 'idle' && messages.length > end.messages.length,
    );
    expect(seqs(longer)).toEqual(run(1001 - longer.messages.length, 1000));

    expect(await room.seek(5000)).toBe(false);
    expect(await room.seek(200)).toBe(true);
    const past = room.messages.get();
    expect(past).toMatchObject({ hasOlder: true, hasNewer: true, lastSeq: 1000 });
    expect(seqs(past)).toContain(200);
    expect(past.epoch).toBeGreaterThan(longer.epoch);
    const found = past.messages.find(({ seq }) => seq === 200)?.id ?? '';
    expect(await room.seek(found)).toBe(true);
    expect(await room.seek('nobody knows it')).toBe(false);

    room.loadNewer();
    const down = await until(
      room.messages,
      ({ newer, messages }) => newer === 'idle' && messages.length > past.messages.length,
    );
    expect(seqs(down)).toEqual(run(down.messages[0]?.seq ?? 0, down.messages.at(-1)?.seq ?? 0));
    room.toEnd();
    expect(room.messages.get()).toMatchObject({ hasNewer: false });
    expect(seqs(room.messages.get()).at(-1)).toBe(1000);
    expect(room.unread.get().lastReadSeq).toBe(1000);
  },
  180_000,
);

story(
  'an opened room with little to look at brings more at once',
  async () => {
    const who = name('bo');
    const id = name('garden');
    const bo = somebody(server.url, {}, who);
    bo.connect();
    bo.room(id).open();
    await until(bo.room(id).state, ({ status }) => status === 'live');
    await fill(server.url, who, id, 80);
    const again = somebody(server.url, {}, who);
    again.connect();
    await until(again.rooms, ({ rooms }) => rooms.length === 1);
    const room = again.room(id);
    const first = await until(room.messages, ({ status }) => status === 'ready');
    expect(first.messages).toHaveLength(20);
    room.open();
    const more = await until(room.messages, ({ messages }) => messages.length >= 50);
    expect(seqs(more)).toEqual(run(81 - more.messages.length, 80));
  },
  30_000,
);

story('what is unread is counted, with the mentions, whether or not the room is followed', async () => {
  const [who, other] = [name('ada'), name('bo')];
  const id = name('garden');
  const bo = somebody(server.url, {}, other);
  bo.connect();
  bo.room(id).open();
  const readers = [somebody(server.url, {}, who), somebody(server.url, { live: 0 }, who)];
  for (const reader of readers) {
    reader.connect();
    const close = reader.room(id).open();
    await until(reader.room(id).state, ({ status }) => status === 'live');
    close();
  }
  await until(readers[1]?.room(id).state ?? bo.room(id).state, ({ status }) => status === 'closed');
  await bo.room(id).send('One').done;
  await bo.room(id).send(`Two, @${who}`).done;
  for (const reader of readers) {
    reader.rooms.refresh();
    await until(reader.rooms, ({ unread, unreadMentions }) => unread === 2 && unreadMentions === 1);
  }
  readers[0]?.room(id).markRead(1);
  expect(readers[0]?.room(id).unread.get()).toEqual({ count: 1, mentions: 1, lastReadSeq: 1 });
  readers[0]?.room(id).markRead();
  expect(readers[0]?.rooms.get()).toMatchObject({ unread: 0, unreadMentions: 0 });
  readers[1]?.room(id).open();
  await until(readers[1]?.rooms ?? bo.rooms, ({ unread }) => unread === 0);
});
