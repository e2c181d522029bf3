// The first page: as a guest with a name alone, or with an account.
import { type FormEvent, useId, useState } from 'react';
import { Problem, signInSentence, UNREACHABLE, type Way } from '../problem';
import type { SessionStore } from '../session';
import { LONGEST_NAME } from '../wire';
import { Bell } from './icons';
import { Segments } from './Segments';

const WAYS = [
  { value: 'guest', label: 'Guest' },
  { value: 'login', label: 'Log in' },
  { value: 'register', label: 'Register' },
] as const;

const WORDS: Record<Way, { action: string; busy: string; note: string }> = {
  guest: {
    action: 'Come in',
    busy: 'Coming in…',
    note: 'You come in as a guest, and this browser remembers you.',
  },
  login: { action: 'Log in', busy: 'Logging in…', note: 'With the name and password that you registered.' },
  register: {
    action: 'Register',
    busy: 'Registering…',
    note: 'The name is yours from now on, on every device.',
  },
};

export function SignIn({ session }: { session: SessionStore }) {
  const [way, setWay] = useState<Way>('guest');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(session.notice());
  const nameId = useId();
  const passwordId = useId();
  const problemId = useId();
  const words = WORDS[way];

  function choose(next: Way) {
    setWay(next);
    setProblem(null);
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    if (name.trim() === '')
      return setProblem('Choose a name first: the others will see it beside what you write.');
    if (way !== 'guest' && password === '') return setProblem('A password is needed too.');
    setBusy(true);
    setProblem(null);
    try {
      await session.signIn(way, name.trim(), password);
    } catch (error) {
      setProblem(signInSentence(error instanceof Problem ? error : UNREACHABLE, way));
      setBusy(false);
    }
  }

  return (
    <main className="sign-in">
      <form className="sign-in-card" onSubmit={submit} noValidate>
        <Bell className="sign-in-bell" />
        <h1>Belfry</h1>
        <p className="soft">Rooms to talk in, with a history that stays.</p>
        <Segments legend="How to come in" options={WAYS} value={way} onChoose={choose} />
        <label htmlFor={nameId}>Your name</label>
        <input
          id={nameId}
          name="username"
          autoComplete={way === 'guest' ? 'nickname' : 'username'}
          autoCapitalize="none"
          spellCheck={false}
          maxLength={LONGEST_NAME}
          value={name}
          onChange={(event) => setName(event.target.value)}
          aria-invalid={problem !== null}
          aria-describedby={problemId}
          // biome-ignore lint/a11y/noAutofocus: the page has nothing else to do
          autoFocus
        />
        {way !== 'guest' && (
          <>
            <label htmlFor={passwordId}>Password</label>
            <input
              id={passwordId}
              name="password"
              type="password"
              autoComplete={way === 'login' ? 'current-password' : 'new-password'}
              value={password}
              onChange={(event) => setPassword(event.target.value)}
              aria-describedby={problemId}
            />
          </>
        )}
        <p id={problemId} className="problem" role="alert">
          {problem}
        </p>
        <button className="button primary" type="submit" disabled={busy}>
          {busy ? words.busy : words.action}
        </button>
        <p className="soft sign-in-note">{words.note}</p>
      </form>
    </main>
  );
}
