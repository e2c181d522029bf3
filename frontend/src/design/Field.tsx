// A label, what it labels, what helps, and what is wrong with it.
import { type ReactNode, useId } from 'react';
import './Field.css';

export interface FieldControl {
  id: string;
  className: string;
  'aria-describedby': string | undefined;
  'aria-invalid': boolean | undefined;
}

interface FieldProps {
  label: string;
  /** The label is only read out. */
  quiet?: boolean;
  optional?: boolean;
  hint?: ReactNode;
  /** Said as soon as it is there. */
  problem?: string | null | undefined;
  /** Spread `control` onto the input, textarea or select. */
  children(control: FieldControl): ReactNode;
}

export function Field({ label, quiet = false, optional = false, hint, problem, children }: FieldProps) {
  const id = useId();
  const hintId = `${id}hint`;
  const problemId = `${id}problem`;
  const described = [hint ? hintId : '', problem ? problemId : ''].filter(Boolean).join(' ');
  return (
    <div className="field">
      <label className={quiet ? 'visually-hidden' : 'field-label'} htmlFor={id}>
        {label}
        {optional && <span className="soft"> (optional)</span>}
      </label>
      {children({
        id,
        className: 'input',
        'aria-describedby': described || undefined,
        'aria-invalid': problem ? true : undefined,
      })}
      {hint && (
        <p id={hintId} className="soft small">
          {hint}
        </p>
      )}
      <p id={problemId} className="problem" role="alert">
        {problem}
      </p>
    </div>
  );
}
