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

stories('the page about the interfaces', (story) => {
  for (const colorScheme of ['light', 'dark']) {
    story(`can be read, ${colorScheme}`, async (t, browser) => {
      const belfry = await startBelfry(t);
      const context = await browser.newContext({ colorScheme });
      t.after(() => context.close());
      const page = await context.newPage();
      page.setDefaultTimeout(LIMIT_MS);
      const refused = [];
      page.on('console', (message) => {
        if (message.type() === 'error') refused.push(message.text());
      });
      page.on('requestfailed', (request) => refused.push(request.url()));
      for (const viewport of SIZES) {
        await page.setViewportSize(viewport);
        await page.goto(`${belfry.url}/api/docs`);
        await page.getByRole('heading', { name: 'Codes of failures' }).waitFor();
        const wide = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        assert.equal(wide, 0, `nothing is wider than ${viewport.width} px`);
        // What axe brings into the page is not the page's own: by the browser's own tools it is no script of the document.
        const { violations } = await page.evaluate(
          `(() => { ${axe.source}; return axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }); })()`,
        );
        const found = violations.map(
          ({ id, nodes }) =>
            `${id}: ${nodes
              .slice(0, 3)
              .map(({ html }) => html)
              .join(' ')}`,
        );
        assert.deepEqual(found, [], `${viewport.width} px`);
        if (process.env.SHOTS)
          await page.screenshot({ path: `${process.env.SHOTS}/docs-${colorScheme}-${viewport.width}.png` });
      }
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
      assert.equal(new URL(page.url()).hash, '#sendMessage');
      const operation = page.locator('#sendMessage');
      assert.match(await operation.innerText(), /clientId[\s\S]*1 to 64 characters/);
      await operation.getByRole('link', { name: 'rate_limited' }).click();
      assert.equal(new URL(page.url()).hash, '#error-rate_limited');
      assert.match(
        await page.locator('#error-rate_limited').innerText(),
        /What to do: Wait for retryAfterMs/,
      );
      await page.getByRole('navigation').getByRole('link', { name: 'message:send', exact: true }).click();
      assert.match(await page.locator('#event-client-message-send').innerText(), /Acknowledgement/);
    },
  );
});
