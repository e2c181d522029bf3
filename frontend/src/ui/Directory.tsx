// All public rooms, to be searched and joined.
import { useCallback, useEffect, useId, useRef, useState } from 'react';
import type { Chat } from '../chat';
import type { ChatState } from '../chat-state';
import { generalSentence, Problem, UNREACHABLE } from '../problem';
import { addressOf } from '../room-id';
import type { Room } from '../wire';
import { Back, Hash } from './icons';

/** While somebody types, the server is asked after a pause. */
const PAUSE_MS = 250;

export function Directory({ chat, state }: { chat: Chat; state: ChatState }) {
  const [text, setText] = useState('');
  const { rooms, nextCursor, problem, load } = usePublicRooms(chat);
  const id = useId();
  const wish = text.trim();

  useEffect(() => {
    const timer = setTimeout(() => void load(wish), wish === '' ? 0 : PAUSE_MS);
    return () => clearTimeout(timer);
  }, [load, wish]);

  return (
    <main className="directory">
      <header className="room-head">
        <a className="button quiet icon-only back" href={addressOf(null)} aria-label="All rooms">
          <Back />
        </a>
        <div className="room-title">
          <h1>Public rooms</h1>
        </div>
      </header>
      <div className="directory-body">
        <label className="visually-hidden" htmlFor={id}>
          Search public rooms
        </label>
        <input
          id={id}
          type="search"
          value={text}
          placeholder="Search by name"
          autoComplete="off"
          onChange={(event) => setText(event.target.value)}
        />
        {problem && (
          <p className="problem" role="alert">
            {problem}{' '}
            <button className="button link" type="button" onClick={() => void load(wish)}>
              Try again
            </button>
          </p>
        )}
        {rooms === null && !problem && <p className="soft">Loading…</p>}
        {rooms?.length === 0 && (
          <p className="soft">
            {wish === '' ? 'There are no public rooms yet.' : 'No room has such a name.'}
          </p>
        )}
        <ul className="cards" aria-label="Public rooms">
          {rooms?.map((room) => (
            <Card key={room.id} room={room} joined={Boolean(state.rooms[room.id])} />
          ))}
        </ul>
        {nextCursor && (
          <button className="button" type="button" onClick={() => void load(wish, nextCursor)}>
            Show more
          </button>
        )}
      </div>
    </main>
  );
}

function Card({ room, joined }: { room: Room; joined: boolean }) {
  const { id, name, topic, memberCount } = room;
  return (
    <li>
      <a className="card" href={addressOf(id)}>
        <Hash />
        <span className="card-name">
          <strong className="clip">{name}</strong>
          {topic && <span className="soft clip card-topic">{topic}</span>}
        </span>
        <span className="soft count">
          {memberCount} {memberCount === 1 ? 'member' : 'members'}
        </span>
        <span className="card-act">{joined ? 'Open' : 'Join'}</span>
      </a>
    </li>
  );
}

function usePublicRooms(chat: Chat) {
  const [rooms, setRooms] = useState<readonly Room[] | null>(null);
  const [nextCursor, setNextCursor] = useState<string | undefined>();
  const [problem, setProblem] = useState('');
  /** Only the answer to the last question counts. */
  const turn = useRef(0);

  const load = useCallback(
    async (wish: string, cursor?: string) => {
      turn.current += 1;
      const mine = turn.current;
      try {
        const page = await chat.desk.publicRooms(wish, cursor);
        if (turn.current !== mine) return;
        setProblem('');
        setNextCursor(page.nextCursor);
        setRooms((known) => (cursor ? [...(known ?? []), ...page.rooms] : page.rooms));
      } catch (error) {
        if (turn.current === mine)
          setProblem(generalSentence(error instanceof Problem ? error : UNREACHABLE));
      }
    },
    [chat],
  );

  return { rooms, nextCursor, problem, load };
}
