// What calls for somebody's eye, and what does not.
import { expect, it } from 'vitest';
import { createAlerts } from './alerts.js';
import type { Notification } from './wire.js';

function scene() {
  let now = 1000;
  let count = 0;
  const alerts = createAlerts(() => now);
  const told = (roomId?: string) => {
    count += 1;
    const id = String(count);
    alerts.told({
      id,
      kind: 'mention',
      title: '',
      body: '',
      createdAt: '',
      ...(roomId ? { roomId } : {}),
    } as Notification);
    return id;
  };
  const heard = (quiet?: (roomId: string) => boolean) => {
    const ids: string[] = [];
    const stop = alerts.onAlert(({ id }) => ids.push(id), quiet);
    return { ids, stop };
  };
  return {
    told,
    heard,
    wait(ms: number) {
      now += ms;
    },
  };
}

it('is at most one for a room in five seconds, whatever comes for others', () => {
  const { told, heard, wait } = scene();
  const { ids } = heard();
  const first = told('garden');
  told('garden');
  const other = told('shed');
  const none = told();
  wait(4999);
  told('garden');
  wait(1);
  const next = told('garden');
  expect(ids).toEqual([first, other, none, next]);
});

it('is none for a room that is quiet, and one as soon as that is quiet no more', () => {
  const { told, heard } = scene();
  let quiet = true;
  const { ids } = heard((roomId) => quiet && roomId === 'garden');
  const other = told('shed');
  told('garden');
  quiet = false;
  const now = told('garden');
  expect(ids).toEqual([other, now]);
});

it('goes on after the clock was put back by a day', () => {
  const { told, heard, wait } = scene();
  const { ids } = heard();
  told('garden');
  wait(-86_400_000);
  told('garden');
  expect(ids).toHaveLength(2);
});

it('is for nobody who has stopped listening', () => {
  const { told, heard } = scene();
  const { ids, stop } = heard();
  stop();
  told('garden');
  expect(ids).toEqual([]);
});
