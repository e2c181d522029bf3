// One line above what is read while the connection is not as it should be: since when, what waits, and where that is kept.
import { shallow, useConnection } from '@belfry/react';
import { useEffect, useState } from 'react';
import { Button } from '../../design/Button';
import { Check, Unplugged } from '../../design/icons';
import { type Down, sinceWhen, whatWaits } from './connection-words';
import { PATIENCE_MS } from './use-cut';
import './connection.css';

const BACK_MS = 2_500;

export function ConnectionLine({ onSignInAgain }: { onSignInAgain(): void }) {
  const state = useConnection(
    ({ status, downSince, waiting, keeps, connect }) => ({ status, downSince, waiting, keeps, connect }),
    shallow,
  );
  const troubled = state.status !== 'online' && state.status !== 'idle';
  const shown = useShown(troubled);
  if (shown === 'nothing') return <div className="connection" role="status" />;
  return (
    <div className="connection" role="status" data-shown={shown}>
      <div className="connection-line">
        {shown === 'back' ? (
          <>
            <Check />
            <p>Connected again.</p>
          </>
        ) : state.status === 'refused' ? (
          <>
            <Unplugged />
            <p>The server does not take this session any more. {whatWaits(state)}</p>
            <Button size="small" onClick={onSignInAgain}>
              Sign in again
            </Button>
          </>
        ) : (
          <Trouble {...state} />
        )}
      </div>
    </div>
  );
}

function Trouble(state: Down & { connect(): void }) {
  const words = [sinceWhen(state), whatWaits(state)].filter(Boolean).join(' ');
  return (
    <>
      <Unplugged />
      <p>
        <strong>{state.status === 'connecting' ? 'Connecting…' : 'Reconnecting…'}</strong>
        {words && <span className="connection-more"> {words}</span>}
      </p>
      {state.downSince !== null && (
        <Button size="small" look="link" onClick={state.connect}>
          Try now
        </Button>
      )}
    </>
  );
}

function useShown(troubled: boolean): 'nothing' | 'trouble' | 'back' {
  const [shown, setShown] = useState<'nothing' | 'trouble' | 'back'>('nothing');

  useEffect(() => {
    if (troubled) {
      const timer = setTimeout(() => setShown('trouble'), PATIENCE_MS);
      return () => clearTimeout(timer);
    }
    setShown((before) => (before === 'trouble' ? 'back' : before));
    const timer = setTimeout(() => setShown('nothing'), BACK_MS);
    return () => clearTimeout(timer);
  }, [troubled]);

  return shown;
}
