// What is wrong with an attempt to come in: at which field, and in a sentence that one can act on.
import type { Problem, Way } from '@belfry/client';
import { generalSentence } from '../../language/sentences';

export interface SignInFailure {
  /** Where it is said and where the focus goes; `null`: with the form as a whole. */
  field: 'name' | 'password' | null;
  sentence: string;
  /** This server does not let anybody in this way. */
  closed: boolean;
}

const SHORTEST_PASSWORD = 8;
const LONGEST_PASSWORD = 256;

/** What can be said without asking the server; `null` where nothing is wrong. */
export function checked(way: Way, name: string, password: string): SignInFailure | null {
  if (name.trim() === '') return at('name', 'Enter a name first.');
  if (way === 'guest') return null;
  if (password === '') return at('password', 'Enter a password too.');
  if (way === 'login') return null;
  const length = [...password].length;
  if (length < SHORTEST_PASSWORD)
    return at('password', `A password has at least ${SHORTEST_PASSWORD} characters.`);
  if (length > LONGEST_PASSWORD)
    return at('password', `A password has at most ${LONGEST_PASSWORD} characters.`);
  const same = password.trim().toLowerCase() === name.trim().toLowerCase();
  return same ? at('password', 'Choose a password other than your name.') : null;
}

/** What the server's refusal means. */
export function refused(way: Way, problem: Pick<Problem, 'code' | 'retryAfterMs'>): SignInFailure {
  switch (problem.code) {
    case 'unauthenticated':
      return at('password', 'Name or password is not right.');
    case 'invalid_argument':
    case 'payload_too_large':
      return way === 'login'
        ? at('password', 'Name or password is not right.')
        : at('name', 'This name cannot be used. Choose 1 to 32 letters, digits or signs that can be seen.');
    case 'conflict':
      return at('name', 'Somebody already has this name. Choose another one.');
    case 'forbidden':
    case 'not_found':
      return { field: null, sentence: CLOSED[way], closed: way !== 'login' };
    default:
      return at(null, generalSentence(problem));
  }
}

const CLOSED: Record<Way, string> = {
  guest: 'This server does not let guests in. Log in, or register an account.',
  login: 'This account cannot be used here. Ask whoever runs this server.',
  register: 'This server takes no new accounts. Ask whoever runs it for one.',
};

function at(field: SignInFailure['field'], sentence: string): SignInFailure {
  return { field, sentence, closed: false };
}
