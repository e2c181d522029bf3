// A person at a browser: what they do, and what they see. Each has a browser context of their own.
import assert from 'node:assert/strict';
import { access, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const PATIENCE_MS = 30_000;
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
 * Opens the page; whatever it complains about, and whatever it asks of another host, fails the test in the end. `refusals`: what the
 * story is about, as HTTP statuses, or as patterns of a status and an address. `transport: 'polling'`: what is between here and there
 * lets no websocket through.
 */
export async function visit(test, browser, belfry, { refusals = [], transport, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  if (transport === 'polling') await context.addInitScript(withoutWebsockets);
  await context.addInitScript(rememberWhatIsMarked);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (line) => {
    // Of a request that failed, the response says more; of a server that is away, nothing is to be said, nor of a word to it that comes
    // as the line is being closed.
    const network =
      /^Failed to load resource|^WebSocket (connection to|is already in CLOSING)|registration blocked by Playwright$/.test(
        line.text(),
      );
    if (['error', 'warning'].includes(line.type()) && !network) complaints.push(line.text());
  });
  page.on('response', (response) => {
    const answer = `${response.status()} ${response.url()}`;
    // 503 is what a server says that is about to go.
    const expected = [503, ...refusals].some((each) =>
      each instanceof RegExp ? each.test(answer) : each === response.status(),
    );
    if (response.status() >= 400 && !expected) complaints.push(answer);
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

/** Runs in the page: each websocket is refused, as by a proxy that knows none. */
function withoutWebsockets() {
  window.WebSocket = class extends WebSocket {
    constructor(url) {
      super(String(url).replace('/socket.io/', '/no-websockets-here/'));
    }
  };
}

/** Runs in the page: a mark goes by itself, so the text of each row that has had one is held. */
function rememberWhatIsMarked() {
  window.marks = new Set();
  new MutationObserver(() => {
    for (const row of document.querySelectorAll('.message[data-marked="true"]'))
      window.marks.add(row.textContent);
  }).observe(document, { subtree: true, childList: true, attributeFilter: ['data-marked'] });
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
    const field = this.page.getByLabel('Your name');
    await field.fill(name);
    // A server whose store is busy says so, and whoever is at the page tries once more.
    for (const until = Date.now() + PATIENCE_MS; ; ) {
      const answered = this.page.waitForResponse(/\/api\/auth\/guest$/);
      const [answer] = await Promise.all([answered, field.press('Enter')]);
      if (answer.status() !== 503 || Date.now() > until) break;
      await this.page.getByRole('button', { name: 'Come in', exact: true }).waitFor();
    }
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
    await profile.getByRole('button', { name: 'Close', exact: true }).click();
  }

  /** The field that the focus is in. */
  async isAt(label) {
    const field = this.page.getByLabel(label, { exact: true });
    await field.waitFor();
    await this.page.waitForFunction(
      (element) => element === document.activeElement,
      await field.elementHandle(),
    );
  }

  async joins(room) {
    await this.switchesTo(room, new RegExp(`^(Open )?${RegExp.escape?.(room) ?? room}( |$)`));
    await this.inRoom(room);
  }

  /** Types into the switcher and takes what is called `choice`. */
  async switchesTo(text, choice) {
    // A page that is still being opened has no ear for keys.
    await this.isIn();
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

  /** A window with that title is open. */
  async seesWindow(title) {
    await this.page.getByRole('dialog', { name: title }).waitFor();
  }

  /** Presses keys that open a window. */
  async pressesFor(keys, title) {
    await this.page.keyboard.press(keys);
    await this.seesWindow(title);
  }

  async opensAllEmoji(text) {
    await this.opens('React', this.message(text));
    await this.page.getByRole('button', { name: 'More emoji' }).click();
    await this.page.getByRole('searchbox', { name: 'Search emoji' }).waitFor();
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

  /** The same page once more, in the same browser. */
  async inAnotherTab(hash) {
    const page = await this.page.context().newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await page.goto(new URL(`/${hash}`, this.page.url()).href);
    const tab = new Visitor(page);
    await tab.isIn();
    return tab;
  }

  /** What the page does now and then. */
  async looksForANewVersion() {
    await this.page.evaluate(async () => {
      await (await navigator.serviceWorker.getRegistration()).update();
    });
  }

  /** Which of the builds that a story has made this page is of; `null`: the first. */
  async versionOfPage() {
    return this.page.evaluate(() => document.querySelector('meta[name="version"]')?.content ?? null);
  }

  async hasVersion(version) {
    await this.page.locator(`meta[name="version"][content="${version}"]`).waitFor({ state: 'attached' });
    await this.isIn();
  }

  /** The server says that the user has read the room up to that message. */
  async hasReadUpTo(roomId, seq) {
    // `waitForFunction` takes any promise for a yes.
    const last = await this.page.evaluate(
      async ([id, wanted, patience]) => {
        const { accessToken } = JSON.parse(localStorage.getItem('belfry.session'));
        for (
          const until = Date.now() + patience;
          ;
          await new Promise((resolve) => setTimeout(resolve, 200))
        ) {
          const answer = await fetch(`/api/rooms/${id}`, {
            headers: { authorization: `Bearer ${accessToken}` },
          });
          const { lastReadSeq } = await answer.json();
          if (lastReadSeq >= wanted || Date.now() > until) return lastReadSeq;
        }
      },
      [roomId, seq, PATIENCE_MS],
    );
    assert.ok(last >= seq, `${roomId} is read up to ${last}, not ${seq}`);
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

  /** Holds when the server has told the page of that event, on a connection that is made after this is called. */
  told(event) {
    return new Promise((resolve) => {
      this.page.on('websocket', (line) =>
        line.on('framereceived', ({ payload }) => {
          if (String(payload).startsWith(`42["${event}",`)) resolve();
        }),
      );
    });
  }

  /** The browser agrees to desktop notifications when asked, and keeps what it would show. From the next page on. */
  async wouldShowNotifications(answer = 'granted') {
    await this.page.addInitScript((answer) => {
      if (location.protocol === 'about:') return;
      window.shown = [];
      const now = Date.now;
      Date.now = () => window.stoppedAt ?? now();
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

  /** It is this very moment until the next page; for `wouldShowNotifications`. */
  async stopsTheClock() {
    await this.page.evaluate(() => {
      window.stoppedAt = Date.now();
    });
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

  /** The same by the keys alone: the focus is in the field, and Enter takes the only one who is found. */
  async addsByKeys(name) {
    await this.choosesInRoom('Add people');
    await this.isAt('Add somebody by name');
    await this.page.keyboard.type(name);
    await this.page.getByRole('button', { name: `Add ${name}` }).waitFor();
    // Enter takes nobody while the last letter is still being looked for.
    await this.page.locator('.people-search[aria-busy="false"]').waitFor();
    await this.page.keyboard.press('Enter');
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

  /** The CPU takes so many times as long. */
  async slowedDown(times) {
    const devtools = await this.page.context().newCDPSession(this.page);
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: times });
  }

  /**
   * Pages of older messages wait at the door: `asked` holds when the next one was asked for, and `letThrough` lets it in.
   */
  async holdsBackOlder() {
    const waiting = [];
    let wake = () => {};
    await this.page.route(/\/messages\?.*before=/, (route) => {
      waiting.push(route);
      wake();
    });
    return {
      async asked() {
        while (waiting.length === 0)
          await new Promise((resolve) => {
            wake = resolve;
          });
      },
      letThrough: () => waiting.shift()?.continue(),
    };
  }

  /** Scrolls the messages, and waits until all that is in view has been measured. */
  async scrollsTo(offset) {
    await this.page.evaluate(async (top) => {
      const box = document.querySelector('.scroller');
      box.scrollTop = top;
      for (let frame = 0; frame < 4; frame += 1) await new Promise((resume) => requestAnimationFrame(resume));
    }, offset);
  }

  /** How far the first whole message in view is moved from now until 20 frames after more have come above it. */
  watchesWhatItReads() {
    return this.page.evaluate(async () => {
      const box = document.querySelector('.scroller');
      const list = document.querySelector('.rows');
      const edge = box.getBoundingClientRect().top;
      const row = [...document.querySelectorAll('.message')].find(
        (each) => each.getBoundingClientRect().top >= edge,
      );
      const place = row.getBoundingClientRect().top;
      const before = list.offsetHeight;
      let most = 0;
      let rows = 0;
      for (let left = 20; left > 0; ) {
        await new Promise((resume) => requestAnimationFrame(resume));
        most = Math.max(most, row.isConnected ? Math.abs(row.getBoundingClientRect().top - place) : Infinity);
        rows = Math.max(rows, document.querySelectorAll('.message').length);
        if (list.offsetHeight > before + 200) left -= 1;
      }
      return { most, rows, grew: list.offsetHeight - before };
    });
  }

  /** How many pixels of the messages are below what is in view. */
  async distanceFromEnd() {
    return this.page.evaluate(async () => {
      const box = document.querySelector('.scroller');
      for (let frame = 0; frame < 3; frame += 1) await new Promise((resume) => requestAnimationFrame(resume));
      return box.scrollHeight - box.clientHeight - box.scrollTop;
    });
  }

  /** How far the first whole message in view is moved until something shows a text. */
  watchesUntil(selector, text) {
    return this.page.evaluate(
      async ([selector, text]) => {
        const edge = document.querySelector('.scroller').getBoundingClientRect().top;
        const row = [...document.querySelectorAll('.message')].find(
          (each) => each.getBoundingClientRect().top >= edge,
        );
        const place = row.getBoundingClientRect().top;
        let most = 0;
        for (let left = 5; left > 0; ) {
          await new Promise((resume) => requestAnimationFrame(resume));
          most = Math.max(most, Math.abs(row.getBoundingClientRect().top - place));
          if (document.querySelector(selector)?.textContent.includes(text)) left -= 1;
        }
        return { most };
      },
      [selector, text],
    );
  }

  /** The first whole message in view, and where it stands. */
  async stands() {
    return this.page.evaluate(async () => {
      for (let frame = 0; frame < 3; frame += 1) await new Promise((resume) => requestAnimationFrame(resume));
      const edge = document.querySelector('.scroller').getBoundingClientRect().top;
      const row = [...document.querySelectorAll('.message')].find(
        (each) => each.getBoundingClientRect().top >= edge,
      );
      return {
        text: row.querySelector('.text').innerText.split('\n')[0],
        top: row.getBoundingClientRect().top,
      };
    });
  }

  /** Follows a link to a message. */
  async follows(room, seq) {
    await this.page.evaluate((hash) => {
      window.location.hash = hash;
    }, `#/${room}/${seq}`);
  }

  /** The message with that text has been marked, is in view, and has the focus. */
  async isLedTo(text) {
    await this.page.waitForFunction((text) => [...window.marks].some((each) => each.includes(text)), text);
    await this.page.waitForFunction((text) => {
      const row = document.activeElement;
      if (!row?.matches('.message') || !row.textContent.includes(text)) return false;
      const box = document.querySelector('.scroller').getBoundingClientRect();
      const { top, bottom } = row.getBoundingClientRect();
      return top >= box.top && bottom <= box.bottom;
    }, text);
  }

  /** The mark has gone: what comes now does not bring the message that one was led to back into view. */
  async isMarkedNoMore() {
    await this.page.locator('.message[data-marked="true"]').waitFor({ state: 'detached' });
  }

  async rowsInPage() {
    return this.messages.count();
  }

  /**
   * The numbers of the lines that are in the page, in its order; one that is far from the others is left out, where it is kept because
   * it has the focus.
   */
  async linesInPage() {
    const lines = await this.messages.evaluateAll((rows) =>
      rows.map((row) => ({
        number: Number(/\d+/.exec(row.querySelector('.text').textContent)),
        focused: row === document.activeElement,
      })),
    );
    const numbers = lines.map(({ number }) => number);
    const alone = lines.find(
      ({ focused, number }) => focused && !numbers.includes(number - 1) && !numbers.includes(number + 1),
    );
    return numbers.filter((number) => number !== alone?.number);
  }

  /** A screen reader reads the rows as they stand, also one that is kept far from the others because it has the focus. */
  async rowsStandInOrder() {
    const rows = await this.messages.evaluateAll((all) =>
      all.map((row) => ({ seq: Number(row.dataset.seq), top: row.getBoundingClientRect().top })),
    );
    for (const by of ['seq', 'top'])
      assert.deepEqual(
        rows.map((row) => row[by]),
        rows.map((row) => row[by]).sort((a, b) => a - b),
        `out of order by ${by}`,
      );
  }

  /** Up or down as far as it goes, until more has come there. */
  async scrollsAll(way) {
    const more = await this.page.evaluate(
      async ([way, patience]) => {
        const box = document.querySelector('.scroller');
        const frame = () => new Promise((resume) => requestAnimationFrame(resume));
        // One that has the focus is kept, however far it is.
        const edge = () => {
          const rows = [...document.querySelectorAll('.message[data-seq]')];
          const seqs = rows.filter((row) => row !== document.activeElement).map((row) => row.dataset.seq);
          return way === 'up' ? -Math.min(...seqs) : Math.max(...seqs);
        };
        const before = { height: box.scrollHeight, edge: edge() };
        const hasCome = () => box.scrollHeight > before.height + 200 && edge() > before.edge;
        const until = performance.now() + patience;
        // What has come is measured, and may turn out to be less.
        while (performance.now() < until && !hasCome()) {
          for (let tries = 300; tries > 0 && !hasCome(); tries -= 1) {
            box.scrollTop = way === 'up' ? 0 : box.scrollHeight;
            await frame();
          }
          for (let count = 0; count < 6; count += 1) await frame();
        }
        return hasCome();
      },
      [way, PATIENCE_MS],
    );
    assert.ok(more, `more has come: ${way}`);
  }

  /** The focus is on the message with that text. */
  async isOn(text) {
    await this.page.waitForFunction(
      (text) =>
        document.activeElement?.matches('.message') && document.activeElement.textContent.includes(text),
      text,
    );
  }

  /** What the message says that the focus is on. */
  async isOnText() {
    return this.page.evaluate(() => document.activeElement.querySelector('.text')?.innerText);
  }

  /** The focus is in the field to write in. */
  async isWriting() {
    await this.page.waitForFunction(
      (field) => document.activeElement === field,
      await this.field.elementHandle(),
    );
  }

  /** Nothing is wider than the window, or than the list. */
  async fits() {
    return this.page.evaluate(() => {
      const box = document.querySelector('.scroller');
      return document.documentElement.scrollWidth <= window.innerWidth && box.scrollWidth <= box.clientWidth;
    });
  }

  /** Of each message in the page by its `seq`: its text, the elements in it, and where its links lead. */
  async whatStandsThere() {
    return this.page.evaluate(() =>
      [...document.querySelectorAll('.message[data-seq]')].map((row) => {
        const text = row.querySelector('.text');
        const names = [...text.querySelectorAll('*')].map((each) => each.localName);
        return [
          Number(row.dataset.seq),
          {
            text: text.textContent,
            elements: [...new Set(names)].join(' '),
            links: [...text.querySelectorAll('a')].map((each) => each.href),
          },
        ];
      }),
    );
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

  /** From the next connection on, which is made at once, nothing that is written leaves the page until `goesOut()`. */
  async holdsBackWriting() {
    const waiting = [];
    let open = false;
    await this.page.routeWebSocket(/\/socket\.io\//, (line) => {
      const server = line.connectToServer();
      line.onMessage((packet) => {
        if (open || !packet.includes('message:send')) server.send(packet);
        else waiting.push(() => server.send(packet));
      });
    });
    await this.page.reload();
    return {
      goesOut() {
        open = true;
        for (const send of waiting) send();
      },
    };
  }

  /** From now on the server refuses the message with that text: it arrives there without it. */
  async isRefused(text) {
    await this.page.routeWebSocket(/\/socket\.io\//, (line) => {
      const server = line.connectToServer();
      line.onMessage((packet) => server.send(packet.replace(JSON.stringify(text), '""')));
      server.onMessage((packet) => line.send(packet));
    });
    await this.page.reload();
    await this.field.waitFor();
  }

  /** Waits until all own messages are the server's, and have their place among the others. */
  async allKept() {
    await this.page
      .locator('.message:not([data-state="kept"][data-seq])')
      .first()
      .waitFor({ state: 'detached' });
  }

  /** axe finds nothing against WCAG 2.2 AA, and nothing is wider than the window. */
  async isAccessible(view) {
    const found = await this.asksAxe({ type: 'tag', values: WCAG_22_AA });
    const tooWide = await this.page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    assert.deepEqual(tooWide ? ['wider than the window', ...found] : found, [], view);
  }

  /** What the colours alone decide, in the theme that is not shown. */
  async hasContrastInTheDark(view) {
    await this.page.emulateMedia({ colorScheme: 'dark' });
    assert.deepEqual(await this.asksAxe({ type: 'rule', values: ['color-contrast'] }), [], `${view}, dark`);
    await this.page.emulateMedia({ colorScheme: 'light' });
  }

  /** What axe finds by these rules. */
  async asksAxe(runOnly) {
    if (!(await this.page.evaluate(() => 'axe' in globalThis)))
      await this.page.evaluate(await readFile(AXE, 'utf8'));
    return this.page.evaluate(
      async (options) => {
        // What is still fading in has less contrast for a moment.
        const moving = document
          .getAnimations()
          .filter(({ effect }) => effect?.getComputedTiming().endTime < 2000);
        await Promise.allSettled(moving.map(({ finished }) => finished));
        const { violations } = await globalThis.axe.run(options);
        return violations.flatMap(({ id, nodes }) =>
          nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
        );
      },
      { runOnly, resultTypes: ['violations'], preload: false },
    );
  }
}
