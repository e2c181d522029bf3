// The page of examples/react, built as it stands there and served by a real server.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { startBelfry } from './belfry.js';
import { stories } from './stories.js';

stories('the React example', (story) => {
  let page;
  before(async () => {
    page = await mkdtemp(join(tmpdir(), 'belfry-react-example-'));
    const configFile = fileURLToPath(new URL('../examples/react/vite.config.ts', import.meta.url));
    await build({ configFile, logLevel: 'warn', build: { outDir: page, emptyOutDir: true } });
  });
  after(() => rm(page, { recursive: true, force: true }));

  story('lets two people talk, and the one whose line was cut catches up', async (t, browser) => {
    const belfry = await startBelfry(t, { PAGE_DIR: page });
    const ada = await comesIn(t, browser, belfry, 'Ada');
    const bob = await comesIn(t, browser, belfry, 'Bob');
    await Promise.all([
      bob.page.getByText('Ada typing…').waitFor(),
      ada.page.getByLabel('Message').pressSequentially('hel'),
    ]);
    await ada.writes('hello');
    await bob.reads('Ada: hello');
    await bob.writes('hello yourself');
    await ada.reads('Ada: hello', 'Bob: hello yourself');

    await bob.losesTheLine();
    await bob.page.getByText('No connection, 0 to be sent').waitFor();
    await bob.writes('out of the tunnel');
    await bob.reads('Ada: hello', 'Bob: hello yourself', 'Bob: out of the tunnel (waiting)');
    await bob.page.getByText('No connection, 1 to be sent').waitFor();
    await ada.writes('where are you?');
    await ada.writes('Bob?');
    const before = ['Ada: hello', 'Bob: hello yourself', 'Ada: where are you?', 'Ada: Bob?'];
    await ada.reads(...before);

    await bob.findsTheLine();
    await bob.page.getByText('Connected', { exact: true }).waitFor();
    await bob.reads(...before, 'Bob: out of the tunnel');
    await ada.reads(...before, 'Bob: out of the tunnel');
  });
});

async function comesIn(test, browser, belfry, name) {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  test.after(async () => {
    await context.close();
    assert.deepEqual(complaints, [], 'the page complained');
  });
  const lines = new Set();
  let cut = false;
  await page.routeWebSocket(/\/socket\.io\//, (line) => {
    if (cut) return void line.close();
    lines.add([line, line.connectToServer()]);
  });
  await page.goto(belfry.url);
  await page.getByLabel('Your name').fill(name);
  await page.keyboard.press('Enter');
  await page.getByText('Connected', { exact: true }).waitFor();
  return {
    page,
    async writes(text) {
      await page.getByLabel('Message').fill(text);
      await page.keyboard.press('Enter');
    },
    /** The list is this and nothing else, once it has come to rest: the last of it is there. */
    async reads(...rows) {
      await page
        .locator('li')
        .filter({ hasText: rows.at(-1) })
        .waitFor();
      await page
        .waitForFunction(
          (wanted) =>
            [...document.querySelectorAll('li')].map((row) => row.innerText.trim()).join('\n') === wanted,
          rows.join('\n'),
        )
        .catch(async () =>
          assert.deepEqual(
            (await page.locator('li').allInnerTexts()).map((row) => row.trim()),
            rows,
          ),
        );
    },
    async losesTheLine() {
      cut = true;
      await context.setOffline(true);
      for (const ends of lines) for (const end of ends) await end.close();
      lines.clear();
    },
    async findsTheLine() {
      cut = false;
      await context.setOffline(false);
    },
  };
}
