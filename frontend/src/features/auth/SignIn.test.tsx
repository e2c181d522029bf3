// @vitest-environment happy-dom
// The first page over a session that answers as it is told: what is said where, and where the focus goes.
import { cell, Problem, type Session, type SessionState, type Way } from '@belfry/client';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { SignIn } from './SignIn';

afterEach(cleanup);

function sessionThat(answers: (way: Way) => Promise<void>, state: Partial<SessionState> = {}): Session {
  return {
    state: cell<SessionState>({ user: null, guest: true, ended: null, ...state }),
    signIn: vi.fn(answers),
    getToken: () => Promise.reject(new Problem({ code: 'unauthenticated', message: '' })),
    end() {},
    logOut() {},
    close() {},
  };
}

const refuses = (code: Problem['code']) => () => Promise.reject(new Problem({ code, message: '' }));
const never = () => new Promise<void>(() => undefined);
const name = () => screen.getByLabelText<HTMLInputElement>('Your name');
const password = () => screen.getByLabelText<HTMLInputElement>('Password');
const choose = (way: string) => fireEvent.click(screen.getByRole('radio', { name: way }));
const press = (button: string) => fireEvent.click(screen.getByRole('button', { name: button }));

function fill(values: { name?: string; password?: string }) {
  if (values.name !== undefined) fireEvent.change(name(), { target: { value: values.name } });
  if (values.password !== undefined) fireEvent.change(password(), { target: { value: values.password } });
}

/** What is said about a field, and that the focus is there. */
function isWrong(field: HTMLInputElement, sentence: string) {
  expect(field.getAttribute('aria-invalid')).toBe('true');
  const said = field.getAttribute('aria-describedby')?.split(' ') ?? [];
  expect(said.map((id) => document.getElementById(id)?.textContent)).toContain(sentence);
  expect(document.activeElement).toBe(field);
}

test('a password manager knows what each field is', () => {
  render(<SignIn session={sessionThat(never)} />);
  expect(name().autocomplete).toBe('nickname');
  choose('Log in');
  expect([name().autocomplete, password().autocomplete]).toEqual(['username', 'current-password']);
  choose('Register');
  expect([name().autocomplete, password().autocomplete]).toEqual(['username', 'new-password']);
  expect([name().name, password().name, password().type]).toEqual(['username', 'password', 'password']);
  press('Show password');
  expect(password().type).toBe('text');
});

test('what is missing is said at its field without asking the server', () => {
  const session = sessionThat(never);
  render(<SignIn session={session} />);
  press('Come in');
  isWrong(name(), 'Enter a name first.');
  choose('Register');
  fill({ name: 'Ada' });
  press('Register');
  isWrong(password(), 'Enter a password too.');
  fill({ password: '7 signs' });
  press('Register');
  isWrong(password(), 'A password has at least 8 characters.');
  fill({ name: 'Ada Byron', password: 'ada byron' });
  press('Register');
  isWrong(password(), 'Choose a password other than your name.');
  expect(session.signIn).not.toHaveBeenCalled();
});

test('what the server refuses is said at the field that it is about, until that is changed', async () => {
  const session = sessionThat((way) => refuses(way === 'login' ? 'unauthenticated' : 'conflict')());
  render(<SignIn session={session} />);
  choose('Log in');
  fill({ name: ' Ada ', password: 'not mine' });
  press('Log in');
  await screen.findByText('Name or password is not right.');
  expect(session.signIn).toHaveBeenCalledWith('login', 'Ada', 'not mine');
  isWrong(password(), 'Name or password is not right.');
  choose('Register');
  press('Register');
  await screen.findByText('Somebody already has this name. Choose another one.');
  isWrong(name(), 'Somebody already has this name. Choose another one.');
  fill({ name: 'Grace' });
  expect(screen.queryByText('Somebody already has this name. Choose another one.')).toBeNull();
});

test('while it is on its way it says so, and asks once', () => {
  const session = sessionThat(never);
  render(<SignIn session={session} />);
  fill({ name: 'Ada' });
  press('Come in');
  press('Coming in…');
  fireEvent.submit(name());
  expect(session.signIn).toHaveBeenCalledTimes(1);
  expect(session.signIn).toHaveBeenCalledWith('guest', 'Ada', undefined);
});

test('a way that this server has shut is named, and gone', async () => {
  render(<SignIn session={sessionThat(refuses('forbidden'))} />);
  fill({ name: 'Ada' });
  press('Come in');
  await screen.findByText('This server does not let guests in. Log in, or register an account.');
  expect(screen.queryByRole('radio', { name: 'Guest' })).toBeNull();
  expect(document.activeElement).toBe(password());
  choose('Register');
  fill({ password: 'a bell in the fog' });
  press('Register');
  await screen.findByText('This server takes no new accounts. Ask whoever runs it for one.');
  expect(screen.queryByRole('radio')).toBeNull();
  screen.getByRole('button', { name: 'Log in' });
});

test('a server that cannot be reached is nobody’s mistake', async () => {
  render(<SignIn session={sessionThat(() => Promise.reject(new TypeError('broken')))} />);
  fill({ name: 'Ada' });
  press('Come in');
  await screen.findByText('The server cannot be reached right now. Try again in a moment.');
  expect(name().getAttribute('aria-invalid')).toBeNull();
  screen.getByRole('button', { name: 'Come in' });
});

test('somebody whose session has ended is told, and finds the way by which they came', () => {
  const ended = new Problem({ code: 'unauthenticated', message: '' });
  render(<SignIn session={sessionThat(never, { ended, guest: false })} />);
  screen.getByText('Your session has ended. Sign in to come back.');
  expect(screen.getByRole<HTMLInputElement>('radio', { name: 'Log in' }).checked).toBe(true);
  cleanup();
  render(<SignIn session={sessionThat(never, { ended, guest: true })} />);
  expect(screen.getByRole<HTMLInputElement>('radio', { name: 'Guest' }).checked).toBe(true);
});
