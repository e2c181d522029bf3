// Every screen held against WCAG 2.2 AA by axe, in both themes, on a desk, a tablet and a phone.
import { startBelfry } from './belfry.js';
import { guest } from './guest.js';
import { SCREENS } from './screens.js';
import { stories } from './stories.js';
import { enter } from './visitor.js';

const SIZES = [
  { width: 1440, height: 900 },
  { width: 768, height: 1024 },
  { width: 360, height: 740 },
];

/** A garden in which Bo and Ada have talked, and an attic that is Bo's alone. */
async function garden(t, browser, options) {
  const belfry = await startBelfry(t);
  const bo = await guest(t, belfry, 'Bo');
  await bo.join('garden');
  await bo.write('garden', 'The beans are up!');
  await bo.makes({ id: 'attic', name: 'Attic', visibility: 'private' });
  const ada = await enter(t, browser, belfry, 'Ada', { refusals: [403, 404], ...options });
  await ada.makesRoom('Shed', 'Public');
  await bo.join('shed');
  await ada.joins('garden');
  await ada.writes('Lovely.');
  await ada.allKept();
  await bo.write('garden', 'Hello @Ada, **look** at https://example.org and `this`');
  await ada.page.locator('.mention').first().waitFor();
  return { belfry, bo, ada };
}

stories('every screen is accessible', (story) => {
  for (const viewport of SIZES) {
    story(`${viewport.width} px wide`, async (t, browser) => {
      const { belfry, ada } = await garden(t, browser, {
        viewport,
        colorScheme: 'light',
        reducedMotion: 'reduce',
      });
      for (const { name, from = '#/garden', go } of SCREENS) {
        await ada.opensPage(belfry, from);
        await go(ada);
        await ada.isAccessible(name);
        await ada.seesNothingMove(name);
        await ada.hasContrastInTheDark(name);
      }
      await belfry.stop();
      await ada.page.getByText('Reconnecting…').waitFor();
      await ada.isAccessible('a server that is away');
      await ada.hasContrastInTheDark('a server that is away');
    });
  }
});
