// What can be done to a message. The quick ones are for the mouse: by keyboard the emoji and the menu are reached, and hold it all.
import { mayDelete, mayEdit } from '../permission';
import type { Message, Room } from '../wire';
import { EmojiPalette } from './EmojiPalette';
import { More, Reply, Smile } from './icons';
import { type Choice, Menu } from './Menu';
import type { MessageVerbs } from './message-verbs';
import { Popup } from './Popup';

interface MessageActionsProps {
  message: Message;
  room: Room | null;
  me: string;
  verbs: MessageVerbs;
}

export function MessageActions({ message, room, me, verbs }: MessageActionsProps) {
  const { id, username, reactions } = message;
  const choices: Choice[] = [
    { label: 'Reply', run: () => verbs.reply(message) },
    { label: 'Clap', run: () => verbs.clap(id) },
  ];
  if (mayEdit(message, room, me)) choices.push({ label: 'Edit', run: () => verbs.startEdit(id) });
  if (mayDelete(message, room, me))
    choices.push({ label: 'Delete', danger: true, run: () => verbs.remove(message) });
  return (
    <div className="actions">
      <button
        className="action quick"
        type="button"
        tabIndex={-1}
        title="Clap"
        aria-label={`Clap for ${username}`}
        onClick={() => verbs.clap(id)}
      >
        <span className="chip-sign">👏</span>
      </button>
      <Popup label="React" face={<Smile />} className="action" kind="dialog">
        {(close) => (
          <EmojiPalette
            reactions={reactions}
            onChoose={(emoji) => {
              verbs.react(id, emoji);
              close();
            }}
          />
        )}
      </Popup>
      <button
        className="action quick"
        type="button"
        tabIndex={-1}
        title="Reply"
        aria-label={`Reply to ${username}`}
        onClick={() => verbs.reply(message)}
      >
        <Reply />
      </button>
      <Menu label="More" face={<More />} className="action" choices={choices} />
    </div>
  );
}
