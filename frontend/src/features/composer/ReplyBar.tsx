// The message that is being answered, above the field.
import type { MessageItem } from '@belfry/client';
import { useMessages } from '@belfry/react';
import { IconButton } from '../../design/Button';
import { Close, Reply } from '../../design/icons';
import { useShownName } from '../messages/shown-names';

const LONGEST_EXCERPT = 160;
/** What Markdown is written with says nothing in one line. */
const SIGNS = /\*\*|~~|`+|^\s*(?:>|#{1,6}|[-*+])\s+/gmu;

export function ReplyBar({ to, onCancel }: { to: string; onCancel(): void }) {
  const item = useMessages(
    ({ messages }): MessageItem | null => messages.find(({ id }) => id === to) ?? null,
  );
  const nameOf = useShownName();
  return (
    <div className="replying">
      <Reply />
      <span className="clip">
        <span className="soft">Replying to </span>
        {item ? <strong>{nameOf(item)}</strong> : <span className="soft">a message that is not shown</span>}{' '}
        <span className="soft">{item && excerpt(item)}</span>
      </span>
      <IconButton label="Do not reply" size="small" icon={<Close />} onClick={onCancel} />
    </div>
  );
}

function excerpt({ content, deletedAt }: MessageItem): string {
  if (deletedAt) return 'deleted';
  const line = content.replace(SIGNS, '').replace(/\s+/gu, ' ').trim();
  const characters = [...line.slice(0, 2 * LONGEST_EXCERPT)];
  return characters.length > LONGEST_EXCERPT ? `${characters.slice(0, LONGEST_EXCERPT).join('')}…` : line;
}
