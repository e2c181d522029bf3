// @vitest-environment happy-dom
// The field that takes a message's place: what was left unfinished comes back, also when it comes late.
import type { MessageItem } from '@belfry/client';
import { ChatProvider, RoomProvider } from '@belfry/react';
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { inMemoryClient } from '../../../packages/react/src/testing/in-memory';
import { MessageEditor } from './MessageEditor';

afterEach(cleanup);

/** The editor of the one message in a room, and what is kept of an earlier edit of it. */
function editor() {
  const client = inMemoryClient();
  const garden = client.room('garden');
  garden.arrives('The beens are up');
  const message = garden.messages.get().messages[0] as MessageItem;
  const { draft } = client.room(`garden#${message.id}`);
  const onKeep = vi.fn();
  render(
    <ChatProvider client={client}>
      <RoomProvider id="garden">
        <MessageEditor message={message} onKeep={onKeep} onDrop={vi.fn()} />
      </RoomProvider>
    </ChatProvider>,
  );
  const field = screen.getByLabelText<HTMLTextAreaElement>('Edit your message');
  return {
    draft,
    field,
    onKeep,
    comes: (text: string) => act(() => draft.set({ text, replyTo: null })),
    types: (value: string) => fireEvent.change(field, { target: { value } }),
  };
}

test('a draft that comes later than the field is taken in, and can be kept', () => {
  const { field, onKeep, comes } = editor();
  expect(field.value).toBe('The beens are up');
  comes('The beans are');
  expect(field.value).toBe('The beans are');
  screen.getByRole('button', { name: 'Save' }).click();
  expect(onKeep).toHaveBeenCalledWith('The beans are');
});

test('one that comes later than the first letter changes nothing that is typed', () => {
  const { field, draft, comes, types } = editor();
  types('The beens are up!');
  expect(draft.get().text).toBe('The beens are up!');
  comes('The beans are');
  expect(field.value).toBe('The beens are up!');
});

test('who starts over has the message as it is, and no draft', () => {
  const { field, draft, comes } = editor();
  comes('The beans are');
  fireEvent.click(screen.getByRole('button', { name: 'Start over' }));
  expect([field.value, draft.get().text]).toEqual(['The beens are up', '']);
});
