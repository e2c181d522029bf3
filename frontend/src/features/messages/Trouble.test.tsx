// @vitest-environment happy-dom
// What a person can do where something did not work.
import { type MessageItem, Problem } from '@belfry/client';
import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import type { MessageVerbs } from './message-verbs';
import { Trouble } from './Trouble';

afterEach(cleanup);

const item: MessageItem = {
  key: 'm1',
  id: 'm1',
  roomId: 'garden',
  seq: 1,
  rev: 1,
  userId: 'ada',
  username: 'Ada',
  content: 'The beans are up!',
  type: 'text',
  timestamp: '2026-01-01T10:00:00.000Z',
  claps: { total: 0, mine: 0 },
  reactions: [],
  mentions: [],
  previews: [],
  state: 'failed',
  problem: new Problem({ code: 'forbidden', message: 'no' }),
};

it('an edit that is refused says so, and can be tried again or discarded', () => {
  const verbs = { edit: vi.fn(), dismiss: vi.fn() };
  render(<Trouble message={item} verbs={verbs as unknown as MessageVerbs} />);
  expect(screen.getByRole('alert').textContent).toMatch(/^Not changed\. ./);
  screen.getByRole('button', { name: 'Try again' }).click();
  expect(verbs.edit).toHaveBeenCalledWith('m1', 'The beans are up!');
  screen.getByRole('button', { name: 'Discard' }).click();
  expect(verbs.dismiss).toHaveBeenCalledWith('m1');
});
