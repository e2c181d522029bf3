// Asks once more before something ends, does it, and says why if that fails.
import { type ReactNode, useState } from 'react';
import { Problem, UNREACHABLE } from '../problem';
import type { WireError } from '../wire';
import { Dialog } from './Dialog';

interface ConfirmProps {
  title: string;
  /** The button that does it. */
  action: string;
  run(): Promise<void> | void;
  sentence?(error: WireError): string;
  onClose(): void;
  children: ReactNode;
}

export function Confirm({ title, action, run, sentence, onClose, children }: ConfirmProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');

  async function go() {
    setBusy(true);
    setProblem('');
    try {
      await run();
      onClose();
    } catch (error) {
      setProblem(sentence?.(error instanceof Problem ? error : UNREACHABLE) ?? 'That did not work.');
      setBusy(false);
    }
  }

  return (
    <Dialog title={title} onClose={onClose}>
      <div className="dialog-body">{children}</div>
      <p className="problem" role="alert">
        {problem}
      </p>
      <div className="dialog-foot">
        <button className="button" type="button" onClick={onClose}>
          Cancel
        </button>
        <button className="button danger" type="button" disabled={busy} onClick={go}>
          {action}
        </button>
      </div>
    </Dialog>
  );
}
