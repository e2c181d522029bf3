// What is measured: loading, switching rooms, sending, rows in the page, reacting to a person, and the size of what is loaded.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const FRONTEND = join(import.meta.dirname, '..', '..', 'frontend');
const LOADS = 12;
const SWITCHES = 40;
const SENDS = 40;
/** The element of one message in the list. */
const MESSAGE = '.message';

export async function measured(browser, server) {
  return [
    ...(await loads(browser, server)),
    ...(await switches(browser, server)),
    ...(await sends(browser, server)),
    ...(await scrolls(browser, server)),
    ...sizes(),
  ];
}

async function loads(browser, { rooms }) {
  const figures = [];
  for (const slower of [1, 4]) {
    const times = [];
    for (let n = 0; n < LOADS; n += 1) {
      const page = await browser.visit(addressOf(rooms[n]), { slower });
      await page.locator(MESSAGE).filter({ hasText: rooms[n].last }).first().waitFor();
      await page.waitForTimeout(300);
      times.push(await page.evaluate(() => globalThis.seen.lcp));
      await page.context().close();
    }
    const what = `largest contentful paint of a room, nothing cached, p75 of ${LOADS}${slowed(slower)}`;
    figures.push(figure(what, 'under 1.5 s', percentile(times, 0.75), 1500, 'ms'));
  }
  return figures;
}

async function switches(browser, { rooms }) {
  const page = await browser.visit(addressOf(rooms[0]));
  await page.locator(MESSAGE).filter({ hasText: rooms[0].last }).first().waitFor();
  const go = (room) =>
    page.evaluate(
      ([href, selector, text]) => globalThis.timed(() => location.assign(href), selector, text),
      [addressOf(room).slice(1), MESSAGE, room.last],
    );
  const cold = [];
  const some = rooms.slice(1, 21);
  for (const room of some) cold.push(await go(room));
  const cached = [];
  for (let n = 0; n < SWITCHES; n += 1) cached.push(await go(some[n % some.length]));
  await page.context().close();
  return [
    figure(`a room shown for the first time, p95 of ${some.length}`, 'under 400 ms', percentile(cold, 0.95), 400, 'ms'),
    figure(`a room shown again, p95 of ${SWITCHES}`, 'under 100 ms', percentile(cached, 0.95), 100, 'ms'),
  ];
}

async function sends(browser, { rooms }) {
  const figures = [];
  for (const slower of [1, 4]) {
    // A room for each: what was written before is in the way of what is waited for.
    const room = rooms[30 + slower];
    const page = await browser.visit(addressOf(room), { slower });
    await page.locator(MESSAGE).filter({ hasText: room.last }).first().waitFor();
    const field = page.getByRole('textbox', { name: /^Message to/ });
    const times = [];
    for (let n = 0; n < SENDS; n += 1) {
      const text = `Written by hand, ${slower} ${n}`;
      await field.fill(text);
      times.push(
        await page.evaluate(
          ([selector, text]) =>
            globalThis.timed(
              () => {
                const key = { key: 'Enter', code: 'Enter', bubbles: true, cancelable: true };
                document.activeElement.dispatchEvent(new KeyboardEvent('keydown', key));
              },
              selector,
              text,
            ),
          [MESSAGE, text],
        ),
      );
    }
    const what = `Enter to the own message on the screen, p95 of ${SENDS}${slowed(slower)}`;
    figures.push(figure(what, 'under 50 ms', percentile(times, 0.95), 50, 'ms'));
    await people(page, rooms);
    const interactions = await page.evaluate(() => [...globalThis.seen.interactions.values()]);
    const inp = `interaction to next paint, p75 of ${interactions.length} keys and clicks${slowed(slower)}`;
    figures.push(figure(inp, 'under 100 ms', percentile(interactions, 0.75), 100, 'ms'));
    await page.context().close();
  }
  return figures;
}

/** Types, switches and claps with real keys and clicks, which is what the browser counts as interactions. */
async function people(page, rooms) {
  // Those whose links are in sight: the list makes no others.
  for (const room of rooms.slice(10, 19)) {
    await page.locator(`nav a[href="${addressOf(room).slice(1)}"]`).click();
    await page.locator(MESSAGE).filter({ hasText: room.last }).first().waitFor();
    await page.getByRole('textbox', { name: /^Message to/ }).pressSequentially('Hello again', { delay: 30 });
    await page.keyboard.press('Enter');
    const last = page.locator(MESSAGE).filter({ hasText: room.last }).first();
    await last.hover();
    for (let n = 0; n < 5; n += 1) await last.getByRole('button', { name: /^Clap/ }).first().click();
  }
}

async function scrolls(browser, { large }) {
  const page = await browser.visit(addressOf(large));
  await page.locator(MESSAGE).filter({ hasText: large.last }).first().waitFor();
  await page.locator(MESSAGE).last().hover();
  let most = 0;
  for (let n = 0; n < 60; n += 1) {
    await page.mouse.wheel(0, -1500);
    await page.waitForTimeout(50);
    most = Math.max(most, await page.locator(MESSAGE).count());
  }
  await page.context().close();
  return [figure('messages in the DOM while scrolling up through 10,000, the most', 'at most 60', most, 61, 'rows')];
}

function sizes() {
  const weigh = [join(FRONTEND, 'scripts', 'size.js'), '--json'];
  const told = JSON.parse(execFileSync('node', weigh, { cwd: FRONTEND, encoding: 'utf8' }));
  return told.map(({ what, kB, most }) => figure(`${what}, gzipped`, `at most ${most} kB`, kB, most + 0.001, 'kB'));
}

function figure(what, target, value, below, unit) {
  return { what, target, value: `${Number(value.toPrecision(3))} ${unit}`, met: value < below };
}

function slowed(slower) {
  return slower > 1 ? `, processor ${slower} times slower` : '';
}

function addressOf({ id }) {
  return `/#/${id}`;
}

function percentile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)];
}
