// Logs out; where that loses something, asks first.
import type { Session } from '@belfry/client';
import { useConnection, useMe, useReadable } from '@belfry/react';
import { useState } from 'react';
import { Confirm } from '../../design/Confirm';

export function useLogOut(session: Session) {
  const { guest } = useReadable(session.state);
  const waiting = useConnection((state) => state.waiting);
  const name = useMe((me) => me?.username);
  const [asking, setAsking] = useState(false);

  return {
    ask() {
      if (guest || waiting > 0) setAsking(true);
      else session.logOut();
    },
    question: asking && (
      <Confirm
        title="Log out?"
        action="Log out"
        run={() => session.logOut()}
        onClose={() => setAsking(false)}
      >
        {guest && <p>You are here as a guest: nobody can come back as {name} afterwards.</p>}
        {waiting > 0 && (
          <p>
            {waiting === 1 ? 'One message was' : `${waiting} messages were`} not sent yet, and will be lost.
          </p>
        )}
      </Confirm>
    ),
  };
}
