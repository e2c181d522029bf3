// @vitest-environment happy-dom
// The card of somebody: what it shows while it loads, when it cannot, and as they come and go.
import { Problem, type RoomInfo, type User } from '@belfry/client';
import { ChatProvider } from '@belfry/react';
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { inMemoryClient } from '../../../packages/react/src/testing/in-memory';
import { PersonCard } from './PersonCard';

afterEach(cleanup);

const unreachable = () => Promise.reject(new Problem({ code: 'unavailable', message: '' }));

function card(get: () => Promise<User>, direct: () => Promise<RoomInfo> = unreachable) {
  const listeners = new Map<string, (payload: unknown) => void>();
  const client = Object.assign(inMemoryClient(), {
    people: { get, search: unreachable },
    on(event: string, listener: (payload: unknown) => void) {
      listeners.set(event, listener);
      return () => listeners.delete(event);
    },
  });
  client.rooms.direct = direct;
  const onOpenRoom = vi.fn();
  render(
    <ChatProvider client={client}>
      <PersonCard id="bob" name="bob" onOpenRoom={onOpenRoom} />
    </ChatProvider>,
  );
  return { client, onOpenRoom, hears: (event: string, payload: unknown) => listeners.get(event)?.(payload) };
}

test('shows who it is, when they were last here, and that they have just come', async () => {
  const lastSeen = new Date(Date.now() - 5 * 60_000).toISOString();
  const bob = { id: 'bob', username: 'bob', displayName: 'Robert', status: 'offline', lastSeen } as const;
  const { hears } = card(() => Promise.resolve(bob));
  screen.getByText('Loading…');
  await screen.findByText('Robert');
  screen.getByText('@bob');
  screen.getByText('Last seen 5 minutes ago');
  act(() => hears('presence:changed', { userId: 'carol', status: 'busy' }));
  act(() => hears('presence:changed', { userId: 'bob', status: 'online' }));
  screen.getByText('Online');
});

test('says what went wrong, and asks again', async () => {
  const get = vi.fn(unreachable as () => Promise<User>);
  card(get);
  await screen.findByText('The server cannot be reached right now. Try again in a moment.');
  get.mockResolvedValue({ id: 'bob', username: 'bob', status: 'away' });
  fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
  await screen.findByText('Away');
  expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull();
});

test('leads to a conversation of two, or says why not', async () => {
  const bob: User = { id: 'bob', username: 'bob', status: 'online' };
  const direct = vi.fn(unreachable as () => Promise<RoomInfo>);
  const { onOpenRoom } = card(() => Promise.resolve(bob), direct);
  await screen.findByText('Online');
  fireEvent.click(screen.getByRole('button', { name: 'Message' }));
  await screen.findByText('The server cannot be reached right now. Try again in a moment.');
  direct.mockResolvedValue({
    id: 'both',
    name: '',
    visibility: 'direct',
    rev: 0,
    memberCount: 2,
    lastSeq: 0,
  });
  fireEvent.click(screen.getByRole('button', { name: 'Message' }));
  await vi.waitFor(() => expect(onOpenRoom).toHaveBeenCalledWith('both'));
  expect(direct).toHaveBeenCalledWith('bob');
});

test('of the user themselves has nothing to press', async () => {
  const { client } = card(() => Promise.resolve({ id: 'bob', username: 'bob', status: 'online' }));
  act(() => client.me.set({ id: 'bob', username: 'bob', status: 'online' }));
  screen.getByText('This is you.');
  expect(screen.queryByRole('button')).toBeNull();
  await screen.findByText('Online');
});
