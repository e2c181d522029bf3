// All keys, by where they work.
import { useReadable } from '@belfry/react';
import { useId } from 'react';
import { Dialog, DialogBody } from '../design/Dialog';
import { allKeysOf, isSingleKey, SHORTCUTS, type Shortcut, type ShortcutName } from '../keyboard/shortcuts';
import { singleKeys } from '../keyboard/single-keys';
import './KeyboardMap.css';

const NAMES = Object.keys(SHORTCUTS) as ShortcutName[];
const GROUPS = [...new Set(NAMES.map((name) => SHORTCUTS[name].group))];

export default function KeyboardMap({ onClose }: { onClose(): void }) {
  const id = useId();
  const single = useReadable(singleKeys);
  return (
    <Dialog title="Keys" size="large" light onClose={onClose}>
      <DialogBody>
        <div className="keys">
          {GROUPS.map((group) => (
            <section key={group} aria-labelledby={id + group}>
              <h3 id={id + group}>{group}</h3>
              <dl>
                {NAMES.filter((name) => SHORTCUTS[name].group === group).map((name) => (
                  <Row key={name} name={name} single={single} />
                ))}
              </dl>
            </section>
          ))}
        </div>
        <label className="keys-choice">
          <input
            type="checkbox"
            checked={single}
            onChange={(event) => singleKeys.set(event.target.checked)}
          />
          <span>
            Single keys such as <kbd>?</kbd> do something{' '}
            <span className="soft">(better off if you write by voice)</span>
          </span>
        </label>
      </DialogBody>
    </Dialog>
  );
}

function Row({ name, single }: { name: ShortcutName; single: boolean }) {
  const { says, keys, local }: Shortcut = SHORTCUTS[name];
  const written = allKeysOf(name).filter((_, at) => single || local || !isSingleKey(keys[at] ?? ''));
  return (
    <div className="keys-row">
      <dt>{says}</dt>
      <dd>
        {written.map((press, at) => (
          <span key={press}>
            {at > 0 && <span className="soft"> or </span>}
            {press.split(' ').map((part) => (
              <kbd key={part}>{part}</kbd>
            ))}
          </span>
        ))}
      </dd>
    </div>
  );
}
