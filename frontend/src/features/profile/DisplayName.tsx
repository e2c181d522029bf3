// The name that the others read; without one it is the username.
import { Problem, type User } from '@belfry/client';
import { useClient } from '@belfry/react';
import { type FormEvent, useRef, useState } from 'react';
import { useAnnounce } from '../../design/Announcer';
import { Button } from '../../design/Button';
import { Field } from '../../design/Field';
import { generalSentence } from '../../language/sentences';

const LONGEST = 64;

export function DisplayName({ me }: { me: User }) {
  const client = useClient();
  const announce = useAnnounce();
  const [name, setName] = useState(me.displayName ?? '');
  const [busy, setBusy] = useState(false);
  const [saved, setSaved] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);

  async function save(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem(null);
    try {
      const wish = name.trim();
      const user = await client.setDisplayName(wish === '' ? null : wish);
      setName(user.displayName ?? '');
      setSaved(true);
      announce('Saved.');
    } catch (error) {
      setProblem(sentence(error));
      field.current?.focus();
    } finally {
      setBusy(false);
    }
  }

  return (
    <form className="profile-form" onSubmit={(event) => void save(event)} noValidate>
      <Field
        label="Display name"
        optional
        hint={`The others see it instead of ${me.username}. It need not be yours alone.`}
        problem={problem}
      >
        {(control) => (
          <input
            {...control}
            ref={field}
            name="name"
            autoComplete="name"
            spellCheck={false}
            maxLength={2 * LONGEST}
            placeholder={me.username}
            value={name}
            onChange={(event) => {
              setName(event.target.value);
              setSaved(false);
              setProblem(null);
            }}
          />
        )}
      </Field>
      <Button type="submit" look="primary" busy={busy}>
        {busy ? 'Saving…' : saved ? 'Saved' : 'Save'}
      </Button>
    </form>
  );
}

function sentence(error: unknown): string {
  if (!(error instanceof Problem)) return generalSentence({ code: 'unavailable' });
  return error.code === 'invalid_argument'
    ? `A display name has at most ${LONGEST} characters, all of which can be seen.`
    : generalSentence(error);
}
