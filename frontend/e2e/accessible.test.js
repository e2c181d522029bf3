// Each view held against WCAG 2.2 AA by axe, in both themes, on a desk and on a phone.
import assert from 'node:assert/strict';
import { startBelfry } from './belfry.js';
import { guest } from './guest.js';
import { stories } from './stories.js';
import { visit } from './visitor.js';

stories('the page is accessible', (story) => {
  for (const colorScheme of ['light', 'dark']) {
    story(`${colorScheme}: signing in, a room, the phone, and a server that is away`, async (t, browser) => {
      const belfry = await startBelfry(t);
      const bo = await guest(t, belfry, 'Bo');
      await bo.join('garden');
      const ada = await visit(t, browser, belfry, { colorScheme, reducedMotion: 'reduce' });
      await ada.isAccessible('the guest’s way in');
      await ada.page.getByRole('radio', { name: 'Register' }).check({ force: true });
      await ada.isAccessible('registering');
      await ada.page.getByRole('radio', { name: 'Guest' }).check({ force: true });

      await ada.choosesName('Ada');
      await ada.isAccessible('no room yet');
      await ada.joins('garden');
      await bo.write('garden', 'Hello @Ada, see https://example.org');
      await ada.page.locator('.mention').waitFor();
      await ada.writes('Hello!');
      await ada.allKept();
      await ada.isAccessible('a room');

      await ada.page.setViewportSize({ width: 360, height: 740 });
      await ada.isAccessible('people on a phone');
      await ada.page.getByRole('button', { name: 'Hide people' }).click();
      await ada.isAccessible('a room on a phone');
      await ada.page.getByRole('link', { name: 'All rooms' }).click();
      await ada.isIn();
      await ada.isAccessible('the rooms on a phone');

      await belfry.stop();
      await ada.page.getByText('Reconnecting…').waitFor();
      await ada.isAccessible('a server that is away');
    });

    story(
      `${colorScheme}: menus, windows, applause, editing, members and the directory`,
      async (t, browser) => {
        const belfry = await startBelfry(t);
        const bo = await guest(t, belfry, 'Bo');
        const ada = await visit(t, browser, belfry, { colorScheme, reducedMotion: 'reduce' });
        await ada.choosesName('Ada');
        await ada.joins('garden');
        await bo.join('garden');
        await bo.write('garden', 'The beans are up!');
        await ada.chooses('Reply', 'The beans are up!');
        await ada.isAccessible('an answer begun');
        await ada.writes('Lovely.');
        await ada.allKept();
        await ada.reactsTo('The beans are up!', 'party');
        await ada.chooses('Clap', 'The beans are up!');
        await ada.seesUnder('The beans are up!', 'Clap: 1 so far, 1 of them yours');
        await ada.message('The beans are up!').getByRole('button', { name: 'Add a reaction' }).click();
        await ada.isAccessible('applause and its palette');
        await ada.page.keyboard.press('Escape');

        await ada.chooses('Edit', 'Lovely.');
        await ada.page.getByLabel('Edit your message').waitFor();
        await ada.isAccessible('the editor');
        await ada.page.keyboard.press('Escape');
        await ada.chooses('Delete', 'Lovely.');
        await ada.isAccessible('the question before a deletion');
        await ada.page.getByRole('button', { name: 'Delete', exact: true }).click();
        await ada.sees('This message was deleted.');

        await ada.memberCalled('Bo');
        await ada.page.getByLabel('Add somebody by name').fill('b');
        await ada.isAccessible('members');
        await ada.page.getByRole('button', { name: 'Room menu' }).click();
        await ada.isAccessible('a menu');
        await ada.page.getByRole('menuitem', { name: 'Room settings' }).click();
        await ada.page.getByRole('dialog', { name: 'Room settings' }).waitFor();
        await ada.isAccessible('room settings');
        await ada.page.keyboard.press('Escape');
        await ada.browses();
        await ada.page.getByRole('link', { name: /garden.*members/ }).waitFor();
        await ada.isAccessible('the directory');

        await ada.page.setViewportSize({ width: 360, height: 740 });
        await ada.isAccessible('the directory on a phone');
        await ada.page.goBack();
        await ada.sees('The beans are up!');
        await ada.isAccessible('applause on a phone');
        assert.equal(await ada.messages.count(), 2);
      },
    );
  }
});
