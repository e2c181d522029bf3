// The same conversation on both backends and both transports: nobody at the page can tell which it is.
import assert from 'node:assert/strict';
import { startBelfry } from './belfry.js';
import { stories } from './stories.js';
import { noReplicas, startTwoReplicas } from './two-replicas.js';
import { enter } from './visitor.js';

/** Answers with the addresses of the first and of the last server: one and the same, or two replicas. */
const places = {
  'one server on SQLite': async (t) => {
    const belfry = await startBelfry(t);
    return { belfry, first: belfry, last: belfry };
  },
  'two replicas on Postgres and Redis': async (t) => {
    const belfry = await startTwoReplicas(t);
    return { belfry, first: { url: belfry.town.address(0) }, last: { url: belfry.town.address(1) } };
  },
};

/** A poll of before, sent again when the server is back: it knows no such session, and the client begins another. */
const POLLED_AFTERWARDS = /^400 \S+\/socket\.io\/\S*transport=polling&\S*sid=/;

/** Which transport carries the packets of a page, as its requests tell. */
function transportOf({ page }) {
  const used = { websocket: 0, polling: 0 };
  page.on('websocket', (line) => {
    line.on('framereceived', () => {
      used.websocket += 1;
    });
  });
  page.on('requestfinished', (request) => {
    if (request.url().includes('transport=polling')) used.polling += 1;
  });
  return used;
}

for (const [place, opens] of Object.entries(places)) {
  const skip = place.startsWith('two') ? noReplicas : false;
  stories(
    place,
    (story) => {
      for (const transport of ['websocket', 'polling']) {
        story(`carries a conversation by ${transport}, over a restart`, async (t, browser) => {
          const { belfry, first, last } = await opens(t);
          const refusals = [POLLED_AFTERWARDS];
          const ada = await enter(t, browser, first, 'Ada', { transport, refusals });
          const bo = await enter(t, browser, last, 'Bo', { transport, refusals });
          const used = transportOf(ada);
          await ada.joins('garden');
          await bo.joins('garden');
          await ada.seesPerson('Bo', 'Online');

          await bo.types('The be');
          await ada.sees('Bo is typing…');
          await bo.writes('The baens are up!');
          await ada.sees('The baens are up!');
          await ada.reactsTo('The baens are up!', 'thumbs up');
          await bo.seesUnder('The baens are up!', '👍: 1 person');
          await bo.field.press('ArrowUp');
          await bo.page.getByLabel('Edit your message').fill('The beans are up!');
          await bo.page.keyboard.press('Enter');
          await ada.page.getByText('The beans are up! (edited)').waitFor();

          await belfry.stop();
          await ada.sees('Reconnecting…');
          await ada.writes('written in between');
          await ada.page.getByText(/1 message waits to be sent, kept on this device/).waitFor();
          await belfry.start();
          await ada.allKept();
          await bo.sees('written in between');
          await bo.writes('and read');
          await ada.sees('and read');

          const said = ['The beans are up! (edited)', 'written in between', 'and read'];
          assert.deepEqual(await ada.reads(), said);
          assert.deepEqual(await bo.reads(), said);
          assert.equal(used.websocket > 0, transport === 'websocket', 'packets came by websocket');
          if (transport === 'polling') assert.ok(used.polling > 0, 'packets came by polling');
        });
      }
    },
    { skip },
  );
}
