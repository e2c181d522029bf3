// Which room and format a job is an export of. The server tells it of finished ones by their file's name; the others are noted here.
import type { Job } from '@belfry/client';

export type Format = 'json' | 'csv' | 'html';

export interface ExportOf {
  roomId: string;
  format: Format;
}

type Note = [jobId: string, roomId: string, format: Format];

export const EXPORT_TYPE = 'room.export';

const KEY = 'belfry.exports';
const MOST = 50;
const NAME = /^(.+)-\d{4}-\d{2}-\d{2}\.(json|csv|html)$/;

/** `null`: asked for on another device, and not done yet. */
export function exportOf(job: Job): ExportOf | null {
  const match = NAME.exec(fileOf(job)?.name ?? '');
  if (match?.[1] && match[2]) return { roomId: match[1], format: match[2] as Format };
  const note = notes().find(([id]) => id === job.id);
  return note ? { roomId: note[1], format: note[2] } : null;
}

export function noteExport(jobId: string, { roomId, format }: ExportOf) {
  const kept: Note[] = [[jobId, roomId, format], ...notes()].slice(0, MOST) as Note[];
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // A browser that keeps nothing: after a reload it is an export like one from another device.
  }
}

export function forgetExports() {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // Nothing was kept either.
  }
}

/** The file that a finished job has made. */
export function fileOf({ result }: Job): { name: string; bytes: number } | null {
  const file = (result as { file?: { name?: unknown; bytes?: unknown } } | null | undefined)?.file;
  return typeof file?.name === 'string' ? { name: file.name, bytes: Number(file.bytes) || 0 } : null;
}

export function isRunning({ state }: Job): boolean {
  return state === 'waiting' || state === 'delayed' || state === 'active';
}

/** "1.4 MB". */
export function sizeOf(bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  // The short "byte" has no plural.
  const digits =
    unit === 0 ? { maximumFractionDigits: 0, unitDisplay: 'long' as const } : { maximumFractionDigits: 1 };
  return new Intl.NumberFormat('en', { style: 'unit', unit: units[unit] ?? 'byte', ...digits }).format(size);
}

function notes(): Note[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter(isNote) : [];
  } catch {
    return [];
  }
}

function isNote(each: unknown): each is Note {
  return Array.isArray(each) && each.length === 3 && each.every((part) => typeof part === 'string');
}
