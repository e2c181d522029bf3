// Whether signs alone (`?`) do something: those who write with their voice turn it off.
import { cell } from '@belfry/client';

const KEY = 'belfry.single-keys';
const kept = cell(read());

export const singleKeys = {
  get: kept.get,
  subscribe: kept.subscribe,
  set(on: boolean) {
    kept.set(on);
    try {
      if (on) localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, 'off');
    } catch {
      // It holds until the page is closed.
    }
  },
};

function read(): boolean {
  try {
    return localStorage.getItem(KEY) !== 'off';
  } catch {
    return true;
  }
}
