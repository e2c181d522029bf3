// What the keys do to the message that has the focus.
import { type MessageItem, mayDelete, mayEdit, type Role } from '@belfry/client';
import type { KeyboardEvent } from 'react';
import { pressed } from '../../keyboard';
import type { MessageVerbs } from './message-verbs';

interface Of {
  message: MessageItem;
  role: Role;
  me: string;
  verbs: MessageVerbs;
}

/** `null`: the key means nothing here. In the row's editor and on its buttons the keys are theirs. */
export function actOf(
  event: KeyboardEvent<HTMLElement>,
  { message, role, me, verbs }: Of,
): (() => void) | null {
  const row = event.currentTarget;
  if (event.target !== row) return null;
  const { id } = message;
  if (pressed('messageReply', event)) return () => verbs.reply(id);
  if (pressed('messageClap', event)) return () => verbs.clap(id);
  if (pressed('messageReact', event)) return () => row.querySelector<HTMLElement>('.action.react')?.click();
  if (pressed('messageLink', event)) return () => verbs.copyLink(message);
  if (pressed('messageEdit', event) && mayEdit(message, { role }, me)) return () => verbs.startEdit(id);
  if (pressed('messageDelete', event) && mayDelete(message, { role }, me)) return () => verbs.remove(message);
  return null;
}
