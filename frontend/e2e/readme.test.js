// The front end of the README, as it stands there: only the addresses are others.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { startBelfry } from './belfry.js';
import { noBrowser, openBrowser } from './visitor.js';

const skip = await noBrowser();

test('the front end of the README lets two people talk', { skip, timeout: 120_000 }, async (t) => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const example = readme.match(/```html\n([\s\S]*?)```/)[1];
  let html = '';
  const files = createServer((_, response) => response.setHeader('content-type', 'text/html').end(html));
  files.listen(0, '127.0.0.1');
  await once(files, 'listening');
  t.after(() => files.close());
  const origin = `http://127.0.0.1:${files.address().port}`;
  const belfry = await startBelfry(t, { CORS_ORIGINS: origin });
  html = example.replaceAll('http://127.0.0.1:3000', belfry.url);

  const browser = await openBrowser();
  t.after(() => browser.close());
  const enter = async (name) => {
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(30_000);
    page.on('dialog', (dialog) => dialog.accept(name));
    await page.goto(origin);
    await page.waitForFunction(() => document.querySelector('form')?.onsubmit);
    return page;
  };
  const says = async (page, text) => {
    await page.locator('#text').fill(text);
    await page.locator('#text').press('Enter');
  };
  const ada = await enter('Ada');
  const bob = await enter('Bob');
  await says(ada, 'hello');
  await bob.getByText('Ada: hello').waitFor();
  await says(bob, 'hello yourself');
  await ada.getByText('Bob: hello yourself').waitFor();
  assert.deepEqual(await ada.locator('li').allTextContents(), ['Ada: hello', 'Bob: hello yourself']);
});
