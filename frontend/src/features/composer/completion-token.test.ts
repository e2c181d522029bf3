// When the field offers names and emoji, and when it stays quiet.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closedEmoji, tokenAt } from './completion-token';

const atEnd = (text: string) => {
  const found = tokenAt(text, text.length);
  return found && `${found.kind} ${found.query}`;
};

describe('what is completed', () => {
  it('is a name after an @, which may have several words', () => {
    expect(atEnd('@')).toBe('mention ');
    expect(atEnd('so (@ad')).toBe('mention ad');
    expect(atEnd('hello @Ada Lov')).toBe('mention Ada Lov');
    expect(atEnd('hello @Ada ')).toBe('mention Ada ');
  });

  it('is no address, and nothing that is far behind the caret', () => {
    expect(atEnd('ada@example')).toBeNull();
    expect(atEnd('@Ada and then quite a lot more')).toBeNull();
    expect(atEnd('@Ada\nso')).toBeNull();
    expect(tokenAt('@ada', 0)).toBeNull();
  });

  it('is an emoji after a colon and two letters, but no time and no address', () => {
    expect(atEnd('nice :smi')).toBe('emoji smi');
    expect(atEnd('hi @Bo and :smi')).toBe('emoji smi');
    expect(atEnd(':+1')).toBe('emoji +1');
    expect(atEnd(':s')).toBeNull();
    expect(atEnd('at 10:30')).toBeNull();
    expect(atEnd('https://exa')).toBeNull();
    expect(atEnd('std::vec')).toBeNull();
  });

  it('is nothing in code', () => {
    expect(atEnd('`@ad')).toBeNull();
    expect(atEnd('`x` @ad')).toBe('mention ad');
    expect(atEnd('```\n:smi')).toBeNull();
    expect(atEnd('```\nx\n```\n:smi')).toBe('emoji smi');
  });

  it('ends at the caret and begins with its sign, in any text', () => {
    const text = fc.string({ unit: fc.constantFrom('@', ':', 'a', '1', ' ', '\n', '`', '_', '😀', 'é') });
    fc.assert(
      fc.property(text, fc.nat(), (text, place) => {
        const caret = place % (text.length + 1);
        const found = tokenAt(text, caret);
        if (!found) return;
        expect(found.to).toBe(caret);
        expect('@:').toContain(text[found.from]);
        expect(text.slice(found.from + 1, found.to)).toBe(found.query);
      }),
    );
  });

  it('takes a name between two colons as closed', () => {
    expect(closedEmoji('so :tada:', 9)).toEqual({ from: 3, name: 'tada' });
    expect(closedEmoji('at 10:30:', 9)).toBeNull();
    expect(closedEmoji('`:tada:', 7)).toBeNull();
  });
});
