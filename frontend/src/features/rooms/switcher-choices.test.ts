// The switcher offers what is meant, the most likely first, and nothing twice.
import type { RoomInfo, RoomSummary, User } from '@belfry/client';
import { expect, test } from 'vitest';
import { choicesFor } from './switcher-choices';

const info = (id: string, name: string): RoomInfo => ({
  id,
  name,
  visibility: 'public',
  rev: 0,
  memberCount: 1,
  lastSeq: 0,
  createdBy: 'bo',
  createdAt: '2026-01-01T00:00:00.000Z',
});
const room = (id: string, name: string, more: Partial<RoomSummary> = {}): RoomSummary => ({
  id,
  title: name,
  visibility: 'public',
  partner: null,
  info: info(id, name),
  unread: 0,
  unreadMentions: 0,
  waiting: 0,
  hasDraft: false,
  ...more,
});
const bo: User = { id: 'bo', username: 'Bo', status: 'online' };
const nobody = { recent: [], people: [], publicRooms: [], me: 'me', here: null };
const shown = (choices: ReturnType<typeof choicesFor>) =>
  choices.map(({ kind, title }) => `${kind} ${title}`);

test('with nothing typed: the rooms, those open last first, without the one that is open', () => {
  const rooms = [room('a', 'Attic'), room('b', 'Barn'), room('c', 'Cellar', { unread: 2 }), room('d', 'Den')];
  expect(shown(choicesFor('', { ...nobody, rooms, recent: ['b', 'd'], here: 'b' }))).toEqual([
    'room Den',
    'room Cellar',
    'room Attic',
  ]);
});

test('with a name typed: own rooms, people, public rooms, and one to be opened', () => {
  const rooms = [room('bonfire', 'Bonfire'), room('attic', 'Attic')];
  const publicRooms = [info('bonsai', 'Bonsai'), info('bonfire', 'Bonfire')];
  expect(shown(choicesFor('bo', { ...nobody, rooms, people: [bo], publicRooms }))).toEqual([
    'room Bonfire',
    'person Bo',
    'public Bonsai',
    'open bo',
  ]);
});

test('a room that is there is not offered to be opened, nor a person whose conversation is there', () => {
  const rooms = [room('garden', 'Garden'), room('d-1', 'Bo', { visibility: 'direct', partner: bo })];
  expect(shown(choicesFor('#Garden', { ...nobody, rooms }))).toEqual(['room Garden']);
  expect(shown(choicesFor('bo', { ...nobody, rooms, people: [bo] }))).toEqual(['room Bo', 'open bo']);
});

test('two thousand rooms make at most thirty choices of them', () => {
  const rooms = Array.from({ length: 2000 }, (_, n) => room(`room-${n}`, `Room ${n}`));
  expect(choicesFor('room', { ...nobody, rooms }).length).toBeLessThanOrEqual(31);
});
