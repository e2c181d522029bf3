// Logs out; where that loses something, asks first.
import type { Client, Session } from '@belfry/client';
import { useClient, useConnection, useMe, useReadable } from '@belfry/react';
import { useState } from 'react';
import { Confirm } from '../../design/Confirm';

export function useLogOut(session: Session) {
  const client = useClient();
  const { guest } = useReadable(session.state);
  const waiting = useConnection((state) => state.waiting);
  const name = useMe((me) => me?.username);
  const [asking, setAsking] = useState<Unfinished | null>(null);

  return {
    ask() {
      const unfinished = unfinishedOf(client);
      if (guest || waiting > 0 || unfinished.failed > 0 || unfinished.drafts.length > 0)
        setAsking(unfinished);
      else session.logOut();
    },
    question: asking && (
      <Confirm title="Log out?" action="Log out" run={() => session.logOut()} onClose={() => setAsking(null)}>
        {guest && <p>You are here as a guest: nobody can come back as {name} afterwards.</p>}
        {waiting > 0 && (
          <p>
            {waiting === 1 ? 'One message was' : `${waiting} messages were`} not sent yet, and will be lost.
          </p>
        )}
        {asking.failed > 0 && (
          <p>
            {asking.failed === 1 ? 'One message' : `${asking.failed} messages`} could not be sent, and will be
            lost.
          </p>
        )}
        {asking.drafts.length > 0 && (
          <p>What you have begun to write in {inWords.format(asking.drafts)} will be lost.</p>
        )}
      </Confirm>
    ),
  };
}

interface Unfinished {
  /** The rooms in which something was begun. */
  drafts: string[];
  /** How many messages the server did not take. */
  failed: number;
}

const inWords = new Intl.ListFormat('en');

function unfinishedOf({ rooms, room }: Client): Unfinished {
  const all = rooms.get().rooms;
  const unsent = all.flatMap(({ id }) =>
    room(id)
      .messages.get()
      .messages.filter(({ seq, state }) => seq === null && state === 'failed'),
  );
  return { drafts: all.filter(({ hasDraft }) => hasDraft).map(({ title }) => title), failed: unsent.length };
}
