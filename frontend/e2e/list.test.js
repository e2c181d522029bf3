// The list of messages: what is read stands still, whatever comes above it, below it, or grows.
import assert from 'node:assert/strict';
import { startBelfry } from './belfry.js';
import { guest } from './guest.js';
import { stories } from './stories.js';
import { enter } from './visitor.js';

/** So that rooms can be filled in a moment. */
const FAST = { MESSAGES_PER_SECOND: '100000', EVENTS_PER_SECOND: '100000' };

/** Writes so many messages of different heights, many at once but in order. */
async function fill(writer, roomId, count, text = textOf) {
  const step = 200;
  for (let done = 0; done < count; done += step) {
    const lines = Array.from({ length: Math.min(step, count - done) }, (_, index) => done + index + 1);
    await Promise.all(lines.map((line) => writer.write(roomId, text(line))));
  }
}

function textOf(line) {
  const words = 'of many words '.repeat(line % 23);
  if (line % 11 === 0) return `line ${line}\n\n- ${words || 'one'}\n- two\n\n\`\`\`\ncode\n\`\`\``;
  return `line ${line} ${words}`.trim();
}

stories('the list of messages', (story) => {
  story(
    'does not move what is read by a pixel while a hundred pages come above it, on a slow machine',
    async (t, browser) => {
      const belfry = await startBelfry(t, FAST);
      const bo = await guest(t, belfry, 'Bo');
      await bo.join('garden');
      await fill(bo, 'garden', 5_400);
      const ada = await enter(t, browser, belfry, 'Ada');
      await ada.joins('garden');
      await ada.messages.filter({ hasText: 'line 5400' }).waitFor();
      const older = await ada.holdsBackOlder();
      await ada.slowedDown(4);

      const moved = [];
      for (let page = 0; page < 100; page += 1) {
        const offset = [0, 200, 600, 3000][page % 4];
        await ada.scrollsTo(0);
        await older.asked();
        await ada.scrollsTo(offset);
        const watched = ada.watchesWhatItReads();
        await older.letThrough();
        moved.push({ offset, ...(await watched) });
      }
      for (const one of moved.filter(({ most }) => most > 0)) console.log(one);
      const worst = moved.reduce((a, b) => (a.most >= b.most ? a : b));
      assert.ok(worst.most <= 1, `moved by ${worst.most} px at ${worst.offset}`);
      assert.ok(moved.every(({ grew }) => grew > 0), 'each page came');
      assert.ok(Math.max(...moved.map(({ rows }) => rows)) <= 60, 'at most 60 rows in the page');
    },
  );
});
