// What must hold when a round is over: each check has a name, says what it found, and fails with what contradicts it.

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { until, within } from '../flows/support/limits.js';
import { brief } from '../flows/support/person.js';
import { answered, Rest } from '../flows/support/rest.js';
import { broadcast } from '../flows/support/watcher.js';
import { STORE_LIMIT } from './ledger.js';

/** A change is everywhere so many ms after its commit, and a ghost is gone so many ms after the crash. */
const DELIVERY = 2_000;
const GHOST = 15_000;
/** What a debug build on a busy machine may add to either: this, or some times what the checker itself had to wait for its turn. */
const BUSY = 1_000;
const STALLS = 5;
/** So long after something was mended nobody is called late: links to the stores come back with a back-off. */
const MENDING = 5_000;
/** A job handed to a worker that died comes back after 30 s; one that failed a few times waits about as long. */
const JOBS = 100_000;

/** Runs all checks in turn; resolves with `{ name, found?, error? }` of each. */
export async function checked(frail, crowd, storm, stalls) {
  const round = new Round(frail, crowd, storm, stalls);
  const outcomes = [];
  for (const [name, check] of round.checks()) {
    const began = Date.now();
    try {
      outcomes.push({ name, found: await check.call(round), took: Date.now() - began });
    } catch (error) {
      outcomes.push({ name, error, took: Date.now() - began });
    }
  }
  return { outcomes, ...round.figures };
}

class Round {
  figures = { lag: 0, revisions: 0 };
  /** Room -> `{ rev, lastSeq, messages }`, as REST tells it in the end. */
  #fresh = new Map();

  constructor(frail, crowd, storm, stalls) {
    Object.assign(this, { frail, crowd, storm, stalls, ledger: crowd.ledger, town: frail.town });
  }

  get busy() {
    return Math.max(BUSY, STALLS * Math.round(this.stalls.max / 1e6));
  }

  checks() {
    return Object.entries({
      'all is ready again': this.isReady,
      'every send was acknowledged in the end': this.allAcknowledged,
      'nobody was answered what may not be': this.nothingWrong,
      'everything was answered in time, changes within 3 s': this.nobodySilent,
      'changes are everywhere within 2 s': this.inTime,
      'no job is lost': this.jobsDone,
      'every acknowledged message is in the history exactly once': this.history,
      'acknowledged edits, deletions, claps and reactions stand': this.acts,
      'mentions and links were found': this.enriched,
      'every watcher was carried through every revision once': this.watchers,
      'events and a fresh look agree': this.agreement,
      'no ghost is left': this.noGhosts,
      'nothing is left in queues and leases': this.nothingLeft,
    });
  }

  async isReady() {
    const began = Date.now();
    const seen = {};
    const all = async () => {
      await Promise.all(this.frail.places.map(async (place) => (seen[place] = await this.frail.readiness(place))));
      return Object.values(seen).every((one) => one === 'ready');
    };
    await until(all, 'all replicas are ready', { limit: 30_000, seen: () => brief(seen) });
    return `after ${Date.now() - began} ms`;
  }

  async allAcknowledged() {
    const open = () => [...this.ledger.sends.values()].filter((send) => !send.message && !send.isDoubtful);
    const seen = () =>
      `open: ${open()
        .slice(0, 10)
        .map((send) => `${send.content} (${send.room})`)}`;
    await within(this.crowd.rests(), 'all sends are acknowledged', { limit: 40_000, seen });
    return `${this.ledger.acknowledgedCount} messages, ${this.ledger.resends} resends, ${this.ledger.unavailable} times unavailable`;
  }

  nothingWrong() {
    isEmpty(this.ledger.wrongs);
  }

  nobodySilent() {
    const excused = ({ from, to }) =>
      this.storm.past.some((one) => one.freezes && one.began < to && from < one.ended + this.busy);
    const late = ({ from, to }) => to - from > STORE_LIMIT + this.busy;
    const wrong = [...this.ledger.silences, ...this.ledger.slow].filter((one) => late(one) && !excused(one));
    isEmpty(wrong.map(({ who, what, from, to }) => `${who} asked ${what} at ${this.time(from)} for ${to - from} ms`));
    const slowest = Math.max(0, ...this.ledger.slow.map(({ from, to }) => to - from));
    return `${this.ledger.silences.length} were asked of frozen replicas${slowest ? `, the slowest answer took ${slowest} ms` : ''}`;
  }

