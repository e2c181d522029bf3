// One line above what is read while the connection is not as it should be: since when, what waits, and where that is kept.
import { shallow, useConnection } from '@belfry/react';
import { useEffect, useState } from 'react';
import { Button } from '../../design/Button';
import { Check, Unplugged } from '../../design/icons';
import { sinceWhen, whatWaits } from './connection-words';
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
  const trouble = shown === 'trouble';
  const refused = trouble && state.status === 'refused';
  const more = trouble && [!refused && sinceWhen(state), whatWaits(state)].filter(Boolean).join(' ');
  // What counts up stands outside of what is read out at each change.
  return (
    <div className="connection" data-shown={shown}>
      <div className={shown === 'nothing' ? undefined : 'connection-line'}>
        {shown !== 'nothing' && (trouble ? <Unplugged /> : <Check />)}
        <p>
          <span role="status">
            {shown === 'back' && 'Connected again.'}
            {refused && 'The server does not take this session any more.'}
            {trouble && !refused && (
              <strong>{state.status === 'connecting' ? 'Connecting…' : 'Reconnecting…'}</strong>
            )}
          </span>
          {more && <span className="connection-more"> {more}</span>}
        </p>
        {refused && (
          <Button size="small" onClick={onSignInAgain}>
            Sign in again
          </Button>
        )}
        {trouble && !refused && state.downSince !== null && (
          <Button size="small" look="link" onClick={state.connect}>
            Try now
          </Button>
        )}
      </div>
    </div>
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
