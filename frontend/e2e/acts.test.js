// What people do to messages, as a second visitor sees it.
import assert from 'node:assert/strict';
import { startBelfry } from './belfry.js';
import { guest } from './guest.js';
import { stories } from './stories.js';
import { enter } from './visitor.js';

async function twoInTheGarden(t, browser, options) {
  const belfry = await startBelfry(t);
  const ada = await enter(t, browser, belfry, 'Ada', options);
  const bo = await enter(t, browser, belfry, 'Bo');
  await ada.joins('garden');
  await bo.joins('garden');
  return { belfry, ada, bo };
}

stories('a message', (story) => {
  story('is edited with the arrow key, and both read the new text with its mark', async (t, browser) => {
    const { ada, bo } = await twoInTheGarden(t, browser);
    await ada.writes('The baens are up!');
    await bo.sees('The baens are up!');
    await ada.allKept();
    await ada.field.press('ArrowUp');
    const editor = ada.page.getByLabel('Edit your message');
    await editor.fill('The beans are up!');
    await editor.press('Enter');
    await bo.page.getByText('The beans are up! (edited)').waitFor();
    await ada.page.getByText('The beans are up! (edited)').waitFor();
    assert.equal(await ada.messages.count(), 1);

    await ada.field.press('ArrowUp');
    await editor.fill('Never mind');
    await editor.press('Escape');
    assert.deepEqual(await ada.reads(), ['The beans are up! (edited)']);
    await ada.field.pressSequentially('the field has the focus again');
  });

  story('is deleted with a way back; its place stays for both', async (t, browser) => {
    const { ada, bo } = await twoInTheGarden(t, browser);
    for (const text of ['one', 'a slip', 'three']) await ada.writes(text);
    await bo.sees('three');
    await ada.allKept();
    // The line with Undo stays for as long as the focus is in it, or the pointer is on it.
    const undo = ada.page.getByRole('button', { name: 'Undo' });
    await Promise.all([undo.focus(), ada.chooses('Delete', 'a slip')]);
    await ada.sees('This message was deleted.');
    await undo.click();
    await ada.sees('a slip');
    await ada.writes('four');
    await bo.sees('four');
    const all = ['one', 'a slip', 'three', 'four'];
    assert.deepEqual(await bo.reads(), all, 'nobody else has seen anything of it');
    await ada.page.mouse.move(400, 300);
    await ada.chooses('Delete', 'a slip');
    const left = ['one', 'This message was deleted.', 'three', 'four'];
    for (const visitor of [ada, bo]) {
      await visitor.sees('This message was deleted.');
      assert.deepEqual(await visitor.reads(), left);
    }
    await bo.page.reload();
    await bo.sees('four');
    assert.deepEqual(await bo.reads(), left);
  });

  story('is deleted at once when its writer leaves the room', async (t, browser) => {
    const { ada, bo } = await twoInTheGarden(t, browser);
    await ada.writes('a slip');
    await bo.sees('a slip');
    await ada.allKept();
    // The line with Undo stays for 30 s while the pointer is on it: only that the room is left can delete it before.
    const undo = ada.page.getByRole('button', { name: 'Undo' });
    await Promise.all([undo.hover(), ada.chooses('Delete', 'a slip')]);
    await ada.sees('This message was deleted.');
    await ada.page.evaluate(() => {
      window.location.hash = '#/~rooms';
    });
    await bo.page.getByText('This message was deleted.').waitFor({ timeout: 20_000 });
    await undo.waitFor({ state: 'detached' });
  });

  story('is clapped for under the finger, fifty times at most, in few packets', async (t, browser) => {
    const { ada, bo } = await twoInTheGarden(t, browser);
    await ada.writes('The beans are up!');
    await bo.sees('The beans are up!');
    const packets = await bo.countsPackets('message:clap');
    await bo.chooses('Clap', 'The beans are up!');
    const claps = bo.message('The beans are up!').getByRole('button', { name: /^Clap:/ });
    await claps.waitFor();
    await bo.page.evaluate(async () => {
      for (let tap = 0; tap < 59; tap += 1) {
        document.querySelector('.claps').click();
        await new Promise((resume) => setTimeout(resume, 20));
      }
    });
    await bo.seesUnder('The beans are up!', 'Clap: 50 so far, 50 of them yours');
    await ada.seesUnder('The beans are up!', 'Clap: 50 so far, 0 of them yours');
    assert.ok(packets() <= 3, `${packets()} packets`);

    await ada
      .message('The beans are up!')
      .getByRole('button', { name: /^Clap:/ })
      .click();
    await bo.seesUnder('The beans are up!', 'Clap: 51 so far, 50 of them yours');
    for (const visitor of [ada, bo]) await visitor.page.reload();
    await ada.seesUnder('The beans are up!', 'Clap: 51 so far, 1 of them yours');
    await bo.seesUnder('The beans are up!', 'Clap: 51 so far, 50 of them yours');
  });

  story('carries reactions, with one’s own marked, on all of one’s devices', async (t, browser) => {
    const { ada, bo } = await twoInTheGarden(t, browser);
    await ada.writes('The beans are up!');
    await bo.sees('The beans are up!');
    await bo.reactsTo('The beans are up!', 'party');
    await ada.seesUnder('The beans are up!', '🎉: 1 person');
    await bo.seesUnder('The beans are up!', '🎉: 1 person, you too');
    await ada.message('The beans are up!').getByRole('button', { name: '🎉: 1 person' }).click();
    await bo.seesUnder('The beans are up!', '🎉: 2 people, you too');

    const phone = await bo.page.context().newPage();
    await phone.goto(bo.page.url());
    const mark = (page, name) => page.getByRole('button', { name, exact: true });
    await mark(phone, '🎉: 2 people, you too').click();
    await mark(bo.page, '🎉: 1 person').waitFor();
    await ada.seesUnder('The beans are up!', '🎉: 1 person, you too');
  });

  story('answers another one, with a quote that goes to it, however far up', async (t, browser) => {
    const { belfry, ada, bo } = await twoInTheGarden(t, browser);
    await ada.writes('Who has the spade?');
    await bo.sees('Who has the spade?');
    await bo.chooses('Reply', 'Who has the spade?');
    await bo.sees('Replying to Ada Who has the spade?');
    await bo.writes('I have.');
    await ada.sees('I have.');
    const quote = (visitor) => visitor.message('I have.').getByRole('button', { name: /^In answer to/ });
    assert.equal((await quote(ada).innerText()).replace(/\s+/g, ' '), 'In answer to Ada Who has the spade?');

    const cy = await guest(t, belfry, 'Cy');
    const [question] = await cy.joinAndRead('garden');
    for (let line = 1; line <= 70; line += 1) await cy.write('garden', `line ${line}`);
    await cy.ask('message:send', { roomId: 'garden', content: 'Far below.', replyTo: question.id });
    const dee = await enter(t, browser, belfry, 'Dee');
    await dee.joins('garden');
    const far = dee.message('Far below.').getByRole('button', { name: /^In answer to/ });
    assert.match(await far.innerText(), /an earlier message/);
    await far.click();
    await dee.isLedTo('Who has the spade?');
  });

  story(
    'is changed and deleted without a connection too, also in a room that one has left',
    async (t, browser) => {
      const { belfry, ada, bo } = await twoInTheGarden(t, browser);
      await bo.joins('tools');
      await bo.joins('garden');
      for (const text of ['The baens are up!', 'a slip']) await bo.writes(text);
      await bo.allKept();
      await ada.sees('a slip');
      await belfry.stop();
      await bo.page.getByText('Reconnecting…').waitFor();
      await bo.chooses('Edit', 'The baens are up!');
      await bo.page.getByLabel('Edit your message').fill('The beans are up!');
      await bo.page.keyboard.press('Enter');
      await bo.page.locator('.message[data-state="waiting"]').getByText('The beans are up!').waitFor();
      await bo.chooses('Delete', 'a slip');
      await bo.sees('This message was deleted.');
      await bo.goesTo('tools');
      await bo.page.getByRole('button', { name: 'Undo' }).waitFor({ state: 'detached' });
      await belfry.start();
      await ada.page.getByText('The beans are up! (edited)').waitFor();
      await ada.sees('This message was deleted.');
    },
  );
});
