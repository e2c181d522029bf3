// Lines that break: what was said meanwhile is all there afterwards, once and in order.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { chance, seedOf } from './chance.js';
import { stories } from './stories.js';
import { noReplicas, startTwoReplicas } from './two-replicas.js';
import { enter } from './visitor.js';

const CUTS = Number(process.env.CUTS ?? 30);
const LONGEST_OUTAGE_MS = 400;
/** Where a WebSocket was cut before it was open, the client polls, and its next request may come to the other replica. */
const POLLED_ELSEWHERE = /^400 \S+\/socket\.io\/\S*transport=polling&\S*sid=/;

/** Somebody who writes, and does something to what they wrote before, each thing acknowledged. */
function busy(writer, room, random) {
  const said = [];
  return async function goesOn() {
    said.push(await writer.says(room, `said ${said.length}.`));
    const message = said[random.below(said.length)];
    const deed = random.below(4);
    if (deed === 0) await writer.edits(message, `changed when there were ${said.length}.`);
    if (deed === 1) await writer.claps(said[0], 1);
    if (deed === 2) await writer.reacts(message, '🎉');
  };
}

/**
 * Runs in the page: of a page that nobody looks at the browser may let no timer run. Those from before `goOn()` never do, so that
 * no try that was due anyway can bring the page back.
 */
function timersThatStandStill() {
  const SHORT_MS = 100;
  const plain = window.setTimeout.bind(window);
  let still = false;
  let times = 0;
  window.setTimeout = (run, ms = 0, ...more) => {
    if (typeof run !== 'function' || ms < SHORT_MS) return plain(run, ms, ...more);
    const born = times;
    return plain(() => !still && born === times && run(...more), ms);
  };
  window.timers = {
    standStill() {
      still = true;
    },
    goOn() {
      still = false;
      times += 1;
    },
  };
}

/** All messages of the room as the server has them. */
async function kept(writer, roomId) {
  const all = [];
  for (let hasMore = true; hasMore; ) {
    const before = all[0]?.seq;
    const { body } = await writer.rest.get(
      `/api/rooms/${roomId}/messages?limit=100${before ? `&before=${before}` : ''}`,
    );
    all.unshift(...body.messages);
    hasMore = body.hasMore;
  }
  return all;
}

stories(
  'a line that breaks',
  (story) => {
    story(
      `and breaks again, ${CUTS} times, while two write, loses nothing and repeats nothing`,
      async (t, browser) => {
        const random = chance(seedOf(t));
        const belfry = await startTwoReplicas(t, { MESSAGES_PER_SECOND: '1000' });
        const ada = await enter(t, browser, belfry, 'Ada', { refusals: [POLLED_ELSEWHERE] });
        await ada.joins('garden');
        const bo = await belfry.town.citizen('Bo', { at: 0 });
        await bo.joins('garden');
        const goesOn = busy(bo, 'garden', random);
        for (let cut = 0; cut < CUTS; cut += 1) {
          const writing = goesOn().then(() => (random.below(2) === 0 ? goesOn() : undefined));
          if (random.below(2) === 0) await ada.writes(`from the page ${cut}`);
          await pause(random.below(250));
          if (random.below(3) === 0) {
            await belfry.line.refuses();
            await pause(random.below(LONGEST_OUTAGE_MS));
            await belfry.line.passes();
          } else belfry.line.resets();
          await writing;
          // Sometimes the next cut comes before the page is back from this one.
          if (random.below(2) === 0) await ada.allKept();
        }
        await bo.says('garden', 'the last word');
        await ada.allKept();
        // Nobody has scrolled: the list has followed all of it.
        await ada.sees('the last word');
        assert.ok((await ada.distanceFromEnd()) <= 1, 'the list does not follow');

        const messages = await kept(bo, 'garden');
        const contents = messages.map(({ content }) => content);
        const own = contents.filter((content) => content.startsWith('from the page'));
        assert.deepEqual(own, [...new Set(own)], 'a message of the page was stored twice');
        assert.deepEqual(await ada.readsAll(), contents);
        const { content, claps } = messages.find(({ claps }) => claps.total > 0) ?? {};
        if (claps) await ada.seesUnder(content, new RegExp(`^Clap: ${claps.total} so far`));
      },
    );

    story('while nobody looks is whole again at a look, not at the next try', async (t, browser) => {
      const belfry = await startTwoReplicas(t);
      const ada = await enter(t, browser, belfry, 'Ada');
      await ada.page.addInitScript(timersThatStandStill);
      await ada.page.reload();
      await ada.isIn();
      await ada.joins('garden');
      const bo = await belfry.town.citizen('Bo', { at: 0 });
      await bo.joins('garden');
      await bo.says('garden', 'before');
      await ada.sees('before');
      for (const round of [1, 2]) {
        await ada.looksAway();
        await belfry.line.refuses();
        await ada.isShownAs('Ada', 'No connection');
        await ada.page.evaluate(() => window.timers.standStill());
        await bo.says('garden', `meanwhile ${round}`);
        await belfry.line.passes();
        await ada.page.evaluate(() => window.timers.goOn());
        await ada.looksBack();
        await ada.sees(`meanwhile ${round}`);
        await ada.isShownAs('Ada', 'Online');
      }
    });
  },
  { skip: noReplicas },
);
