// The socket's life: it connects with a token that holds, comes back by itself, and answers each request within a time limit.
import { io, type Socket } from 'socket.io-client';
import { backOff } from './back-off.js';
import {
  CONNECTION_ANSWER_LIMIT_MS,
  FIRST_DELAY_MS,
  LONGEST_DELAY_MS,
  OPENING_LIMIT_MS,
  PROBE_LIMIT_MS,
  STEADY_MS,
} from './bounds.js';
import type { ClientOptions, ConnectionState } from './contract.js';
import { createLife, type Life } from './life.js';
import { isHidden, whenNetworkBack, whenSeen } from './page.js';
import { Problem, UNREACHABLE } from './problem.js';
import { called } from './readable.js';
import type { Tokens } from './tokens.js';
import type { Ack } from './wire.js';

export type Standing = ConnectionState['status'];

export interface Connection {
  /** Connects, also after a refusal. */
  open(): void;
  close(): void;
  /** Names the present connection; `undefined` while there is none. */
  sid(): string | undefined;
  /** Never rejects: no answer in time, or a cut before it, is `unavailable`. */
  ask<T>(event: string, argument: unknown): Promise<Ack<T>>;
  /** Events after which nothing is expected; dropped while there is no connection. */
  tell(event: string, argument: unknown): void;
  /** Listens for an event of the server's, over cuts and closings. */
  on<T>(event: string, listener: (payload: T) => void): () => void;
}

export interface ConnectionScene {
  url: string;
  transports: ClientOptions['transports'];
  tokens: Tokens;
  changed(standing: Standing, problem: Problem | null): void;
  /** A request that changes nothing, to see whether the connection still holds; `null` where there is none. */
  probe(): { event: string; argument: unknown } | null;
}

export function createConnection({ url, transports, tokens, changed, probe }: ConnectionScene): Connection {
  const listeners = new Map<string, Set<(payload: unknown) => void>>();
  let socket: Socket | undefined;
  let life: Life = createLife();

  function start() {
    const mine = createLife();
    life = mine;
    let standing: Standing = 'connecting';
    let presented: string | undefined;
    let refused: string | undefined;
    let attempts = 0;
    let cancelLater: (() => void) | undefined;
    const own = io(url, {
      autoConnect: false,
      forceNew: true,
      transports: [...(transports ?? ['websocket', 'polling'])],
      tryAllTransports: true,
      timeout: OPENING_LIMIT_MS,
      reconnectionDelay: FIRST_DELAY_MS,
      reconnectionDelayMax: LONGEST_DELAY_MS,
      auth: (give) => {
        tokens.fresh(refused).then(
          (token) => {
            if (mine.over) return;
            presented = token;
            give({ token });
          },
          (error: unknown) => {
            if (mine.over) return;
            own.disconnect();
            if (error === tokens.others) return set('refused', tokens.others);
            set(standing, error as Problem);
            tryLater();
          },
        );
      },
    });
    socket = own;

    function set(next: Standing, problem: Problem | null) {
      standing = next;
      changed(next, problem);
    }

    own.on('connect', () => {
      refused = undefined;
      cancelLater?.();
      cancelLater = mine.after(STEADY_MS, () => {
        attempts = 0;
      });
      set('online', null);
    });

    own.on('disconnect', (reason) => {
      if (mine.over) return;
      set('reconnecting', null);
      if (reason === 'io server disconnect') refusedOnce();
    });

    own.on('connect_error', (error) => {
      if (mine.over) return;
      if (error.message.startsWith('Authentication failed')) return refusedOnce();
      set(standing, new Problem(UNREACHABLE));
      if (!own.active) tryLater();
    });

    own.onAny((event: string, payload: unknown) => {
      for (const listener of [...(listeners.get(event) ?? [])]) called(() => listener(payload));
    });

    /** Another token is asked for once; where that is refused as well, there is no way in. */
    function refusedOnce() {
      if (refused !== undefined || presented === undefined) {
        own.disconnect();
        const message = 'The server does not accept the token.';
        return set('refused', new Problem({ code: 'unauthenticated', message }));
      }
      refused = presented;
      tryLater();
    }

    function tryLater() {
      attempts += 1;
      cancelLater?.();
      cancelLater = mine.after(backOff(attempts, FIRST_DELAY_MS, LONGEST_DELAY_MS), () => own.connect());
    }

    /** Somebody looks at the page again, or the network is back: do not sit out a delay, or a connection that is long dead. */
    function wake() {
      if (standing === 'refused' || isHidden()) return;
      if (!own.connected) return again();
      const question = probe();
      if (!question) return;
      own
        .timeout(PROBE_LIMIT_MS)
        .emitWithAck(question.event, question.argument)
        .catch(() => {
          if (!mine.over && own.connected) again();
        });
    }

    function again() {
      cancelLater?.();
      own.disconnect().connect();
    }

    whenSeen(mine, wake);
    whenNetworkBack(mine, wake);
    mine.atEnd(() => {
      own.off();
      own.offAny();
      own.disconnect();
    });
    set('connecting', null);
    own.connect();
  }

  return {
    open() {
      life.end();
      start();
    },
    close() {
      life.end();
      socket = undefined;
      changed('idle', null);
    },
    sid: () => (socket?.connected ? socket.id : undefined),
    async ask<T>(event: string, argument: unknown): Promise<Ack<T>> {
      try {
        if (socket?.connected)
          return await socket.timeout(CONNECTION_ANSWER_LIMIT_MS).emitWithAck(event, argument);
      } catch {
        // As good as not asked.
      }
      return { ok: false, error: UNREACHABLE };
    },
    tell(event, argument) {
      if (socket?.connected) socket.emit(event, argument, () => undefined);
    },
    on<T>(event: string, listener: (payload: T) => void) {
      const those = listeners.get(event) ?? new Set();
      listeners.set(event, those);
      const mine = (payload: unknown) => listener(payload as T);
      those.add(mine);
      return () => void those.delete(mine);
    },
  };
}
