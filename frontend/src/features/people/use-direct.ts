// Opens the conversation with one person; where that fails, says why.
import { useClient } from '@belfry/react';
import { useState } from 'react';
import { failureOf, personSentence } from '../../language/sentences';

export function useDirect(onOpenRoom: (roomId: string) => void) {
  const client = useClient();
  const [problem, setProblem] = useState('');

  async function open(userId: string) {
    setProblem('');
    try {
      onOpenRoom((await client.rooms.direct(userId)).id);
    } catch (error) {
      setProblem(personSentence(failureOf(error)));
    }
  }

  return { open: (userId: string) => void open(userId), problem };
}
