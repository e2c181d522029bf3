// What becomes a link or a mention, and what must not.
import { expect, it } from 'vitest';
import { type Naming, pieces } from './rich-text';

const nobody: Naming = { names: [], someUnknown: false, me: 'Me' };

function marked(text: string, naming = nobody) {
  const found = pieces(text, naming);
  expect(found.map((piece) => piece.text).join('')).toBe(text);
  return found.filter((piece) => piece.type !== 'text').map((piece) => piece.text);
}

it.each([
  ['see https://example.org/a?b=c#d.', ['https://example.org/a?b=c#d']],
  ['(https://example.org/x)', ['https://example.org/x']],
  ['https://example.org/wiki/Bell_(tower)', ['https://example.org/wiki/Bell_(tower)']],
  ['HTTP://EXAMPLE.ORG and http://b.example', ['HTTP://EXAMPLE.ORG', 'http://b.example']],
  ['javascript:alert(1) data:text/html,x ftp://x https:// http://[', []],
  ['<a href="https://example.org">', ['https://example.org']],
])('finds the links in %s', (text, links) => {
  expect(marked(text)).toEqual(links);
});

it('marks those whom the server found, longer names first, and nobody else', () => {
  const naming = { ...nobody, names: ['Ada', 'Ada Lovelace', 'me'] };
  expect(marked('@Ada Lovelace and @ada, not @adam or mail@ada.example; @ME', naming)).toEqual([
    '@Ada Lovelace',
    '@ada',
    '@ME',
  ]);
  expect(pieces('@ME', naming)).toEqual([{ type: 'mention', text: '@ME', ofMe: true }]);
  expect(marked('@Ada')).toEqual([]);
});

it('takes any @word for a mention whose name is not known here', () => {
  expect(marked('ask @zoë-k.', { ...nobody, someUnknown: true })).toEqual(['@zoë-k']);
});
