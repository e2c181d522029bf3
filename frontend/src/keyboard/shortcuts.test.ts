// Presses find their shortcut, on whatever keyboard, and no two shortcuts want the same keys.
import { expect, test } from 'vitest';
import { matches, SHORTCUTS, type Shortcut } from './shortcuts';

const press = (
  key: string,
  held: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey', true>> = {},
) => ({
  key,
  code: /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
});

test('Mod is Control, and nothing else may be held', () => {
  expect(matches('Mod+K', press('k', { ctrlKey: true }))).toBe(true);
  expect(matches('Mod+K', press('K', { ctrlKey: true }))).toBe(true);
  expect(matches('Mod+K', press('k'))).toBe(false);
  expect(matches('Mod+K', press('k', { ctrlKey: true, shiftKey: true }))).toBe(false);
  expect(matches('Mod+K', press('k', { ctrlKey: true, altKey: true }))).toBe(false);
});

test('a sign counts with and without Shift, a letter with Alt by its place', () => {
  expect(matches('?', press('?', { shiftKey: true }))).toBe(true);
  expect(matches('?', press('?'))).toBe(true);
  expect(matches('+', press('+', { shiftKey: true }))).toBe(true);
  expect(matches('Alt+P', { ...press('π', { altKey: true }), code: 'KeyP' })).toBe(true);
});

test('a letter is where this keyboard has it, and by its place where there are no Latin letters', () => {
  // On Dvorak the key of B writes X, and that of C writes J.
  expect(matches('Mod+B', { ...press('x', { ctrlKey: true }), code: 'KeyB' })).toBe(false);
  expect(matches('Mod+B', { ...press('b', { ctrlKey: true }), code: 'KeyN' })).toBe(true);
  expect(matches('Mod+B', { ...press('и', { ctrlKey: true }), code: 'KeyB' })).toBe(true);
});

test('no two shortcuts of the whole page want the same keys', () => {
  const everywhere = (Object.values(SHORTCUTS) as Shortcut[]).filter(({ local }) => !local);
  const keys = everywhere.flatMap((each) => each.keys);
  expect(new Set(keys).size).toBe(keys.length);
});
