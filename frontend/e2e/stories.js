// Stories about people at browsers: one browser for all of a file, and each story skipped by itself where there is none.
import { after, before, describe, it } from 'node:test';
import { noBrowser, openBrowser } from './visitor.js';

/** Longer than anything takes that does not hang, on two busy cores. */
const ONE_MS = 480_000;
const ALL_MS = 1_800_000;

const noBrowserHere = await noBrowser();

/** `tell` is given `story(name, async (test, browser) => …)`; `skip`: why none of them can be told here. */
export function stories(name, tell, { skip = false } = {}) {
  const unable = noBrowserHere || skip;
  describe(name, { concurrency: 2, timeout: ALL_MS }, () => {
    let browser;
    before(async () => {
      if (!unable) browser = await openBrowser();
    });
    after(() => browser?.close());
    tell((title, run) => it(title, { skip: unable, timeout: ONE_MS }, (test) => run(test, browser)));
  });
}
