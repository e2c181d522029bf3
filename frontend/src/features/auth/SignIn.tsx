// The first page: as a guest with a name alone, or with an account.
import { LONGEST_NAME, Problem, type Session, type Way } from '@belfry/client';
import { useReadable } from '@belfry/react';
import { type FormEvent, useLayoutEffect, useRef, useState } from 'react';
import { Button } from '../../design/Button';
import { Field } from '../../design/Field';
import { Bell } from '../../design/icons';
import { Segments } from '../../design/Segments';
import { PasswordInput } from './PasswordInput';
import { checked, refused, type SignInFailure } from './sign-in-failure';
import './sign-in.css';

const WAYS = [
  { value: 'guest', label: 'Guest' },
  { value: 'login', label: 'Log in' },
  { value: 'register', label: 'Register' },
] as const satisfies readonly { value: Way; label: string }[];

const WORDS: Record<Way, { action: string; busy: string; note: string }> = {
  guest: {
    action: 'Come in',
    busy: 'Coming in…',
    note: 'No password needed. This browser remembers you until you log out.',
  },
  login: {
    action: 'Log in',
    busy: 'Logging in…',
    note: 'With the name and the password that you registered.',
  },
  register: {
    action: 'Register',
    busy: 'Registering…',
    note: 'The name is yours from now on, on every device.',
  },
};

export function SignIn({ session }: { session: Session }) {
  const { ended, guest } = useReadable(session.state);
  const [closed, setClosed] = useState<readonly Way[]>([]);
  // Nobody can come back as a guest.
  const [way, setWay] = useState<Way>(ended && !guest ? 'login' : 'guest');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<SignInFailure | null>(null);
  const nameField = useRef<HTMLInputElement>(null);
  const passwordField = useRef<HTMLInputElement>(null);
  const words = WORDS[way];
  const ways = WAYS.filter(({ value }) => !closed.includes(value));
  const problemAt = (field: SignInFailure['field']) => (failure?.field === field ? failure.sentence : null);

  // With the sentence, not after it: whoever reads it types already.
  useLayoutEffect(() => {
    if (failure?.field === 'name') nameField.current?.focus();
    if (failure?.field === 'password' || failure?.closed) {
      passwordField.current?.focus();
      passwordField.current?.select();
    }
  }, [failure]);

  function fail(next: SignInFailure) {
    setFailure(next);
    setBusy(false);
    if (!next.closed) return;
    setClosed([...closed, way]);
    setWay('login');
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    const wrong = checked(way, name, password);
    if (wrong) return fail(wrong);
    setBusy(true);
    setFailure(null);
    try {
      await session.signIn(way, name.trim(), way === 'guest' ? undefined : password);
    } catch (error) {
      fail(refused(way, error instanceof Problem ? error : { code: 'unavailable' }));
    }
  }

  return (
    <main className="sign-in">
      <header className="sign-in-brand">
        <Bell className="sign-in-bell" />
        <h1>Belfry</h1>
        <p>Rooms to talk in, with a history that stays.</p>
      </header>
      <form className="sign-in-card" onSubmit={(event) => void submit(event)} noValidate>
        {ended && !failure && (
          <p className="sign-in-notice" role="status">
            {endedSentence(ended)}
          </p>
        )}
        <p className="sign-in-notice" data-tone="danger" role="alert">
          {problemAt(null)}
        </p>
        {ways.length > 1 && (
          <Segments
            legend="How to come in"
            options={ways}
            value={way}
            onChoose={(next) => {
              setWay(next);
              setFailure(null);
            }}
          />
        )}
        <Field label="Your name" problem={problemAt('name')}>
          {(control) => (
            <input
              {...control}
              ref={nameField}
              name="username"
              autoComplete={way === 'guest' ? 'nickname' : 'username'}
              autoCapitalize="none"
              spellCheck={false}
              required
              maxLength={LONGEST_NAME}
              value={name}
              onChange={(event) => {
                setName(event.target.value);
                setFailure(null);
              }}
              // biome-ignore lint/a11y/noAutofocus: the page has nothing else to do
              autoFocus
            />
          )}
        </Field>
        {way !== 'guest' && (
          <Field
            // A field that a password manager has filled for one way is not the other's.
            key={way}
            label="Password"
            hint={way === 'register' && !problemAt('password') ? 'At least 8 characters.' : undefined}
            problem={problemAt('password')}
          >
            {(control) => (
              <PasswordInput
                {...control}
                ref={passwordField}
                name="password"
                autoComplete={way === 'login' ? 'current-password' : 'new-password'}
                required
                value={password}
                onChange={(event) => {
                  setPassword(event.target.value);
                  setFailure(null);
                }}
              />
            )}
          </Field>
        )}
        <Button type="submit" look="primary" size="large" wide busy={busy}>
          {busy ? words.busy : words.action}
        </Button>
        <p className="soft small">{words.note}</p>
      </form>
    </main>
  );
}

function endedSentence({ code }: Problem): string {
  return code === 'forbidden'
    ? 'This account cannot be used here any more.'
    : 'Your session has ended. Sign in to come back.';
}
