// @vitest-environment happy-dom
// How long a client is connected and a room open: as long as they are mounted, and once, whatever React does in between.
import { type Client, createClient, memoryStorage } from '@belfry/client';
import { act, cleanup, render, screen } from '@testing-library/react';
import { type ReactNode, StrictMode } from 'react';
import { hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { afterEach, expect, it, vi } from 'vitest';
import {
  ChatProvider,
  RoomProvider,
  useConnection,
  useDraft,
  useMe,
  useMessages,
  useRoom,
  useRooms,
  useUnread,
} from './index.js';
import { inMemoryClient } from './testing/in-memory.js';

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

/** Until what was let go of has ended. */
const settled = () => act(() => new Promise<void>((resume) => setTimeout(resume)));

function Count() {
  const { id } = useRoom();
  const { messages, status } = useMessages();
  return (
    <p>
      {id}: {status}, {messages.length}
    </p>
  );
}

function Chat({ client, room }: { client: ReturnType<typeof inMemoryClient>; room: string }) {
  return (
    <ChatProvider client={client}>
      <RoomProvider id={room}>
        <Count />
      </RoomProvider>
    </ChatProvider>
  );
}

it('StrictMode mounts twice, and connects and opens once', async () => {
  const client = inMemoryClient();
  const { unmount } = render(
    <StrictMode>
      <Chat client={client} room="garden" />
    </StrictMode>,
  );
  await settled();
  expect(client.connected).toEqual({ times: 1, now: true });
  expect(client.room('garden').opened).toEqual({ times: 1, now: 1 });
  unmount();
  await settled();
  expect(client.connected).toEqual({ times: 1, now: false });
  expect(client.room('garden').opened).toEqual({ times: 1, now: 0 });
});

it('a client that is mounted again connects again, and one that moves stays connected', async () => {
  const client = inMemoryClient();
  const first = render(<Chat key="here" client={client} room="garden" />);
  first.rerender(<Chat key="there" client={client} room="garden" />);
  await settled();
  expect(client.connected).toEqual({ times: 1, now: true });
  first.unmount();
  await settled();
  render(<Chat client={client} room="garden" />);
  await settled();
  expect(client.connected).toEqual({ times: 2, now: true });
});

it('another client takes the place of the first', async () => {
  const ada = inMemoryClient();
  const bob = inMemoryClient();
  const { rerender } = render(<Chat client={ada} room="garden" />);
  rerender(<Chat client={bob} room="garden" />);
  await settled();
  expect([ada.connected.now, bob.connected.now]).toEqual([false, true]);
  expect([ada.room('garden').opened.now, bob.room('garden').opened.now]).toEqual([0, 1]);
});

it('with another id a provider opens that room and lets go of the one before', async () => {
  const client = inMemoryClient();
  client.room('attic').arrives('from above');
  const { rerender } = render(<Chat client={client} room="garden" />);
  rerender(<Chat client={client} room="attic" />);
  screen.getByText('attic: ready, 1');
  await settled();
  expect(client.room('attic').opened.now).toBe(1);
  expect(client.room('garden').opened.now).toBe(0);
  act(() => client.room('garden').arrives('nobody looks'));
  screen.getByText('attic: ready, 1');
});

it('two providers of one room hold it until both are gone', async () => {
  const client = inMemoryClient();
  const both = (second: boolean) => (
    <ChatProvider client={client}>
      <RoomProvider id="garden" />
      {second && <RoomProvider id="garden" />}
    </ChatProvider>
  );
  const { rerender, unmount } = render(both(true));
  rerender(both(false));
  await settled();
  expect(client.room('garden').opened.now).toBe(1);
  unmount();
  await settled();
  expect(client.room('garden').opened.now).toBe(0);
});

it('a server renders what is known before anything is, and connects nothing', () => {
  const client = inMemoryClient();
  expect(renderToString(<Chat client={client} room="garden" />)).toBe(
    '<p>garden<!-- -->: <!-- -->idle<!-- -->, <!-- -->0</p>',
  );
  expect(client.connected.times).toBe(0);
  expect(client.room('garden').opened.times).toBe(0);
});

it('a page takes over what a server rendered without a difference, though its client knows more by then', async () => {
  const client = inMemoryClient();
  client.room('garden').arrives('already here');
  await takesOver(
    <Chat client={inMemoryClient()} room="garden" />,
    <Chat client={client} room="garden" />,
    'garden: ready, 1',
  );
});

it('so it does with the real client, which knows what this device has kept', async () => {
  const storage = memoryStorage();
  const info = { id: 'garden', name: 'Garden', visibility: 'public', rev: 1, lastSeq: 3, role: 'owner' };
  await storage.set('user/1/rooms', [{ info, partner: null }]);
  const url = 'http://127.0.0.1:9';
  const client = createClient({ url, storage, user: { id: '1', username: 'Ada' } });
  client.connect();
  const garden = client.room('garden');
  garden.send('already here');
  garden.setDraft({ text: 'half a thou' });
  await vi.waitFor(() => expect(client.rooms.get().status).toBe('kept'));
  const all = (of: Client) => (
    <ChatProvider client={of}>
      <RoomProvider id="garden">
        <All />
      </RoomProvider>
    </ChatProvider>
  );
  await takesOver(all(createClient({ url })), all(client), 'kept, 1; Garden, 1, 3, half a thou');
  client.disconnect();
});

function All() {
  const { rooms, status } = useRooms();
  const { info } = useRoom();
  const { messages } = useMessages();
  const { count } = useUnread();
  const { text } = useDraft();
  return `${status}, ${rooms.length}; ${info?.name}, ${messages.length}, ${count}, ${text}`;
}

/** The page comes to show `shown`, and React has found no difference on the way. */
async function takesOver(server: ReactNode, page: ReactNode, shown: string) {
  const complained = vi.spyOn(console, 'error').mockImplementation(() => {});
  const differed = vi.fn();
  const box = document.createElement('div');
  document.body.append(box);
  box.innerHTML = renderToString(server);
  const root = await act(async () => hydrateRoot(box, page, { onRecoverableError: differed }));
  expect(box.textContent).toBe(shown);
  expect(differed).not.toHaveBeenCalled();
  expect(complained).not.toHaveBeenCalled();
  await act(async () => root.unmount());
  box.remove();
}

it('a selection is the same on a server and in the page that takes over', () => {
  const client = inMemoryClient();
  function Words() {
    const me = useMe((user) => ({ name: user?.username ?? 'nobody' }));
    const online = useConnection((state) => state.status === 'online');
    return `${me.name} ${online}`;
  }
  const html = renderToString(
    <ChatProvider client={client}>
      <Words />
    </ChatProvider>,
  );
  expect(html).toBe('nobody false');
});
