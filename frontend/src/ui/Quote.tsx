// The message that another one answers, in one line that goes to it.
import type { Message } from '../wire';
import { Reply } from './icons';

interface QuoteProps {
  messageId: string;
  /** `undefined`: further up than what is loaded. */
  message: Message | undefined;
  onJump(messageId: string): void;
}

export function Quote({ messageId, message, onJump }: QuoteProps) {
  return (
    <button className="quote" type="button" onClick={() => onJump(messageId)}>
      <Reply />
      <span className="visually-hidden">In answer to </span>
      {message ? (
        <>
          <strong>{message.username}</strong>
          <span className="clip">{excerpt(message)}</span>
        </>
      ) : (
        <span className="clip">an earlier message</span>
      )}
    </button>
  );
}

export function excerpt({ content, deletedAt }: Message): string {
  return deletedAt ? 'Deleted message' : content.slice(0, 200);
}
