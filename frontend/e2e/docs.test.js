// The page about the interfaces in a real browser: held to its policy and to WCAG 2.2 AA, in both themes, on a phone and on a desk.
import assert from 'node:assert/strict';
import axe from 'axe-core';
import { startBelfry } from './belfry.js';
import { stories } from './stories.js';

const SIZES = [
  { width: 360, height: 740 },
  { width: 1440, height: 900 },
];
const LIMIT_MS = 30_000;

/** What axe finds by these rules: the first places of each. */
async function violations(page, runOnly) {
  // What axe brings into the page is not the page's own: by the browser's own tools it is no script of the document.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe.source);
  const found = await page.evaluate(async (options) => (await globalThis.axe.run(options)).violations, {
    runOnly,
    resultTypes: ['violations'],
    preload: false,
  });
  return found.map(({ id, nodes }) => [id, ...nodes.slice(0, 3).map(({ html }) => html)].join(' '));
}

stories('the page about the interfaces', (story) => {
  for (const viewport of SIZES) {
    story(`can be read in both themes, ${viewport.width} px wide`, async (t, browser) => {
      const belfry = await startBelfry(t);
      const context = await browser.newContext({ viewport, colorScheme: 'light' });
      t.after(() => context.close());
      const page = await context.newPage();
      page.setDefaultTimeout(LIMIT_MS);
      const refused = [];
      page.on('console', (message) => {
        if (message.type() === 'error') refused.push(message.text());
      });
      page.on('requestfailed', (request) => refused.push(request.url()));
      await page.goto(`${belfry.url}/api/docs`);
      await page.getByRole('heading', { name: 'Codes of failures' }).waitFor();
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      assert.equal(wide, 0, `nothing is wider than ${viewport.width} px`);
      assert.deepEqual(await violations(page, ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']), []);
      await page.emulateMedia({ colorScheme: 'dark' });
      assert.deepEqual(
        await violations(page, { type: 'rule', values: ['color-contrast'] }),
        [],
        'in the dark',
      );
      assert.deepEqual(refused, []);
    });
  }

  story(
    'leads from the list to an operation, and from its refusals to the words about them',
    async (t, browser) => {
      const belfry = await startBelfry(t);
      const page = await browser.newPage();
      t.after(() => page.close());
      page.setDefaultTimeout(LIMIT_MS);
      await page.goto(`${belfry.url}/api/docs`);
      await page.getByRole('navigation').getByRole('link', { name: 'POST /api/rooms/{id}/messages' }).click();
      await page.waitForURL(/#sendMessage$/);
      const operation = page.locator('#sendMessage');
      assert.match(await operation.innerText(), /clientId[\s\S]*1 to 64 characters/);
      await operation.getByRole('link', { name: 'rate_limited' }).click();
      await page.waitForURL(/#error-rate_limited$/);
      assert.match(
        await page.locator('#error-rate_limited').innerText(),
        /What to do: Wait for retryAfterMs/,
      );
      await page.getByRole('navigation').getByRole('link', { name: 'message:send', exact: true }).click();
      assert.match(await page.locator('#event-client-message-send').innerText(), /Acknowledgement/);
    },
  );
});
