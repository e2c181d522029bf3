// The fields of a room: name, topic, and who can find it.
import { LONGEST_ROOM_NAME, LONGEST_TOPIC, type Visibility } from '@belfry/client';
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { Segments } from '../../design/Segments';
import { type Failure, failureOf } from '../../language/sentences';

export interface RoomFields {
  name: string;
  topic: string;
  visibility: Visibility;
}

interface RoomFormProps {
  fields: RoomFields;
  /** Off where somebody may not make it public or private. */
  withVisibility: boolean;
  action: string;
  sentence(failure: Failure): string;
  save(fields: RoomFields): Promise<void>;
  /** Told at each change of the name. */
  onName?(name: string): void;
  /** More fields, after the name. */
  more?: ReactNode;
  /** What stands before the button. */
  children?: ReactNode;
}

const VISIBILITIES = [
  { value: 'public', label: 'Public' },
  { value: 'private', label: 'Private' },
] as const;

export function RoomForm({
  fields,
  withVisibility,
  action,
  sentence,
  save,
  onName,
  more,
  children,
}: RoomFormProps) {
  const [now, setNow] = useState(fields);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const id = useId();
  const unnamed = problem !== '' && now.name.trim() === '';

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    if (now.name.trim() === '') return setProblem('A room needs a name.');
    setBusy(true);
    setProblem('');
    try {
      await save({ ...now, name: now.name.trim(), topic: now.topic.trim() });
    } catch (error) {
      setProblem(sentence(failureOf(error)));
    }
    setBusy(false);
  }

  return (
    <form className="fields" onSubmit={submit} noValidate>
      <label htmlFor={`${id}-name`}>Name</label>
      <input
        id={`${id}-name`}
        value={now.name}
        maxLength={LONGEST_ROOM_NAME}
        autoComplete="off"
        required
        onChange={(event) => {
          setNow({ ...now, name: event.target.value });
          onName?.(event.target.value);
        }}
        aria-invalid={unnamed}
        aria-describedby={`${id}-problem`}
      />
      {more}
      <label htmlFor={`${id}-topic`}>
        Topic <span className="soft">(optional)</span>
      </label>
      <textarea
        id={`${id}-topic`}
        rows={2}
        value={now.topic}
        maxLength={LONGEST_TOPIC}
        onChange={(event) => setNow({ ...now, topic: event.target.value })}
      />
      {withVisibility && (
        <>
          <Segments
            legend="Who can find it"
            options={VISIBILITIES}
            value={now.visibility === 'private' ? 'private' : 'public'}
            onChoose={(visibility) => setNow({ ...now, visibility })}
          />
          <p className="soft note">
            {now.visibility === 'private'
              ? 'Only those who are added know of it.'
              : 'Everybody here can find it, read it and join.'}
          </p>
        </>
      )}
      <p id={`${id}-problem`} className="problem" role="alert">
        {problem}
      </p>
      <div className="dialog-foot">
        {children}
        <button className="button primary" type="submit" disabled={busy}>
          {action}
        </button>
      </div>
    </form>
  );
}
