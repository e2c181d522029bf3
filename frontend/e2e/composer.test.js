// The field to write in: what it keeps, completes, formats, and refuses.
import assert from 'node:assert/strict';
import { startBelfry } from './belfry.js';
import { guest } from './guest.js';
import { stories } from './stories.js';
import { enter } from './visitor.js';

const LIMIT = 8000;
const TYPING_APART_MS = 3000;

stories('the composer', (story) => {
  story(
    'keeps a draft for each room over switches and reloads, and takes fast typing into the room that was switched to',
    async (t, browser) => {
      const belfry = await startBelfry(t);
      const ada = await enter(t, browser, belfry, 'Ada');
      await ada.joins('tools');
      await ada.joins('garden');
      await ada.types('the beans are');

      await ada.goesTo('tools');
      await ada.types('a ham');
      await ada.inRoom('tools');
      await ada.types('mer');
      await ada.hasWritten('a hammer');

      await ada.goesTo('garden');
      await ada.types(' up');
      await ada.inRoom('garden');
      await ada.hasWritten('the beans are up');

      await ada.page.reload();
      await ada.inRoom('garden');
      await ada.hasWritten('the beans are up');
      await ada.goesTo('tools');
      await ada.inRoom('tools');
      await ada.hasWritten('a hammer');
      await ada.types('!');
      await ada.presses('Enter');
      await ada.message('a hammer!').waitFor();
      await ada.hasWritten('');

      await ada.goesTo('garden');
      await ada.inRoom('garden');
      await ada.hasWritten('the beans are up');
      assert.deepEqual(await ada.reads(), [], 'nothing of the other room has come here');
    },
  );

  story('answers a message, or does not after all', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada');
    const bo = await enter(t, browser, belfry, 'Bo');
    await ada.joins('garden');
    await bo.joins('garden');
    await bo.writes('Are the beans up?');
    await ada.sees('Are the beans up?');

    await ada.chooses('Reply', 'Are the beans up?');
    await ada.sees('Replying to');
    await ada.field.press('Escape');
    await ada.page.getByText('Replying to').waitFor({ state: 'detached' });

    await ada.chooses('Reply', 'Are the beans up?');
    await ada.page.reload();
    await ada.sees('Replying to');
    await ada.writes('Since Monday');
    await ada.page.getByText('Replying to').waitFor({ state: 'detached' });
    await bo.message('Since Monday').getByText('Are the beans up?').waitFor();
  });

  story('edits the last own message from an empty field', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada');
    await ada.joins('garden');
    await ada.writes('The beens are up');
    await ada.allKept();

    await ada.types('x');
    await ada.presses('ArrowUp');
    await ada.hasWritten('x');
    assert.equal(await ada.page.getByLabel('Edit your message').count(), 0);
    await ada.presses('Control+a', 'Delete', 'ArrowUp');
    const editor = ada.page.getByRole('textbox', { name: /edit/i });
    await editor.fill('The beans are up');
    await editor.press('Enter');
    await ada.message('The beans are up').waitFor();
  });

  story('edits nothing by the arrow key while the list shows a part of the past', async (t, browser) => {
    const belfry = await startBelfry(t, { MESSAGES_PER_SECOND: '1000', EVENTS_PER_SECOND: '1000' });
    const ada = await enter(t, browser, belfry, 'Ada');
    await ada.joins('garden');
    await ada.writes('The first of mine');
    await ada.allKept();
    await ada.joins('tools');
    const cy = await guest(t, belfry, 'Cy');
    await cy.join('garden');
    for (let line = 1; line <= 200; line += 1) await cy.write('garden', `line ${line}`);
    await ada.page.reload();
    await ada.joins('garden');
    await ada.writes('The last of mine');
    await ada.allKept();
    await ada.follows('garden', 1);
    await ada.isLedTo('The first of mine');
    await ada.field.press('ArrowUp');
    await ada.types('x');
    await ada.hasWritten('x');
    assert.equal(await ada.page.getByLabel('Edit your message').count(), 0);
  });

  story('completes a name by keyboard and by pointer', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada');
    const bo = await enter(t, browser, belfry, 'Bo');
    const cleo = await enter(t, browser, belfry, 'Cleo Nightingale');
    for (const each of [bo, cleo, ada]) await each.joins('garden');
    await cleo.page.close();
    await ada.seesNobodyCalled('Cleo');

    await ada.types('so @ni');
    await ada.offered.filter({ hasText: 'Cleo Nightingale' }).waitFor();
    const active = await ada.field.getAttribute('aria-activedescendant');
    assert.equal(await ada.page.locator(`[id="${active}"]`).getAttribute('aria-selected'), 'true');
    await ada.isAccessible('a name is completed');
    await ada.presses('Enter');
    await ada.hasWritten('so @Cleo Nightingale ');

    await ada.types('and @');
    await ada.offered.filter({ hasText: '@here' }).waitFor();
    await ada.presses('ArrowDown', 'ArrowUp');
    await ada.takes('Bo');
    await ada.hasWritten('so @Cleo Nightingale and @Bo ');
    await ada.types('@bo');
    await ada.offered.first().waitFor();
    await ada.presses('Escape');
    await ada.offered.first().waitFor({ state: 'detached' });
    await ada.presses('Enter');
    await bo.page.locator('.mention[data-me="true"]').first().waitFor();
  });

  story('completes an emoji by keyboard, by pointer and by its whole name', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada');
    await ada.joins('garden');

    await ada.types('hi :smi');
    await ada.offered.filter({ hasText: ':smile:' }).first().waitFor();
    await ada.presses('Tab');
    await ada.hasWritten('hi 😄 ');
    await ada.types(':tad');
    await ada.takes(':tada:');
    await ada.hasWritten('hi 😄 🎉 ');
    await ada.types(':heart:');
    await ada.hasWritten('hi 😄 🎉 ❤️');
    await ada.presses('Control+z');
    await ada.hasWritten('hi 😄 🎉 :heart:');
    await ada.types(' at 10:30');
    await ada.offered.first().waitFor({ state: 'detached' });
  });

  story('picks any emoji, and keeps the skin tone and those used last', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada');
    await ada.joins('garden');
    const picker = ada.page.getByRole('dialog', { name: 'Emoji' });

    await ada.types('up: ');
    await ada.page.getByRole('button', { name: 'Emoji', exact: true }).click();
    const tone = picker.getByRole('combobox', { name: 'Skin tone' });
    await tone.selectOption('medium');
    await picker.getByLabel('Search emoji').fill('thumbs up');
    await picker.getByRole('gridcell', { name: 'Thumbs up' }).waitFor();
    await ada.isAccessible('the picker of emoji');
    await ada.presses('ArrowRight', 'Enter');
    await ada.hasWritten('up: 👍🏽');
    await ada.types('!');
    await ada.hasWritten('up: 👍🏽!');

    await ada.page.reload();
    await ada.inRoom('garden');
    await ada.page.getByRole('button', { name: 'Emoji', exact: true }).click();
    await picker.getByRole('group', { name: 'Used lately' }).getByText('👍🏽').waitFor();
    assert.equal(await tone.inputValue(), 'medium');
    await picker.getByLabel('Search emoji').fill('nothing at all');
    await picker.getByText('No emoji found').waitFor();
    await ada.presses('Escape');
    await picker.waitFor({ state: 'hidden' });
  });

  story('does not send what an input method composes', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada');
    await ada.joins('garden');
    const keys = await ada.page.context().newCDPSession(ada.page);

    await keys.send('Input.imeSetComposition', { text: 'にほん', selectionStart: 3, selectionEnd: 3 });
    await ada.hasWritten('にほん');
    // As a system with an input method sends the key that ends it.
    const end = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 229 };
    await keys.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...end });
    await ada.hasWritten('にほん');
    await keys.send('Input.insertText', { text: '日本' });
    await ada.hasWritten('日本');
    await ada.presses('Enter');
    await ada.message('日本').waitFor();
    assert.deepEqual(await ada.reads(), ['日本'], 'and nothing before it');
  });

  story('counts in code points near the limit, and sends neither more nor nothing', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada');
    await ada.joins('garden');
    const send = ada.page.getByRole('button', { name: 'Send' });

    await ada.field.fill(' \n\u2003 ');
    await ada.presses('Enter');
    assert.ok(await send.isDisabled(), 'blanks are nothing');

    await ada.field.fill(`${'😀'.repeat(LIMIT)}a`);
    await ada.sees('1 character too many');
    assert.equal(await ada.field.getAttribute('aria-invalid'), 'true');
    await ada.presses('Enter');
    assert.ok(await send.isDisabled(), 'too much');
    await ada.presses('Backspace');
    await ada.sees('0 characters left');
    assert.deepEqual(await ada.reads(), []);
    await ada.presses('Enter');
    await ada.hasWritten('');
    await ada.allKept();
    assert.deepEqual(
      (await ada.reads()).map((text) => [...text].length),
      [LIMIT],
    );
  });

  story('says at most once in three seconds that somebody types', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada');
    await ada.joins('garden');
    const packets = await ada.countsPackets('typing:start');
    await ada.inRoom('garden');

    const began = Date.now();
    await ada.field.pressSequentially('the beans are up and so are the peas', { delay: 110 });
    const most = 1 + Math.floor((Date.now() - began) / TYPING_APART_MS);
    assert.ok(packets() >= 1, 'the room is told');
    assert.ok(packets() <= most, `${packets()} packets where ${most} are enough`);
  });

  story('writes Markdown by keys, and lets each of them be undone', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada', {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await ada.joins('garden');

    await ada.types('good');
    await ada.presses('Shift+Home', 'Control+b');
    await ada.hasWritten('**good**');
    await ada.presses('Control+i');
    await ada.hasWritten('**_good_**');
    await ada.presses('Control+z');
    await ada.hasWritten('**good**');
    await ada.presses('Control+z');
    await ada.hasWritten('good');

    await ada.page.evaluate(() => navigator.clipboard.writeText('https://example.org/beans'));
    await ada.presses('Control+a', 'Control+v');
    await ada.hasWritten('[good](https://example.org/beans)');

    await ada.presses('Control+a', 'Delete');
    await ada.types('1. beans');
    await ada.presses('Shift+Enter');
    await ada.types('peas');
    await ada.presses('Shift+Enter');
    await ada.hasWritten('1. beans\n2. peas\n3. ');
    await ada.presses('Shift+Enter');
    await ada.hasWritten('1. beans\n2. peas\n');

    await ada.page.getByRole('button', { name: 'Formatting' }).click();
    await ada.isAccessible('the help of formatting');
    await ada.page.getByRole('dialog', { name: 'Formatting' }).getByRole('button', { name: 'Code' }).click();
    await ada.types('x');
    await ada.hasWritten('1. beans\n2. peas\n`x`');
  });

  story('says that what is written waits while there is no connection', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada');
    await ada.joins('garden');
    await ada.types('soon');
    await belfry.stop();
    await ada.sees('No connection: what you send waits here, and goes by itself.');
    await ada.presses('Enter');
    await ada.message('soon').waitFor();
    await belfry.start();
    await ada.allKept();
  });

  story('gives an unfinished edit back: after a switch, another edit and a reload', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada');
    await ada.joins('tools');
    await ada.joins('garden');
    for (const text of ['The beens are up', 'Since Monday']) await ada.writes(text);
    await ada.allKept();
    const editor = ada.page.getByLabel('Edit your message');
    const edits = async (text, begun) => {
      await ada.chooses('Edit', text);
      // What was kept may come a little later than the field.
      await ada.page.waitForFunction(
        (wanted) => document.querySelector('.editor textarea')?.value === wanted,
        begun,
      );
    };
    await edits('The beens are up', 'The beens are up');
    await editor.fill('The beans are');
    await ada.goesTo('tools');
    await ada.inRoom('tools');
    await ada.goesTo('garden');
    await ada.inRoom('garden');
    await edits('The beens are up', 'The beans are');
    await edits('Since Monday', 'Since Monday');
    await ada.page.reload();
    await ada.inRoom('garden');
    await ada.sees('The beens are up');
    await edits('The beens are up', 'The beans are');
    await editor.pressSequentially(' up');
    await editor.press('Escape');
    await edits('The beens are up', 'The beans are up');
    await editor.press('Enter');
    await ada.page.getByText('The beans are up (edited)').waitFor();
    await edits('The beans are up', 'The beans are up');
    await editor.fill('Never mind');
    await ada.page.getByRole('button', { name: 'Start over' }).click();
    await editor.press('Escape');
    await edits('The beans are up', 'The beans are up');
  });

  story('leaves what one had begun to write with whoever is removed from the room', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada');
    await ada.makesRoom('Shed', 'Private');
    const bo = await enter(t, browser, belfry, 'Bo', { permissions: ['clipboard-read', 'clipboard-write'] });
    await ada.adds('Bo');
    await bo.goesTo('Shed');
    await bo.inRoom('Shed');
    await bo.types('the spade is');
    await ada.removes('Bo');
    await bo.sees('You were removed from this room');
    const left = bo.page.getByLabel('What you had begun to write');
    assert.equal(await left.inputValue(), 'the spade is');
    assert.equal(await left.getAttribute('readonly'), '');
    await bo.isAccessible('a closed room with a draft');
    await bo.page.getByRole('button', { name: 'Copy', exact: true }).click();
    await bo.sees('Text copied.');
    assert.equal(await bo.page.evaluate(() => navigator.clipboard.readText()), 'the spade is');
  });

  story('has the text of a message that is not sent after all', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada');
    await ada.joins('garden');
    await ada.isRefused('It rains');
    await ada.writes('It rains');
    await ada.page.getByRole('button', { name: 'Discard' }).click();
    await ada.hasWritten('It rains');
    assert.deepEqual(await ada.reads(), []);

    await ada.writes('It rains');
    await ada.types('The sun is out');
    await ada.page.getByRole('button', { name: 'Discard' }).click();
    await ada.messages.first().waitFor({ state: 'detached' });
    await ada.hasWritten('The sun is out');
  });
});
