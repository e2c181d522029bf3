// Where tokens come from: asked for one at a time, within a time limit, and another one where the server has refused the last.

import { TOKENS_LIMIT_MS } from './bounds.js';
import type { ClientOptions } from './contract.js';
import { asProblem, Problem } from './problem.js';
import { whoIs } from './who.js';

export interface Tokens {
  /** Asks whoever gives tokens. Rejects with a `Problem` where there is none to be had now. */
  fresh(refused?: string): Promise<string>;
  /** The last one given, or a fresh one. */
  held(): Promise<string>;
  /** Another one than the refused: the one given since, or a fresh one. */
  instead(refused: string): Promise<string>;
  /** What it rejects with where the token given is another user's. */
  readonly others: Problem;
}

/** `userId`: whose tokens they are, as soon as that is known. */
export function createTokens(
  { token, getToken }: Pick<ClientOptions, 'token' | 'getToken'>,
  userId: () => string | undefined = () => undefined,
): Tokens {
  const others = new Problem({ code: 'unauthenticated', message: 'The token is for another user.' });
  let last: string | undefined;
  let asking: { refused: string | undefined; answer: Promise<string> } | undefined;

  async function ask(refused: string | undefined): Promise<string> {
    const given = await within(Promise.resolve().then(() => (getToken ? getToken(refused) : token)));
    if (typeof given !== 'string' || given === '') {
      throw new Problem({ code: 'unauthenticated', message: 'There is no token to connect with.' });
    }
    const mine = userId();
    if (mine && mine !== (whoIs(given)?.id ?? mine)) throw others;
    last = given;
    return given;
  }

  function fresh(refused?: string): Promise<string> {
    if (asking && (refused === undefined || asking.refused === refused)) return asking.answer;
    const mine = {
      refused,
      answer: ask(refused).finally(() => {
        if (asking === mine) asking = undefined;
      }),
    };
    asking = mine;
    return mine.answer;
  }

  return {
    others,
    fresh,
    held: async () => last ?? (await fresh()),
    instead: async (refused) => (last !== undefined && last !== refused ? last : await fresh(refused)),
  };
}

function within(promise: Promise<string | undefined>): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Problem({ code: 'unavailable', message: 'No token came in time.' }));
    const timer = setTimeout(late, TOKENS_LIMIT_MS);
    promise.then(resolve, (error: unknown) => reject(asProblem(error))).finally(() => clearTimeout(timer));
  });
}
