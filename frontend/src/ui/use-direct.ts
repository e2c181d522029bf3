// Opens the conversation with one person; where that fails, says why.
import { useState } from 'react';
import type { Chat } from '../chat';
import { memberSentence, Problem, UNREACHABLE } from '../problem';
import { addressOf } from '../room-id';

export function useDirect(chat: Chat) {
  const [problem, setProblem] = useState('');

  async function open(userId: string) {
    setProblem('');
    try {
      const room = await chat.desk.direct(userId);
      chat.adopt(room);
      window.location.hash = addressOf(room.id);
    } catch (error) {
      setProblem(memberSentence(error instanceof Problem ? error : UNREACHABLE));
    }
  }

  return { open: (userId: string) => void open(userId), problem };
}
