// Online, away or busy: how the user wants to be seen.
import { useId } from 'react';
import type { Status } from '../wire';

interface StatusChoiceProps {
  status: Status;
  onChoose(status: Status): void;
}

export function StatusChoice({ status, onChoose }: StatusChoiceProps) {
  const id = useId();
  return (
    <>
      <label className="visually-hidden" htmlFor={id}>
        Your status
      </label>
      <select
        id={id}
        className="status-choice"
        value={status}
        onChange={(event) => onChoose(event.target.value as Status)}
      >
        <option value="online">Online</option>
        <option value="away">Away</option>
        <option value="busy">Busy</option>
      </select>
    </>
  );
}
