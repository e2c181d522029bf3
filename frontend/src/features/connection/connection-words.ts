// What is said about a connection that is lost.
import type { ConnectionState } from '@belfry/client';
import { clockTime } from '../../language/time';

export type Down = Pick<ConnectionState, 'status' | 'downSince' | 'waiting' | 'keeps'>;

const LONG_MS = 10_000;

/** Nothing for a cut of a few seconds. */
export function sinceWhen({ downSince }: Down, now = Date.now()): string {
  if (downSince === null || now - downSince < LONG_MS) return '';
  return `No connection since ${clockTime(new Date(downSince).toISOString())}.`;
}

export function whatWaits({ waiting, keeps }: Down): string {
  if (waiting === 0) return '';
  const one = waiting === 1;
  const what = one ? '1 message waits to be sent' : `${waiting} messages wait to be sent`;
  const kept = keeps === 'storage' ? 'kept on this device' : 'lost if you close this page';
  return `${what}, ${kept}.`;
}
