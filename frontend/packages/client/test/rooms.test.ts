// Two people in a room, as each of them has it.
import { expect } from 'vitest';
import { name, rest, somebody, startServer, story, until } from './scene.js';

const server = startServer();

story('what one writes is in the list at once, and at the other’s a moment later', async () => {
  const [ada, bo] = [somebody(server.url), somebody(server.url)];
  ada.connect();
  bo.connect();
  const id = name('garden');
  const [hers, his] = [ada.room(id), bo.room(id)];
  hers.open();
  his.open();
  await until(his.state, ({ status }) => status === 'live');
  const sent = hers.send('The beans are up.');
  const [waiting] = hers.messages.get().messages;
  expect(waiting).toMatchObject({ key: sent.key, seq: null, state: 'waiting', content: 'The beans are up.' });
  const message = await sent.done;
  const { messages } = await until(hers.messages, ({ messages: [first] }) => first?.seq === 1);
  expect(messages).toHaveLength(1);
  expect(messages[0]).toMatchObject({ key: sent.key, id: message.id, state: 'kept' });
  const got = await until(his.messages, (state) => state.messages.length === 1);
  expect(got.messages[0]).toMatchObject({
    id: message.id,
    content: 'The beans are up.',
    username: ada.me.get()?.username,
  });

  await until(bo.rooms, ({ unread }) => unread === 1);
  his.markRead();
  expect(his.unread.get()).toMatchObject({ count: 0, lastReadSeq: 1 });
  expect(bo.rooms.get().unread).toBe(0);
});

story('a change made by one is seen by both: an edit, claps, a reaction, a deletion', async () => {
  const [ada, bo] = [somebody(server.url), somebody(server.url)];
  ada.connect();
  bo.connect();
  const id = name('garden');
  const [hers, his] = [ada.room(id), bo.room(id)];
  hers.open();
  his.open();
  let packets = 0;
  bo.on('message:clapped', () => {
    packets += 1;
  });
  const { id: messageId } = await hers.send('Beans').done;
  await until(his.messages, ({ messages }) => messages.length === 1);

  for (let tap = 0; tap < 50; tap += 1) his.clap(messageId);
  expect(his.messages.get().messages[0]?.claps).toEqual({ total: 50, mine: 50 });
  his.react(messageId, '🌱');
  expect(his.messages.get().messages[0]?.reactions).toEqual([{ emoji: '🌱', count: 1, mine: true }]);
  await until(
    hers.messages,
    ({ messages: [first] }) => first?.claps.total === 50 && first.reactions.length === 1,
  );
  expect(hers.messages.get().messages[0]?.claps.mine).toBe(0);
  expect(packets).toBeLessThanOrEqual(3);

  hers.edit(messageId, 'Peas');
  expect(hers.messages.get().messages[0]).toMatchObject({ content: 'Peas', state: 'changing' });
  await until(his.messages, ({ messages: [first] }) => first?.content === 'Peas');
  await until(hers.messages, ({ messages: [first] }) => first?.state === 'kept');
  his.edit(messageId, 'Mine');
  const refused = await until(his.messages, ({ messages: [first] }) => first?.problem !== null);
  expect(refused.messages[0]?.problem?.code).toBe('forbidden');
  his.dismiss(messageId);
  expect(his.messages.get().messages[0]).toMatchObject({ content: 'Peas', problem: null });

  hers.remove(messageId);
  await until(his.messages, ({ messages: [first] }) => first?.deletedAt !== undefined);
  await until(
    hers.messages,
    ({ messages: [first] }) => first?.deletedAt !== undefined && first.state === 'kept',
  );
});

story('a room is left a moment after the last one closed it, and a followed one stays', async () => {
  const followed = somebody(server.url);
  const alone = somebody(server.url, { live: 0 });
  const id = name('garden');
  for (const client of [followed, alone]) {
    client.connect();
    const close = client.room(id).open();
    const closeToo = client.room(id).open();
    close();
    close();
    await until(client.room(id).state, ({ status }) => status === 'live');
    await until(client.rooms, ({ status }) => status === 'ready');
    client.rooms.refresh();
    await until(client.rooms, ({ rooms }) => rooms.length === 1);
    closeToo();
    client.room(id).open()();
  }
  await until(alone.room(id).state, ({ status }) => status === 'closed');
  expect(followed.room(id).state.get().status).toBe('live');
});

story('rooms are listed, those that others made for one as well', async () => {
  const [ada, bo] = [somebody(server.url), somebody(server.url)];
  ada.connect();
  bo.connect();
  const [me, other] = await Promise.all([ada, bo].map((each) => until(each.me, (user) => user !== null)));
  await until(bo.rooms, ({ status }) => status === 'ready');
  await until(ada.connection, ({ status }) => status === 'online');
  await until(bo.connection, ({ status }) => status === 'online');
  const { id } = await ada.rooms.create({ name: 'Shed', visibility: 'private' });
  expect(ada.rooms.get().rooms.map(({ title }) => title)).toEqual(['Shed']);
  await ada.room(id).addMember(other?.id ?? '');
  await until(bo.rooms, ({ rooms }) => rooms.some(({ title }) => title === 'Shed'));

  const direct = await ada.rooms.direct(other?.id ?? '');
  await until(ada.rooms, ({ rooms }) => rooms.some(({ partner }) => partner?.id === other?.id));
  expect(ada.rooms.get().rooms.find((each) => each.id === direct.id)?.title).toBe(other?.username);
  await ada.room(direct.id).send('Have you seen the shed?').done;
  const { rooms } = await until(bo.rooms, ({ unread }) => unread > 0);
  expect(rooms.find((each) => each.unread > 0)).toMatchObject({ title: me?.username, visibility: 'direct' });
});

