// Whether a run was a good one: memory that stays, and everything else back where it was.
//
// Memory is RssAnon, what a process has asked for itself: pages of the binary come and go with what runs. It jumps: one password takes
// 19 MiB for 20 ms, and the allocator gives pages back when it likes. What is held for good is there at every moment; so each slice of
// the time counts with its lowest sample, and the rise is Theil and Sen's slope of the slices (the median of the slopes of all
// pairs, which a few odd slices do not move) times the time. It may amount to a twentieth of what is held, 1 MiB, and as much as the slices
// are off that slope in the median, so that a process whose memory swings is not taken for one that leaks. What a leak would have to be to stay below that
// is told with the verdict.
//
// What a replica remembers for a time (the rooms of messages and who is a member of what, for ten to twenty minutes; sessions that have ended, for fifteen) is
// full after twenty minutes, not after three: hence the long warm-up of the long form, and the 4 MiB more that the short one has. Accounts are remembered
// by count alone, 50,000 of some 300 bytes, which an hour of visitors does not fill.

import { median, round } from './report.mjs';

/** Slices of the time after the warm-up. */
const SLICES = 16;
const PART = 0.05;
const SPARE_KIB = 1_024;
/** KiB that bounded memories may still grow by where the warm-up does not fill them. */
const UNFILLED_KIB = 4_096;
/** Milliseconds of warm-up that do fill them. */
export const FILLING = 20 * 60_000;

/** The rise of `points` (`{ at, value }`, ms and KiB) over their time, and whether it is more than noise. */
export function risen(points, { warmedUpFor = FILLING } = {}) {
  const slices = sliced(points);
  const slopes = [];
  for (let a = 0; a < slices.length; a++) {
    for (let b = a + 1; b < slices.length; b++) slopes.push((slices[b].value - slices[a].value) / (slices[b].at - slices[a].at));
  }
  const time = points.at(-1).at - points[0].at;
  const held = median(slices.map(({ value }) => value));
  const slope = median(slopes);
  const rise = slope * time;
  const start = median(slices.map(({ at, value }) => value - slope * at));
  const swing = median(slices.map(({ at, value }) => Math.abs(value - start - slope * at)));
  const most = held * PART + SPARE_KIB + swing + (warmedUpFor < FILLING ? UNFILLED_KIB : 0);
  return {
    heldKib: Math.round(held),
    riseKib: Math.round(rise),
    swingKib: Math.round(swing),
    mostKib: Math.round(most),
    slicesKib: slices.map(({ value }) => value),
    rises: rise > most,
  };
}

function sliced(points) {
  const count = Math.min(SLICES, points.length);
  return Array.from({ length: count }, (_, n) => {
    const slice = points.slice(Math.floor((n * points.length) / count), Math.floor(((n + 1) * points.length) / count));
    return { at: median(slice.map(({ at }) => at)), value: Math.min(...slice.map(({ value }) => value)) };
  });
}

/** Keys that stay when everybody is gone, and how many of them there may be. */
export function keysAllowed({ rooms, replicas }) {
  return {
    // A cache: kept for a day, one a room that there is.
    '{room}:recent': rooms,
    'presence:born': 1,
    'presence:heard': 1,
    'presence:leases': 1,
    'presence:of:*': replicas,
    'queue:messages': 1,
    'queue:high': 1,
    'queue:normal': 1,
    'queue:low': 1,
  };
}

/** What is left of a load that has ended, as sentences; none where all is back. */
export function leftovers(baseline, now, allowed) {
  const left = [];
  for (const [name, { figures, descriptors, threads }] of Object.entries(now.processes)) {
    const before = baseline.processes[name];
    for (const gauge of ['sockets', 'live_rooms', 'queued_bytes', 'jobs_running']) {
      if (figures?.[gauge]) left.push(`${name}: ${gauge} is ${figures[gauge]}`);
    }
    for (const kind of ['clients', 'others']) {
      const more = descriptors[kind] - before.descriptors[kind];
      if (more > 0) left.push(`${name}: ${more} descriptors more than before (${kind})`);
    }
    if (threads > before.threads) left.push(`${name}: ${threads} threads, ${before.threads} before`);
  }
  for (const [key, count] of Object.entries(now.redis.keys)) {
    if (count > (allowed[key] ?? 0)) left.push(`Redis: ${count} keys ${key}, ${allowed[key] ?? 0} may stay`);
  }
  if (now.redis.channels > baseline.redis.channels)
    left.push(`Redis: ${now.redis.channels} channels listened to, ${baseline.redis.channels} before`);
  return left;
}

/** What a leak would have to be, a piece of work, to have been seen. */
export const smallestSeen = ({ mostKib }, pieces) => round((mostKib * 1024) / Math.max(1, pieces), 0);
