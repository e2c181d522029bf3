// @vitest-environment happy-dom
// The hooks over a client in memory: what is rendered, when again, and when not.
import type { MessageItem } from '@belfry/client';
import { act, cleanup, render, renderHook, screen } from '@testing-library/react';
import { memo, type ReactNode, startTransition, useState } from 'react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  ChatProvider,
  RoomProvider,
  shallow,
  useConnection,
  useDraft,
  useJobs,
  useMe,
  useMessages,
  useNotifications,
  usePresence,
  useRoom,
  useRooms,
  useTyping,
  useUnread,
} from './index.js';
import { type InMemoryClient, inMemoryClient, summaryOf } from './testing/in-memory.js';

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

function inRoom(client: InMemoryClient, id = 'garden') {
  return ({ children }: { children: ReactNode }) => (
    <ChatProvider client={client}>
      <RoomProvider id={id}>{children}</RoomProvider>
    </ChatProvider>
  );
}

describe('a hook', () => {
  it('renders what its part of the client is, and again when that changes', () => {
    const client = inMemoryClient();
    const { result } = renderHook(
      () => ({
        me: useMe(),
        connection: useConnection(),
        rooms: useRooms(),
        room: useRoom(),
        messages: useMessages(),
        typing: useTyping(),
        presence: usePresence(),
        unread: useUnread(),
        draft: useDraft(),
        notifications: useNotifications(),
        jobs: useJobs(),
      }),
      { wrapper: inRoom(client) },
    );
    expect(result.current.me).toBeNull();
    expect(result.current.connection.status).toBe('online');
    expect(result.current.room).toMatchObject({ id: 'garden', status: 'live' });
    const garden = client.room('garden');
    act(() => {
      client.me.set({ id: 'ada', username: 'Ada', status: 'online' });
      client.rooms.set({ ...client.rooms.get(), rooms: [summaryOf('garden', 2)], unread: 2 });
      garden.arrives('hello');
      garden.typing.set([{ userId: 'bob', username: 'Bob' }]);
      garden.unread.set({ count: 2, mentions: 1, lastReadSeq: 5 });
      result.current.draft.set({ text: 'half a sen' });
    });
    expect(result.current.me?.username).toBe('Ada');
    expect(result.current.rooms.rooms.map((room) => room.title)).toEqual(['garden']);
    expect(result.current.messages.messages.map((item) => item.content)).toEqual(['hello']);
    expect(result.current.typing.typing).toEqual([{ userId: 'bob', username: 'Bob' }]);
    expect(result.current.unread).toMatchObject({ count: 2, mentions: 1 });
    expect(result.current.draft).toMatchObject({ text: 'half a sen', replyTo: null });
    expect(result.current.presence.count).toBe(0);
    expect(result.current.notifications.unread).toBe(0);
    expect(result.current.jobs.jobs).toEqual([]);
  });

  it('keeps the identity of its verbs over every change', () => {
    const client = inMemoryClient();
    const { result } = renderHook(
      () => ({ ...useRooms(), ...useMessages(), ...useTyping(), ...useUnread() }),
      {
        wrapper: inRoom(client),
      },
    );
    const functions = () => Object.entries(result.current).filter(([, value]) => typeof value === 'function');
    const before = functions();
    act(() => {
      client.room('garden').arrives('hello');
      client.room('garden').unread.set({ count: 1, mentions: 0, lastReadSeq: 0 });
      client.rooms.set({ ...client.rooms.get(), unread: 1 });
    });
    expect(result.current.messages).toHaveLength(1);
    expect(before.map(([name]) => name)).toEqual(
      expect.arrayContaining(['send', 'clap', 'refresh', 'typed']),
    );
    expect(functions()).toEqual(before);
  });

  it('calls a verb that belongs to a class on its object', () => {
    const client = inMemoryClient();
    class Shed {
      #sent: string[] = [];
      send(content: string) {
        this.#sent.push(content);
        return this.#sent;
      }
    }
    const shed = new Shed();
    const room = Object.assign(shed, { ...client.room('shed'), send: Shed.prototype.send });
    client.room = () => room as never;
    const { result } = renderHook(() => useMessages('shed', ({ send }) => send), { wrapper: inRoom(client) });
    expect(result.current('hello')).toEqual(['hello']);
  });

  it('with an id looks into that room, and opens nothing', () => {
    const client = inMemoryClient();
    client.room('attic').arrives('from above');
    const { result } = renderHook(
      () => [useMessages('attic').messages.length, useMessages(undefined, (state) => state.messages.length)],
      { wrapper: inRoom(client) },
    );
    expect(result.current).toEqual([1, 0]);
    expect(client.room('attic').opened.times).toBe(0);
  });

  it('outside its provider says which one is missing', () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const client = inMemoryClient();
    const chatOnly = ({ children }: { children: ReactNode }) => (
      <ChatProvider client={client}>{children}</ChatProvider>
    );
    expect(() => renderHook(() => useRooms())).toThrow('useRooms() needs a <ChatProvider> above it.');
    expect(() => renderHook(() => useMessages('garden'))).toThrow(
      'useMessages() needs a <ChatProvider> above it.',
    );
    expect(() => renderHook(() => useDraft(), { wrapper: chatOnly })).toThrow(
      'useDraft() needs a <RoomProvider> above it, or the id of a room.',
    );
    expect(() => render(<RoomProvider id="garden" />)).toThrow(
      '<RoomProvider> needs a <ChatProvider> above it.',
    );
  });
});

