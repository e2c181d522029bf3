// The ways in and what went wrong, held against WCAG 2.2 AA by axe; and the whole page without a pointer. The screens: screens.test.js.
import assert from 'node:assert/strict';
import { startBelfry } from './belfry.js';
import { guest } from './guest.js';
import { stories } from './stories.js';
import { visit } from './visitor.js';

const SIZES = [
  { width: 1440, height: 900 },
  { width: 768, height: 1024 },
  { width: 360, height: 740 },
];

stories('the page is accessible', (story) => {
  for (const colorScheme of ['light', 'dark']) {
    story(`the ways in, ${colorScheme}`, async (t, browser) => {
      const belfry = await startBelfry(t);
      const ada = await visit(t, browser, belfry, { colorScheme, reducedMotion: 'reduce' });
      for (const viewport of SIZES) {
        await ada.page.setViewportSize(viewport);
        for (const way of ['Guest', 'Log in', 'Register']) {
          await ada.page.getByRole('radio', { name: way }).check({ force: true });
          await ada.isAccessible(`${way}, ${viewport.width} px wide`);
          await ada.seesNothingMove(way);
        }
      }
    });
  }

  story('where rooms cannot be loaded, it says so and tries again', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await visit(t, browser, belfry, { refusals: [500] });
    let answer = (route) =>
      route.fulfill({ status: 500, contentType: 'application/problem+json', body: '{"code":"internal"}' });
    await ada.page.route(/\/api\/rooms\?/, (route) => answer(route));
    await ada.choosesName('Ada');
    await ada.sees('The rooms could not be loaded');
    await ada.isAccessible('rooms that could not be loaded');
    // The page also asks again by itself, and an answer to that would take the button away: none before the click.
    let click;
    const clicked = new Promise((resolve) => {
      click = resolve;
    });
    answer = (route) => clicked.then(() => route.continue());
    await ada.page.getByRole('button', { name: 'Try again' }).click();
    click();
    await ada.sees('No rooms yet');
    await ada.isAccessible('no rooms yet');
  });

  story('the whole way by keyboard: in, to a room, write, react, settings, out', async (t, browser) => {
    const belfry = await startBelfry(t);
    const bo = await guest(t, belfry, 'Bo');
    await bo.join('garden');
    await bo.write('garden', 'The beans are up!');
    const ada = await visit(t, browser, belfry);
    const { keyboard } = ada.page;
    await ada.tabsTo(ada.page.getByLabel('Your name'));
    await keyboard.type('Ada');
    await keyboard.press('Enter');
    await ada.isIn();

    await keyboard.press('Control+k');
    await ada.page.getByRole('combobox').waitFor();
    await keyboard.type('garden');
    await ada.page.getByRole('option', { name: 'Public room' }).waitFor();
    await keyboard.press('Enter');
    await ada.inRoom('garden');
    await keyboard.press('Alt+w');
    await keyboard.type('By hand.');
    await keyboard.press('Enter');
    await ada.allKept();
    assert.deepEqual(await ada.reads(), ['The beans are up!', 'By hand.']);

    await keyboard.press('Alt+m');
    await keyboard.press('ArrowUp');
    await keyboard.press('c');
    await ada.seesUnder('The beans are up!', 'Clap: 1 so far, 1 of them yours');

    await ada.tabsTo(ada.page.getByRole('button', { name: 'Room menu' }));
    await keyboard.press('Enter');
    await keyboard.press('r');
    await ada.tabsTo(
      ada.page.getByRole('menuitem', { name: /^(Room settings|About this room)$/ }),
      'ArrowDown',
    );
    await keyboard.press('Enter');
    await ada.page.getByRole('dialog').waitFor();
    await keyboard.press('Escape');
    await ada.page.getByRole('dialog').waitFor({ state: 'detached' });

    await ada.tabsTo(ada.page.getByRole('button', { name: /profile and status$/ }));
    await keyboard.press('Enter');
    await ada.tabsTo(ada.page.getByRole('menuitem', { name: 'Log out' }), 'ArrowDown');
    await keyboard.press('Enter');
    await ada.tabsTo(ada.page.getByRole('dialog').getByRole('button', { name: 'Log out' }));
    await keyboard.press('Enter');
    await ada.page.getByLabel('Your name').waitFor();
  });
});
