// The emoji somebody uses most, in one row, with all the others behind one more button.
import { useState } from 'react';
import { More } from '../../design/icons';
import { EmojiPicker } from './EmojiPicker';
import { mostUsed, remember } from './remembered';
import './emoji.css';

const QUICK = 6;

interface QuickEmojiProps {
  onPick(emoji: string): void;
  onClose(): void;
  /** Those that are the user's already: shown as pressed. */
  mine?: readonly string[];
  /** Only these can be picked: where no other one is taken any more. */
  only?: readonly string[] | null;
}

export function QuickEmoji({ onPick, onClose, mine = [], only = null }: QuickEmojiProps) {
  const [all, setAll] = useState(false);
  const [quick] = useState(() => [...new Set([...(only ?? []), ...mostUsed(QUICK)])]);
  if (all) return <EmojiPicker onPick={onPick} onClose={onClose} />;
  return (
    <div className="emoji-quick">
      {quick.map((emoji) => (
        <button
          key={emoji}
          className="emoji"
          type="button"
          aria-label={QUICK_NAMES[emoji] ?? emoji}
          aria-pressed={mine.includes(emoji)}
          disabled={only !== null && !only.includes(emoji)}
          onClick={() => {
            remember(emoji);
            onPick(emoji);
          }}
        >
          {emoji}
        </button>
      ))}
      {only === null && (
        <button
          className="emoji emoji-more"
          type="button"
          aria-label="More emoji"
          title="More emoji"
          onClick={() => setAll(true)}
        >
          <More />
        </button>
      )}
    </div>
  );
}

/** For those that are there from the start; of any other a screen reader knows the name itself. */
const QUICK_NAMES: Readonly<Record<string, string>> = {
  '👍': 'thumbs up',
  '❤️': 'heart',
  '😂': 'laughing',
  '🎉': 'party',
  '😮': 'surprised',
  '👀': 'looking',
};
