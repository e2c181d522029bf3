// How a message can be formatted, behind a button.

import { lazyPart } from '../../design/lazy-part';
import { Popup } from '../../design/Popup';
import type { Mark } from './markdown-edits';

const FormattingWays = lazyPart(() => import('./FormattingWays').then((module) => module.FormattingWays));

export function FormattingHelp({ onMark }: { onMark(mark: Mark): void }) {
  return (
    <Popup
      label="Formatting"
      face={<span className="formatting-face">Aa</span>}
      kind="dialog"
      side="above"
      size="small"
    >
      {(close) => (
        <FormattingWays
          onMissing={close}
          mark={(mark) => () => {
            close();
            onMark(mark);
          }}
        />
      )}
    </Popup>
  );
}
