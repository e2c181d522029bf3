// A chat page: one room with its history, who types, and what is written while there is no connection.
import { createClient, createSession } from '@belfry/client';
import { ChatProvider, RoomProvider, useConnection, useMessages, useTyping } from '@belfry/react';
import { useSyncExternalStore } from 'react';
import { createRoot } from 'react-dom/client';

const url = location.origin;
const session = createSession({ url });
const client = createClient({ url, getToken: session.getToken });

function Page() {
  const { user } = useSyncExternalStore(session.state.subscribe, session.state.get);
  const enter = (name: string) => session.signIn('guest', name).catch((problem) => alert(problem.message));
  if (!user) return <Line label="Your name" onEnter={enter} />;
  return (
    <ChatProvider client={client}>
      <RoomProvider id="lobby">
        <Lobby />
      </RoomProvider>
    </ChatProvider>
  );
}

function Lobby() {
  const { status, waiting } = useConnection();
  const { messages, hasOlder, loadOlder, send } = useMessages();
  const { typing, typed } = useTyping();
  const write = (text: string) => text.trim() && send(text);
  return (
    <>
      <p role="status">{status === 'online' ? 'Connected' : `No connection, ${waiting} to be sent`}</p>
      <button type="button" hidden={!hasOlder} onClick={loadOlder}>
        Older messages
      </button>
      <ol>
        {messages.map(({ key, username, content, state }) => (
          <li key={key}>{`${username}: ${content} ${state === 'waiting' ? '(waiting)' : ''}`}</li>
        ))}
      </ol>
      <Line label="Message" onInput={typed} onEnter={write} />
      <p>{typing.length > 0 && `${typing.map((who) => who.username).join(', ')} typing…`}</p>
    </>
  );
}

type LineProps = { label: string; onInput?(text: string): void; onEnter(text: string): unknown };

function Line({ label, onInput, onEnter }: LineProps) {
  return (
    <form action={(form) => void onEnter(String(form.get('text')))}>
      <input name="text" aria-label={label} onInput={(event) => onInput?.(event.currentTarget.value)} />
    </form>
  );
}

const root = document.getElementById('root');
if (root) createRoot(root).render(<Page />);
