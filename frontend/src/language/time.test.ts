// What the words for times hold to, also where this machine's clock is wrong.
import { describe, expect, it } from 'vitest';
import { clockTime, dayName, shortTime, sinceTime } from './time';

const NOW = new Date(2026, 10, 22, 15, 30);
const at = (...[month, day, hour, minute]: [number, number, number, number]) =>
  new Date(2026, month, day, hour, minute).toISOString();

describe('how long ago', () => {
  it('is told in minutes, hours and days', () => {
    expect(sinceTime(at(10, 22, 15, 30), NOW)).toBe('just now');
    expect(sinceTime(at(10, 22, 15, 25), NOW)).toBe('5 minutes ago');
    expect(sinceTime(at(10, 22, 14, 29), NOW)).toBe('1 hour ago');
    expect(sinceTime(at(10, 21, 9, 0), NOW)).toMatch(/^yesterday at /);
    expect(sinceTime(at(9, 1, 9, 0), NOW)).toMatch(/^on /);
  });

  it('is never in the time to come, however late this clock is', () => {
    for (const hours of [1, 5, 23, 24, 48]) {
      const ahead = new Date(NOW.getTime() + hours * 3_600_000).toISOString();
      expect(sinceTime(ahead, NOW)).toBe('just now');
    }
  });

  it('of a clock a day ahead is a day, and no number of hours that nobody counted', () => {
    const late = new Date(NOW.getTime() + 24 * 3_600_000);
    expect(sinceTime(NOW.toISOString(), late)).toMatch(/^yesterday at /);
  });
});

describe('a day', () => {
  it('is called by its nearness', () => {
    expect(dayName(at(10, 22, 0, 0), NOW)).toBe('Today');
    expect(dayName(at(10, 21, 23, 59), NOW)).toBe('Yesterday');
    expect(dayName(at(10, 20, 12, 0), NOW)).toMatch(/20/);
    expect(dayName('2024-11-20T12:00:00.000Z', NOW)).toMatch(/2024/);
  });

  it('that this clock has not reached is called by its date', () => {
    expect(dayName(at(10, 23, 9, 0), NOW)).toMatch(/23/);
    expect(shortTime(at(10, 23, 9, 0), NOW)).toMatch(/23/);
  });
});

it('says nothing of what is no time', () => {
  for (const words of [clockTime, dayName, shortTime, sinceTime]) expect(words('no time')).toBe('');
});
