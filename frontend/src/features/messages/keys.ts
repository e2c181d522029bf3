// The keys of the message that has the focus; MESSAGE_KEYS is what the map of all keys says of them.
import { type MessageItem, mayDelete, mayEdit, type Role } from '@belfry/client';
import type { KeyboardEvent } from 'react';
import type { MessageVerbs } from './message-verbs';

export const MESSAGE_KEYS = [
  { keys: 'Up Down', does: 'The message before, the message after' },
  { keys: 'Home End', does: 'The first message that is there, the newest' },
  { keys: 'R', does: 'Reply' },
  { keys: 'C', does: 'Clap' },
  { keys: '+', does: 'Add a reaction' },
  { keys: 'E', does: 'Edit' },
  { keys: 'L', does: 'Copy the link' },
  { keys: 'Delete', does: 'Delete' },
  { keys: 'Escape', does: 'Back to the field to write in' },
] as const;

interface Of {
  message: MessageItem;
  role: Role;
  me: string;
  verbs: MessageVerbs;
}

/** `null`: the key means nothing here. In the row's editor and on its buttons the keys are theirs. */
export function actOf(event: KeyboardEvent<HTMLElement>, { message, role, me, verbs }: Of): (() => void) | null {
  const row = event.currentTarget;
  if (event.target !== row || event.ctrlKey || event.metaKey || event.altKey) return null;
  const { id } = message;
  switch (event.key.toLowerCase()) {
    case 'r':
      return () => verbs.reply(id);
    case 'c':
      return () => verbs.clap(id);
    case '+':
      return () => row.querySelector<HTMLElement>('.action.react')?.click();
    case 'e':
      return mayEdit(message, { role }, me) ? () => verbs.startEdit(id) : null;
    case 'l':
      return () => verbs.copyLink(message);
    case 'delete':
      return mayDelete(message, { role }, me) ? () => verbs.remove(message) : null;
    default:
      return null;
  }
}
