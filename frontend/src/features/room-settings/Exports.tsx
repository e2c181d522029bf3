// A room's history as a file: asked for here, made by the server in the background, and fetched when it is done.
import { useRoom } from '@belfry/react';
import { useState } from 'react';
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
    <div className="exports">
      <Segments legend="Format" options={FORMATS} value={format} onChoose={setFormat} />
      <p className="soft note">{MEANT_FOR[format]}</p>
      <p className="problem" role="alert">
        {problem}
      </p>
      <div>
        <button className="button primary" type="button" disabled={busy} onClick={() => void begin()}>
          Start export
        </button>
      </div>
      {exports.length === 0 ? (
        <p className="soft export-none">
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
    </div>
  );
}
