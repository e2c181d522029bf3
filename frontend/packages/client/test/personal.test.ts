// What is told to one person on all their devices: notifications, alerts and jobs.
import { expect } from 'vitest';
import type { Notification } from '../src/index.js';
import { name, somebody, startServer, story, until } from './scene.js';

const server = startServer();

story('a mention is listed and calls once; what was missed is listed and calls nobody', async () => {
  const who = name('ada');
  const [ada, also, bo] = [
    somebody(server.url, {}, who),
    somebody(server.url, {}, who),
    somebody(server.url),
  ];
  const id = name('garden');
  for (const each of [ada, also, bo]) {
    each.connect();
    each.room(id).open();
    await until(each.room(id).state, ({ status }) => status === 'live');
  }
  await until(ada.notifications, ({ status }) => status === 'ready');
  const alerts: Notification[] = [];
  const quiet: Notification[] = [];
  ada.notifications.onAlert((each) => alerts.push(each));
  ada.notifications.onAlert(
    (each) => quiet.push(each),
    (roomId) => roomId === id,
  );
  await bo.room(id).send(`First, @${who}`).done;
  await until(ada.notifications, (state) => state.notifications.length === 1);
  await bo.room(id).send(`Second, @${who}`).done;
  const { notifications, unread } = await until(
    ada.notifications,
    (state) => state.notifications.length === 2,
  );
  expect(notifications.map(({ kind }) => kind)).toEqual(['mention', 'mention']);
  expect(notifications.map(({ body }) => body)).toEqual([
    expect.stringContaining('Second'),
    expect.stringContaining('First'),
  ]);
  expect(unread).toBe(2);
  expect(alerts[0]?.body).toContain('First');
  expect(quiet).toHaveLength(0);

  await until(also.notifications, (state) => state.unread === 2);
  ada.notifications.markRead();
  expect(ada.notifications.get().unread).toBe(0);
  await until(also.notifications, (state) => state.unread === 0);

  also.disconnect();
  const missed: Notification[] = [];
  also.notifications.onAlert((each) => missed.push(each));
  await bo.room(id).send(`Third, @${who}`).done;
  await until(ada.notifications, (state) => state.notifications.length === 3);
  also.connect();
  await until(also.notifications, (state) => state.notifications.length === 3);
  expect(missed).toEqual([]);
});

story(
  'notifications are read page by page, and those of a room go when it is read',
  async () => {
    const who = name('ada');
    const [ada, bo] = [somebody(server.url, {}, who), somebody(server.url)];
    const id = name('garden');
    for (const each of [ada, bo]) {
      each.connect();
      each.room(id).open();
      await until(each.room(id).state, ({ status }) => status === 'live');
    }
    for (let at = 0; at < 60; at += 1) await bo.room(id).send(`${at} @${who}`).done;
    await until(ada.notifications, ({ unread }) => unread === 60);
    const later = somebody(server.url, {}, who);
    later.connect();
    const { notifications, hasOlder } = await until(later.notifications, ({ status }) => status === 'ready');
    expect([notifications.length, hasOlder]).toEqual([50, true]);
    later.notifications.loadOlder();
    const all = await until(later.notifications, (state) => state.notifications.length === 60);
    expect(all.hasOlder).toBe(false);
    expect(new Set(all.notifications.map((each) => each.id)).size).toBe(60);
    ada.room(id).markRead();
    await until(ada.notifications, ({ unread }) => unread === 0);
  },
  30_000,
);

story('a notification that comes after its message was read leaves nothing unread', async () => {
  const who = name('ada');
  const [ada, bo] = [somebody(server.url, {}, who), somebody(server.url)];
  const garden = ada.room(name('garden'));
  for (const each of [ada, bo]) {
    each.connect();
    each.room(garden.id).open();
    await until(each.room(garden.id).state, ({ status }) => status === 'live');
  }
  await bo.room(garden.id).send('Where is she?').done;
  await until(garden.unread, ({ count }) => count === 1);
  garden.markRead();
  await until(garden.state, ({ info }) => info?.lastReadSeq === 1);
  const [message] = bo.room(garden.id).messages.get().messages;
  bo.room(garden.id).edit(message?.id ?? '', `Where is @${who}?`);
  await until(ada.notifications, ({ notifications }) => notifications.length === 1);
  await until(ada.notifications, ({ unread }) => unread === 0);
});

story('an export is asked for, followed to its end, and its file taken', async () => {
  const ada = somebody(server.url);
  ada.connect();
  await until(ada.connection, ({ status }) => status === 'online');
  const { id } = await ada.rooms.create({ name: 'Garden' });
  await ada.room(id).send('The beans are up.').done;
  const job = await ada.jobs.create({ type: 'room.export', payload: { roomId: id, format: 'csv' } });
  const done = (jobs: readonly { id: string; state: string }[]) =>
    jobs.find((each) => each.id === job.id)?.state === 'completed';
  await until(ada.jobs, done);
  const { file, name: fileName } = await ada.jobs.result(job.id);
  expect(await file.text()).toContain('The beans are up.');
  expect(fileName).toMatch(/\.csv$/);
  await expect(ada.jobs.create({ type: 'nothing' })).rejects.toMatchObject({ code: 'invalid_argument' });

  const later = await ada.jobs.create({
    type: 'room.export',
    payload: { roomId: id, format: 'json' },
    delayMs: 600_000,
  });
  await ada.jobs.cancel(later.id);
  await until(ada.jobs, (jobs) => jobs.find((each) => each.id === later.id)?.state === 'cancelled');
});

story('a name to be shown by is taken and given up', async () => {
  const ada = somebody(server.url);
  ada.connect();
  await ada.setDisplayName('Ada L.');
  expect(ada.me.get()?.displayName).toBe('Ada L.');
  await ada.setDisplayName(null);
  expect(ada.me.get()?.displayName).toBeUndefined();
});
