// What people think of a message: claps that grow under the finger, and emoji. One's own are marked.
import { type MessageItem, MOST_CLAPS, MOST_EMOJI } from '@belfry/client';
import { useState } from 'react';
import { Clap, Smile } from '../../design/icons';
import { Popup } from '../../design/Popup';
import { QuickEmoji } from '../emoji/QuickEmoji';
import type { MessageVerbs } from './message-verbs';
import './applause.css';

/** So many kinds are shown before the others are asked for. */
const SHOWN = 12;

interface ApplauseProps {
  message: MessageItem;
  member: boolean;
  active: boolean;
  verbs: MessageVerbs;
}

export function Applause({ message, member, active, verbs }: ApplauseProps) {
  const [all, setAll] = useState(false);
  const { id, claps, reactions } = message;
  if (claps.total === 0 && reactions.length === 0) return null;
  const some = all || reactions.length <= SHOWN + 1 ? reactions : reactions.slice(0, SHOWN);
  const rest = reactions.length - some.length;
  const tab = active ? 0 : -1;
  return (
    <div className="applause">
      {claps.total > 0 && <Claps message={message} member={member} tab={tab} verbs={verbs} />}
      {some.map(({ emoji, count, mine }) => (
        <button
          key={emoji}
          className="chip"
          type="button"
          tabIndex={tab}
          aria-pressed={mine}
          aria-disabled={!member || undefined}
          aria-label={`${emoji}: ${people(count)}${mine ? ', you too' : ''}`}
          onClick={() => member && verbs.react(id, emoji)}
        >
          <span className="chip-sign">{emoji}</span> {count}
        </button>
      ))}
      {(rest > 0 || all) && (
        <button
          className="chip more"
          type="button"
          tabIndex={tab}
          aria-expanded={all}
          onClick={() => setAll(!all)}
        >
          {all ? 'Fewer' : `+${rest} more`}
        </button>
      )}
      {member && (
        <ReactPopup
          label="Add a reaction"
          className="chip add"
          message={message}
          tabStop={active}
          verbs={verbs}
        />
      )}
    </div>
  );
}

interface ReactPopupProps {
  label: string;
  className: string;
  message: MessageItem;
  tabStop: boolean;
  verbs: MessageVerbs;
}

/** A message takes only so many kinds: with all of them there, one can only join in. */
export function ReactPopup({
  label,
  className,
  message: { id, reactions },
  tabStop,
  verbs,
}: ReactPopupProps) {
  const full = reactions.length >= MOST_EMOJI;
  return (
    <Popup label={label} face={<Smile />} look="bare" className={className} kind="dialog" tabStop={tabStop}>
      {(close) => (
        <QuickEmoji
          mine={reactions.filter(({ mine }) => mine).map(({ emoji }) => emoji)}
          only={full ? reactions.map(({ emoji }) => emoji) : null}
          onPick={(emoji) => {
            verbs.react(id, emoji);
            close();
          }}
          onClose={close}
        />
      )}
    </Popup>
  );
}

interface ClapsProps {
  message: MessageItem;
  member: boolean;
  tab: number;
  verbs: MessageVerbs;
}

function Claps({ message: { id, claps }, member, tab, verbs }: ClapsProps) {
  const { total, mine } = claps;
  const full = mine >= MOST_CLAPS;
  const title = full
    ? `You have given all your ${MOST_CLAPS} claps`
    : mine > 0
      ? `${mine} of ${MOST_CLAPS} claps are yours`
      : 'Clap';
  return (
    <button
      className="chip claps"
      type="button"
      tabIndex={tab}
      aria-pressed={mine > 0}
      title={title}
      aria-disabled={full || !member}
      onClick={() => member && verbs.clap(id)}
    >
      <span className="visually-hidden">Clap: </span>
      {/* Another element with each clap, so that it beats again. */}
      <span key={mine} className="chip-sign beat" aria-hidden="true">
        <Clap />
        {mine > 0 && <span className="rising">+{mine}</span>}
      </span>
      {total}
      <span className="visually-hidden"> so far, {mine} of them yours</span>
    </button>
  );
}

function people(count: number): string {
  return count === 1 ? '1 person' : `${count} people`;
}
