// Chromium with the page open for somebody who is signed in, and the few things that the figures are read from.

import { createRequire } from 'node:module';

const { chromium } = createRequire(new URL('../../frontend/package.json', import.meta.url))('playwright-core');
const VIEWPORT = { width: 1280, height: 800 };
/** More than the tabs and the address bar take, which a window has without a screen too. */
const WINDOW_BESIDES_PX = 200;
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** `{ version, visit(path, { slower }), close() }`; `slower`: how many times the processor is slowed down. */
export async function openPage({ url, session }) {
  const browser = await chromium.launch({ executablePath: CHROMIUM });
  const kept = JSON.stringify({ ...session, guest: true, renewAt: Date.now() + (session.expiresIn - 60) * 1000 });
  return {
    version: browser.version(),
    close: () => browser.close(),
    /** A fresh browser context each time: nothing is cached. The caller closes it. */
    async visit(path, { slower = 1 } = {}) {
      const context = await browser.newContext({ viewport: VIEWPORT, serviceWorkers: 'block' });
      await context.addInitScript((text) => localStorage.setItem('belfry.session', text), kept);
      await context.addInitScript(watch);
      const page = await context.newPage();
      const devtools = await context.newCDPSession(page);
      await showWhole(devtools);
      if (slower > 1) {
        await devtools.send('Emulation.setCPUThrottlingRate', { rate: slower });
      }
      await page.goto(url + path);
      return page;
    },
  };
}

/** As it comes, the window is as high as the page, tabs and address bar and all: the lower edge of the page is outside of it, with the
 * field that is typed into. What changes only there is never drawn, and the browser reports it as late as the next thing that is. */
async function showWhole(devtools) {
  const { windowId } = await devtools.send('Browser.getWindowForTarget');
  const bounds = { width: VIEWPORT.width + WINDOW_BESIDES_PX, height: VIEWPORT.height + WINDOW_BESIDES_PX };
  await devtools.send('Browser.setWindowBounds', { windowId, bounds });
}

/** Runs in the page: keeps what the browser says of its own speed, and measures from an act to the frame that shows its result. */
function watch() {
  const seen = { lcp: 0, interactions: new Map() };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.lcp = entry.startTime;
  }).observe({ type: 'largest-contentful-paint', buffered: true });
  new PerformanceObserver((list) => {
    for (const { interactionId, duration } of list.getEntries()) {
      if (interactionId) seen.interactions.set(interactionId, Math.max(duration, seen.interactions.get(interactionId) ?? 0));
    }
  }).observe({ type: 'event', durationThreshold: 16, buffered: true });
  globalThis.seen = seen;

  /** Milliseconds from `act` to the frame after `text` stands in an element of `selector`. */
  globalThis.timed = async (act, selector, text) => {
    const shown = () => [...document.querySelectorAll(selector)].some((each) => each.textContent.includes(text));
    const began = performance.now();
    act();
    while (!shown()) {
      if (performance.now() - began > 10_000) throw new Error(`${text} did not come`);
      await new Promise((resume) => requestAnimationFrame(resume));
    }
    // The frame in which it stands has been drawn when the next one begins.
    await new Promise((resume) => requestAnimationFrame(resume));
    return performance.now() - began;
  };
}
