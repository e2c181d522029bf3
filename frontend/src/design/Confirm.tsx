// Asks once more before something ends, does it, and says why if that fails.
import { type ReactNode, useState } from 'react';
import { Button } from './Button';
import { Dialog, DialogBody, DialogFoot } from './Dialog';

interface ConfirmProps {
  title: string;
  /** The button that does it. */
  action: string;
  /** What it does can be taken back. */
  mild?: boolean;
  run(): unknown;
  /** The failure in words. */
  sentence?(error: unknown): string;
  onClose(): void;
  children: ReactNode;
}

export function Confirm({ title, action, mild = false, run, sentence, onClose, children }: ConfirmProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');

  async function go() {
    setBusy(true);
    setProblem('');
    try {
      await run();
      onClose();
    } catch (error) {
      setProblem(sentence?.(error) ?? 'That did not work. Try again in a moment.');
      setBusy(false);
    }
  }

  return (
    <Dialog title={title} size="small" onClose={onClose}>
      <DialogBody>
        {children}
        <p className="problem" role="alert">
          {problem}
        </p>
      </DialogBody>
      <DialogFoot>
        <Button onClick={onClose}>Cancel</Button>
        <Button look={mild ? 'primary' : 'danger'} busy={busy} onClick={() => void go()}>
          {action}
        </Button>
      </DialogFoot>
    </Dialog>
  );
}
