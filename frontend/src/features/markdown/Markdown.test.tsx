// What becomes of a message's text, and that nothing else can: no element off the list, no address that runs, no text lost.
import fc from 'fast-check';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { Markdown } from './Markdown';

const MAY_BE = new Set('p strong em del code pre ul ol li blockquote a br span'.split(' '));
const MAY_HAVE = /^(?:href|title|target|rel|dir|class|value|data-me|data-language)$/;

function shown(text: string): string {
  return renderToStaticMarkup(
    <Markdown text={text} naming={{ names: ['Ada'], someUnknown: true, me: 'Ada' }} />,
  );
}

describe('a text', () => {
  it.each([
    ['plain words', 'plain words'],
    ['two\nlines', 'two\nlines'],
    [
      '**strong** *em* ~~gone~~ `code`',
      '<strong>strong</strong> <em>em</em> <del>gone</del> <code>code</code>',
    ],
    ['*two*\nlines', '<em>two</em><br/>lines'],
    ['*a*\n\nb', '<p dir="auto"><em>a</em></p><br/><p dir="auto">b</p>'],
    ['```js\nlet x;\n```', '<pre dir="auto" data-language="js"><code>let x;</code></pre>'],
    ['- a\n- b', '<ul dir="auto"><li>a</li><li>b</li></ul>'],
    ['3. a\n9. b', '<ol dir="auto"><li value="3">a</li><li value="9">b</li></ol>'],
    ['- [x] done', '<ul dir="auto"><li>[x] done</li></ul>'],
    ['> said', '<blockquote dir="auto"><p dir="auto">said</p></blockquote>'],
    ['# not a heading', '# not a heading'],
    ['hey @Ada!', 'hey <span class="mention" data-me="true">@Ada</span>!'],
    ['`@Ada`', '<code>@Ada</code>'],
    ['snake_case_name and 2*3*4', 'snake_case_name and 2<em>3</em>4'],
  ])('%j is shown as it was meant', (text, markup) => {
    expect(shown(text)).toBe(markup);
  });

  it('has links to pages and to mail, which say where they lead', () => {
    expect(shown('see [this](https://a.example/x "yes")')).toBe(
      'see <a href="https://a.example/x" title="https://a.example/x – yes" target="_blank" rel="noopener noreferrer nofollow">this</a>',
    );
    expect(shown('*at* https://a.example/?b=2.')).toContain('href="https://a.example/?b=2"');
    expect(shown('write to ada@a.example')).toContain('href="mailto:ada@a.example"');
    expect(shown('![a cat](https://a.example/cat.png)')).toMatch(
      /<a href="https:\/\/a.example\/cat.png"[^>]*>a cat<\/a>/,
    );
  });

  it.each([
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert(1))',
    '[x](&#106;avascript:alert(1))',
    '[x](data:text/html,<script>alert(1)</script>)',
    '![x](javascript:alert(1))',
    '<javascript:alert(1)>',
    '[x](vbscript:x) [y](file:///etc/passwd) [z](//a.example) [w](/api/me)',
    '<img src=x onerror=alert(1)> <b>bold</b> <script>alert(1)</script>',
    '<a href="javascript:alert(1)">x</a>',
  ])('%s stays what was written', (text) => {
    expect(shown(text)).not.toMatch(/<(?:a|img|script|b)[ >]/);
    expect(readable(shown(text)).text).toBe(text);
  });
});

/** Marks that mean something, words, and any character. */
const marks = fc.constantFrom(
  ...'* ** *** _ __ ~ ~~ ` `` ``` > - + # [ ] ( ) ! < > \\ & | @ : / . \n \n\n \t 1. 2) [x] :// www. http:// https://a.example javascript: data: <b> </b> <!-- &amp; &#106; @Ada ]('
    .split(' ')
    .concat([' ', '  ', '    ', '\n- ', '\n> ', '\n1. ', '\n```\n', '\r\n']),
);
const written = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: marks },
      fc.lorem({ maxCount: 1 }),
      fc.string({ unit: 'grapheme', maxLength: 6 }),
    ),
    {
      maxLength: 60,
    },
  )
  .map((parts) => parts.join(''));

it('holds for any text: nothing throws, nothing is off the list, nothing runs, no word is lost', {
  timeout: 60_000,
}, () => {
  fc.assert(
    fc.property(written, (text) => {
      const { tags, text: words, kept } = readable(shown(text));
      for (const { name, attributes } of tags) {
        expect(MAY_BE, name).toContain(name);
        for (const [attribute, value] of attributes) {
          expect(attribute).toMatch(MAY_HAVE);
          if (attribute === 'href') expect(value).toMatch(/^(?:https?:|mailto:)/);
        }
      }
      const there = counted(words + kept);
      for (const [letter, count] of counted(text))
        expect(there.get(letter) ?? 0, `${letter} of ${JSON.stringify(text)}`).toBeGreaterThanOrEqual(count);
    }),
    { numRuns: 1_000 },
  );
});

it('takes what is long, deep or made to be slow', () => {
  const most = 8_000;
  const many = (part: string) => part.repeat(Math.floor(most / part.length));
  const texts = [
    '*a ',
    '> ',
    '- ',
    '[',
    '![',
    '`',
    '<a ',
    '[a](',
    '~~a ',
    '_a *b ',
    '|a|\n|-|\n',
    'a@',
    '\n',
  ].map(many);
  texts.push('😀'.repeat(4_000), 'a'.repeat(4_000), `**${'a'.repeat(most - 10)}@b**`, many('> a\n>> b\n'));
  for (const text of texts) {
    const { tags } = readable(shown(text));
    expect(deepest(shown(text))).toBeLessThan(40);
    expect(tags.length).toBeLessThan(20_000);
  }
});

/** What React wrote, taken apart: it escapes all that is not its own. */
function readable(markup: string) {
  const tags = [...markup.matchAll(/<([a-z]+)((?:[^>"]|"[^"]*")*)>/g)].map(([, name = '', rest = '']) => ({
    name,
    attributes: [...rest.matchAll(/([a-z-]+)="([^"]*)"/g)].map(
      ([, key = '', value = '']) => [key, value] as const,
    ),
  }));
  const kept = tags
    .flatMap((tag) => tag.attributes)
    .filter(([name]) => ['title', 'value', 'data-language'].includes(name))
    .map(([, value]) => unescaped(value));
  return { tags, text: unescaped(markup.replace(/<[^>]*>/g, '')), kept: ` ${kept.join(' ')}` };
}

function unescaped(markup: string): string {
  const signs: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#x27': "'" };
  return markup.replace(/&(#?\w+);/g, (_, name: string) => signs[name] ?? '');
}

/** How often each letter and digit is there. */
function counted(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [letter] of text.matchAll(/[\p{L}\p{N}]/gu)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  return counts;
}

function deepest(markup: string): number {
  let depth = 0;
  let most = 0;
  for (const [, close, name] of markup.matchAll(/<(\/?)([a-z]+)[^>]*>/g)) {
    if (name === 'br') continue;
    depth += close ? -1 : 1;
    most = Math.max(most, depth);
  }
  return most;
}
