// What is in the help of formatting: what to write, and buttons for those without the keys.

import { Button } from '../../design/Button';
import { Bold, Code, Italic } from '../../design/icons';
import { tip } from '../../design/Tooltip';
import { keysOf } from '../../keyboard';
import type { Mark } from './markdown-edits';

const WAYS: readonly (readonly [sign: string, meaning: string])[] = [
  ['**bold**', 'bold'],
  ['_italic_', 'italic'],
  ['~~gone~~', 'struck through'],
  ['`code`', 'code'],
  ['```', 'a block of code, between two such lines'],
  ['- item', 'a list; 1. for numbers'],
  ['> words', 'a quote'],
  ['[words](address)', 'a link'],
];

export function FormattingWays({ mark }: { mark(mark: Mark): () => void }) {
  return (
    <div className="formatting">
      <div className="row">
        <Button size="small" icon={<Bold />} {...tip('Bold', keysOf('bold'))} onClick={mark('bold')}>
          Bold
        </Button>
        <Button size="small" icon={<Italic />} {...tip('Italic', keysOf('italic'))} onClick={mark('italic')}>
          Italic
        </Button>
        <Button size="small" icon={<Code />} {...tip('Code', keysOf('code'))} onClick={mark('code')}>
          Code
        </Button>
      </div>
      <dl className="formatting-ways">
        {WAYS.map(([sign, meaning]) => (
          <div key={sign}>
            <dt>
              <code>{sign}</code>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <p className="soft small">
        <kbd>Enter</kbd> sends, <kbd>Shift</kbd> <kbd>Enter</kbd> begins a line.
      </p>
    </div>
  );
}