  async inTime() {
    // Everybody who was cut must be back before calls mean something.
    const back = () => this.crowd.onlookers.every((one) => this.crowd.rooms.every((room) => one.isIn(room)));
    const missing = () =>
      this.crowd.onlookers
        .filter((one) => !this.crowd.rooms.every((room) => one.isIn(room)))
        .map((one) => one.person.saw(4));
    await until(back, 'all onlookers are back in their rooms', { seen: () => missing().join('\n') });
    const called = Date.now();
    for (let times = 0; times < 3; times++) {
      await within(this.crowd.calls(), 'calls are acknowledged');
      await pause(300);
    }
    const limit = DELIVERY + this.busy;
    await pause(limit);
    const late = [];
    let [count, calls] = [0, 0];
    for (const { room, rev, at } of this.ledger.commits) {
      for (const onlooker of this.crowd.onlookers) {
        const isCall = at >= called;
        if (!isCall && this.#isHindered(onlooker.place, at, limit)) continue;
        const had = onlooker.had(room, rev, at, limit);
        if (had === undefined) continue;
        count += 1;
        if (isCall) calls += 1;
        this.figures.lag = Math.max(this.figures.lag, Math.min(had - at, 99_999));
        if (had - at > limit)
          late.push(
            `${onlooker.person.name} (replica ${onlooker.place}) had rev ${rev} of ${room} ${had - at} ms after ${this.time(at)}`,
          );
      }
    }
    assert.ok(calls > 0, 'no call was judged');
    isEmpty(late);
    return `the latest of ${count} after ${this.figures.lag} ms`;
  }

  #isHindered(place, at, limit) {
    return this.storm.past.some(({ hinders, began, ended }) => {
      const concerns = hinders === 'all' || hinders.includes(place) || (place === 'any' && hinders.length > 0);
      return concerns && at + limit > began && at < ended + MENDING;
    });
  }

  async jobsDone() {
    const began = Date.now();
    let rows;
    const none = async () => {
      rows = await this.frail.postgres.asks(
        'SELECT id, state, attempts, last_error, lease_until - now() AS lease FROM jobs ORDER BY lease_until LIMIT 5',
      );
      return rows.length === 0;
    };
    await until(async () => (await none()) || pause(200, false), 'all jobs are done', {
      limit: JOBS,
      seen: () => brief(rows),
    });
    return `after ${Date.now() - began} ms`;
  }

