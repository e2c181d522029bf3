// The emoji to choose from: a few that most people want, and what others have put under the message already.
import { MOST_EMOJI, type Reaction } from '../wire';

const COMMON: readonly (readonly [string, string])[] = [
  ['👍', 'thumbs up'],
  ['❤️', 'heart'],
  ['😂', 'laughing'],
  ['🎉', 'party'],
  ['😮', 'surprised'],
  ['😢', 'sad'],
  ['🙏', 'thank you'],
  ['👀', 'looking'],
];

interface EmojiPaletteProps {
  reactions: readonly Reaction[];
  onChoose(emoji: string): void;
}

export function EmojiPalette({ reactions, onChoose }: EmojiPaletteProps) {
  const full = reactions.length >= MOST_EMOJI;
  const common = new Set(COMMON.map(([emoji]) => emoji));
  const others = reactions
    .filter(({ emoji }) => !common.has(emoji))
    .map(({ emoji }) => [emoji, emoji] as const);
  return (
    <div className="palette">
      {[...COMMON, ...others].map(([emoji, name]) => {
        const there = reactions.find((each) => each.emoji === emoji);
        return (
          <button
            key={emoji}
            className="emoji"
            type="button"
            aria-label={name}
            aria-pressed={there?.mine ?? false}
            disabled={full && !there}
            onClick={() => onChoose(emoji)}
          >
            {emoji}
          </button>
        );
      })}
    </div>
  );
}
