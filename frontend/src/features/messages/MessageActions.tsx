// What can be done to a message, over its upper edge: shown to the pointer and to the focus; on a phone the menu holds it all.
import { type MessageItem, mayDelete, mayEdit, type Role } from '@belfry/client';
import { Clap, LinkSign, More, Pencil, Reply, Trash } from '../../design/icons';
import { type Choice, Menu } from '../../design/Menu';
import { tip } from '../../design/Tooltip';
import { keysOf } from '../../keyboard';
import { ReactPopup } from './Applause';
import type { MessageVerbs } from './message-verbs';
import { useShownName } from './shown-names';

interface MessageActionsProps {
  message: MessageItem;
  role: Role;
  me: string;
  active: boolean;
  verbs: MessageVerbs;
}

export function MessageActions({ message, role, me, active, verbs }: MessageActionsProps) {
  const { id } = message;
  const name = useShownName()(message);
  const choices: Choice[] = [
    { label: 'Reply', icon: <Reply />, keys: keysOf('messageReply'), run: () => verbs.reply(id) },
    {
      label: 'Clap',
      icon: <Clap />,
      keys: keysOf('messageClap'),
      run: () => verbs.clap(id),
    },
    {
      label: 'Copy link',
      icon: <LinkSign />,
      keys: keysOf('messageLink'),
      run: () => verbs.copyLink(message),
    },
  ];
  if (mayEdit(message, { role }, me))
    choices.push({
      label: 'Edit',
      icon: <Pencil />,
      keys: keysOf('messageEdit'),
      run: () => verbs.startEdit(id),
    });
  if (mayDelete(message, { role }, me)) {
    choices.push({
      label: 'Delete',
      icon: <Trash />,
      keys: keysOf('messageDelete'),
      danger: true,
      run: () => verbs.remove(message),
    });
  }
  return (
    <div className="actions">
      <button
        className="action quick"
        type="button"
        tabIndex={active ? 0 : -1}
        {...tip('Clap', keysOf('messageClap'))}
        aria-label={`Clap for ${name}`}
        onClick={() => verbs.clap(id)}
      >
        <Clap />
      </button>
      <ReactPopup label="React" className="action react" message={message} tabStop={active} verbs={verbs} />
      <button
        className="action quick"
        type="button"
        tabIndex={active ? 0 : -1}
        {...tip('Reply', keysOf('messageReply'))}
        aria-label={`Reply to ${name}`}
        onClick={() => verbs.reply(id)}
      >
        <Reply />
      </button>
      <Menu label="More" face={<More />} look="bare" className="action" tabStop={active} choices={choices} />
    </div>
  );
}
