// The addresses of the page: a room, a message in it, the public rooms, or nothing in particular.
import { useSyncExternalStore } from 'react';
import { isRoomId } from './room-id';

export type Place =
  | { readonly view: 'home' }
  | { readonly view: 'browse' }
  /** `seq`: the message that the address points at. */
  | { readonly view: 'room'; readonly roomId: string; readonly seq?: number };

export const HOME_ADDRESS = '#/';
/** Nothing of it can be a room's. */
export const BROWSE_ADDRESS = '#/~rooms';

const HOME: Place = { view: 'home' };
const BROWSE: Place = { view: 'browse' };

/** What cannot be read leads home. Takes the hash with or without its `#` and `/`. */
export function placeIn(hash: string): Place {
  const path = hash.replace(/^#?\/?/, '');
  if (path === '~rooms') return BROWSE;
  const [roomId = '', seq, ...rest] = path.split('/');
  if (!isRoomId(roomId) || rest.length > 0) return HOME;
  if (seq === undefined || seq === '') return { view: 'room', roomId };
  return /^[1-9]\d{0,14}$/.test(seq) ? { view: 'room', roomId, seq: Number(seq) } : HOME;
}

export function roomAddress(roomId: string, seq?: number): string {
  return seq === undefined ? `#/${roomId}` : `#/${roomId}/${seq}`;
}

/** The whole address, for somebody else. */
export function linkTo(roomId: string, seq?: number): string {
  return new URL(roomAddress(roomId, seq), window.location.href).href;
}

/** A new step in the browser's history; with `replace` none. */
export function go(address: string, { replace = false } = {}) {
  if (replace) window.location.replace(address);
  else window.location.hash = address;
}

let last: { hash: string; place: Place } = { hash: '', place: HOME };

/** Where the page is: the same object until the address changes. */
export function currentPlace(): Place {
  const { hash } = window.location;
  if (hash !== last.hash) last = { hash, place: placeIn(hash) };
  return last.place;
}

export function usePlace(): Place {
  return useSyncExternalStore(onAddress, currentPlace, () => HOME);
}

function onAddress(changed: () => void) {
  window.addEventListener('hashchange', changed);
  return () => window.removeEventListener('hashchange', changed);
}
