// What people think of a message: claps that grow under the finger, and emoji. One's own are marked.
import { type Message, MOST_CLAPS } from '../wire';
import { EmojiPalette } from './EmojiPalette';
import { Smile } from './icons';
import type { MessageVerbs } from './message-verbs';
import { Popup } from './Popup';

export function Applause({ message, verbs }: { message: Message; verbs: MessageVerbs }) {
  const { id, claps, reactions } = message;
  if (claps.total === 0 && reactions.length === 0) return null;
  return (
    <div className="applause">
      {claps.total > 0 && <Claps message={message} verbs={verbs} />}
      {reactions.map(({ emoji, count, mine = false }) => (
        <button
          key={emoji}
          className="chip"
          type="button"
          aria-pressed={mine}
          aria-label={`${emoji}: ${people(count)}${mine ? ', you too' : ''}`}
          onClick={() => verbs.react(id, emoji)}
        >
          <span className="chip-sign">{emoji}</span> {count}
        </button>
      ))}
      <Popup label="Add a reaction" face={<Smile />} className="chip add" kind="dialog">
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
    </div>
  );
}

function Claps({ message: { id, claps }, verbs }: { message: Message; verbs: MessageVerbs }) {
  const mine = claps.mine ?? 0;
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
      aria-pressed={mine > 0}
      title={title}
      aria-disabled={full}
      onClick={() => verbs.clap(id)}
    >
      <span className="visually-hidden">Clap: </span>
      <span key={mine} className="chip-sign beat" aria-hidden="true">
        👏
      </span>
      {claps.total}
      {mine > 0 && (
        <span className="own-claps" aria-hidden="true">
          +{mine}
        </span>
      )}
      <span className="visually-hidden"> so far, {mine} of them yours</span>
    </button>
  );
}

function people(count: number): string {
  return count === 1 ? '1 person' : `${count} people`;
}
