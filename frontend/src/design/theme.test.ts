// What is chosen holds for the page and is kept; public/theme.js reads what is kept.
// @vitest-environment happy-dom
import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { chooseTheme, THEME_KEY } from './theme';

const root = document.documentElement;
const first = readFileSync(`${process.cwd()}/public/theme.js`, 'utf8');
/** As a browser does when the page is loaded. */
const load = () => {
  delete root.dataset.theme;
  new Function('localStorage', 'document', first)(localStorage, document);
};

afterEach(() => chooseTheme('system'));

test.each(['light', 'dark'] as const)('%s holds, and is there again before the page starts', (theme) => {
  chooseTheme(theme);
  expect(root.dataset.theme).toBe(theme);
  load();
  expect(root.dataset.theme).toBe(theme);
});

test('system keeps nothing', () => {
  chooseTheme('dark');
  chooseTheme('system');
  expect(localStorage.getItem(THEME_KEY)).toBeNull();
  load();
  expect(root.dataset.theme).toBeUndefined();
});

test('what is kept and makes no sense changes nothing', () => {
  localStorage.setItem(THEME_KEY, 'purple');
  load();
  expect(root.dataset.theme).toBeUndefined();
});
