// The list of messages: what is read stands still, whatever comes above it, below it, or grows.
import assert from 'node:assert/strict';
import { startBelfry } from './belfry.js';
import { guest } from './guest.js';
import { stories } from './stories.js';
import { enter } from './visitor.js';

/** So that rooms can be filled in a moment. */
const FAST = { MESSAGES_PER_SECOND: '100000', EVENTS_PER_SECOND: '100000' };

/** How many pages of older messages come, at four places; 100 for the whole of it. */
const PREPENDS = Number(process.env.PREPENDS ?? 24);

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
    `does not move what is read by a pixel while ${PREPENDS} pages come above it, on a slow machine`,
    async (t, browser) => {
      const belfry = await startBelfry(t, FAST);
      const bo = await guest(t, belfry, 'Bo');
      await bo.join('garden');
      const lines = (PREPENDS + 8) * 50;
      await fill(bo, 'garden', lines);
      const ada = await enter(t, browser, belfry, 'Ada');
      await ada.joins('garden');
      await ada.messages.filter({ hasText: `line ${lines}` }).waitFor();
      const older = await ada.holdsBackOlder();
      await ada.slowedDown(4);

      const moved = [];
      for (let page = 0; page < PREPENDS; page += 1) {
        const offset = [0, 200, 600, 3000][page % 4];
        await ada.scrollsTo(0);
        await older.asked();
        await ada.scrollsTo(offset);
        const watched = ada.watchesWhatItReads();
        await older.letThrough();
        moved.push({ offset, ...(await watched) });
      }
      t.diagnostic(`moved by ${JSON.stringify(moved.map(({ most }) => most))}`);
      const worst = moved.reduce((a, b) => (a.most >= b.most ? a : b));
      assert.ok(worst.most <= 1, `moved by ${worst.most} px at ${worst.offset}`);
      assert.ok(
        moved.every(({ grew }) => grew > 0),
        'each page came',
      );
      assert.ok(Math.max(...moved.map(({ rows }) => rows)) <= 60, 'at most 60 rows in the page');
    },
  );

  story(
    'stays at the end when the last message grows, and still when one reads further up',
    async (t, browser) => {
      const belfry = await startBelfry(t, FAST);
      const bo = await guest(t, belfry, 'Bo');
      await bo.join('garden');
      await fill(bo, 'garden', 120);
      const ada = await enter(t, browser, belfry, 'Ada');
      await ada.joins('garden');
      await ada.messages.filter({ hasText: 'line 120' }).waitFor();
      assert.ok((await ada.distanceFromEnd()) <= 1, 'a room is read from its end');

      const { message } = await bo.write('garden', 'the last one');
      await ada.sees('the last one');
      assert.ok((await ada.distanceFromEnd()) <= 1);
      await bo.ask('message:edit', { messageId: message.id, content: 'grown\n'.repeat(12) });
      await ada.page.getByText('(edited)').waitFor();
      assert.ok((await ada.distanceFromEnd()) <= 1, 'an edit made it longer');
      await bo.ask('message:clap', { messageId: message.id, count: 3 });
      await ada.page.getByRole('button', { name: 'Clap: 3 so far' }).waitFor();
      assert.ok((await ada.distanceFromEnd()) <= 1, 'claps came under it');
      await ada.field.fill('a\nlong\nanswer\nin the field');
      assert.ok((await ada.distanceFromEnd()) <= 1, 'the field has grown');
      await ada.field.fill('');

      await ada.scrollsTo(900);
      const watched = ada.watchesUntil('.jump.to-end', '2 new');
      await bo.write('garden', 'below, where nobody looks');
      await bo.write('garden', 'and another');
      assert.equal((await watched).most, 0, 'what came at the end moved what is read');
      await ada.page.getByRole('button', { name: '2 new' }).click();
      await ada.sees('and another');
      assert.ok((await ada.distanceFromEnd()) <= 1);
    },
  );

  story(
    'follows what comes above what waits to be sent, and while the field takes its room',
    async (t, browser) => {
      const belfry = await startBelfry(t, FAST);
      const bo = await guest(t, belfry, 'Bo');
      await bo.join('garden');
      await fill(bo, 'garden', 60);
      const ada = await enter(t, browser, belfry, 'Ada');
      await ada.joins('garden');
      const writing = await ada.holdsBackWriting();
      await ada.inRoom('garden');
      await ada.messages.filter({ hasText: 'line 60' }).waitFor();
      await ada.writes('mine, on its way');
      await ada.sees('mine, on its way');
      for (let line = 1; line <= 4; line += 1) {
        await bo.write('garden', `above it ${line}`);
        await ada.sees(`above it ${line}`);
        assert.ok((await ada.distanceFromEnd()) <= 1, `number ${line} came above what waits`);
      }
      await Promise.all([1, 2, 3].map((line) => bo.write('garden', `at once ${line}`)));
      await ada.field.fill('a\nlong\nanswer');
      await ada.sees('at once 3');
      assert.ok((await ada.distanceFromEnd()) <= 1, 'some came while the field grew');
      writing.goesOut();
      await ada.allKept();
      await bo.write('garden', 'the last word');
      await ada.sees('the last word');
      assert.ok((await ada.distanceFromEnd()) <= 1);

      await ada.scrollsTo(300);
      const before = await ada.stands();
      await bo.write('garden', 'not followed');
      await ada.page.getByRole('button', { name: '1 new' }).waitFor();
      assert.deepEqual(await ada.stands(), before, 'whoever has gone up is left there');
    },
  );

  story('comes back to where one was in a room, also in the past', async (t, browser) => {
    const belfry = await startBelfry(t, FAST);
    const bo = await guest(t, belfry, 'Bo');
    for (const room of ['garden', 'tools']) {
      await bo.join(room);
      await fill(bo, room, 300);
    }
    const ada = await enter(t, browser, belfry, 'Ada');
    await ada.joins('garden');
    await ada.messages.filter({ hasText: 'line 300' }).waitFor();
    await ada.scrollsTo(750);
    const before = await ada.stands();
    await ada.joins('tools');
    await ada.messages.filter({ hasText: 'line 300' }).waitFor();
    assert.ok((await ada.distanceFromEnd()) <= 1);
    await ada.joins('garden');
    await ada.message(before.text).waitFor();
    const after = await ada.stands();
    assert.equal(after.text, before.text);
    assert.ok(Math.abs(after.top - before.top) <= 1, `moved by ${after.top - before.top} px`);
    await ada.joins('tools');
    await ada.messages.filter({ hasText: 'line 300' }).waitFor();
    assert.ok((await ada.distanceFromEnd()) <= 1, 'whoever was at the end is there again');

    await ada.follows('garden', 40);
    await ada.isLedTo('line 40 ');
    const past = await ada.stands();
    await ada.joins('tools');
    await ada.messages.filter({ hasText: 'line 300' }).waitFor();
    await ada.joins('garden');
    await ada.message(past.text).waitFor();
    const again = await ada.stands();
    assert.deepEqual([again.text, Math.round(again.top - past.top)], [past.text, 0]);
  });

  story(
    'is led to any message of a long room by its address, and reads on from there',
    async (t, browser) => {
      const belfry = await startBelfry(t, FAST);
      const bo = await guest(t, belfry, 'Bo');
      await bo.join('garden');
      await fill(bo, 'garden', 3_000);
      const ada = await enter(t, browser, belfry, 'Ada');
      await ada.follows('garden', 1_234);
      await ada.isLedTo('line 1234 ');
      assert.ok((await ada.rowsInPage()) <= 60);
      // One after another, up and down, none missing and none twice.
      await ada.isMarkedNoMore();
      let before = await ada.linesInPage();
      for (const way of ['up', 'up', 'down', 'down', 'down', 'up']) {
        await ada.scrollsAll(way);
        const lines = await ada.linesInPage();
        if (way === 'up') assert.ok(lines[0] < before[0], `${lines[0]} is above ${before[0]}`);
        else assert.ok(lines.at(-1) > before.at(-1), `${lines.at(-1)} is below ${before.at(-1)}`);
        before = lines;
        assert.deepEqual(
          lines,
          lines.map((_, index) => lines[0] + index),
        );
        assert.ok(lines.length <= 60, `${lines.length} rows`);
      }
      await ada.page.getByRole('button', { name: 'Latest' }).click();
      await ada.messages.filter({ hasText: 'line 3000' }).waitFor();
      assert.ok((await ada.distanceFromEnd()) <= 1);
      await ada.follows('garden', 7);
      await ada.isLedTo('line 7 ');
      await ada.follows('garden', 99_999);
      await ada.sees('That message cannot be found here.');
    },
  );

  story('is walked with the keys alone, also to what is not in view', async (t, browser) => {
    const belfry = await startBelfry(t, FAST);
    const bo = await guest(t, belfry, 'Bo');
    await bo.join('garden');
    await fill(bo, 'garden', 200, (line) => `line ${line}.`);
    const ada = await enter(t, browser, belfry, 'Ada', {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await ada.joins('garden');
    await ada.sees('line 200.');
    await ada.writes('mine');
    await ada.allKept();
    await ada.page.keyboard.press('Alt+m');
    // At the top of what is there a key waits for the rest, and none leads further than to the next.
    for (let line = 200; line > 140; ) {
      await ada.page.keyboard.press('ArrowUp');
      const on = await ada.isOnText();
      if (on === `line ${line}.`) line -= 1;
      else assert.equal(on, line === 200 ? 'mine' : `line ${line + 1}.`);
    }
    await ada.isOn('line 141.');
    await ada.rowsStandInOrder();
    await ada.scrollsTo(0);
    await ada.isOn('line 141.');
    await ada.rowsStandInOrder();
    await ada.page.keyboard.press('Alt+End');
    assert.ok((await ada.distanceFromEnd()) <= 1);
    await ada.isOn('line 141.');
    await ada.rowsStandInOrder();
    await ada.page.keyboard.press('ArrowDown');
    await ada.isOn('line 142.');
    await ada.page.keyboard.press('l');
    await ada.sees('Link copied.');
    assert.match(await ada.page.evaluate(() => navigator.clipboard.readText()), /#\/garden\/142$/);
    await ada.page.keyboard.press('c');
    await ada.seesUnder('line 142.', 'Clap: 1 so far, 1 of them yours');
    await ada.page.keyboard.press('r');
    await ada.isWriting();
    await ada.page.keyboard.press('Escape');
    await ada.page.keyboard.press('Alt+End');
    await ada.page.keyboard.press('Alt+m');
    await ada.isOn('mine');
    await ada.page.keyboard.press('e');
    await ada.page.keyboard.type(' indeed');
    await ada.page.keyboard.press('Enter');
    await ada.page.getByText('mine indeed (edited)').waitFor();
    await ada.page.keyboard.press('Alt+m');
    // The line with Undo stays for as long as the focus is in it.
    const undo = ada.page.getByRole('button', { name: 'Undo' });
    await Promise.all([undo.focus(), ada.page.keyboard.press('Delete')]);
    await ada.sees('This message was deleted.');
    await undo.click();
    await ada.page.getByText('mine indeed (edited)').waitFor();
  });

  story('shows as many kinds of reaction as a message takes, a few first', async (t, browser) => {
    const belfry = await startBelfry(t, FAST);
    const bo = await guest(t, belfry, 'Bo');
    await bo.join('garden');
    const { message } = await bo.write('garden', 'the last one');
    const kinds = Array.from({ length: 100 }, (_, index) =>
      String.fromCodePoint(0x1f600 + (index % 80) + (index >= 80 ? 0x300 : 0)),
    );
    const answers = await Promise.allSettled(
      kinds.map((emoji) => bo.ask('message:react', { messageId: message.id, emoji, on: true })),
    );
    const taken = answers.filter(({ status }) => status === 'fulfilled').length;
    const ada = await enter(t, browser, belfry, 'Ada', { viewport: { width: 360, height: 740 } });
    await ada.joins('garden');
    const chips = ada.message('the last one').locator('.chip[aria-pressed]');
    await ada
      .message('the last one')
      .getByRole('button', { name: `+${taken - 12} more` })
      .click();
    assert.equal(await chips.count(), taken);
    assert.ok(await ada.fits(), 'nothing is wider than the window');
    await chips.first().click();
    await ada.message('the last one').locator('.chip[aria-pressed="true"]').waitFor();
    await ada.message('the last one').getByRole('button', { name: 'Fewer' }).click();
    assert.equal(await chips.count(), 12);
  });

  story('shows what is sent to break it as what it is', async (t, browser) => {
    const belfry = await startBelfry(t, FAST);
    const bo = await guest(t, belfry, 'Bo');
    await bo.join('garden');
    const bad = [
      '😀'.repeat(4_000),
      'w'.repeat(4_000),
      '[press](javascript:document.title="taken") <javascript:alert(1)> [x](data:text/html,<script>alert(1)</script>)',
      '<img src=x onerror="document.title=\'taken\'"><script>document.title="taken"</script><b>bold</b>',
      'שלום hello مرحبا **مهم** world \u202Eevil\u202C end',
      `${'> '.repeat(500)}deep`,
      '*a '.repeat(2_000),
      '![tracker](https://tracker.example/pixel.png)',
      '# heading\n\n| a | b |\n|---|---|\n| 1 | 2 |',
    ];
    for (const text of bad) await bo.write('garden', text);
    await bo.write('garden', 'after all of it');
    // A request to another host, and any complaint of the page's, fails this in the end.
    const ada = await enter(t, browser, belfry, 'Ada', { viewport: { width: 360, height: 740 } });
    await ada.joins('garden');
    await ada.sees('after all of it');
    const seen = new Map();
    for (let offset = 0; ; offset += 500) {
      await ada.scrollsTo(offset);
      for (const [seq, found] of await ada.whatStandsThere()) seen.set(seq, found);
      assert.ok(await ada.fits(), 'nothing is wider than the window');
      if ((await ada.distanceFromEnd()) <= 1) break;
    }
    assert.deepEqual(
      [...seen.keys()].sort((a, b) => a - b),
      bad.map((_, index) => index + 1).concat(bad.length + 1),
    );
    const letters = (text) => text.replace(/[^\p{L}\p{N}\p{Emoji_Presentation}]/gu, '');
    for (const [index, text] of bad.entries()) {
      const { text: shown, elements, links } = seen.get(index + 1);
      if (!text.includes('tracker')) assert.equal(letters(shown), letters(text));
      assert.doesNotMatch(elements, /script|img|iframe|svg|table|style|\bb\b/);
      for (const link of links) assert.match(link, /^(https?:|mailto:)/);
    }
    assert.doesNotMatch(await ada.page.title(), /taken/);
    await ada.writes('and it goes on');
    await ada.allKept();
  });
});
