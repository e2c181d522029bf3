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

/**
 * Opens the page; whatever it complains about, and whatever it asks of another host, fails the test in the end. `refusals`: HTTP
 * statuses that the story is about.
 */
export async function visit(test, browser, belfry, { refusals = [], ...options } = {}) {
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
    if (response.status() >= 400 && ![503, ...refusals].includes(response.status()))
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

  /** Goes in with an account: `way` is `Log in` or `Register`. */
  async comesInBy(way, name, password) {
    await this.page.getByRole('radio', { name: way }).check({ force: true });
    await this.page.getByLabel('Your name').fill(name);
    await this.page.getByLabel('Password').fill(password);
    await this.page.getByRole('button', { name: way }).click();
  }

  async isIn() {
    await this.page.getByLabel('Join or open a room').waitFor();
  }

  async logsOut() {
    await this.page.getByRole('button', { name: 'Log out' }).click();
  }

  async joins(room) {
    await this.page.getByLabel('Join or open a room').fill(room);
    await this.page.keyboard.press('Enter');
    await this.inRoom(room);
  }

  async inRoom(room) {
    await this.page.getByRole('heading', { name: room, level: 1 }).filter({ hasText: room }).waitFor();
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

  /** The message with that text. */
  message(text) {
    return this.messages.filter({ hasText: text }).last();
  }

  /** Chooses from a message's menu, by keyboard alone once it has the focus. */
  async chooses(action, text) {
    await this.message(text).getByRole('button', { name: 'More' }).focus();
    await this.page.keyboard.press('Enter');
    await this.page.getByRole('menuitem', { name: action }).focus();
    await this.page.keyboard.press('Enter');
  }

  async reactsTo(text, emoji) {
    await this.message(text).hover();
    await this.message(text).getByRole('button', { name: 'React', exact: true }).click();
    await this.page.getByRole('dialog', { name: 'React' }).getByRole('button', { name: emoji }).click();
  }

  /** A chip under a message says so much, in the words that a screen reader says. */
  async seesUnder(text, chip) {
    await this.message(text).getByRole('button', { name: chip, exact: true }).waitFor();
  }

  async browses() {
    const rooms = this.page.getByRole('navigation', { name: 'Rooms' });
    await rooms.getByRole('link', { name: 'Browse public rooms' }).click();
    await this.page.getByRole('heading', { name: 'Public rooms', level: 1 }).waitFor();
  }

  /** The list of the user's rooms is there, and holds none of that name. */
  async isNotIn(name) {
    const rooms = this.page.getByRole('navigation', { name: 'Rooms' });
    await rooms.waitFor();
    await rooms.getByRole('link', { name }).waitFor({ state: 'detached' });
  }

  async choosesInRoom(action) {
    await this.page.getByRole('button', { name: 'Room menu' }).click();
    await this.page.getByRole('menuitem', { name: action }).click();
  }

  /** `id`: another than the one that its name gives. */
  async makesRoom(name, visibility, { id } = {}) {
    await this.page.getByRole('button', { name: 'New room' }).click();
    const dialog = this.page.getByRole('dialog', { name: 'New room' });
    await dialog.getByLabel('Name').fill(name);
    if (id !== undefined) await dialog.getByLabel('Id').fill(id);
    await dialog.getByRole('radio', { name: visibility }).check({ force: true });
    await dialog.getByRole('button', { name: 'Make room' }).click();
    await this.inRoom(name);
  }

  /** Opens the window about the room, with one of its parts, and answers with it. */
  async opensSettings(part = 'Room') {
    await this.choosesInRoom(/^(Room settings|About this room)$/);
    const settings = this.page.getByRole('dialog', { name: /^(Room settings|About this room)$/ });
    await settings.getByRole('tab', { name: part }).click();
    return settings;
  }

  /** Writes the room's name down, as the window asks for. */
  async deletesRoom(name) {
    const settings = await this.opensSettings();
    await settings.getByRole('button', { name: 'Delete room…' }).click();
    const dialog = this.page.getByRole('dialog', { name: `Delete ${name}?` });
    const button = dialog.getByRole('button', { name: 'Delete room' });
    assert.ok(await button.isDisabled(), 'the name has to be written down first');
    await dialog.getByLabel(/to go on$/).fill(name);
    await button.click();
  }

  /** Opens the members of the room, and answers with the list's row of somebody. */
  async memberCalled(name) {
    await this.people.getByRole('radio', { name: 'Members' }).check({ force: true });
    return this.people.getByRole('list', { name: 'Members' }).getByRole('listitem').filter({ hasText: name });
  }

  async adds(name, role) {
    await this.choosesInRoom('Add people');
    await this.page.getByLabel('Add somebody by name').fill(name);
    if (role) await this.page.getByLabel('Add as').selectOption(role);
    await this.page.getByRole('button', { name: `Add ${name}` }).click();
    await (await this.memberCalled(name)).waitFor();
  }

  async removes(name) {
    await this.choosesFor(name, 'Remove from room');
    const dialog = this.page.getByRole('dialog', { name: `Remove ${name}?` });
    await dialog.getByRole('button', { name: 'Remove from room' }).click();
    await dialog.waitFor({ state: 'detached' });
  }

  async choosesFor(name, action) {
    await this.page.getByRole('button', { name: `${name}: what can be done` }).click();
    await this.page.getByRole('menuitem', { name: action }).click();
  }

  /** Keeps the file of the newest export that is done, and answers with its name and its text. */
  async downloads(settings) {
    const coming = this.page.waitForEvent('download');
    await settings.getByRole('button', { name: 'Download' }).first().click();
    const file = await coming;
    return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') };
  }

  /** The same person with a second browser. */
  async onAnotherDevice() {
    const context = await this.page
      .context()
      .browser()
      .newContext({ viewport: { width: 1280, height: 800 } });
    const kept = await this.page.evaluate(() => localStorage.getItem('belfry.session'));
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await page.addInitScript((session) => localStorage.setItem('belfry.session', session), kept);
    await page.goto(new URL('/', this.page.url()).href);
    const device = new Visitor(page);
    await device.isIn();
    return device;
  }

  /** Counts the packets with that event that the page sends from the next connection on, which it makes at once. */
  async countsPackets(event) {
    let count = 0;
    this.page.on('websocket', (line) =>
      line.on('framesent', ({ payload }) => {
        if (String(payload).includes(event)) count += 1;
      }),
    );
    await this.page.reload();
    await this.field.waitFor();
    return () => count;
  }

  /** Comes back to the page from somewhere else: it looks for what is new. */
  async looksAgain() {
    await this.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
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

  /** All that stands in the room, from its first message on, though only what is in view is there: scrolls through it. */
  async readsAll() {
    const seen = new Map();
    const look = async () => {
      const rows = await this.page.locator('.message').evaluateAll((all) =>
        all.map((row) => ({
          place: row.getBoundingClientRect().top,
          text: row.querySelector('.text')?.innerText ?? '',
          seq: Number(row.dataset.seq ?? row.closest('[data-seq]')?.dataset.seq ?? Number.NaN),
        })),
      );
      rows.sort((a, b) => a.place - b.place);
      const seqs = rows.map(({ seq }) => seq);
      assert.deepEqual(
        seqs,
        [...new Set(seqs)].sort((a, b) => a - b),
        'out of order, or twice',
      );
      for (const { seq, text } of rows) seen.set(seq, text);
      return rows[0]?.seq;
    };
    let top = await look();
    while (top > 1) {
      await this.messages.first().evaluate((row) => row.scrollIntoView({ block: 'end' }));
      const before = top;
      await this.page.waitForFunction(
        (seq) => [...document.querySelectorAll('[data-seq]')].some((row) => Number(row.dataset.seq) < seq),
        before,
      );
      top = await look();
    }
    return [...seen].sort(([a], [b]) => a - b).map(([, text]) => text.replace(/ \(edited\)$/, ''));
  }

  /** Another tab is before this one. */
  async looksAway() {
    await this.#isSeen('hidden');
  }

  async looksBack() {
    await this.#isSeen('visible');
  }

  async #isSeen(state) {
    await this.page.evaluate((now) => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => now });
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => now === 'hidden' });
      document.dispatchEvent(new Event('visibilitychange'));
    }, state);
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

  /** axe finds nothing against WCAG 2.2 AA, and nothing is wider than the window. */
  async isAccessible(view) {
    await this.page.evaluate(await readFile(AXE, 'utf8'));
    const found = await this.page.evaluate(async (values) => {
      const { violations } = await globalThis.axe.run({ runOnly: { type: 'tag', values } });
      const tooWide = document.documentElement.scrollWidth > window.innerWidth;
      const all = violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
      );
      return tooWide ? ['wider than the window', ...all] : all;
    }, WCAG_22_AA);
    assert.deepEqual(found, [], view);
  }
}
