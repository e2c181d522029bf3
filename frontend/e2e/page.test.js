// The page in a real browser, served by the real binary.
import assert from 'node:assert/strict';
import { startBelfry } from './belfry.js';
import { guest } from './guest.js';
import { stories } from './stories.js';
import { enter, visit } from './visitor.js';

stories('the page', (story) => {
  story('lets two people meet in a room, see each other come, type, write and go', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada');
    const bo = await enter(t, browser, belfry, 'Bo');

    await ada.joins('garden');
    await ada.sees('Nothing has been said here yet. Write the first message.');
    const head = await ada.page.locator('.room-head').boundingBox();
    assert.equal(head.y, 0, 'the head of the room is at the top');
    await bo.joins('garden');
    await ada.seesPerson('Bo', 'Online');
    await bo.seesPerson('Ada', 'Online');

    await Promise.all([bo.sees('Ada is typing…'), ada.field.pressSequentially('The beans')]);
    await ada.writes('The beans are up!');
    await bo.sees('The beans are up!');
    await bo.seesNoMore('Ada is typing…');

    await bo.writes('Lovely: https://example.org/beans?bed=2.');
    await ada.hears('Bo: Lovely: https://example.org/beans?bed=2.');
    const link = ada.page.getByRole('link', { name: 'https://example.org/beans?bed=2' });
    assert.equal(await link.getAttribute('href'), 'https://example.org/beans?bed=2');
    assert.match(await link.getAttribute('rel'), /noopener/);

    await bo.choosesOfOwn('Busy');
    await ada.seesPerson('Bo', 'Busy');
    await bo.page.close();
    await ada.seesNobodyCalled('Bo');

    assert.deepEqual(await ada.reads(), ['The beans are up!', 'Lovely: https://example.org/beans?bed=2.']);
  });

  story('marks somebody who is mentioned, for both', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada Lovelace');
    const bo = await enter(t, browser, belfry, 'Bo');
    await ada.joins('garden');
    await bo.joins('garden');

    await bo.writes('Is @Ada Lovelace here?');
    await ada.page.locator('.mention[data-me="true"]', { hasText: '@Ada Lovelace' }).waitFor();
    await bo.page.locator('.mention[data-me="false"]', { hasText: '@Ada Lovelace' }).waitFor();
  });

  story(
    'keeps who one is, the room and its history over a reload, and forgets them on signing out',
    async (t, browser) => {
      const belfry = await startBelfry(t);
      const ada = await enter(t, browser, belfry, 'Ada');
      await ada.joins('garden');
      await ada.writes('first');
      await ada.writes('second');
      await ada.allKept();

      await ada.page.reload();
      await ada.inRoom('garden');
      await ada.sees('second');
      assert.deepEqual(await ada.reads(), ['first', 'second']);
      await ada.writes('third');
      await ada.allKept();
      assert.deepEqual(await ada.reads(), ['first', 'second', 'third']);

      await ada.logsOut();
      const confirm = ada.page.getByRole('dialog', { name: 'Log out?' });
      await confirm.getByText('nobody can come back as Ada afterwards').waitFor();
      await confirm.getByRole('button', { name: 'Log out' }).click();
      await ada.page.getByLabel('Your name').waitFor();
      await keepsNothing(ada.page);
      await ada.page.reload();
      await ada.page.getByLabel('Your name').waitFor();
      assert.equal(await ada.page.evaluate(() => localStorage.length + sessionStorage.length), 0);
    },
  );

  story('renews a session whose access token is refused, without asking anybody', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada');
    await ada.joins('garden');
    await ada.writes('before');
    await ada.allKept();
    const kept = await ada.page.evaluate(() => {
      const session = JSON.parse(localStorage.getItem('belfry.session'));
      localStorage.setItem('belfry.session', JSON.stringify({ ...session, accessToken: 'out.of.date' }));
      return session;
    });

    await ada.page.reload();
    await ada.inRoom('garden');
    await ada.sees('before');
    const renewed = await ada.page.evaluate(() => JSON.parse(localStorage.getItem('belfry.session')));
    assert.notEqual(renewed.refreshToken, kept.refreshToken);
    assert.equal(renewed.user.id, kept.user.id);
  });

  story(
    'waits for a server that restarts, and then shows everything once and in order',
    async (t, browser) => {
      const belfry = await startBelfry(t);
      const ada = await enter(t, browser, belfry, 'Ada');
      const bo = await enter(t, browser, belfry, 'Bo');
      await ada.joins('tools');
      await ada.joins('garden');
      await bo.joins('garden');
      await ada.writes('before');
      await bo.sees('before');

      await belfry.stop();
      await ada.page.getByText('Reconnecting…').waitFor();
      const written = Array.from({ length: 8 }, (_, index) => `while away ${index + 1}`);
      for (const text of written) await ada.writes(text);
      await ada.page.getByText('8 messages wait to be sent').waitFor();
      await belfry.start();

      await bo.sees('while away 8');
      await ada.allKept();
      await ada.seesNoMore('Reconnecting…');
      await bo.writes('after');
      await ada.sees('after');
      for (const visitor of [ada, bo])
        assert.deepEqual(await visitor.reads(), ['before', ...written, 'after']);
      await ada.seesPerson('Bo', 'Online');

      const cy = await guest(t, belfry, 'Cy');
      await cy.join('tools');
      await cy.write('tools', 'Who has the spade?');
      await ada.page.getByRole('link', { name: 'tools 1 unread' }).waitFor();
    },
  );

  story(
    'still sends what was written while the server was away when the page was left meanwhile',
    async (t, browser) => {
      const belfry = await startBelfry(t);
      const ada = await enter(t, browser, belfry, 'Ada');
      const bo = await enter(t, browser, belfry, 'Bo');
      await ada.joins('garden');
      await bo.joins('garden');
      await belfry.stop();
      await ada.writes('one');
      await ada.writes('two');
      await ada.page.getByText('2 messages wait to be sent').waitFor();
      await ada.page.goto('about:blank');
      await belfry.start();
      await ada.page.goto(belfry.url);

      await bo.sees('two');
      await ada.page.getByRole('link', { name: 'garden' }).click();
      await ada.inRoom('garden');
      await ada.allKept();
      for (const visitor of [ada, bo]) assert.deepEqual(await visitor.reads(), ['one', 'two']);
    },
  );

  story(
    'sends again what was cut before its acknowledgement, and it stays one message',
    async (t, browser) => {
      const belfry = await startBelfry(t);
      const ada = await visit(t, browser, belfry);
      const { cut } = await ada.losesTheLineBeforeAnAcknowledgement();
      await ada.choosesName('Ada');
      const bo = await enter(t, browser, belfry, 'Bo');
      await ada.joins('garden');
      await bo.joins('garden');

      await ada.writes('only once');
      await cut;
      await bo.sees('only once');
      await ada.allKept();
      await ada.writes('and then this');
      await bo.sees('and then this');
      for (const visitor of [ada, bo])
        assert.deepEqual(await visitor.reads(), ['only once', 'and then this']);
    },
  );

  story('holds several rooms at once, and says which have something unread', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada');
    const bo = await enter(t, browser, belfry, 'Bo');
    await bo.joins('tools');
    await ada.browses();
    await ada.page.getByRole('link', { name: /tools.*1 member/ }).click();
    await ada.inRoom('tools');
    await ada.joins('garden');
    assert.equal(new URL(ada.page.url()).hash, '#/garden');

    await bo.writes('Who has the spade?');
    const tools = ada.page.getByRole('link', { name: 'tools 1 unread' });
    await tools.waitFor();
    await tools.click();
    await ada.inRoom('tools');
    await ada.sees('Who has the spade?');
    await ada.page.getByRole('link', { name: 'tools', exact: true }).waitFor();
    await ada.page.goBack();
    await ada.inRoom('garden');
  });

  story(
    'goes up through history to its beginning, and follows new messages only at the end',
    async (t, browser) => {
      const belfry = await startBelfry(t);
      const bo = await guest(t, belfry, 'Bo');
      await bo.join('garden');
      for (let line = 1; line <= 90; line += 1)
        await bo.write('garden', `line ${line} ${'of many words '.repeat(line % 9)}`);
      const ada = await enter(t, browser, belfry, 'Ada');
      await ada.joins('garden');
      await ada.messages.filter({ hasText: 'line 90 ' }).waitFor();
      assert.ok((await ada.distanceFromEnd()) <= 1);

      await ada.scrollsAll('up');
      await ada.scrollsTo(0);
      await ada.sees('This is where it began.');
      assert.match((await ada.reads())[0], /^line 1 /);

      await bo.write('garden', 'new while reading');
      await ada.page.getByRole('button', { name: '1 new' }).click();
      await bo.write('garden', 'new at the end');
      await ada.sees('new at the end');
      assert.ok((await ada.distanceFromEnd()) <= 1);

      await ada.scrollsTo(900);
      await ada.page.getByRole('button', { name: 'Latest' }).waitFor();
      await ada.writes('what I write I see');
      await ada.sees('what I write I see');
      assert.ok((await ada.distanceFromEnd()) <= 1);
    },
  );

  story('sends with Enter, but not what is still composed or begins a new line', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada');
    await ada.joins('garden');
    const keyboard = await ada.page.context().newCDPSession(ada.page);
    await ada.field.focus();
    await keyboard.send('Input.imeSetComposition', { text: 'にほ', selectionStart: 2, selectionEnd: 2 });
    const enterWhileComposing = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 229 };
    await keyboard.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...enterWhileComposing });
    await keyboard.send('Input.dispatchKeyEvent', { type: 'keyUp', ...enterWhileComposing });
    await keyboard.send('Input.insertText', { text: '日本' });
    await ada.field.press('Shift+Enter');
    await ada.field.pressSequentially('next line');
    assert.equal(await ada.messages.count(), 0);
    await ada.field.press('Enter');
    await ada.allKept();
    assert.deepEqual(await ada.reads(), ['日本\nnext line']);
  });

  story('says in a sentence why somebody cannot come in', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await visit(t, browser, belfry);
    await ada.page.getByRole('button', { name: 'Come in' }).click();
    await ada.sees('Enter a name first.');
    await belfry.stop();
    await ada.page.getByLabel('Your name').fill('Ada');
    await ada.page.keyboard.press('Enter');
    await ada.sees('The server cannot be reached right now. Try again in a moment.');
    await belfry.start();
    await ada.page.getByRole('button', { name: 'Come in' }).click();
    await ada.isIn();
  });
});

/** All that was kept on the device is gone from its database. */
async function keepsNothing(page) {
  const left = await page.evaluate(async () => {
    const done = (asked) =>
      new Promise((resolve, reject) => {
        asked.onsuccess = () => resolve(asked.result);
        asked.onerror = () => reject(asked.error);
      });
    const database = await done(indexedDB.open('belfry'));
    const count = () => done(database.transaction('kept').objectStore('kept').count());
    let left = await count();
    for (const until = Date.now() + 30_000; left > 0 && Date.now() < until; left = await count())
      await new Promise((resolve) => setTimeout(resolve, 50));
    database.close();
    return left;
  });
  assert.equal(left, 0, 'something is kept of somebody who has logged out');
}
