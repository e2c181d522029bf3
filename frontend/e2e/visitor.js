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
    this.rooms = page.getByRole('navigation', { name: 'Rooms' });
    this.people = page.getByRole('complementary', { name: 'In this room' });
    this.field = page.getByRole('textbox', { name: /^Message to/ });
  }

  async choosesName(name) {
    await this.page.getByLabel('Your name').fill(name);
    await this.page.keyboard.press('Enter');
    await this.isIn();
  }

  /** Goes in with an account: `way` is `Log in` or `Register`. */
  async comesInBy(way, name, password) {
    await this.page.getByRole('radio', { name: way }).check({ force: true });
    await this.page.getByLabel('Your name').fill(name);
    await this.page.getByLabel('Password', { exact: true }).fill(password);
    await this.page.getByRole('button', { name: way }).click();
  }

  /** On a phone the rooms are there too, but not shown while one of them is. */
  async isIn() {
    await this.page.locator('.sidebar').waitFor({ state: 'attached' });
  }

  async logsOut() {
    await this.choosesOfOwn('Log out');
  }

  /** From the menu behind the own name: `Away`, `Profile and theme`, `Log out`. */
  async choosesOfOwn(action) {
    await this.page.getByRole('button', { name: ': profile and status' }).click();
    await this.page
      .getByRole('menuitem', { name: action })
      .or(this.page.getByRole('menuitemradio', { name: action }))
      .click();
  }

  /** The own corner says who this is and how they are seen. */
  async isShownAs(name, status) {
    await this.page
      .getByRole('button', { name: `${name}, ${status}: profile and status`, exact: true })
      .waitFor();
  }

  /** Takes a name to be shown by; an empty one takes it away. */
  async wantsToBeCalled(name) {
    await this.choosesOfOwn('Profile and theme');
    const profile = this.page.getByRole('dialog', { name: 'Your profile' });
    await profile.getByLabel('Display name').fill(name);
    await profile.getByRole('button', { name: 'Save' }).click();
    await profile.getByRole('button', { name: 'Saved' }).waitFor();
    await profile.getByRole('button', { name: 'Close' }).click();
  }

  /** The field that the focus is in. */
  async isAt(label) {
    const field = this.page.getByLabel(label, { exact: true });
    await field.waitFor();
    assert.ok(
      await field.evaluate((element) => element === document.activeElement),
      `the focus is in ${label}`,
    );
  }

  async joins(room) {
    await this.switchesTo(room, new RegExp(`^(Open )?${RegExp.escape?.(room) ?? room}( |$)`));
    await this.inRoom(room);
  }

  /** Types into the switcher and takes what is called `choice`. */
  async switchesTo(text, choice) {
    await this.page.keyboard.press('Control+k');
    const field = this.page.getByRole('combobox', { name: /^Join or open a room/ });
    await field.fill(text);
    await this.page.getByRole('option', { name: choice }).first().click();
    await field.waitFor({ state: 'detached' });
  }

  /** Goes to an address as if the page was opened there. */
  async opensPage(belfry, hash) {
    await this.page.goto('about:blank');
    await this.page.goto(`${belfry.url}/${hash}`);
    await this.isIn();
  }

  /** Opens the people of the room, where they are not there already, and among them the members. */
  async seesMembers() {
    await this.field.waitFor();
    if (!(await this.people.isVisible())) await this.page.keyboard.press('Alt+p');
    await (await this.memberCalled('Bo')).waitFor();
  }

  /** Opens what is behind a button, and waits until it is there. */
  async opens(label, within = this.page) {
    const button = within.getByRole('button', { name: label, exact: typeof label === 'string' }).first();
    await button.focus();
    await this.page.keyboard.press('Enter');
    await this.page.locator('dialog[open], :popover-open:not(.toasts, .tip)').first().waitFor();
  }

  /** Presses Tab, or another key, until the focus is there. */
  async tabsTo(goal, key = 'Tab') {
    await goal.waitFor();
    for (let presses = 0; presses < 80; presses += 1) {
      if (await goal.evaluate((element) => element === document.activeElement)) return;
      await this.page.keyboard.press(key);
    }
    assert.fail(`${key} does not lead to ${goal}`);
  }

  /** The page has been put on this device: the next time it opens without a server. */
  async pageIsKept() {
    await this.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  }

  /** Makes the user a member of so many rooms, `room-000` and on. */
  async isInMany(count, belfry) {
    const { accessToken } = await this.page.evaluate(() =>
      JSON.parse(localStorage.getItem('belfry.session')),
    );
    const make = async (number) => {
      const name = `room-${String(number).padStart(3, '0')}`;
      const response = await fetch(`${belfry.url}/api/rooms`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` },
        body: JSON.stringify({ id: name, name }),
      });
      assert.equal(response.status, 201);
    };
    for (let at = 0; at < count; at += 25) {
      await Promise.all(Array.from({ length: Math.min(25, count - at) }, (_, n) => make(at + n)));
    }
  }

  /** Whoever asks for less motion gets none. */
  async seesNothingMove(view) {
    const moving = await this.page.evaluate(() =>
      document
        .getAnimations()
        .filter(({ effect }) => effect.getComputedTiming().activeDuration > 1)
        .map((each) => each.animationName ?? each.transitionProperty),
    );
    assert.deepEqual(moving, [], `${view}: nothing moves`);
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

  /** What is offered above the field. */
  get offered() {
    return this.page.getByRole('listbox').getByRole('option');
  }

  /** Takes one of the list that is open above the field, with the pointer. */
  async takes(text) {
    await this.offered.filter({ hasText: text }).first().click();
  }

  /** Types wherever the focus is, as fast as it goes. */
  async types(text) {
    await this.page.keyboard.type(text);
  }

  async presses(...keys) {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  /** The field holds that, now or soon. */
  async hasWritten(text) {
    await this.page.waitForFunction(
      ([field, wanted]) => field?.value === wanted,
      [await this.field.elementHandle(), text],
    );
  }

  /** Follows a room's link in the list, and waits for nothing. */
  async goesTo(room) {
    const rooms = this.page.getByRole('navigation', { name: 'Rooms' });
    await rooms.getByRole('link', { name: room }).first().click();
  }

  /** The bell says so many; none says nothing of a number. */
  async isCalled(times) {
    const name = times === 0 ? 'Notifications' : `Notifications: ${times} unread`;
    await this.page.getByRole('button', { name, exact: true }).waitFor();
  }

  /** Opens what stands behind the bell, and answers with it. */
  async opensNotifications() {
    await this.page.getByRole('button', { name: /^Notifications/ }).click();
    const panel = this.page.getByRole('dialog', { name: /^Notifications/ });
    await panel.getByRole('heading', { name: 'Notifications' }).waitFor();
    return panel;
  }

  /** The browser agrees to desktop notifications when asked, and keeps what it would show. From the next page on. */
  async wouldShowNotifications(answer = 'granted') {
    await this.page.addInitScript((answer) => {
      if (location.protocol === 'about:') return;
      window.shown = [];
      const hasFocus = Document.prototype.hasFocus;
      Document.prototype.hasFocus = function focused() {
        return sessionStorage.getItem('away') !== 'true' && hasFocus.call(this);
      };
      window.Notification = class {
        static permission = sessionStorage.getItem('permission') ?? 'default';
        static async requestPermission() {
          sessionStorage.setItem('permission', answer);
          window.Notification.permission = answer;
          return answer;
        }
        constructor(title, options) {
          window.shown.push({ title, body: options.body, press: () => this.onclick() });
        }
        close() {}
      };
    }, answer);
    await this.page.reload();
  }

  /** Looks at another window, or back at this one; for `wouldShowNotifications`. */
  async turnsAway(away = true) {
    await this.page.evaluate((away) => sessionStorage.setItem('away', String(away)), away);
  }

  /** The titles of what the desktop has shown since the page was loaded. */
  async shownOnDesktop() {
    return this.page.evaluate(() => window.shown.map(({ title }) => title));
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
  }

  async choosesInRoom(action) {
    await this.page.getByRole('button', { name: 'Room menu' }).click();
    await this.page.getByRole('menuitem', { name: action }).click();
  }

  async makesRoom(name, visibility) {
    await this.page.getByRole('button', { name: 'New room' }).click();
    const dialog = this.page.getByRole('dialog', { name: 'New room' });
    await dialog.getByLabel('Name').fill(name);
    await dialog.getByRole('radio', { name: visibility }).check({ force: true });
    await dialog.getByRole('button', { name: 'Make room' }).click();
    await this.inRoom(name);
  }

  /** Opens the members of the room, and answers with the list's row of somebody. */
  async memberCalled(name) {
    await this.people.getByRole('radio', { name: 'Members' }).check({ force: true });
    return this.people.getByRole('listitem').filter({ hasText: name }).first();
  }

  async choosesFor(name, action) {
    await this.page.getByRole('button', { name: `${name}: what can be done` }).click();
    await this.page.getByRole('menuitem', { name: action }).click();
  }

  /** The same person with a second browser. */
  async onAnotherDevice(options = { viewport: { width: 1280, height: 800 } }) {
    const context = await this.page.context().browser().newContext(options);
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
