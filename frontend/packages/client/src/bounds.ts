// How long and how much: the bounds of the SDK's own, each by the part that keeps to it. Times are in milliseconds.

// alerts.ts
export const ALERTS_PAUSE_MS = 5000;

// browser-storage.ts
export const BROWSER_STORAGE_LIMIT_MS = 3000;

// connection.ts
export const CONNECTION_ANSWER_LIMIT_MS = 10_000;
export const PROBE_LIMIT_MS = 1000;
export const OPENING_LIMIT_MS = 10_000;
export const FIRST_DELAY_MS = 500;
export const LONGEST_DELAY_MS = 5000;
/** A connection that is ended sooner than that was not one. */
export const STEADY_MS = 5000;

// create-client.ts
export const PEOPLE_PAGE = 10;
export const LIVE = 100;
export const MOST_LIVE = 400;
/** A room that was read takes its notifications with it; the count of them is asked for after a pause. */
export const RECOUNT_MS = 1500;

// deeds.ts
/** A mark that the server has taken, but that does not come, is not waited for any longer. */
export const PATIENCE_MS = 3000;
export const DEEDS_AGAIN_MS = 500;
export const DEEDS_LONGEST_AGAIN_MS = 8000;

// gather.ts
export const REST_MS = 400;
export const LONGEST_MS = 2000;

// jobs.ts
export const JOBS_MOST = 200;
export const JOBS_PAGE = 50;

// kept-sends.ts
export const DIGITS = 12;

// line-up.ts
export const LINE_UP_PAUSE_MS = 20;

// notifications.ts
/** Older ones than these are not loaded. */
export const NOTIFICATIONS_MOST = 1000;
export const NOTIFICATIONS_PAGE = 50;

// outbox.ts
/** A message that is on its way whenever the connection breaks may be what breaks it. */
export const MOST_CUTS = 10;
export const OUTBOX_AGAIN_MS = 500;
export const OUTBOX_LONGEST_AGAIN_MS = 30_000;

// people.ts
/** Beyond this they are counted, not named. */
export const MOST_NAMED = 400;
/** Beyond this nobody reads who is typing. */
export const MOST_TYPING = 50;

// reading.ts
export const READING_PAUSE_MS = 300;
export const READING_AGAIN_MS = 6000;

// rest.ts
export const REST_ANSWER_LIMIT_MS = 10_000;
export const FILE_LIMIT_MS = 120_000;

// room-joining.ts
export const LINGER_MS = 1000;
export const ROOM_JOINING_AGAIN_MS = 2000;
export const ROOM_JOINING_LONGEST_AGAIN_MS = 30_000;
/** Of a room that nobody shows, just enough for its unread count and a first sight. */
export const FOLLOWED_PAGE = 20;

// room-paging.ts
export const ROOM_PAGING_PAGE = 50;
/** How long a jump waits for the room to be there. */
export const READY_LIMIT_MS = 10_000;

// room-sends.ts
/** More than these do not wait in one room: a program that writes faster than the server takes it must be told. */
export const MOST_WAITING = 1000;

// room.ts
export const ROOM_PAGE = 50;
export const MEMBERS_PAGE = 100;
/** An opened room that holds fewer asks for older ones at once, so that there is something to look at. */
export const FIRST_SIGHT = 50;
/** What a room that nobody shows holds: one that was shown not long ago, so that one comes back to where one was, and another. */
export const KEPT_RECENT = 1000;
export const KEPT_UNSEEN = 50;
/** They are not trimmed at each message. */
export const SLACK = 100;

// rooms.ts
/** So many rooms that were open keep what they showed, for whoever comes back. */
export const MOST_RECENT = 10;
/** Rooms that are not the user's, not open and not waiting for anything: so many are remembered. */
export const MOST_STRANGERS = 100;
export const ROOMS_PAGE = 50;
/** What changes together is kept together. */
export const KEEP_MS = 500;

// rounds.ts
export const PERIOD_MS = 25_000;
/** Lists are read to their end, but not beyond this. */
export const ROUNDS_MOST = 2000;
export const ROUNDS_AGAIN_MS = 2000;

// session.ts
export const LONGEST_TIMER_MS = 2_147_483_647;
export const LOCK_LIMIT_MS = 30_000;
/** What one tab writes to localStorage comes to the others' sight within milliseconds, but after the lock has come to them. */
export const SIGHT_LIMIT_MS = 3000;

// tokens.ts
export const TOKENS_LIMIT_MS = 15_000;

// typing-signal.ts
export const GAP_MS = 3000;
