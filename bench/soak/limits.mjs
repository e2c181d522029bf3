// Whether the limits are exact over two replicas: `node bench/soak/limits.mjs` (SECONDS=30). Within 1 %, or it ends with 1.
//
// One user sends through sockets on both replicas, far faster than MESSAGES_PER_SECOND, for so many seconds. What was acknowledged must be
// the burst and what grows in the time between the first question and the last answer. The same with attempts to log in from one address, and to one
// account, all of them with a wrong password, over both replicas.

import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Ledger } from './ledger.mjs';
import { Person } from './person.mjs';
import { report, round } from './report.mjs';
import { onStage } from './stage.mjs';
import { token } from './tokens.mjs';
import { figures } from './watch.mjs';

const SECONDS = Number(process.env.SECONDS ?? 30);
const PRECISION = 0.01;
/** Times the rate at which is asked. */
const ABOVE = 10;

await onStage('limits', async (stage) => {
  const found = [];
  for (const rate of [20, 100]) {
    const replicas = await stage.serves(2, {
      MESSAGES_PER_SECOND: String(rate),
      EVENTS_PER_SECOND: '100000',
      TRUSTED_PROXIES: '127.0.0.1',
    });
    const urls = replicas.map(({ url }) => url);
    found.push(await together(urls, (turn) => sends(urls, rate, turn)));
    if (rate === 20) {
      const one = () => `nobody-${randomUUID().slice(0, 8)}`;
      // Other addresses for each turn: a budget that has been used is not whole again for two minutes.
      const anybody = (turn) =>
        logsIn(urls, 'log-ins from one address', { burst: 100, rate: 1, from: `192.0.2.${turn}`, who: one });
      found.push(await together(urls, anybody));
      const owner = (turn) => {
        const name = one();
        return logsIn(urls, 'log-ins to one account', { burst: 10, rate: 1 / 30, from: `198.51.100.${turn}`, who: () => name });
      };
      found.push(await together(urls, owner));
    }
    await Promise.all(replicas.map((replica) => stage.stops(replica)));
  }
  for (const { what, alone } of found) {
    if (alone > 0)
      console.log(`${what}: Redis did not answer in time, and ${alone} were decided by one replica alone; this run says nothing`);
  }
  for (const { what, allowed, exact, off, met, asked, seconds } of found) {
    const percent = `${round(off * 100, 2)} %`;
    console.log(
      `${what}: ${allowed} of ${asked} in ${round(seconds)} s; exactly it would be ${round(exact)}: ${percent} off, ${met ? 'met' : 'NOT met'}`,
    );
  }
  report('limits.json', stage, { figures: found });
  return found.every(({ met }) => met);
});

async function sends(urls, rate, turn) {
  const ledger = new Ledger();
  const user = { id: `hasty-${rate}-${turn}` };
  const people = urls.map((url) => new Person({ ledger, user, token: token(user.id, user.id), urls: [url] }));
  await Promise.all(people.map((person) => person.connects()));
  for (const person of people) await person.joins('limits');
  const told = await asks(rate * ABOVE, async (n) => {
    const ack = await people[n % people.length].asks('message:send', { roomId: 'limits', content: `${n}` });
    if (!ack.ok && ack.error.code !== 'rate_limited') throw new Error(JSON.stringify(ack));
    return ack.ok;
  });
  for (const person of people) person.goes();
  return judged(`messages of one user, ${rate} a second`, told, rate * 5, rate);
}

async function logsIn(urls, what, { burst, rate, from, who }) {
  const wrong = async (n) => {
    const response = await fetch(`${urls[n % urls.length]}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': from },
      body: JSON.stringify({ username: who(), password: 'not the password' }),
    });
    await response.arrayBuffer();
    if (![401, 429].includes(response.status)) throw new Error(`${what}: ${response.status}`);
    return response.status === 401;
  };
  return judged(what, await asks(Math.max(8, rate * ABOVE), wrong), burst, rate);
}

/** What `work` found out, and how many questions a replica decided alone meanwhile; begun anew where there were any, three times at most. */
async function together(urls, work) {
  for (let tries = 1; ; tries++) {
    const before = await aloneOn(urls);
    const found = await work(tries);
    const alone = (await aloneOn(urls)) - before;
    if (alone === 0 || tries === 3) return { ...found, met: found.met && alone === 0, alone };
  }
}

async function aloneOn(urls) {
  const all = await Promise.all(urls.map(figures));
  return all.reduce((sum, { limits_alone }) => sum + limits_alone, 0);
}

/** Asks so many times a second, on a timetable; resolves with what was allowed, and the times of the first and the last answer that was. */
async function asks(perSecond, ask) {
  const answers = [];
  const began = performance.now();
  for (let n = 0; performance.now() - began < SECONDS * 1_000; ) {
    const due = Math.min(((performance.now() - began) / 1_000) * perSecond, SECONDS * perSecond);
    while (n < due) {
      const at = performance.now();
      answers.push(ask(n++).then((allowed) => ({ allowed, from: at, to: performance.now() })));
    }
    await pause(5);
  }
  return Promise.all(answers);
}

/** The time counts from the middle of the first question to the middle of the last one: when each was decided is not told. */
function judged(what, told, burst, rate) {
  const middle = ({ from, to }) => (from + to) / 2;
  const first = Math.min(...told.map(middle));
  const last = Math.max(...told.map(middle));
  const seconds = (last - first) / 1_000;
  const allowed = told.filter((one) => one.allowed).length;
  const exact = burst + rate * seconds;
  const off = allowed / exact - 1;
  // A part of a permit does not show.
  const met = Math.abs(allowed - exact) <= Math.max(1, PRECISION * exact);
  return { what, seconds, asked: told.length, allowed, exact, off, met };
}
