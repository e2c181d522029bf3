// How long a text is as the server counts it, and whether it says anything.
import { LONGEST_MESSAGE } from '@belfry/client';

/** From this many left on, the field says how many. */
const COUNT_FROM = 500;

/** Unicode code points, not UTF-16 units: an emoji of one code point counts once. */
export function codePoints(text: string): number {
  let pairs = 0;
  for (let at = 0; at < text.length - 1; at += 1) {
    if (isHigh(text.charCodeAt(at)) && isLow(text.charCodeAt(at + 1))) {
      pairs += 1;
      at += 1;
    }
  }
  return text.length - pairs;
}

/** What is sent of a text: without blank lines before it and without white space after it. */
export function toSend(text: string): string {
  return text.replace(/^(?:[^\S\n]*\n)+/u, '').replace(BLANK_END, '');
}

export function isBlank(text: string): boolean {
  return BLANK.test(text);
}

/** How many code points are left, negative when there are too many; `null` while there is no reason to say so. */
export function leftToSay(text: string): number | null {
  // No text has more code points than units: most are never counted.
  if (text.length < LONGEST_MESSAGE - COUNT_FROM) return null;
  const left = LONGEST_MESSAGE - codePoints(toSend(text));
  return left <= COUNT_FROM ? left : null;
}

const BLANK = /^[\p{White_Space}\uFEFF]*$/u;
const BLANK_END = /[\p{White_Space}\uFEFF]+$/u;

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
