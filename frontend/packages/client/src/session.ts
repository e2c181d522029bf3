// Who this browser is to the server: tokens kept in localStorage, shared by its tabs and renewed before they expire.
// A refresh token works once, and using it twice revokes them all, so only one tab at a time renews.
import type { Problem } from './problem.js';
import type { Readable } from './readable.js';
import type { User } from './wire.js';

/** The three ways in. */
export type Way = 'guest' | 'login' | 'register';

export interface SessionOptions {
  /** Where the server is, as in `ClientOptions`. */
  url: string;
  /** Under which name `localStorage` keeps it; tabs with the same name share it. */
  name?: string;
}

/** Somebody's session with Belfry's own accounts: tokens kept in `localStorage`, shared by its tabs, renewed before they expire. */
export interface Session {
  readonly state: Readable<SessionState>;
  /** Rejects with a `Problem`. */
  signIn(way: Way, username: string, password?: string): Promise<void>;
  /** For `ClientOptions.getToken`. Rejects with a `Problem` where there is no token to be had now. */
  getToken(refused?: string): Promise<string>;
  /** Forgets who this is, because the server no longer knows them. */
  end(): void;
  /** Forgets who this is here, and tells the server, which ends the session everywhere. */
  logOut(): void;
  /** Stops timers and listeners. */
  close(): void;
}

export interface SessionState {
  readonly user: User | null;
  /** Nobody can come back to a guest by a password. */
  readonly guest: boolean;
  /** Why the last session ended by itself; `null` where nobody has to be told. */
  readonly ended: Problem | null;
}

export function createSession(_options: SessionOptions): Session {
  throw new Error('not built yet');
}

/* TO BE RESHAPED
interface Session {
  user: User;
  // Whether nobody can come back to it by a password. 
  guest: boolean;
  accessToken: string;
  refreshToken: string;
  // By this machine's clock, in milliseconds since the epoch. 
  renewAt: number;
}

export interface SessionStore {
  subscribe(listener: () => void): () => void;
  user(): User | null;
  // Why the last session ended, for the sign-in page. 
  notice(): string | null;
  isGuest(): boolean;
  // Rejects with a `Problem`. 
  signIn(way: Way, username: string, password: string): Promise<void>;
  // A token that should hold; another one than `refused`, where the server has refused that. 
  token(refused?: string): Promise<string>;
  // Forgets who this is, because the server no longer knows them. 
  end(notice?: string): void;
  // Forgets who this is here, and tells the server, which ends the session everywhere. 
  logOut(): void;
}

const KEY = 'session';
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function createSessionStore(): SessionStore {
  let session = recall<Session>('localStorage', KEY);
  let notice: string | null = null;
  let renewing: Promise<string> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const listeners = new Set<() => void>();

  function set(next: Session | null, why: string | null = null) {
    session = next;
    notice = why;
    clearTimeout(timer);
    if (next) {
      const delay = Math.min(LONGEST_TIMER_MS, Math.max(0, next.renewAt - Date.now()));
      timer = setTimeout(() => void renewed(next.accessToken).catch(() => undefined), delay);
    }
    for (const listener of listeners) listener();
  }

  function keep(answer: SignInAnswer, guest: boolean): Session {
    const lifeMs = answer.expiresIn * 1000;
    const next: Session = {
      user: answer.user,
      guest,
      accessToken: answer.accessToken,
      refreshToken: answer.refreshToken,
      renewAt: Date.now() + lifeMs - Math.min(60_000, lifeMs / 5),
    };
    remember('localStorage', KEY, next);
    return next;
  }

  function renewed(stale: string): Promise<string> {
    renewing ??= alone(() => renew(stale)).finally(() => {
      renewing = undefined;
    });
    return renewing;
  }

  async function renew(stale: string): Promise<string> {
    const kept = recall<Session>('localStorage', KEY);
    if (!session || !kept) throw new Problem({ code: 'unauthenticated', message: 'signed out' });
    if (kept.accessToken !== stale && kept.renewAt > Date.now()) {
      set(kept);
      return kept.accessToken;
    }
    try {
      const body = { refreshToken: kept.refreshToken };
      const next = keep(await request<SignInAnswer>('/auth/refresh', { method: 'POST', body }), kept.guest);
      set(next);
      return next.accessToken;
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem(UNREACHABLE);
      if (problem.code === 'unauthenticated' || problem.code === 'forbidden') {
        end(generalSentence({ code: 'unauthenticated', message: problem.message }));
      }
      throw problem;
    }
  }

  function end(why: string | null = null) {
    forgetEverything();
    set(null, why);
  }

  onOtherTab(KEY, () => {
    const kept = recall<Session>('localStorage', KEY);
    if (kept?.accessToken !== session?.accessToken) set(kept);
  });
  if (session) set(session);

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    user: () => session?.user ?? null,
    notice: () => notice,
    isGuest: () => session?.guest ?? true,
    async signIn(way, username, password) {
      const guest = way === 'guest';
      const body = guest ? { username } : { username, password };
      set(keep(await request<SignInAnswer>(`/auth/${way}`, { method: 'POST', body }), guest));
    },
    async token(refused) {
      if (!session) throw new Problem({ code: 'unauthenticated', message: 'signed out' });
      const { accessToken, renewAt } = session;
      if (accessToken !== refused && renewAt > Date.now()) return accessToken;
      try {
        return await renewed(accessToken);
      } catch (error) {
        // It may still hold for the minute before its expiry.
        if (session && accessToken !== refused) return accessToken;
        throw error;
      }
    },
    end,
    logOut() {
      const refreshToken = recall<Session>('localStorage', KEY)?.refreshToken;
      end();
      // A server that cannot be reached now lets the tokens run out.
      request('/auth/logout', { method: 'POST', body: { refreshToken } }).catch(() => undefined);
    },
  };
}

// Where the browser has no locks (plain http on another machine), tabs take the small risk of renewing at once. 
async function alone<T>(work: () => Promise<T>): Promise<T> {
  return 'locks' in navigator ? await navigator.locks.request('belfry.session', work) : await work();
}

*/