story('somebody who is kicked is told so, and may come back to a public room', async () => {
  const [ada, bo] = [somebody(server.url), somebody(server.url)];
  ada.connect();
  const { id } = await ada.rooms.create({ name: 'Garden' });
  bo.connect();
  const his = bo.room(id);
  his.open();
  await until(his.state, ({ status }) => status === 'live');
  await ada.room(id).removeMember(bo.me.get()?.id ?? '');
  expect(await until(his.state, ({ status }) => status === 'lost')).toMatchObject({ loss: 'kicked' });
  expect(bo.rooms.get().rooms).toEqual([]);
  bo.rooms.refresh();
  his.retryOpen();
  await until(his.state, ({ status }) => status === 'live');
  await until(bo.rooms, ({ rooms }) => rooms.length === 1);
  await ada.room(id).destroy();
  expect(await until(his.state, ({ status }) => status === 'lost')).toMatchObject({ loss: 'deleted' });
});

story('somebody who was removed while away does not come back by reconnecting', async () => {
  const [ada, bo] = [somebody(server.url), somebody(server.url)];
  ada.connect();
  const { id } = await ada.rooms.create({ name: 'Garden' });
  bo.connect();
  const his = bo.room(id);
  his.open();
  await until(his.state, ({ status }) => status === 'live');
  bo.disconnect();
  const { done } = his.send('Is the gate open?');
  await ada.room(id).removeMember(bo.me.get()?.id ?? '');
  bo.connect();
  expect(await until(his.state, ({ status }) => status === 'lost')).toMatchObject({ loss: 'notAllowed' });
  await expect(done).rejects.toMatchObject({ code: 'forbidden' });
  expect(his.messages.get().messages.at(-1)).toMatchObject({ content: 'Is the gate open?', state: 'failed' });
  expect((await ada.room(id).members()).members).toHaveLength(1);
});

story(
  'what is written to a room that one has lost, or is refused, fails at once and is not sent later',
  async () => {
    const [ada, bo] = [somebody(server.url), somebody(server.url)];
    ada.connect();
    bo.connect();
    const { id } = await ada.rooms.create({ name: 'Shed', visibility: 'private' });
    const his = bo.room(id);
    const invite = async () => {
      await ada.room(id).addMember(bo.me.get()?.id ?? '');
      bo.rooms.refresh();
      await until(his.state, ({ status }) => status === 'live');
    };
    his.open();
    const { problem } = await until(his.state, ({ status }) => status === 'refused');
    await expect(his.send('refused').done).rejects.toBe(problem);
    await invite();
    await ada.room(id).removeMember(bo.me.get()?.id ?? '');
    await until(his.state, ({ status }) => status === 'lost');
    const lost = his.send('lost');
    await expect(lost.done).rejects.toMatchObject({ code: 'forbidden' });
    his.retry(lost.key);
    expect(his.messages.get().messages.map(({ state }) => state)).toEqual(['failed', 'failed']);
    await invite();
    await his.send('live').done;
    const { messages } = await until(his.messages, (now) => now.lastSeq === 1);
    expect(messages.map(({ content, state }) => `${content}: ${state}`)).toEqual([
      'live: kept',
      'refused: failed',
      'lost: failed',
    ]);
  },
);

story('people come and go, type and rest', async () => {
  const [ada, bo] = [somebody(server.url), somebody(server.url)];
  ada.connect();
  bo.connect();
  const id = name('garden');
  const [hers, his] = [ada.room(id), bo.room(id)];
  hers.open();
  await until(hers.state, ({ status }) => status === 'live');
  his.open();
  await until(hers.presence, ({ count }) => count === 2);
  bo.setStatus('busy');
  await until(hers.presence, ({ online }) => online.some(({ status }) => status === 'busy'));
  await until(his.state, ({ status }) => status === 'live');

  let packets = 0;
  ada.on('typing:user', () => {
    packets += 1;
  });
  his.typed('W');
  his.typed('Wh');
  his.typed('Wha');
  const typists = await until(hers.typing, ({ length }) => length === 1);
  expect(typists[0]?.username).toBe(bo.me.get()?.username);
  his.typed('');
  await until(hers.typing, ({ length }) => length === 0);
  expect(packets).toBe(1);
  bo.disconnect();
  await until(hers.presence, ({ count }) => count === 1);
});

story('a room that does not let one in says why, and lets one in after an invitation', async () => {
  const [ada, bo] = [somebody(server.url), somebody(server.url)];
  ada.connect();
  bo.connect();
  const { id } = await ada.rooms.create({ name: 'Shed', visibility: 'private' });
  const his = bo.room(id);
  his.open();
  const { problem } = await until(his.state, ({ status }) => status === 'refused');
  expect(problem).toBeInstanceOf(Error);
  expect(his.messages.get().status).toBe('failed');
  await rest(server.url, ada.me.get()?.id ?? '', 'POST', `/rooms/${id}/members`, { userId: bo.me.get()?.id });
  await until(his.state, ({ status }) => status === 'live');
});
