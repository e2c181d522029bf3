// What this device remembers of the emoji somebody uses: which and how often, and the skin tone.
import type { SkinTone } from 'frimousse';

const USED = 'belfry.emoji.used';
const TONE = 'belfry.emoji.tone';
const MOST_KEPT = 40;
const TONES: readonly SkinTone[] = ['none', 'light', 'medium-light', 'medium', 'medium-dark', 'dark'];
/** For somebody who has used none yet. */
const FIRST = ['👍', '❤️', '😂', '🎉', '😮', '👀'];

type Used = [emoji: string, times: number][];

/** The most recently used first, without repeats. */
export function lastUsed(): string[] {
  return used().map(([emoji]) => emoji);
}

/** The `count` most used, filled up with what most people use. */
export function mostUsed(count: number): string[] {
  const own = used()
    .map(([emoji, times], place) => ({ emoji, times, place }))
    .sort((a, b) => b.times - a.times || a.place - b.place)
    .map(({ emoji }) => emoji);
  return [...new Set([...own, ...FIRST])].slice(0, count);
}

export function remember(emoji: string): void {
  const before = used();
  const times = before.find(([each]) => each === emoji)?.[1] ?? 0;
  const others = before.filter(([each]) => each !== emoji);
  put(USED, JSON.stringify([[emoji, times + 1], ...others].slice(0, MOST_KEPT)));
}

/** The skin tone too: it is somebody's. */
export function forgetEmoji(): void {
  for (const key of [USED, TONE]) {
    try {
      localStorage.removeItem(key);
    } catch {}
  }
}

export function skinTone(): SkinTone {
  const kept = take(TONE);
  return TONES.find((tone) => tone === kept) ?? 'none';
}

export function keepSkinTone(tone: SkinTone): void {
  put(TONE, tone);
}

function used(): Used {
  try {
    const kept: unknown = JSON.parse(take(USED) ?? '[]');
    return Array.isArray(kept) ? kept.filter(isUse) : [];
  } catch {
    return [];
  }
}

function isUse(value: unknown): value is Used[number] {
  return Array.isArray(value) && typeof value[0] === 'string' && Number.isFinite(value[1]);
}

/** A browser may keep nothing, or be full: then nothing is remembered. */
function take(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function put(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {}
}
