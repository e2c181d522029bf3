// A person at a browser: what they do, and what they see. Each has a browser context of their own.
import assert from 'node:assert/strict';
import { access, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const PATIENCE_MS = 15_000;
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const WCAG_22_AA = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Why the browser tests cannot run here, or `false`. */
export async function noBrowser() {
  const missing = await access(CHROMIUM).then(
    () => false,
    () => `no Chromium at ${CHROMIUM}; name one with CHROMIUM`,
  );
  if (missing && process.env.CI === 'true') throw new Error(missing);
  return missing;
}

export function openBrowser() {
  return chromium.launch({ executablePath: CHROMIUM });
}

/** Opens the page; whatever it complains about, and whatever it asks of another host, fails the test in the end. */
export async function visit(test, browser, belfry, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (line) => {
    // Of a request that failed, the response says more; of a server that is away, nothing is to be said.
    const network = /^Failed to load resource|^WebSocket connection to/.test(line.text());
    if (['error', 'warning'].includes(line.type()) && !network) complaints.push(line.text());
  });
  page.on('response', (response) => {
    // 503 is what a server says that is about to go.
    if (response.status() >= 400 && response.status() !== 503)
      complaints.push(`${response.status()} ${response.url()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(belfry.url) && request.url() !== 'about:blank')
      complaints.push(`asked for ${request.url()}`);
  });
  test.after(async () => {
    await context.close();
    assert.deepEqual(complaints, [], 'the page complained');
  });
  await page.goto(belfry.url);
  return new Visitor(page);
}

/** Opens the page and goes in under a name. */
export async function enter(test, browser, belfry, name, options) {
  const visitor = await visit(test, browser, belfry, options);
  await visitor.choosesName(name);
  return visitor;
}

class Visitor {
  constructor(page) {
    this.page = page;
    this.messages = page.locator('.message');
    this.people = page.getByRole('complementary', { name: 'In this room' });
    this.field = page.getByRole('textbox', { name: /^Message to/ });
  }

  async choosesName(name) {
    await this.page.getByLabel('Your name').fill(name);
    await this.page.keyboard.press('Enter');
    await this.page.getByLabel('Join or open a room').waitFor();
  }

  async joins(room) {
    await this.page.getByLabel('Join or open a room').fill(room);
    await this.page.keyboard.press('Enter');
    await this.inRoom(room);
  }

  async inRoom(room) {
    await this.page.getByRole('heading', { name: room, level: 1 }).waitFor();
    await this.page
      .getByRole('status')
      .filter({ hasText: 'Loading messages' })
      .waitFor({ state: 'detached' });
    await this.field.waitFor();
  }

  async writes(text) {
    await this.field.fill(text);
    await this.field.press('Enter');
  }

  async sees(text) {
    await this.page.getByText(text, { exact: true }).first().waitFor();
  }

  /** A screen reader says it. */
  async hears(text) {
    await this.page
      .locator('[aria-live="polite"]')
      .getByText(text, { exact: true })
      .waitFor({ state: 'attached' });
  }

  async seesNoMore(text) {
    await this.page.getByText(text).waitFor({ state: 'detached' });
  }

  /** The room's list of people holds somebody, with this word beside the name. */
  async seesPerson(name, status) {
    await this.people.getByRole('listitem').filter({ hasText: name }).filter({ hasText: status }).waitFor();
  }

  async seesNobodyCalled(name) {
    await this.people.getByRole('listitem').filter({ hasText: name }).waitFor({ state: 'detached' });
  }

  /** What stands in the room, in the order shown. */
  async reads() {
    return this.page.locator('.message .text').allInnerTexts();
  }

  /**
   * Lets the first message through to the server, but nothing of what comes of it back, and cuts the line when the server
   * has acknowledged it. `cut` holds when that has happened.
   */
  async losesTheLineBeforeAnAcknowledgement() {
    let acknowledged;
    const cut = new Promise((resolve) => {
      acknowledged = resolve;
    });
    let done = false;
    await this.page.routeWebSocket(/\/socket\.io\//, (line) => {
      let deaf = false;
      const server = line.connectToServer();
      line.onMessage((packet) => {
        deaf ||= !done && packet.includes('message:send');
        server.send(packet);
      });
      server.onMessage((packet) => {
        if (!deaf) return line.send(packet);
        if (!packet.startsWith('43') || !packet.includes('"message"')) return;
        done = true;
        server.close();
        line.close();
        acknowledged();
      });
    });
    await this.page.reload();
    return { cut };
  }

  /** Waits until all own messages are the server's. */
  async allKept() {
    await this.page.locator('.message:not([data-state="kept"])').first().waitFor({ state: 'detached' });
  }

  /** What axe finds against WCAG 2.2 AA, in words. */
  async accessibilityViolations() {
    await this.page.evaluate(await readFile(AXE, 'utf8'));
    return this.page.evaluate(async (values) => {
      const { violations } = await globalThis.axe.run({ runOnly: { type: 'tag', values } });
      return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
      );
    }, WCAG_22_AA);
  }
}
