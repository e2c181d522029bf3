// What calls somebody: the bell on all their devices, and the desktop, once and only when it should.
import assert from 'node:assert/strict';
import { startBelfry } from './belfry.js';
import { guest } from './guest.js';
import { stories } from './stories.js';
import { enter } from './visitor.js';

stories('notifications', (story) => {
  story('call on every device, and are read on all of them at once', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada');
    const bo = await enter(t, browser, belfry, 'Bo');
    for (const each of [ada, bo]) await each.joins('garden');
    await ada.joins('tools');
    await ada.isCalled(0);
    const empty = await ada.opensNotifications();
    await empty.getByText('Nothing for you yet').waitFor();
    await ada.presses('Escape');
    const phone = await ada.onAnotherDevice({ viewport: { width: 360, height: 740 }, colorScheme: 'dark' });

    await bo.writes('Where is @Ada?');
    for (const device of [ada, phone]) await device.isCalled(1);
    const panel = await phone.opensNotifications();
    await panel
      .getByRole('link', { name: /Mention.*Bo mentioned you in garden.*Where is @Ada\?.*unread/ })
      .waitFor();
    await phone.isAccessible('the notifications on a phone, dark');
    await panel.getByRole('button', { name: 'Mark all read' }).click();
    for (const device of [ada, phone]) await device.isCalled(0);
  });

  story('lead to the room and to the message, however far back it is', async (t, browser) => {
    const belfry = await startBelfry(t, { MESSAGES_PER_SECOND: '1000' });
    const ada = await enter(t, browser, belfry, 'Ada');
    const bo = await guest(t, belfry, 'Bo');
    await ada.joins('garden');
    await bo.join('garden');
    await ada.joins('tools');

    await bo.write('garden', '@Ada: the key hangs by the door');
    await ada.isCalled(1);
    for (let count = 1; count <= 250; count += 1) await bo.write('garden', `and then ${count}`);

    // Of a room that is not open, a fresh page holds nothing.
    await ada.page.reload();
    await ada.inRoom('tools');
    const panel = await ada.opensNotifications();
    await panel.getByRole('link', { name: /the key hangs by the door/ }).click();
    await ada.inRoom('garden');
    await ada.message('the key hangs by the door').waitFor();
    await panel.waitFor({ state: 'hidden' });
    await ada.isCalled(0);
  });

  story(
    'show on the desktop while one is elsewhere: one a room at a time, none that was missed, none of the room that is looked at',
    async (t, browser) => {
      const belfry = await startBelfry(t);
      const ada = await enter(t, browser, belfry, 'Ada');
      const bo = await enter(t, browser, belfry, 'Bo');
      for (const each of [ada, bo]) {
        await each.joins('tools');
        await each.joins('garden');
      }
      const called = ada.told('notification');
      await ada.wouldShowNotifications();
      await ada.inRoom('garden');
      const panel = await ada.opensNotifications();
      await panel.getByText('Off on this device.').waitFor();
      await panel.getByRole('switch', { name: 'Desktop notifications' }).click();
      await panel.getByText('This device calls you while you are elsewhere.').waitFor();
      await ada.presses('Escape');

      // The room is looked at.
      await bo.writes('@Ada 0');
      await ada.sees('@Ada 0');
      await called;
      await ada.isCalled(0);
      const notices = ada.page.getByRole('region', { name: 'Notices' });
      assert.equal(
        await notices.filter({ hasText: '@Ada 0' }).count(),
        0,
        'nothing of the room that is looked at',
      );
      await ada.joins('shed');
      await ada.turnsAway();
      // All three within the five seconds in which a room calls once.
      await ada.stopsTheClock();
      for (let count = 1; count <= 3; count += 1) await bo.writes(`@Ada ${count}`);
      await ada.isCalled(3);
      await bo.joins('tools');
      await bo.writes('@Ada in the tools');
      await ada.isCalled(4);
      await ada.page.waitForFunction(() => window.shown.length >= 2);
      assert.deepEqual(await ada.shownOnDesktop(), [
        'Bo mentioned you in garden',
        'Bo mentioned you in tools',
      ]);

      await ada.page.evaluate(() => window.shown.at(-1).press());
      await ada.turnsAway(false);
      await ada.inRoom('tools');

      // Nobody is there to be called; what is caught up with calls nobody.
      const address = ada.page.url();
      await ada.turnsAway();
      await ada.page.goto('about:blank');
      await bo.writes('@Ada while you were away');
      await bo.allKept();
      await ada.page.goto(address);
      await ada.sees('@Ada while you were away');
      const missed = await ada.opensNotifications();
      await missed.getByRole('link', { name: /while you were away/ }).waitFor();
      assert.deepEqual(await ada.shownOnDesktop(), []);
    },
  );

  story(
    'show in the page where the desktop is not wanted, and say what the browser refuses',
    async (t, browser) => {
      const belfry = await startBelfry(t);
      const ada = await enter(t, browser, belfry, 'Ada');
      const bo = await enter(t, browser, belfry, 'Bo');
      for (const each of [ada, bo]) await each.joins('garden');
      await ada.wouldShowNotifications('denied');
      await ada.joins('shed');

      await bo.writes('Where is @Ada?');
      await ada.page
        .getByRole('region', { name: 'Notices' })
        .filter({ hasText: 'Bo mentioned you in garden: Where is @Ada?' })
        .waitFor();
      await ada.page.getByRole('button', { name: 'Show', exact: true }).click();
      await ada.inRoom('garden');
      assert.deepEqual(await ada.shownOnDesktop(), []);

      const panel = await ada.opensNotifications();
      await panel.getByRole('switch', { name: 'Desktop notifications' }).click();
      await panel.getByText('This browser has been told to show none of this page.').waitFor();
      await ada.isAccessible('the notifications, refused by the browser');
    },
  );
});
