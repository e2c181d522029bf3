// One export: how far it is, and what can be done about it.
import type { Job } from '@belfry/client';
import { useEffect, useId, useRef, useState } from 'react';
import { useAnnounce } from '../../design/Announcer';
import { Button } from '../../design/Button';
import { Download } from '../../design/icons';
import { sinceTime } from '../../language/time';
import { exportOf, type Format, fileOf, isRunning, sizeOf } from './export-jobs';

interface ExportRowProps {
  job: Job;
  onCancel(): Promise<void>;
  onDownload(): Promise<void>;
  onAgain(format: Format): Promise<void>;
}

const FORMAT_WORD: Record<Format, string> = { html: 'Web page', csv: 'Table', json: 'JSON' };

export function ExportRow({ job, onCancel, onDownload, onAgain }: ExportRowProps) {
  const [busy, setBusy] = useState(false);
  const id = useId();
  const about = exportOf(job);
  const title = about ? FORMAT_WORD[about.format] : 'Asked for on another device';

  // That it begins and how it ends; each percent between would be too much.
  const announce = useAnnounce();
  const said = useRef(job.state);
  const stage = job.state === 'active' ? 'being written' : stateSentence(job);
  useEffect(() => {
    if (said.current !== job.state) announce(`${title}: ${stage}`);
    said.current = job.state;
  }, [announce, job.state, title, stage]);

  function press(run: () => Promise<void>) {
    setBusy(true);
    void run().finally(() => setBusy(false));
  }

  return (
    <li className="export" data-state={job.state}>
      <div className="export-words">
        <strong id={id}>{title}</strong>
        <span className="soft">{stateSentence(job)}</span>
      </div>
      {isRunning(job) && (
        <>
          <progress aria-labelledby={id} max={100} value={job.progress}>
            {job.progress} %
          </progress>
          <Button size="small" busy={busy} aria-describedby={id} onClick={() => press(onCancel)}>
            Cancel
          </Button>
        </>
      )}
      {job.state === 'completed' && (
        <Button
          size="small"
          busy={busy}
          icon={<Download />}
          aria-describedby={id}
          onClick={() => press(onDownload)}
        >
          Download
        </Button>
      )}
      {(job.state === 'dead' || job.state === 'cancelled') && about && (
        <Button
          size="small"
          busy={busy}
          aria-describedby={id}
          onClick={() => press(() => onAgain(about.format))}
        >
          Start again
        </Button>
      )}
    </li>
  );
}

function stateSentence(job: Job): string {
  switch (job.state) {
    case 'waiting':
      return job.error ? `Waits to be tried again: ${job.error}` : 'Waits for its turn';
    case 'delayed':
      return job.error ? `Will be tried again soon: ${job.error}` : 'Will start soon';
    case 'active':
      return `Being written: ${job.progress} %`;
    case 'completed': {
      const file = fileOf(job);
      const made = `Done ${sinceTime(job.updatedAt)}`;
      return file ? `${made}, ${sizeOf(file.bytes)}` : made;
    }
    case 'cancelled':
      return 'Cancelled';
    case 'dead':
      return `Failed: ${job.error ?? 'it could not be written.'}`;
  }
}
