// The socket's life: it connects with a token that holds, comes back by itself, and answers each request within a time limit.
import { io, type Socket } from 'socket.io-client';
import { UNREACHABLE } from './problem.js';
import type { SessionStore } from './session.js';
import type { Ack } from './wire.js';

export type Standing = 'connecting' | 'online' | 'reconnecting';

export interface Connection {
  socket: Socket;
  /** Never rejects: no answer in time, or a cut before it, is `unavailable`. */
  ask<T>(event: string, argument: unknown): Promise<Ack<T>>;
  /** Events after which nothing is expected; dropped while there is no connection. */
  tell(event: string, argument: unknown): void;
  close(): void;
}

const ANSWER_LIMIT_MS = 10_000;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 5000;

export function connect(session: SessionStore, onStanding: (standing: Standing) => void): Connection {
  let presented: string | undefined;
  let refused: string | undefined;
  let attempts = 0;
  let later: ReturnType<typeof setTimeout> | undefined;

  const socket = io({
    autoConnect: false,
    forceNew: true,
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    reconnectionDelay: FIRST_DELAY_MS,
    reconnectionDelayMax: LONGEST_DELAY_MS,
    auth: (give) => {
      session.token(refused).then(
        (token) => {
          presented = token;
          give({ token });
        },
        () => give({ token: presented ?? '' }),
      );
    },
  });

  socket.on('connect', () => {
    refused = undefined;
    attempts = 0;
    onStanding('online');
  });

  socket.on('disconnect', (reason) => {
    onStanding('reconnecting');
    if (reason === 'io server disconnect') refusedAs(presented);
  });

  socket.on('connect_error', (error) => {
    if (error.message.startsWith('Authentication failed')) refusedAs(presented);
    else if (!socket.active) tryLater();
  });

  /** A token is renewed once; if the new one is refused as well, the session is over. */
  function refusedAs(token: string | undefined) {
    if (refused !== undefined && token !== refused) {
      return session.end('The server no longer accepts your session. Sign in to come back.');
    }
    refused = token;
    tryLater();
  }

  function tryLater() {
    const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempts);
    attempts += 1;
    clearTimeout(later);
    later = setTimeout(() => socket.connect(), longest * (0.5 + Math.random() / 2));
  }

  /** Somebody looks at the page again, or the network is back: do not sit out the delay. */
  function wake() {
    if (socket.connected || document.visibilityState === 'hidden') return;
    clearTimeout(later);
    socket.disconnect().connect();
  }

  window.addEventListener('online', wake);
  document.addEventListener('visibilitychange', wake);
  socket.connect();

  return {
    socket,
    async ask<T>(event: string, argument: unknown): Promise<Ack<T>> {
      if (!socket.connected) return { ok: false, error: UNREACHABLE };
      try {
        return (await socket.timeout(ANSWER_LIMIT_MS).emitWithAck(event, argument)) as Ack<T>;
      } catch {
        return { ok: false, error: UNREACHABLE };
      }
    },
    tell(event, argument) {
      if (socket.connected) socket.emit(event, argument, () => undefined);
    },
    close() {
      clearTimeout(later);
      window.removeEventListener('online', wake);
      document.removeEventListener('visibilitychange', wake);
      socket.off();
      socket.disconnect();
    },
  };
}
