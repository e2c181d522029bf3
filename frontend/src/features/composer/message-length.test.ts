// A text's length is what the server counts, and white space alone is no message.
import { LONGEST_MESSAGE } from '@belfry/client';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codePoints, isBlank, leftToSay, toSend } from './message-length';

describe('the length of a message', () => {
  it('is counted in code points, as iterating over the text does', () => {
    // Strings of the library's own are seconds in the making.
    const points = fc.array(fc.nat({ max: 0x10ffff }));
    fc.assert(
      fc.property(points, (some) => {
        const text = String.fromCodePoint(...some);
        return codePoints(text) === [...text].length;
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0xd7fe, max: 0xe001 })), (units) => {
        const torn = String.fromCharCode(...units);
        return codePoints(torn) === [...torn].length;
      }),
    );
  });

  it('is said only near the limit, and goes below zero beyond it', () => {
    expect(leftToSay('a'.repeat(LONGEST_MESSAGE - 501))).toBeNull();
    expect(leftToSay('a'.repeat(LONGEST_MESSAGE - 500))).toBe(500);
    expect(leftToSay('😀'.repeat(4000))).toBeNull();
    expect(leftToSay('😀'.repeat(LONGEST_MESSAGE))).toBe(0);
    expect(leftToSay('a'.repeat(LONGEST_MESSAGE + 3))).toBe(-3);
  });

  it('leaves out what is not sent', () => {
    expect(toSend('\n  \n    code\nmore \n\n')).toBe('    code\nmore');
    expect(leftToSay(`${'a'.repeat(LONGEST_MESSAGE)}\n\n`)).toBe(0);
  });

  it('is blank without anything to be seen', () => {
    expect(isBlank(' \n\t\u00a0\u2003\u0085')).toBe(true);
    expect(isBlank(' . ')).toBe(false);
  });
});
