// What can be done to a message on screen; the same object for as long as the room is shown.
import type { MessageItem } from '@belfry/client';

export interface MessageVerbs {
  retry(key: string): void;
  /** Takes an unsent message off the list, and its text back into the field where that is empty. */
  discard(key: string): void;
  clap(messageId: string): void;
  react(messageId: string, emoji: string): void;
  reply(messageId: string): void;
  /** Opens the editor in the message's place; `null` closes it. */
  startEdit(messageId: string | null): void;
  edit(messageId: string, content: string): void;
  /** Hides it; it is gone for everybody a little later, if nobody takes that back. */
  remove(message: MessageItem): void;
  dismiss(messageId: string): void;
  copyLink(message: MessageItem): void;
  /** Goes to a message, wherever it is. */
  jump(place: string | number): void;
}
