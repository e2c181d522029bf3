// Stories about people at browsers: one browser for all of a file, and each story skipped by itself where there is none.
import { after, before, describe, it } from 'node:test';
import { noBrowser, openBrowser } from './visitor.js';

const skip = await noBrowser();

/** `tell` is given `story(name, async (test, browser) => …)`. */
export function stories(name, tell) {
  describe(name, { concurrency: 2, timeout: 180_000 }, () => {
    let browser;
    before(async () => {
      if (!skip) browser = await openBrowser();
    });
    after(() => browser?.close());
    tell((title, run) => it(title, { skip }, (test) => run(test, browser)));
  });
}
