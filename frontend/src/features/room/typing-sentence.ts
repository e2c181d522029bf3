// Who is typing, in words.
import type { Typist } from '@belfry/client';

/** Empty where nobody is. */
export function typingSentence(typing: readonly Typist[], nameOf: (typist: Typist) => string): string {
  const [first, second, ...others] = typing.map(nameOf);
  if (first === undefined) return '';
  if (second === undefined) return `${first} is typing…`;
  if (others.length === 0) return `${first} and ${second} are typing…`;
  return 'Several people are typing…';
}
