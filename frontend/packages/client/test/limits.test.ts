// What becomes of much that was written without a connection, by the limits that a server has when nobody sets others.
import { expect } from 'vitest';
import { name, rest, somebody, startServer, story, until } from './scene.js';

const server = startServer({ MESSAGES_PER_SECOND: '20', EVENTS_PER_SECOND: '100' });
const ROOMS = 10;
const EACH = 20;

story(
  'what two tabs have waiting in ten rooms is all sent, in order in each room',
  async () => {
    const who = name('ada');
    const [ada, again] = [somebody(server.url, {}, who), somebody(server.url, {}, who)];
    const tabs = [ada, again];
    const ids = Array.from({ length: ROOMS }, () => name('garden'));
    for (const tab of tabs) {
      tab.connect();
      for (const id of ids) tab.room(id).open();
      for (const id of ids) await until(tab.room(id).state, ({ status }) => status === 'live');
      tab.disconnect();
    }
    const done: Promise<unknown>[] = [];
    const wished = Array.from({ length: EACH }, (_, at) => `text ${at}`);
    for (const [at, id] of ids.entries())
      for (const text of wished) done.push((at % 2 ? ada : again).room(id).send(text).done);
    for (const tab of tabs) tab.connect();
    await Promise.all(done);
    for (const id of ids) {
      const path = `/rooms/${id}/messages`;
      const { messages } = await rest<{ messages: { content: string }[] }>(server.url, who, 'GET', path);
      expect(messages.map(({ content }) => content)).toEqual(wished);
    }
  },
  60_000,
);
