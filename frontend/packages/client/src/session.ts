// Who this browser is to the server, by Belfry's own accounts: tokens kept in localStorage, shared by its tabs and renewed before
// they expire. A refresh token works once, and using it twice revokes them all, so only one tab at a time renews.

import { LOCK_LIMIT_MS, LONGEST_TIMER_MS, SIGHT_LIMIT_MS } from './bounds.js';
import { newClientId } from './client-id.js';
import { asProblem, Problem } from './problem.js';
import { cell, type Readable } from './readable.js';
import { createRest } from './rest.js';
import { sharedValue } from './shared-value.js';
import { keptFor, openStorage, type Storage } from './storage.js';
import type { SignInAnswer, User } from './wire.js';

/** The three ways in. */
export type Way = 'guest' | 'login' | 'register';

export interface SessionOptions {
  /** Where the server is, as in `ClientOptions`. */
  url: string;
  /** Under which name `localStorage` keeps it; tabs with the same name share it. */
  name?: string;
  /** What `ClientOptions.storage` is, where that is not the default: drafts and unsent messages go with the session. */
  storage?: Storage;
}

/** Somebody's session with Belfry's own accounts: tokens kept in `localStorage`, shared by its tabs, renewed before they expire. */
export interface Session {
  readonly state: Readable<SessionState>;
  /** Rejects with a `Problem`. */
  signIn(way: Way, username: string, password?: string): Promise<void>;
  /** For `ClientOptions.getToken`. Rejects with a `Problem` where there is no token to be had now. */
  getToken(refused?: string): Promise<string>;
  /** Forgets who this is, because the server does not take them any more. What was kept waits for them to log in again; a guest cannot, so theirs goes. */
  end(): void;
  /** Forgets who this is here and what was kept for them, and tells the server, which ends the session everywhere. */
  logOut(): void;
  /** Stops timers and listeners. */
  close(): void;
}

export interface SessionState {
  readonly user: User | null;
  /** Nobody can come back to a guest by a password. Where a session has ended by itself: whether it was one. */
  readonly guest: boolean;
  /** Why the last session ended by itself; `null` where nobody has to be told. */
  readonly ended: Problem | null;
}

interface Kept {
  user: User;
  guest: boolean;
  accessToken: string;
  refreshToken: string;
  /** By this machine's clock, in milliseconds since the epoch. */
  renewAt: number;
  /** Which session of the user's on this device, and how often it was renewed. */
  round: Round;
}

interface Round {
  session: string;
  count: number;
}

const OVER = { code: 'unauthenticated', message: 'The session is over.' } as const;
const SIGNED_OUT = { code: 'unauthenticated', message: 'Nobody is signed in.' } as const;

