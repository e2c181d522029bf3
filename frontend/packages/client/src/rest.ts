// One request to the REST interface; a failure is a `Problem` with the server's code.

import { FILE_LIMIT_MS, REST_ANSWER_LIMIT_MS } from './bounds.js';
import { asProblem, Problem, UNREACHABLE } from './problem.js';
import type { Code } from './wire.js';

export interface Asked {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** What is `undefined` is left out. */
  query?: Record<string, string | number | undefined>;
  body?: unknown;
}

export interface RestOptions {
  /** Where the server is, as in `ClientOptions`. */
  url: string;
  /** Asked before each request, and once more with the token that was refused. Without it, requests carry none. */
  getToken?: ((refused?: string) => string | Promise<string>) | undefined;
}

/** Each call rejects with a `Problem`, and with nothing else. */
export interface Rest {
  /** The path begins with a slash and is without `/api`. 10 s at most; what asks for nothing answers with `null`. */
  ask<T>(path: string, asked?: Asked): Promise<T>;
  /** A file, and the name that the server gives it. 2 minutes at most. */
  download(path: string): Promise<{ file: Blob; name: string }>;
  /** Ends what is under way. */
  close(): void;
}

export function createRest({ url, getToken }: RestOptions): Rest {
  const base = `${url.replace(/\/+$/, '')}/api`;
  const open = new Set<AbortController>();

  async function answerTo<T>(
    path: string,
    asked: Asked,
    limit: number,
    read: (response: Response) => Promise<T>,
  ) {
    const token = await tokenFor();
    let outcome = await sent(path, asked, limit, read, token);
    if (outcome.status === 401 && token !== undefined) {
      const other = await tokenFor(token);
      if (other !== token) outcome = await sent(path, asked, limit, read, other);
    }
    if (outcome.problem) throw outcome.problem;
    return outcome.answer;
  }

  async function tokenFor(refused?: string): Promise<string | undefined> {
    try {
      return await getToken?.(refused);
    } catch (error) {
      throw asProblem(error);
    }
  }

  async function sent<T>(
    path: string,
    { method = 'GET', query, body }: Asked,
    limit: number,
    read: (response: Response) => Promise<T>,
    token: string | undefined,
  ): Promise<Sent<T>> {
    const headers = new Headers();
    if (body !== undefined) headers.set('content-type', 'application/json');
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    const ending = new AbortController();
    const timer = setTimeout(() => ending.abort(), limit);
    open.add(ending);
    try {
      const response = await fetch(base + path + queryOf(query), {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        signal: ending.signal,
        // It is the token that says who asks.
        credentials: 'omit',
      });
      if (response.ok) return { status: response.status, answer: await read(response) };
      return { status: response.status, problem: problemOf(response, parsed(await response.text())) };
    } catch {
      return { status: 0, problem: new Problem(UNREACHABLE) };
    } finally {
      clearTimeout(timer);
      open.delete(ending);
    }
  }

  return {
    ask: <T>(path: string, asked: Asked = {}) =>
      answerTo(path, asked, REST_ANSWER_LIMIT_MS, async (response) => parsed(await response.text()) as T),
    download: (path) =>
      answerTo(path, {}, FILE_LIMIT_MS, async (response) => ({
        file: await response.blob(),
        name: nameOf(response) ?? 'file',
      })),
    close() {
      for (const ending of open) ending.abort();
    },
  };
}

type Sent<T> = { status: number; answer: T; problem?: never } | { status: number; problem: Problem };

function queryOf(query: Asked['query'] = {}): string {
  const said = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) said.set(key, `${value}`);
  const text = String(said);
  return text && `?${text}`;
}

function parsed(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function problemOf(response: Response, answer: unknown): Problem {
  const details = (answer ?? {}) as { code?: Code; detail?: string; retryAfterMs?: number };
  const { code = CODES[response.status] ?? 'internal', detail = response.statusText } = details;
  // In seconds, or a date, which nobody sends for this.
  const seconds = Number.parseFloat(response.headers.get('retry-after') ?? '');
  const retryAfterMs = details.retryAfterMs ?? (seconds >= 0 ? seconds * 1000 : undefined);
  return new Problem({ code, message: detail, retryAfterMs });
}

/** For answers of something in between, a proxy say, that knows nothing of codes; nor does it know who may do what. */
const CODES: Partial<Record<number, Code>> = {
  400: 'invalid_argument',
  401: 'unavailable',
  403: 'unavailable',
  404: 'not_found',
  409: 'conflict',
  413: 'payload_too_large',
  429: 'rate_limited',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
};

/** From `Content-Disposition`: the name in any letters where there is one, else the plain one. */
function nameOf(response: Response): string | undefined {
  const header = response.headers.get('content-disposition') ?? '';
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(header)?.[1];
  if (encoded) {
    try {
      return decodeURIComponent(encoded);
    } catch {
      // The plain name will do.
    }
  }
  return /filename="?([^";]+)"?/i.exec(header)?.[1];
}
