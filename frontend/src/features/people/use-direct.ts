// Opens the conversation with one person; where that fails, says why.
import { useClient } from '@belfry/react';
import { useState } from 'react';
import { failureOf, personSentence } from '../../language/sentences';
import { go, roomAddress } from '../../routes';

export function useDirect(onOpen?: () => void) {
  const client = useClient();
  const [problem, setProblem] = useState('');

  async function open(userId: string) {
    setProblem('');
    try {
      const { id } = await client.rooms.direct(userId);
      onOpen?.();
      go(roomAddress(id));
    } catch (error) {
      setProblem(personSentence(failureOf(error)));
    }
  }

  return { open: (userId: string) => void open(userId), problem };
}
