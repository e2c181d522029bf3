// All emoji, by family, with a search: comes with its data only when somebody asks for it.
import { type EmojiData, type EmojiPickerListProps, EmojiPicker as Parts } from 'frimousse';
import { useMemo, useRef, useState } from 'react';
import '../../design/Field.css';
import { keepSkinTone, lastUsed, skinTone } from './remembered';

const COLUMNS = 8;
const RECENT_SHOWN = 8;

// The library counts rows and columns from 0, where ARIA begins with 1. It finds the row to scroll to by its number, and so the one
// before: `.emoji-row` keeps a row's height free below.
const COMPONENTS: NonNullable<EmojiPickerListProps['components']> = {
  CategoryHeader: ({ category, ...props }) => (
    <div {...props} className="emoji-family">
      {category.label}
    </div>
  ),
  Row: (props) => <div {...fromOne(props)} className="emoji-row" />,
  Emoji: ({ emoji, ...props }) => (
    <button type="button" {...fromOne(props)} className="emoji">
      {emoji.emoji}
    </button>
  ),
};

interface Counted {
  'aria-rowindex'?: number | undefined;
  'aria-colindex'?: number | undefined;
}

function fromOne<T extends Counted>({ 'aria-rowindex': row, 'aria-colindex': column, ...props }: T) {
  return {
    ...props,
    ...(row !== undefined && { 'aria-rowindex': row + 1 }),
    ...(column !== undefined && { 'aria-colindex': column + 1 }),
  };
}

interface FullPickerProps {
  data: EmojiData;
  onPick(emoji: string): void;
}

export default function FullPicker({ data, onPick }: FullPickerProps) {
  const [search, setSearch] = useState('');
  const [tone] = useState(skinTone);
  const [recent] = useState(() => lastUsed().slice(0, RECENT_SHOWN));
  const resolve = useMemo(() => () => data, [data]);
  const root = useRef<HTMLDivElement>(null);
  const names = useMemo(() => new Map(data.emojis.map(({ emoji, label }) => [emoji, label])), [data]);
  const fine = useMemo(() => window.matchMedia('(pointer: fine)').matches, []);

  return (
    <Parts.Root
      ref={root}
      className="emoji-picker"
      columns={COLUMNS}
      skinTone={tone}
      resolveEmojiData={resolve}
      onEmojiSelect={({ emoji }) => onPick(emoji)}
    >
      <div className="emoji-search">
        <Parts.Search
          className="input"
          aria-label="Search emoji"
          placeholder="Search emoji"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          autoFocus={fine}
        />
        <Parts.SkinTone emoji="✋">
          {({ skinTone: chosen, setSkinTone, skinToneVariations }) => (
            <select
              className="input emoji-tone"
              aria-label="Skin tone"
              value={chosen}
              onChange={(event) => {
                const next = skinToneVariations.find(({ skinTone }) => skinTone === event.target.value);
                if (!next) return;
                setSkinTone(next.skinTone);
                keepSkinTone(next.skinTone);
              }}
            >
              {skinToneVariations.map(({ skinTone, emoji }) => (
                <option
                  key={skinTone}
                  value={skinTone}
                  aria-label={skinTone === 'none' ? 'No skin tone' : data.skinTones[skinTone]}
                >
                  {emoji}
                </option>
              ))}
            </select>
          )}
        </Parts.SkinTone>
      </div>
      {search === '' && recent.length > 0 && (
        <fieldset className="emoji-recent">
          <legend className="visually-hidden">Used lately</legend>
          {recent.map((emoji) => (
            <button
              key={emoji}
              className="emoji"
              type="button"
              aria-label={names.get(emoji) ?? emoji}
              onClick={() => onPick(emoji)}
            >
              {emoji}
            </button>
          ))}
        </fieldset>
      )}
      <Parts.Viewport className="emoji-viewport" tabIndex={0} aria-label="Emoji" role="region">
        <Parts.Loading className="emoji-note">Loading…</Parts.Loading>
        <Parts.Empty>
          {({ search: words }) => (
            <p className="emoji-note" role="status">
              No emoji found for “{words}”.
            </p>
          )}
        </Parts.Empty>
        <Parts.List aria-label="Emoji" components={COMPONENTS} />
      </Parts.Viewport>
      <Parts.ActiveEmoji>
        {({ emoji }) => (
          <p className="emoji-active clip" aria-hidden="true">
            {emoji ? (
              <>
                <span className="emoji-large">{emoji.emoji}</span> {emoji.label}
              </>
            ) : (
              'Pick an emoji'
            )}
          </p>
        )}
      </Parts.ActiveEmoji>
    </Parts.Root>
  );
}
