// The keys that write Markdown: `|` marks the caret, or both ends of what is selected.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { continueList, type Edit, type FieldState, pasteLink, toggleMark } from './markdown-edits';

function field(marked: string): FieldState {
  const start = marked.indexOf('|');
  const text = marked.replaceAll('|', '');
  const last = marked.lastIndexOf('|');
  return { text, start, end: last === start ? start : last - 1 };
}

function after({ text }: FieldState, edit: Edit): string {
  const next = text.slice(0, edit.from) + edit.insert + text.slice(edit.to);
  if (edit.start === edit.end) return `${next.slice(0, edit.start)}|${next.slice(edit.start)}`;
  return `${next.slice(0, edit.start)}|${next.slice(edit.start, edit.end)}|${next.slice(edit.end)}`;
}

const marked = (text: string, mark: 'bold' | 'italic' | 'code') =>
  after(field(text), toggleMark(field(text), mark));
const continued = (text: string) => {
  const edit = continueList(field(text));
  return edit && after(field(text), edit);
};
const pasted = (text: string, url: string) => {
  const edit = pasteLink(field(text), url);
  return edit && after(field(text), edit);
};

describe('marks', () => {
  it('go around the selection, and away again', () => {
    expect(marked('so |good| it is', 'bold')).toBe('so **|good|** it is');
    expect(marked('so **|good|** it is', 'bold')).toBe('so |good| it is');
    expect(marked('so |**good**| it is', 'bold')).toBe('so |good| it is');
    expect(marked('so |good| it is', 'italic')).toBe('so _|good|_ it is');
    expect(marked('so |good| it is', 'code')).toBe('so `|good|` it is');
  });

  it('leave white space outside, where Markdown wants it', () => {
    expect(marked('so| good |it is', 'bold')).toBe('so **|good|** it is');
  });

  it('wait for words where nothing is selected', () => {
    expect(marked('so |', 'bold')).toBe('so **|**');
    expect(marked('|', 'italic')).toBe('_|_');
  });

  it('make a block of several lines of code', () => {
    expect(marked('see |a\nb| there', 'code')).toBe('see \n```\n|a\nb|\n```\n there');
    expect(marked('|a\nb\n|', 'code')).toBe('```\n|a\nb\n|```');
  });

  it('done twice change nothing', () => {
    const words = fc.stringMatching(/^[a-z]{1,5}( [a-z]{1,5}){0,3}$/);
    fc.assert(
      fc.property(
        words,
        fc.nat(),
        fc.nat(),
        fc.constantFrom('bold', 'italic', 'code'),
        (text, a, b, mark) => {
          const [start, end] = [a % (text.length + 1), b % (text.length + 1)].sort((x, y) => x - y) as [
            number,
            number,
          ];
          const first = toggleMark({ text, start, end }, mark);
          const once = text.slice(0, first.from) + first.insert + text.slice(first.to);
          const second = toggleMark({ text: once, start: first.start, end: first.end }, mark);
          expect(once.slice(0, second.from) + second.insert + once.slice(second.to)).toBe(text);
        },
      ),
    );
  });
});

describe('a new line', () => {
  it('goes on with a list, a task or a quote', () => {
    expect(continued('- one|')).toBe('- one\n- |');
    expect(continued('  * one|two')).toBe('  * one\n  * |two');
    expect(continued('9. nine|')).toBe('9. nine\n10. |');
    expect(continued('1) one|')).toBe('1) one\n2) |');
    expect(continued('- [x] done|')).toBe('- [x] done\n- [ ] |');
    expect(continued('> said|')).toBe('> said\n> |');
  });

  it('ends the list in an empty item', () => {
    expect(continued('- one\n- |')).toBe('- one\n|');
    expect(continued('- one\n2. |\nmore')).toBe('- one\n|\nmore');
  });

  it('is a plain one elsewhere', () => {
    expect(continued('one|')).toBeNull();
    expect(continued('|- one')).toBeNull();
    expect(continued('-one|')).toBeNull();
    expect(continued('- one\nplain|')).toBeNull();
  });
});

describe('an address over a selection', () => {
  it('makes a link of the words', () => {
    expect(pasted('see |the beans| now', ' https://example.org/beans ')).toBe(
      'see [the beans](https://example.org/beans)| now',
    );
    expect(pasted('|x|', 'https://example.org/a_(b)')).toBe('[x](https://example.org/a_%28b%29)|');
  });

  it('is put in as it is where that would be no link', () => {
    expect(pasted('see | now', 'https://example.org')).toBeNull();
    expect(pasted('see |it| now', 'javascript:alert(1)')).toBeNull();
    expect(pasted('see |it| now', 'https://example.org and more')).toBeNull();
    expect(pasted('|https://example.com|', 'https://example.org')).toBeNull();
    expect(pasted('|a\nb|', 'https://example.org')).toBeNull();
  });
});
