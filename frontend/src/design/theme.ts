// Light, dark, or as the system has it. public/theme.js sets what was chosen before the first paint.
import { useSyncExternalStore } from 'react';

export type ThemeChoice = 'light' | 'dark' | 'system';

/** Where the choice is kept; nothing is kept for `system`. public/theme.js reads the same. */
export const THEME_KEY = 'belfry.theme';

const listeners = new Set<() => void>();

function choice(): ThemeChoice {
  const set = document.documentElement.dataset.theme;
  return set === 'light' || set === 'dark' ? set : 'system';
}

function show(next: ThemeChoice) {
  if (next === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  paintBar();
  for (const listener of [...listeners]) listener();
}

/** The browser's own bar as the page is; it follows the system alone as long as nothing is chosen. */
export function paintBar() {
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    meta.dataset.system ??= meta.content;
    meta.content =
      choice() === 'system' ? meta.dataset.system : getComputedStyle(document.body).backgroundColor;
  }
}

/** Keeps it for this browser, where it keeps anything. */
export function chooseTheme(next: ThemeChoice) {
  show(next);
  try {
    if (next === 'system') localStorage.removeItem(THEME_KEY);
    else localStorage.setItem(THEME_KEY, next);
  } catch {
    // A browser that keeps nothing shows it until the page is closed.
  }
}

function subscribe(listener: () => void) {
  // Another tab has chosen.
  const onStorage = ({ key, newValue }: StorageEvent) => {
    if (key === THEME_KEY) show(newValue === 'light' || newValue === 'dark' ? newValue : 'system');
  };
  listeners.add(listener);
  window.addEventListener('storage', onStorage);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', onStorage);
  };
}

export function useTheme(): { choice: ThemeChoice; choose(next: ThemeChoice): void } {
  return { choice: useSyncExternalStore(subscribe, choice, () => 'system' as const), choose: chooseTheme };
}