  async history() {
    const { places } = this.frail;
    for (const [i, room] of this.crowd.rooms.entries()) {
      const rest = this.rest(places[i % places.length]);
      const { rev, lastSeq } = answered(await rest.get(`/api/rooms/${room}`), 200);
      const messages = [];
      for (let more = true; more; ) {
        const page = await rest.get(`/api/rooms/${room}/messages?after=${messages.at(-1)?.seq ?? 0}&limit=100`);
        messages.push(...answered(page, 200).messages);
        more = page.body.hasMore;
      }
      this.#fresh.set(room, { rev, lastSeq, messages });
    }
    const wrong = [];
    const found = new Map();
    for (const [room, { lastSeq, messages }] of this.#fresh) {
      const hole = messages.findIndex((message, at) => message.seq !== at + 1);
      if (hole >= 0) wrong.push(`seq ${messages[hole].seq} of ${room} stands where ${hole + 1} should`);
      if (messages.length !== lastSeq) wrong.push(`${room} has ${messages.length} messages and lastSeq ${lastSeq}`);
      for (const message of messages) {
        const { id, clientId } = message;
        if (found.has(id)) wrong.push(`message ${id} is there twice`);
        if (clientId && found.has(clientId)) wrong.push(`clientId ${clientId} is there twice (${message.content})`);
        if (clientId && !this.ledger.sends.has(clientId)) wrong.push(`clientId ${clientId} was never sent`);
        found.set(id, message).set(clientId, message);
      }
    }
    for (const { message, content, clientId } of this.ledger.sends.values()) {
      if (!message) continue;
      if (found.get(message.id) === undefined)
        wrong.push(`${content} (${message.id}) was acknowledged and is not there`);
      else if (found.get(message.id) !== found.get(clientId))
        wrong.push(`${content} has another clientId than was sent`);
    }
    isEmpty(wrong);
    return [...this.#fresh].map(([room, { lastSeq, rev }]) => `${room}: ${lastSeq} messages, rev ${rev}`).join('; ');
  }

  acts() {
    const wrong = [];
    for (const { messages } of this.#fresh.values()) {
      for (const message of messages) {
        const contradiction = this.ledger.fates.get(message.id)?.contradicts(message);
        if (contradiction) wrong.push(`message ${message.id} ${contradiction}`);
      }
    }
    isEmpty(wrong);
    return `${this.ledger.fates.size} messages`;
  }

  enriched() {
    const ids = new Map(this.crowd.people.map((person) => [person.name, person.id]));
    const wrong = [];
    let count = 0;
    for (const { messages } of this.#fresh.values()) {
      for (const { id, content, mentions, previews, deletedAt } of messages) {
        if (deletedAt) continue;
        const expected = [...content.matchAll(/@(\w+)/g)].map(([, name]) => ids.get(name));
        const links = [...content.matchAll(/http:\S+/g)].map(([url]) => url);
        count += expected.length + links.length;
        if (brief(mentions) !== brief(expected) || brief(previews.map((one) => one.url)) !== brief(links))
          wrong.push(`message ${id} "${content}" mentions ${brief(mentions)} and shows ${brief(previews)}`);
      }
    }
    isEmpty(wrong);
    return `${count} found`;
  }

  async watchers() {
    const changes = new Map();
    const wrong = [];
    for (const { watchers } of this.crowd.onlookers) {
      for (const [room, watcher] of watchers) {
        this.figures.revisions += watcher.rev;
        if (watcher.faults.length > 0) wrong.push(`${watcher.name} in ${room}: ${watcher.faults[0]}`);
        for (const [rev, change] of watcher.changes) {
          const key = `${room} ${rev}`;
          const other = changes.get(key) ?? { change, name: watcher.name };
          changes.set(key, other);
          if (other.change !== change)
            wrong.push(`rev ${rev} of ${room} is ${change} to ${watcher.name}, ${other.change} to ${other.name}`);
        }
        const { rev } = this.#fresh.get(room) ?? {};
        await watcher.reaches(rev, { limit: DELIVERY + this.busy }).catch((error) => wrong.push(error.message));
        if (watcher.rev > rev) wrong.push(`${watcher.name} stands at rev ${watcher.rev} of ${room}, which has ${rev}`);
      }
    }
    isEmpty(wrong);
    const unasked = this.crowd.onlookers.flatMap((one) => [...one.watchers.values()]).map((one) => one.unasked);
    return `${this.figures.revisions} revisions, ${unasked.reduce((sum, one) => sum + one, 0)} looks at the store`;
  }

  async agreement() {
    const wrong = [];
    for (const [room, { messages, rev }] of this.#fresh) {
      const known = new Map(messages.map((message) => [message.id, written(broadcast(message))]));
      for (const { watchers, person } of this.crowd.onlookers) {
        const { list } = watchers.get(room);
        // After a reset it knows the newest page and what came later.
        const first = list[0]?.seq ?? 1;
        if (list.length !== messages.length - first + 1)
          wrong.push(
            `${person.name} has ${list.length} messages of ${room} from seq ${first} on, of ${messages.length}`,
          );
        const odd = list.find((message) => written(message) !== known.get(message.id));
        if (odd) wrong.push(`${person.name} has ${written(odd)}, a fresh look ${known.get(odd.id)}`);
      }
      // Each replica may serve the newest page from elsewhere than the store.
      for (const place of this.frail.places) {
        const page = answered(await this.rest(place).get(`/api/rooms/${room}/messages?limit=100`), 200);
        const odd = page.messages.find((message) => written(broadcast(message)) !== known.get(message.id));
        if (odd) wrong.push(`replica ${place} shows ${written(odd)}, the store has ${known.get(odd.id)}`);
        if (page.rev !== rev || page.messages.at(-1)?.id !== messages.at(-1)?.id)
          wrong.push(`replica ${place} shows ${room} as of rev ${page.rev}, which has ${rev}`);
      }
    }
    isEmpty(wrong);
    return `${this.crowd.onlookers.length} watchers, ${this.frail.places.length} replicas`;
  }

  async noGhosts() {
    const [room] = this.crowd.rooms;
    const last = Math.max(0, ...this.storm.past.map((one) => one.ended));
    const live = (person) => isLive(person, room);
    const expected = this.crowd.people.filter(live).map((person) => person.name);
    for (const place of this.frail.places) {
      const newcomer = await this.town.guest(`Newcomer${place}`, { at: place });
      const { typing } = await newcomer.joins(room);
      assert.deepEqual(typing, [], `somebody types at replica ${place}`);
      expected.push(newcomer.name);
    }
    expected.sort();
    let seen = {};
    const right = async () => {
      seen = {};
      for (const place of this.frail.places) {
        const { online } = answered(await this.rest(place).get(`/api/rooms/${room}/presence`), 200);
        const names = online.map((user) => user.username).sort();
        if (brief(names) === brief(expected)) continue;
        seen[place] = {
          ghosts: names.filter((name) => !expected.includes(name)),
          missing: expected.filter((name) => !names.includes(name)),
        };
      }
      return Object.keys(seen).length === 0;
    };
    await until(right, `nobody but ${expected} is online`, {
      limit: Math.max(2_000, last + GHOST + this.busy - Date.now()),
      seen: () => brief(seen),
    });
    return `${expected.length} people online, ${((Date.now() - last) / 1000).toFixed(1)} s after the last fault`;
  }

  async nothingLeft() {
    const { postgres } = this.frail;
    const [{ jobs, batches, stuck, prepared }] = await postgres.asks(
      `SELECT (SELECT count(*)::int FROM jobs) AS jobs, (SELECT count(*)::int FROM batches) AS batches,
         (SELECT count(*)::int FROM pg_stat_activity WHERE state LIKE 'idle in transaction%') AS stuck,
         (SELECT count(*)::int FROM pg_prepared_xacts) AS prepared`,
    );
    assert.deepEqual({ jobs, stuck, prepared }, { jobs: 0, stuck: 0, prepared: 0 });
    const revisions = [...this.#fresh.values()].reduce((sum, { rev }) => sum + rev, 0);
    assert.ok(batches <= revisions, `${batches} batches are remembered of ${revisions} changes`);

    const people = this.crowd.people;
    for (const person of people) {
      person.isGone = true;
      person.goes();
    }
    let seen;
    const empty = async () => {
      const [stream, groups, users, graves, leases] = await Promise.all([
        this.frail.asksRedis('XLEN', 'belfry:jobs'),
        this.frail.asksRedis('XPENDING', 'belfry:jobs', 'workers').catch(() => ''),
        this.frail.asksRedis('HLEN', 'belfry:presence:users'),
        // A replica that was not sure of its lease took another; what matters is that old ones go.
        this.frail.asksRedis('ZCOUNT', 'belfry:presence:graves', '-inf', Date.now() - GHOST),
        this.frail.asksRedis('ZCOUNT', 'belfry:presence:leases', '-inf', Date.now() - GHOST),
      ]);
      seen = { stream, pending: groups.split('\n')[0], users, graves, leases };
      const newcomers = this.frail.places.length;
      return (
        stream === '0' &&
        /^0?$|NOGROUP/.test(seen.pending) &&
        users === String(newcomers) &&
        graves === '0' &&
        leases === '0'
      );
    };
    await until(empty, 'Redis holds no job, no lease and nobody who has left', {
      limit: 2 * GHOST + this.busy,
      seen: () => brief(seen),
    });
    return `${batches} batches remembered of ${revisions} changes`;
  }

  rest(place) {
    return new Rest(this.town.address(place), this.crowd.writers[0].person.token);
  }

  time(at) {
    return this.frail.time(at);
  }
}

/** Whether somebody is connected and has joined the room on that connection. */
function isLive(person, room) {
  if (!person.socket.connected) return false;
  const connected = person.journal.findLastIndex(({ kind }) => kind === 'connect');
  const asked = (one) => one.asked === room || one.asked?.roomId === room;
  return person.journal.some(
    (one, at) => at > connected && one.kind === 'ack' && one.event === 'join:room' && asked(one) && one.data.ok,
  );
}

function isEmpty(wrongs) {
  if (wrongs.length > 0) throw new Error([`${wrongs.length} wrong:`, ...wrongs.slice(0, 5)].join('\n    '));
}

/** As text in which the order of fields does not count. */
function written(value) {
  return JSON.stringify(value, (_, part) =>
    part && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );
}
