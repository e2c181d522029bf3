// The first page: a name, and in.
import { type FormEvent, useId, useState } from 'react';
import { Problem, signInSentence, UNREACHABLE } from '../problem';
import type { SessionStore } from '../session';
import { LONGEST_NAME } from '../wire';
import { Bell } from './icons';

export function SignIn({ session }: { session: SessionStore }) {
  const [name, setName] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(session.notice());
  const field = useId();
  const problemId = useId();

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    if (name.trim() === '')
      return setProblem('Choose a name first: the others will see it beside what you write.');
    setBusy(true);
    setProblem(null);
    try {
      await session.signInAsGuest(name.trim());
    } catch (error) {
      setProblem(signInSentence(error instanceof Problem ? error : UNREACHABLE));
      setBusy(false);
    }
  }

  return (
    <main className="sign-in">
      <form className="sign-in-card" onSubmit={submit} noValidate>
        <Bell className="sign-in-bell" />
        <h1>Belfry</h1>
        <p className="soft">Rooms to talk in, with a history that stays.</p>
        <label htmlFor={field}>Your name</label>
        <input
          id={field}
          name="username"
          autoComplete="nickname"
          maxLength={LONGEST_NAME}
          value={name}
          onChange={(event) => setName(event.target.value)}
          aria-invalid={problem !== null}
          aria-describedby={problemId}
          // biome-ignore lint/a11y/noAutofocus: the page has nothing else to do
          autoFocus
        />
        <p id={problemId} className="problem" role="alert">
          {problem}
        </p>
        <button className="button primary" type="submit" disabled={busy}>
          {busy ? 'Coming in…' : 'Come in'}
        </button>
        <p className="soft sign-in-note">You come in as a guest, and this browser remembers you.</p>
      </form>
    </main>
  );
}
