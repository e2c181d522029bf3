// One request to the REST interface; a failure is a `Problem` with the server's code.
import { Problem, UNREACHABLE } from './problem.js';
import type { Code } from './wire.js';

const LIMIT_MS = 10_000;

interface Request {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  body?: unknown;
  token?: string;
}

export async function request<T>(path: string, { method = 'GET', body, token }: Request = {}): Promise<T> {
  const headers = new Headers({ accept: 'application/json' });
  if (body !== undefined) headers.set('content-type', 'application/json');
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  let response: Response;
  let text: string;
  try {
    response = await fetch(`/api${path}`, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    text = await response.text();
  } catch {
    throw new Problem(UNREACHABLE);
  }
  const answer = parsed(text);
  if (!response.ok) throw problemOf(response, answer);
  return answer as T;
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
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterMs = details.retryAfterMs ?? (Number.isFinite(seconds) ? seconds * 1000 : undefined);
  return new Problem({
    code: details.code ?? codeOf(response.status),
    message: details.detail ?? response.statusText,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** For answers of something in between, a proxy say, that knows nothing of codes. */
function codeOf(status: number): Code {
  switch (status) {
    case 400:
      return 'invalid_argument';
    case 401:
      return 'unauthenticated';
    case 403:
      return 'forbidden';
    case 404:
      return 'not_found';
    case 409:
      return 'conflict';
    case 413:
      return 'payload_too_large';
    case 429:
      return 'rate_limited';
    case 502:
    case 503:
    case 504:
      return 'unavailable';
    default:
      return 'internal';
  }
}
