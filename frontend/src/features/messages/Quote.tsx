// The message that another one answers, in one line that goes to it.
import type { MessageItem } from '@belfry/client';
import { Reply } from '../../design/icons';
import { useShownName } from './shown-names';

interface QuoteProps {
  messageId: string;
  /** `undefined`: not among what is known here. */
  message: MessageItem | undefined;
  active: boolean;
  onJump(messageId: string): void;
}

export function Quote({ messageId, message, active, onJump }: QuoteProps) {
  const nameOf = useShownName();
  return (
    <button className="quote" type="button" tabIndex={active ? 0 : -1} onClick={() => onJump(messageId)}>
      <Reply />
      <span className="visually-hidden">In answer to </span>
      {message ? (
        <>
          <strong>{nameOf(message)}</strong>
          <span className="clip">{excerpt(message)}</span>
        </>
      ) : (
        <span className="clip">an earlier message</span>
      )}
    </button>
  );
}

const LONGEST = 200;

export function excerpt({ content, deletedAt }: Pick<MessageItem, 'content' | 'deletedAt'>): string {
  return deletedAt ? 'Deleted message' : content.slice(0, LONGEST);
}
