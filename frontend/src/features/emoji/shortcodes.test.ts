// Which emoji the letters after a colon offer, first to last.
import { describe, expect, it } from 'vitest';
import type { Named } from './data';
import { emojiChoices, emojiNamed } from './shortcodes';

const all: Named[] = [
  { emoji: '😄', names: ['smile', 'grinning_face_with_closed_eyes'] },
  { emoji: '😃', names: ['smiley'] },
  { emoji: '😺', names: ['smiley_cat'] },
  { emoji: '😏', names: ['smirk'] },
  { emoji: '🎉', names: ['tada', 'party'] },
  { emoji: '🥳', names: ['partying_face'] },
  { emoji: '🐱', names: ['cat'] },
  { emoji: '👍', names: ['+1', 'thumbsup'] },
];

const offered = (query: string, recent: string[] = []) =>
  emojiChoices(query, all, recent).map(({ emoji, name }) => `${emoji} ${name}`);

describe('emoji offered', () => {
  it('begin so, the shortest name first', () => {
    expect(offered('smi')).toEqual(['😄 smile', '😏 smirk', '😃 smiley', '😺 smiley_cat']);
    expect(offered('PARTY')).toEqual(['🎉 party', '🥳 partying_face']);
    expect(offered('+1')).toEqual(['👍 +1']);
  });

  it('have such a word after those that begin so', () => {
    expect(offered('cat')).toEqual(['🐱 cat', '😺 smiley_cat']);
  });

  it('put what was used lately before its equals', () => {
    expect(offered('smi', ['😺'])[0]).toBe('😺 smiley_cat');
  });

  it('are found by their whole name', () => {
    expect(emojiNamed('thumbsup', all)).toBe('👍');
    expect(emojiNamed('thumbs', all)).toBeNull();
  });
});
