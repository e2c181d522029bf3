// @vitest-environment happy-dom
// Notices: how many there are at once, and which of them stay.
import { act, cleanup, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Toasts, useToast } from './Toast';

beforeEach(() => {
  // Not in this DOM.
  HTMLElement.prototype.showPopover = () => undefined;
  HTMLElement.prototype.hidePopover = () => undefined;
});
afterEach(cleanup);

function notices() {
  let toast: ReturnType<typeof useToast> = () => () => undefined;
  function Inside() {
    toast = useToast();
    return null;
  }
  render(
    <Toasts>
      <Inside />
    </Toasts>,
  );
  return (text: string, label?: string) =>
    act(() => void toast({ text, ...(label && { action: { label, run: vi.fn() } }) }));
}

const shown = () => [...document.querySelectorAll('.toast p')].map(({ textContent }) => textContent);

test('of more than three the oldest goes', () => {
  const say = notices();
  for (const text of ['one', 'two', 'three', 'four']) say(text);
  expect(shown()).toEqual(['two', 'three', 'four']);
});

test('one that can be taken back is not pushed out by others', () => {
  const say = notices();
  say('Deleted.', 'Undo');
  for (const text of ['one', 'two', 'three', 'four']) say(text);
  expect(shown()).toEqual(['Deleted.', 'three', 'four']);
  screen.getByRole('button', { name: 'Undo' });
});

test('of those that can be taken back all stay', () => {
  const say = notices();
  for (const text of ['one', 'two', 'three', 'four']) say(text, 'Undo');
  say('by the way');
  expect(shown()).toEqual(['one', 'two', 'three', 'four', 'by the way']);
});
