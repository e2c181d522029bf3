// The exports of one room: those that the server knows, and what can be done about them.
import type { Job } from '@belfry/client';
import { useJobs } from '@belfry/react';
import { useCallback, useEffect, useState } from 'react';
import { exportSentence, failureOf } from '../../language/sentences';
import { EXPORT_TYPE, exportOf, type Format, noteExport } from './export-jobs';

/** After so long the browser has begun to keep the file, and its copy here can go. */
const HANDED_OVER_MS = 40_000;

export function useExports(roomId: string) {
  const { jobs: all, refresh, create, cancel: callOff, result } = useJobs();
  const [problem, setProblem] = useState('');
  // What is noted of a job comes after the job.
  const [, setNoted] = useState('');
  const exports = all.filter((job) => job.type === EXPORT_TYPE && ofRoom(job, roomId));

  useEffect(() => refresh(), [refresh]);

  const tried = useCallback(async (run: () => Promise<void>) => {
    setProblem('');
    try {
      await run();
    } catch (error) {
      setProblem(exportSentence(failureOf(error)));
    }
  }, []);

  const start = (format: Format) =>
    tried(async () => {
      const job = await create({ type: EXPORT_TYPE, payload: { roomId, format } });
      noteExport(job.id, { roomId, format });
      setNoted(job.id);
    });
  const cancel = (job: Job) => tried(() => callOff(job.id));
  const download = (job: Job) =>
    tried(async () => {
      const { file, name } = await result(job.id);
      handOver(file, name);
    });

  return { exports, problem, start, cancel, download };
}

/** Also those of which nobody here knows what room they are of: they may be this one's. */
function ofRoom(job: Job, roomId: string): boolean {
  const about = exportOf(job);
  return about === null ? job.state !== 'completed' : about.roomId === roomId;
}

/** Gives a file to the browser, to be kept where the user's downloads are. */
function handOver(file: Blob, name: string) {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), HANDED_OVER_MS);
}
