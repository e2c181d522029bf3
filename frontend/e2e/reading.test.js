// What is unread, on one device and on another.
import assert from 'node:assert/strict';
import { startBelfry } from './belfry.js';
import { guest } from './guest.js';
import { stories } from './stories.js';
import { enter } from './visitor.js';

stories('what is unread', (story) => {
  story(
    'is counted, marked where it begins, and read on all of one’s devices at once',
    async (t, browser) => {
      const belfry = await startBelfry(t);
      const ada = await enter(t, browser, belfry, 'Ada');
      const bo = await guest(t, belfry, 'Bo');
      await bo.join('garden');
      await bo.write('garden', 'before Ada came');
      await ada.joins('garden');
      await ada.sees('before Ada came');
      await ada.joins('tools');
      const phone = await ada.onAnotherDevice();
      await phone.joins('tools');

      for (const text of ['one', 'two', 'three']) await bo.write('garden', text);
      for (const device of [ada, phone])
        await device.page.getByRole('link', { name: 'garden 3 unread' }).waitFor();
      assert.match(await ada.page.title(), /^\(3\)/);

      await ada.page.getByRole('link', { name: 'garden 3 unread' }).click();
      await ada.inRoom('garden');
      const first = ada.page.getByRole('listitem').filter({ has: ada.page.locator('.unread-mark') });
      assert.match(await first.locator('.text').innerText(), /one/);
      for (const device of [ada, phone])
        await device.page.getByRole('link', { name: 'garden', exact: true }).waitFor();

      await ada.page.reload();
      await ada.page.getByRole('link', { name: 'garden', exact: true }).waitFor();
      assert.doesNotMatch(await ada.page.title(), /^\(/);
    },
  );

  story('has no mark above what was read while it came, also after a reload', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada');
    const bo = await guest(t, belfry, 'Bo');
    await ada.joins('garden');
    await bo.join('garden');
    for (const text of ['one', 'two', 'three']) await bo.write('garden', text);
    await ada.sees('three');
    await ada.hasReadUpTo('garden', 3);
    await ada.page.reload();
    await ada.sees('three');

    await bo.write('garden', 'read at once');
    await ada.sees('read at once');
    await ada.hasReadUpTo('garden', 4);
    await ada.page.reload();
    await ada.sees('read at once');
    await ada.page.getByRole('link', { name: 'garden', exact: true }).waitFor();
    assert.equal(await ada.page.locator('.unread-mark').count(), 0);
  });

  story('waits for a reader who is elsewhere, and calls somebody who is named', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada');
    const bo = await guest(t, belfry, 'Bo');
    await ada.joins('garden');
    await bo.join('garden');
    await ada.joins('tools');
    await bo.write('garden', 'Is @Ada there?');
    await ada.page.getByRole('link', { name: 'garden 1 unread, for you' }).waitFor();
    await ada.page.reload();
    await ada.page.getByRole('link', { name: 'garden 1 unread, for you' }).waitFor();
  });

  story('is not read by somebody who has gone up in the history', async (t, browser) => {
    const belfry = await startBelfry(t);
    const bo = await guest(t, belfry, 'Bo');
    await bo.join('garden');
    for (let line = 1; line <= 60; line += 1) await bo.write('garden', `line ${line}`);
    const ada = await enter(t, browser, belfry, 'Ada');
    await ada.joins('garden');
    await ada.sees('line 60');
    const phone = await ada.onAnotherDevice();
    await phone.joins('tools');
    await ada.scrollsTo(700);
    await ada.page.getByRole('button', { name: 'Latest' }).waitFor();
    await bo.write('garden', 'not seen yet');
    await phone.page.getByRole('link', { name: 'garden 1 unread' }).waitFor();
    await ada.page.getByRole('button', { name: '1 new' }).click();
    await ada.sees('not seen yet');
    await phone.page.getByRole('link', { name: 'garden', exact: true }).waitFor();
  });

  story('is gone to from the end of a room, with how much there is and since when', async (t, browser) => {
    const belfry = await startBelfry(t, { MESSAGES_PER_SECOND: '1000' });
    const bo = await guest(t, belfry, 'Bo');
    const ada = await enter(t, browser, belfry, 'Ada');
    await ada.joins('garden');
    await ada.joins('tools');
    await bo.join('garden');
    for (let line = 1; line <= 40; line += 1) await bo.write('garden', `line ${line}.`);
    await ada.page.getByRole('link', { name: 'garden 40 unread' }).click();
    await ada.inRoom('garden');
    await ada.sees('line 40.');
    const since = ada.page.getByRole('button', { name: /^40 new since \d/ });
    await Promise.all([ada.isLedTo('line 1.'), since.click()]);
    await ada.page.getByRole('button', { name: /^40 new/ }).waitFor({ state: 'detached' });
  });
});
