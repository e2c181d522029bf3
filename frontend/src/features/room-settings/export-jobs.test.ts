// What is known of an export: from its file's name, or from what this browser noted.
import type { Job } from '@belfry/client';
import { beforeEach, expect, it, vi } from 'vitest';
import { exportOf, fileOf, noteExport, sizeOf } from './export-jobs';

const job = (more: Partial<Job> = {}) => ({ ...plain, ...more }) as Job;
const plain = {
  id: 'job-1',
  type: 'room.export',
  state: 'active',
  progress: 0,
  attempts: 1,
  maxAttempts: 3,
  createdAt: '2026-11-22T12:00:00.000Z',
  updatedAt: '2026-11-22T12:00:00.000Z',
};
const done = (name: string) => job({ state: 'completed', result: { file: { name, bytes: 12 } } });

let kept = new Map<string, string>();
beforeEach(() => {
  kept = new Map();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  });
});

it('is named by its file, whatever the room is called', () => {
  expect(exportOf(done('garden-2026-11-22.json'))).toEqual({ roomId: 'garden', format: 'json' });
  expect(exportOf(done('a-2020-01-01-b-2026-11-22.html'))).toEqual({
    roomId: 'a-2020-01-01-b',
    format: 'html',
  });
  expect(exportOf(done('something.bin'))).toBeNull();
});

it('is known by a note until it is done, and unknown without one', () => {
  expect(exportOf(job())).toBeNull();
  noteExport('job-1', { roomId: 'garden', format: 'csv' });
  expect(exportOf(job())).toEqual({ roomId: 'garden', format: 'csv' });
  expect(exportOf(job({ id: 'job-2' }))).toBeNull();
});

it('keeps the newest fifty notes', () => {
  for (let n = 0; n < 60; n += 1) noteExport(`job-${n}`, { roomId: 'garden', format: 'csv' });
  expect(exportOf(job({ id: 'job-59' }))).not.toBeNull();
  expect(exportOf(job({ id: 'job-10' }))).not.toBeNull();
  expect(exportOf(job({ id: 'job-9' }))).toBeNull();
});

it('lives without a storage, and with one that holds nonsense', () => {
  for (const nonsense of ['{', '{"a":1}', '[[1,2,3],null]']) {
    kept.set('belfry.exports', nonsense);
    expect(exportOf(job())).toBeNull();
  }
  vi.stubGlobal('localStorage', {
    getItem: () => {
      throw new Error('refused');
    },
    setItem: () => {
      throw new Error('refused');
    },
  });
  noteExport('job-1', { roomId: 'garden', format: 'csv' });
  expect(exportOf(job())).toBeNull();
});

it('has a file only where the result names one', () => {
  for (const result of [undefined, null, 'text', {}, { file: null }, { file: { name: 3 } }])
    expect(fileOf(job({ result }))).toBeNull();
  expect(fileOf(done('x.json'))).toEqual({ name: 'x.json', bytes: 12 });
});

it('tells sizes in words that people use', () => {
  expect(sizeOf(1)).toBe('1 byte');
  expect(sizeOf(12)).toBe('12 bytes');
  expect(sizeOf(1_430_000)).toBe('1.4 MB');
});