export function createSession({ url, name = 'belfry', storage }: SessionOptions): Session {
  const key = `${name}.session`;
  const rest = createRest({ url });
  const shared = sharedValue<Kept>(key, followOtherTab);
  let current = shared.get();
  let renewing: Promise<string> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;
  let place: Storage | undefined;
  const state = cell<SessionState>(stateOf(current, null, true));

  /** Makes it what this tab goes by. */
  function adopt(next: Kept | null, ended: Problem | null = null) {
    current = next;
    clearTimeout(timer);
    if (next && !closed) renewLater(next);
    const now = state.get();
    const same = now.user && now.user.id === next?.user.id && now.user.username === next.user.username;
    if (!same || now.guest !== next.guest) state.set(stateOf(next, ended, now.guest));
  }

  function renewLater(next: Kept) {
    const delay = Math.min(LONGEST_TIMER_MS, Math.max(0, next.renewAt - Date.now()));
    // Where it fails, whoever needs a token next tries again.
    timer = setTimeout(() => void renewed(next).catch(() => undefined), delay);
    // A program on Node may end while it waits.
    (timer as { unref?: () => void }).unref?.();
  }

  function followOtherTab() {
    const kept = shared.get();
    if (kept?.refreshToken !== current?.refreshToken) adopt(kept);
  }

  function keep(answer: SignInAnswer, guest: boolean, round: Round): Kept {
    const lifeMs = answer.expiresIn * 1000;
    const { user, accessToken, refreshToken } = answer;
    const renewAt = Date.now() + lifeMs - Math.min(60_000, lifeMs / 5);
    const next: Kept = { user, guest, accessToken, refreshToken, renewAt, round };
    shared.set(next);
    adopt(next);
    return next;
  }

  /** What to use instead of `stale`, renewed here or by another tab. */
  function renewed(stale: Kept): Promise<string> {
    renewing ??= alone(key, () => renew(stale)).finally(() => {
      renewing = undefined;
    });
    return renewing;
  }

  async function renew(stale: Kept): Promise<string> {
    const kept = await newest();
    if (!kept) throw new Problem(SIGNED_OUT);
    if (kept.refreshToken !== stale.refreshToken && kept.renewAt > Date.now()) {
      adopt(kept);
      return kept.accessToken;
    }
    const { refreshToken, guest, round } = kept;
    const answer = await post<SignInAnswer>('/auth/refresh', { refreshToken }).catch((problem: Problem) => {
      if (isRefusal(problem) && shared.get()?.refreshToken === refreshToken) leave(problem);
      throw problem;
    });
    if (shared.get()?.refreshToken !== refreshToken) {
      // Logged out meanwhile, or somebody else: nobody is to use what has just come.
      tellLogOut(answer.refreshToken);
      throw new Problem(SIGNED_OUT);
    }
    const next = { ...round, count: round.count + 1 };
    const { accessToken, user } = keep(answer, guest, next);
    await keeping()
      .set(roundOf(user), next)
      .catch(() => undefined);
    return accessToken;
  }

  /**
   * What the last one to renew has kept. Tabs are processes, and localStorage may show one what another has already replaced;
   * IndexedDB does not, so it has the count that says whether to wait.
   */
  async function newest(): Promise<Kept | null> {
    const kept = shared.get();
    if (!kept) return null;
    const told = await keeping()
      .get<Round>(roundOf(kept.user))
      .catch(() => undefined);
    const behind = () => {
      const round = shared.get()?.round;
      return told !== undefined && round?.session === told.session && round.count < told.count;
    };
    const end = Date.now() + SIGHT_LIMIT_MS;
    while (behind() && Date.now() < end) await new Promise((resume) => setTimeout(resume, 10));
    return shared.get();
  }

  function keeping(): Storage {
    place ??= storage ?? openStorage();
    return place;
  }

  /** Whoever can come back finds what they had written; a guest cannot. */
  function leave(ended: Problem | null, forgets = current?.guest): Kept | null {
    const left = current;
    if (!left) return null;
    shared.set(null);
    if (forgets) {
      keeping()
        .clear(keptFor(left.user.id))
        .catch(() => undefined);
    }
    adopt(null, ended);
    return left;
  }

  function post<T>(path: string, body: unknown): Promise<T> {
    return rest.ask<T>(path, { method: 'POST', body });
  }

  /** A server that cannot be reached now lets the tokens run out. */
  function tellLogOut(refreshToken: string) {
    post('/auth/logout', { refreshToken }).catch(() => undefined);
  }

  if (current) renewLater(current);

  return {
    state,
    async signIn(way, username, password) {
      const guest = way === 'guest';
      const body = guest ? { username } : { username, password };
      const answer = await post<SignInAnswer>(`/auth/${way}`, body);
      keep(answer, guest, { session: newClientId(), count: 0 });
    },
    async getToken(refused) {
      if (!current) throw new Problem(SIGNED_OUT);
      const stale = current;
      const { accessToken, renewAt } = stale;
      if (accessToken !== refused && renewAt > Date.now()) return accessToken;
      try {
        return await renewed(stale);
      } catch (error) {
        // It may still hold for the minute before its expiry.
        if (current?.accessToken === accessToken && accessToken !== refused) return accessToken;
        throw asProblem(error);
      }
    },
    end() {
      leave(new Problem(OVER));
    },
    logOut() {
      const left = leave(null, true);
      if (left) tellLogOut(left.refreshToken);
    },
    close() {
      closed = true;
      clearTimeout(timer);
      shared.close();
    },
  };
}

function roundOf(user: User): string {
  return `${keptFor(user.id)}round`;
}

function stateOf(kept: Kept | null, ended: Problem | null, wasGuest: boolean): SessionState {
  return { user: kept?.user ?? null, guest: kept?.guest ?? (ended === null || wasGuest), ended };
}

function isRefusal({ code }: Problem): boolean {
  return code === 'unauthenticated' || code === 'forbidden';
}

/** Where the browser has no locks (plain http on another machine), tabs take the small risk of renewing at once. */
async function alone<T>(key: string, work: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return await work();
  // Only the wait is limited: a lock that was given stays.
  return await locks.request(key, { signal: AbortSignal.timeout(LOCK_LIMIT_MS) }, work);
}