describe('a selection', () => {
  it('renders again only when it is another', () => {
    const client = inMemoryClient();
    let rendered = 0;
    const { result } = renderHook(
      () => {
        rendered += 1;
        return useRooms((state) => state.unread);
      },
      { wrapper: inRoom(client) },
    );
    act(() => client.rooms.set({ ...client.rooms.get(), rooms: [summaryOf('garden', 0)] }));
    expect([result.current, rendered]).toEqual([0, 1]);
    act(() => client.rooms.set({ ...client.rooms.get(), unread: 3 }));
    expect([result.current, rendered]).toEqual([3, 2]);
  });

  it('that makes a new object each time does not render for ever, and with `shallow` not at all', () => {
    const client = inMemoryClient();
    const complained = vi.spyOn(console, 'error').mockImplementation(() => {});
    let rendered = 0;
    const { result } = renderHook(
      () => {
        rendered += 1;
        const loose = useMessages((state) => ({ keys: state.messages.map((item) => item.key) }));
        const tight = useMessages((state) => state.messages.map((item) => item.key), shallow);
        return { loose, tight };
      },
      { wrapper: inRoom(client) },
    );
    act(() => client.room('garden').arrives('hello'));
    const { tight } = result.current;
    expect(tight).toEqual(['message-1']);
    expect(rendered).toBe(2);
    act(() => client.room('garden').clap('message-1'));
    expect(rendered).toBe(3);
    expect(result.current.tight).toBe(tight);
    expect(complained).not.toHaveBeenCalled();
  });

  it('may use what the component was rendered with last', () => {
    const client = inMemoryClient();
    client.rooms.set({ ...client.rooms.get(), rooms: [summaryOf('attic', 1), summaryOf('garden', 2)] });
    const { result, rerender } = renderHook(
      ({ id }) => useRooms((state) => state.rooms.find((room) => room.id === id)?.unread),
      { wrapper: inRoom(client), initialProps: { id: 'attic' } },
    );
    expect(result.current).toBe(1);
    rerender({ id: 'garden' });
    expect(result.current).toBe(2);
    act(() => client.rooms.set({ ...client.rooms.get(), rooms: [summaryOf('garden', 7)] }));
    expect(result.current).toBe(7);
  });

  it('never tears: two hooks of one component show the same moment, while a slow rendering is under way too', async () => {
    const client = inMemoryClient();
    const pairs: [number, number][] = [];
    let show: (rows: number) => void = () => {};
    function Row() {
      const { messages } = useMessages();
      const count = useMessages((state) => state.messages.length);
      pairs.push([messages.length, count]);
      // Something comes in between two rows of one rendering.
      if (pairs.length % 5 === 0 && pairs.length < 100)
        queueMicrotask(() => act(() => client.room('garden').arrives('x')));
      return <li>{count}</li>;
    }
    function List() {
      const [rows, setRows] = useState(3);
      show = setRows;
      return (
        <ul>
          {Array.from({ length: rows }, (_, index) => (
            <Row key={index} />
          ))}
        </ul>
      );
    }
    render(<List />, { wrapper: inRoom(client) });
    await act(async () => startTransition(() => show(40)));
    expect(pairs.length).toBeGreaterThan(40);
    for (const [all, selected] of pairs) expect(selected).toBe(all);
    expect(new Set(screen.getAllByRole('listitem').map((row) => row.textContent)).size).toBe(1);
  });
});

describe('a row of the list', () => {
  it('is not rendered again when another message changes', () => {
    const client = inMemoryClient();
    const garden = client.room('garden');
    for (const content of ['one', 'two', 'three']) garden.arrives(content);
    const rendered: string[] = [];
    const Row = memo(function Row({ item, onClap }: { item: MessageItem; onClap(id: string): void }) {
      rendered.push(item.content);
      return (
        <button type="button" onClick={() => onClap(item.id)}>
          {item.content} {item.claps.total}
        </button>
      );
    });
    function List() {
      const { messages, clap } = useMessages();
      return messages.map((item) => <Row key={item.key} item={item} onClap={clap} />);
    }
    render(<List />, { wrapper: inRoom(client) });
    expect(rendered).toEqual(['one', 'two', 'three']);
    act(() => screen.getByRole('button', { name: 'two 0' }).click());
    screen.getByRole('button', { name: 'two 1' });
    act(() => garden.arrives('four'));
    expect(rendered).toEqual(['one', 'two', 'three', 'two', 'four']);
  });
});
