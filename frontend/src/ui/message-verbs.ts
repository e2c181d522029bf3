// What can be done to a message on screen; the same object for as long as the room is shown.
import type { Message } from '../wire';

export interface MessageVerbs {
  retry(clientId: string): void;
  discard(clientId: string): void;
  clap(messageId: string): void;
  react(messageId: string, emoji: string): void;
  reply(message: Message): void;
  /** Opens the editor in the message's place; `null` closes it. */
  startEdit(messageId: string | null): void;
  edit(messageId: string, content: string): void;
  remove(message: Message): void;
  dismiss(messageId: string): void;
  /** Goes to a message, loading what lies between. */
  jump(messageId: string): void;
}
