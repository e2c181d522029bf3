// One line above the room while the connection is not as it should be; short cuts pass without it.
import { useEffect, useState } from 'react';
import { type ChatState, waitingCount } from '../chat-state';

const PATIENCE_MS = 600;

export function StatusLine({ state }: { state: ChatState }) {
  const sentence = sentenceOf(state);
  const [patient, setPatient] = useState(true);
  const troubled = sentence !== '';

  useEffect(() => {
    if (!troubled) return setPatient(true);
    const timer = setTimeout(() => setPatient(false), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [troubled]);

  return (
    <p className="status-line" role="status">
      {patient ? '' : sentence}
    </p>
  );
}

function sentenceOf(state: ChatState): string {
  if (state.standing === 'online') return state.problem ?? '';
  const count = waitingCount(state);
  const waiting = count === 0 ? '' : ` ${count} ${count === 1 ? 'message' : 'messages'} waiting`;
  return `${state.standing === 'connecting' ? 'Connecting…' : 'Reconnecting…'}${waiting}`;
}
