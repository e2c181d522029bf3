// What is offered to whom, as the server's own table has it.
import { expect, it } from 'vitest';
import { mayDelete, mayEdit, mayLeave, mayManage, mayOwn, mayRemove } from './permission.js';
import type { Message, Role, Visibility } from './wire.js';

const room = (role: Role | undefined, visibility: Visibility = 'public') =>
  role ? { role, visibility } : { visibility };
const message = (userId: string, more = {}) => ({ userId, type: 'text', ...more }) as Message;

it('lets authors edit and delete, moderators delete, and nobody touch what is deleted', () => {
  expect(mayEdit(message('me'), room('member'), 'me')).toBe(true);
  expect(mayEdit(message('bo'), room('owner'), 'me')).toBe(false);
  expect(mayEdit(message('me'), room(undefined), 'me')).toBe(false);
  expect(mayDelete(message('me'), room('member'), 'me')).toBe(true);
  expect(mayDelete(message('bo'), room('member'), 'me')).toBe(false);
  expect(mayDelete(message('bo'), room('moderator'), 'me')).toBe(true);
  expect(mayDelete(message('me', { deletedAt: 'now' }), room('owner'), 'me')).toBe(false);
});

it('lets moderators manage, owners end, and neither of them in a direct room', () => {
  expect([mayManage(room('member')), mayManage(room('moderator')), mayManage(room('owner'))]).toEqual([
    false,
    true,
    true,
  ]);
  expect([mayOwn(room('moderator')), mayOwn(room('owner'))]).toEqual([false, true]);
  const direct = room('owner', 'direct');
  expect([mayManage(direct), mayOwn(direct), mayLeave(direct)]).toEqual([false, false, false]);
});

it('lets moderators remove those below them, and owners anybody', () => {
  const removable = (role: Role) =>
    (['member', 'moderator', 'owner'] as const).map((each) => mayRemove(room(role), each));
  expect(removable('member')).toEqual([false, false, false]);
  expect(removable('moderator')).toEqual([true, false, false]);
  expect(removable('owner')).toEqual([true, true, true]);
});
