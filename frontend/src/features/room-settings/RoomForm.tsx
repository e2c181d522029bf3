// The fields of a room, in a window: name, topic, and who can find it.
import { LONGEST_ROOM_NAME, LONGEST_TOPIC, type Visibility } from '@belfry/client';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Button } from '../../design/Button';
import { DialogBody, DialogFoot } from '../../design/Dialog';
import { Field } from '../../design/Field';
import { Globe, Lock } from '../../design/icons';
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
  /** What stands before the fields. */
  before?: ReactNode;
  /** More fields, after the name. */
  more?: ReactNode;
  /** What stands before the button. */
  children?: ReactNode;
}

const VISIBILITIES = [
  { value: 'public', label: 'Public', icon: <Globe /> },
  { value: 'private', label: 'Private', icon: <Lock /> },
] as const;

export const WHO_FINDS: Record<Visibility, string> = {
  public: 'Everybody here can find it, read it and join.',
  private: 'Only those who are added know of it.',
  direct: 'Only the two of you know of it.',
};

export function RoomForm({
  fields,
  withVisibility,
  action,
  sentence,
  save,
  onName,
  before,
  more,
  children,
}: RoomFormProps) {
  const [now, setNow] = useState(fields);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
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
    <form onSubmit={submit} noValidate>
      <DialogBody>
        {before}
        <Field label="Name" problem={unnamed ? problem : null}>
          {(control) => (
            <input
              {...control}
              value={now.name}
              maxLength={LONGEST_ROOM_NAME}
              autoComplete="off"
              required
              onChange={(event) => {
                setNow({ ...now, name: event.target.value });
                onName?.(event.target.value);
              }}
            />
          )}
        </Field>
        {more}
        <Field label="Topic" optional>
          {(control) => (
            <textarea
              {...control}
              rows={2}
              value={now.topic}
              maxLength={LONGEST_TOPIC}
              onChange={(event) => setNow({ ...now, topic: event.target.value })}
            />
          )}
        </Field>
        {withVisibility && (
          <div className="field">
            <Segments
              legend="Who can find it"
              options={VISIBILITIES}
              value={now.visibility === 'private' ? 'private' : 'public'}
              onChoose={(visibility) => setNow({ ...now, visibility })}
            />
            <p className="soft small">{WHO_FINDS[now.visibility]}</p>
          </div>
        )}
        <p className="problem" role="alert">
          {!unnamed && problem}
        </p>
      </DialogBody>
      <DialogFoot>
        {children}
        <Button look="primary" type="submit" busy={busy}>
          {action}
        </Button>
      </DialogFoot>
    </form>
  );
}
