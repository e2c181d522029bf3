// The hooks where there is no window: a real client that nobody connects, rendered to text.
import { createClient, createSession } from '@belfry/client';
import { renderToString } from 'react-dom/server';
import { expect, it } from 'vitest';
import {
  ChatProvider,
  RoomProvider,
  useConnection,
  useDraft,
  useJobs,
  useMe,
  useMessages,
  useNotifications,
  usePresence,
  useReadable,
  useRoom,
  useRooms,
  useTyping,
  useUnread,
} from './index.js';

const url = 'http://127.0.0.1:9';

it('every hook shows its empty state', () => {
  expect(typeof window).toBe('undefined');
  const session = createSession({ url });
  const client = createClient({ url, getToken: session.getToken });
  function All() {
    return JSON.stringify({
      user: useReadable(session.state).user,
      me: useMe(),
      connection: useConnection().status,
      rooms: useRooms((state) => [state.status, ...state.rooms]),
      room: useRoom().status,
      messages: useMessages((state) => [state.status, ...state.messages]),
      typing: useTyping().typing,
      presence: usePresence().count,
      unread: useUnread().count,
      draft: useDraft().text,
      notifications: useNotifications().unread,
      jobs: useJobs().jobs,
    });
  }
  const html = renderToString(
    <ChatProvider client={client}>
      <RoomProvider id="garden">
        <All />
      </RoomProvider>
    </ChatProvider>,
  );
  expect(JSON.parse(html.replaceAll('&quot;', '"'))).toEqual({
    user: null,
    me: null,
    connection: 'idle',
    rooms: ['loading'],
    room: 'closed',
    messages: ['idle'],
    typing: [],
    presence: 0,
    unread: 0,
    draft: '',
    notifications: 0,
    jobs: [],
  });
  session.close();
});
