// A room's history as a file: asked for here, made by the server in the background, and fetched when it is done.
import { useRoom } from '@belfry/react';
import { useState } from 'react';
import { Button } from '../../design/Button';
import { DialogBody } from '../../design/Dialog';
import { Segments } from '../../design/Segments';
import { ExportRow } from './ExportRow';
import type { Format } from './export-jobs';
import { useExports } from './use-exports';

const FORMATS = [
  { value: 'html', label: 'Web page' },
  { value: 'csv', label: 'Table' },
  { value: 'json', label: 'JSON' },
] as const;

const MEANT_FOR: Record<Format, string> = {
  html: 'A page to read and to print, in any browser.',
  csv: 'A row for each message, for a spreadsheet (CSV).',
  json: 'All that is known of each message, for programs.',
};

export function Exports() {
  const { id } = useRoom();
  const { exports, problem, start, cancel, download } = useExports(id);
  const [format, setFormat] = useState<Format>('html');
  const [busy, setBusy] = useState(false);

  async function begin() {
    setBusy(true);
    await start(format);
    setBusy(false);
  }

  return (
    <DialogBody>
      <div className="field">
        <Segments<Format> legend="Format" options={FORMATS} value={format} onChoose={setFormat} />
        <p className="soft small">{MEANT_FOR[format]}</p>
      </div>
      <p className="problem" role="alert">
        {problem}
      </p>
      <div>
        <Button look="primary" busy={busy} onClick={() => void begin()}>
          Start export
        </Button>
      </div>
      {exports.length === 0 ? (
        <p className="soft small">
          No exports yet. The server makes them in the background: you may close this meanwhile.
        </p>
      ) : (
        <ul className="export-list" aria-label="Exports">
          {exports.map((job) => (
            <ExportRow
              key={job.id}
              job={job}
              onCancel={() => cancel(job)}
              onDownload={() => download(job)}
              onAgain={start}
            />
          ))}
        </ul>
      )}
    </DialogBody>
  );
}
