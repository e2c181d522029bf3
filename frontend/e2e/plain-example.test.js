// The page of examples/plain as it stands there, without a build, served by a real server beside its API.
import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBelfry } from './belfry.js';
import { guest } from './guest.js';
import { stories } from './stories.js';

const FRONTEND = fileURLToPath(new URL('../', import.meta.url));

stories('the plain example', (story) => {
  story(
    'talks, and after a restart of the server has what was missed and sends what was written',
    async (t, browser) => {
      const folder = await mkdtemp(join(tmpdir(), 'belfry-plain-'));
      t.after(() => rm(folder, { recursive: true, force: true }));
      await cp(join(FRONTEND, 'examples/plain'), folder, { recursive: true });
      const client = join(FRONTEND, 'node_modules/socket.io-client/dist/socket.io.esm.min.js');
      await cp(client, join(folder, 'socket.io.esm.min.js'));
      const belfry = await startBelfry(t, { PAGE_DIR: folder });
      const context = await browser.newContext();
      t.after(() => context.close());
      const page = await context.newPage();
      const complaints = [];
      page.on('pageerror', (error) => complaints.push(String(error)));
      await page.goto(belfry.url);
      const write = async (text) => {
        await page.getByLabel('Message').fill(text);
        await page.getByRole('button', { name: 'Send' }).click();
      };
      const reads = (...lines) =>
        page.waitForFunction(
          (expected) =>
            [...document.querySelectorAll('li')].map((each) => each.textContent).join('\n') === expected,
          lines.join('\n'),
          { timeout: 20_000 },
        );

      await page.getByLabel('Your name').fill('Ada');
      await page.getByRole('button', { name: 'Come in' }).click();
      await page.getByText('Connected', { exact: true }).waitFor();
      await write('hello');
      await reads('Ada: hello');

      await belfry.stop();
      await page.getByText('No connection').waitFor();
      await write('first');
      await write('second');
      await reads('Ada: hello', 'first (waiting)', 'second (waiting)');

      await belfry.start();
      await page.getByText('Connected', { exact: true }).waitFor({ timeout: 20_000 });
      await reads('Ada: hello', 'Ada: first', 'Ada: second');
      const bob = await guest(t, belfry, 'Bob');
      const kept = await bob.joinAndRead('lobby');
      assert.deepEqual(
        kept.map(({ content }) => content),
        ['hello', 'first', 'second'],
      );
      await bob.write('lobby', 'hello Ada');
      await reads('Ada: hello', 'Ada: first', 'Ada: second', 'Bob: hello Ada');
      assert.deepEqual(complaints, []);
    },
  );
});
