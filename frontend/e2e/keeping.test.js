// What the SDK keeps in a real browser: through reloads, beside other tabs, and where the browser does not want to.
import assert from 'node:assert/strict';
import { startBelfry } from './belfry.js';
import { folderOf } from './sources.js';
import { stories } from './stories.js';

const MODULES = ['storage', 'shelf', 'kept-sends', 'drafts', 'session'];

/** For so long a page waits for the database of its browser, in milliseconds. */
const LIMIT_MS = 3000;

/**
 * A browser with one tab at an empty page of the server's; `tab()` opens another. What is not about that limit waits longer: on a busy
 * machine a database that is well may take so long.
 */
async function browsing(test, browser, { limitMs = 60_000 } = {}) {
  const belfry = await startBelfry(test, { PAGE_DIR: await folderOf(test, MODULES) });
  const context = await browser.newContext();
  test.after(() => context.close());
  await context.addInitScript(
    ([from, to]) => {
      const { setTimeout } = globalThis;
      globalThis.setTimeout = (run, ms) => setTimeout(run, ms === from ? to : ms);
    },
    [LIMIT_MS, limitMs],
  );
  await context.addInitScript(() => {
    globalThis.modules = async () => {
      const { createShelf } = await import('/assets/shelf.js');
      return {
        ...(await import('/assets/storage.js')),
        ...(await import('/assets/kept-sends.js')),
        ...(await import('/assets/drafts.js')),
        ...(await import('/assets/session.js')),
        shelfOf(storage, userId) {
          const shelf = createShelf();
          shelf.give(storage, userId);
          return shelf;
        },
      };
    };
  });
  async function tab() {
    const page = await context.newPage();
    await page.goto(belfry.url);
    return page;
  }
  return { belfry, context, tab, page: await tab() };
}

/** What a page that starts finds: the drafts by room and, in order, what waits to be sent. */
function found(page) {
  return page.evaluate(async () => {
    const { openStorage, createDrafts, createKeptSends, shelfOf } = await modules();
    const storage = openStorage();
    const shelf = shelfOf(storage, 'ada');
    const rooms = [];
    const drafts = createDrafts(shelf, (room) => rooms.push(room));
    await drafts.load();
    const waiting = await createKeptSends(shelf).load();
    return {
      drafts: Object.fromEntries(rooms.map((room) => [room, drafts.of(room).get().text])),
      waiting: Object.fromEntries(
        [...waiting].map(([room, all]) => [room, all.map(({ content }) => content)]),
      ),
      keeps: storage.keeps.get(),
    };
  });
}

stories('keeping', (story) => {
  story('a draft and messages are there after a reload in the very moment of writing', async (t, browser) => {
    const { page, tab } = await browsing(t, browser);
    // Another tab keeps the database to itself, so that nothing gets there before the page is gone.
    const other = await tab();
    await other.evaluate(async () => {
      const { openStorage } = await modules();
      await openStorage().list('');
      const opened = indexedDB.open('belfry');
      await new Promise((resolve) => {
        opened.onsuccess = resolve;
      });
      const store = opened.result.transaction('kept', 'readwrite').objectStore('kept');
      const goOn = () => {
        if (!globalThis.ended) store.get('').onsuccess = goOn;
      };
      goOn();
    });
    const reloaded = page.waitForEvent('load');
    await page.evaluate(async () => {
      const { openStorage, createDrafts, createKeptSends, shelfOf } = await modules();
      const shelf = shelfOf(openStorage(), 'ada');
      const drafts = createDrafts(shelf, () => undefined);
      const sends = createKeptSends(shelf);
      // Nothing was kept before, and it takes long to hear so.
      void drafts.load();
      for (const text of ['h', 'he', 'hel']) drafts.set('garden', { text });
      drafts.set('attic', { text: 'not for long' });
      drafts.set('attic', { text: '' });
      // The clock goes back a day halfway: the order written is another thing.
      const now = Date.now();
      for (let index = 0; index < 20; index += 1) {
        if (index === 10) Date.now = () => now - 86_400_000;
        void sends.put('garden', { clientId: `c${index}`, content: `line ${index}` });
      }
      void sends.remove('c3');
      addEventListener('pagehide', () => drafts.set('cellar', { text: 'the last word' }));
      await Promise.resolve();
      location.reload();
    });
    await reloaded;
    await other.evaluate(() => {
      globalThis.ended = true;
    });
    const { drafts, waiting, keeps } = await found(page);
    assert.deepEqual(drafts, { cellar: 'the last word', garden: 'hel' });
    const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`).filter((_, index) => index !== 3);
    assert.deepEqual(waiting, { garden: lines });
    assert.equal(keeps, 'storage');
    // Once it is where it belongs, nothing of it is left anywhere else.
    await page.waitForFunction(() => localStorage.length === 0);
    assert.deepEqual((await found(page)).waiting, { garden: lines });
  });

  story('two tabs that write at once keep what each of them wrote', async (t, browser) => {
    const { page, tab } = await browsing(t, browser);
    const other = await tab();
    const write = (who) =>
      async function run(page) {
        await page.evaluate(async (who) => {
          const { openStorage, createKeptSends, shelfOf } = await modules();
          const sends = createKeptSends(shelfOf(openStorage(), 'ada'));
          await sends.load();
          for (let index = 0; index < 50; index += 1) {
            await sends.put('garden', { clientId: `${who}-${index}`, content: `${who} ${index}` });
          }
        }, who);
      };
    await Promise.all([write('left')(page), write('right')(other)]);
    const { waiting } = await found(await tab());
    assert.equal(waiting.garden.length, 100);
    for (const who of ['left', 'right']) {
      const lines = waiting.garden.filter((line) => line.startsWith(who));
      assert.deepEqual(
        lines,
        Array.from({ length: 50 }, (_, index) => `${who} ${index}`),
      );
    }
  });

  story('a browser that refuses leaves it in memory, and says so', async (t, browser) => {
    const { page } = await browsing(t, browser);
    const answer = await page.evaluate(async () => {
      Object.defineProperty(globalThis, 'indexedDB', {
        get() {
          throw new DOMException('no', 'SecurityError');
        },
      });
      const { openStorage } = await modules();
      const storage = openStorage();
      await storage.set('a', 1);
      return { value: await storage.get('a'), keeps: storage.keeps.get() };
    });
    assert.deepEqual(answer, { value: 1, keeps: 'memory' });
  });

  story('where the disk is full, what finds no room is held until there is some', async (t, browser) => {
    const { page } = await browsing(t, browser);
    await page.evaluate(async () => {
      // Chromium cannot be told how much room there is; so a transaction that writes much ends as it does on a full disk.
      const { put } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.put = function (value, key) {
        const request = put.call(this, value, key);
        if (globalThis.full && value.length > 1_000_000) this.transaction.abort();
        return request;
      };
      const { openStorage } = await modules();
      globalThis.storage = openStorage();
      globalThis.seen = [];
      storage.keeps.subscribe(() => seen.push(storage.keeps.get()));
      await storage.set('old', 'o'.repeat(10_000));
      globalThis.full = true;
    });
    const full = await page.evaluate(async () => {
      await Promise.all([storage.set('new', 'n'.repeat(2_000_000)), storage.set('small', 's')]);
      const all = await storage.list('');
      return {
        keys: all.map(([key]) => key),
        length: (await storage.get('new')).length,
        keeps: storage.keeps.get(),
      };
    });
    assert.deepEqual(full, { keys: ['new', 'old', 'small'], length: 2_000_000, keeps: 'memory' });
    const roomy = await page.evaluate(async () => {
      globalThis.full = false;
      await storage.delete('old');
      return { keeps: storage.keeps.get(), seen };
    });
    assert.deepEqual(roomy, { keeps: 'storage', seen: ['memory', 'storage'] });
    await page.reload();
    const left = await page.evaluate(async () => {
      const { openStorage } = await modules();
      return (await openStorage().list('')).map(([key, value]) => [key, value.length]);
    });
    assert.deepEqual(left, [
      ['new', 2_000_000],
      ['small', 1],
    ]);
  });

  story('a database that never opens is not waited for', async (t, browser) => {
    const { page, tab } = await browsing(t, browser, { limitMs: LIMIT_MS });
    // Whoever wants to delete it waits for the one who has it open, and everybody after them waits too.
    await page.evaluate(async () => {
      await new Promise((resolve) => {
        indexedDB.open('belfry', 1).onsuccess = (event) => {
          globalThis.open = event.target.result;
          resolve();
        };
      });
      indexedDB.deleteDatabase('belfry');
    });
    const other = await tab();
    const answer = await other.evaluate(async () => {
      const { openStorage } = await modules();
      const storage = openStorage();
      void storage.set('a', 1);
      return { value: await storage.get('a'), keeps: storage.keeps.get() };
    });
    assert.deepEqual(answer, { value: 1, keeps: 'memory' });
  });
});

/** A session in a tab, signed in where the browser knows nobody yet. */
function come(page, name) {
  return page.evaluate(async (name) => {
    const { createSession } = await modules();
    globalThis.session = createSession({ url: location.origin });
    if (name) await session.signIn('register', name, 'a bell in the fog');
    return session.state.get().user?.username ?? null;
  }, name);
}

stories('a session', (story) => {
  story('is renewed once by all tabs together, and holds in each', async (t, browser) => {
    const { page, tab } = await browsing(t, browser);
    assert.equal(await come(page, 'Ada'), 'Ada');
    const tabs = [page, await tab(), await tab(), await tab()];
    for (const other of tabs.slice(1)) assert.equal(await come(other), 'Ada');
    const asked = [];
    for (const each of tabs) {
      each.on('request', (request) => request.url().endsWith('/auth/refresh') && asked.push(request.url()));
    }
    for (let round = 1; round <= 5; round += 1) {
      const refused = await page.evaluate(() => session.getToken());
      // A token of the same second is the same token.
      await page.waitForFunction(
        (token) => Date.now() / 1000 > JSON.parse(atob(token.split('.')[1])).iat + 1,
        refused,
      );
      const tokens = await Promise.all(
        tabs.map((each) => each.evaluate((token) => session.getToken(token), refused)),
      );
      assert.equal(new Set(tokens).size, 1, 'all have the same token');
      assert.notEqual(tokens[0], refused);
      assert.equal(asked.length, round);
    }
    const status = await page.evaluate(async () => {
      const headers = { authorization: `Bearer ${await session.getToken()}` };
      return (await fetch('/api/me', { headers })).status;
    });
    assert.equal(status, 200);
  });

  story('that is logged out of is gone in every tab, with what was kept for it', async (t, browser) => {
    const { page, tab } = await browsing(t, browser);
    await come(page, 'Ada');
    const other = await tab();
    await come(other);
    await other.evaluate(() => {
      globalThis.gone = new Promise((resolve) => session.state.subscribe(() => resolve(session.state.get())));
    });
    const kept = await page.evaluate(async () => {
      const { openStorage, createDrafts, createKeptSends, keptFor, shelfOf } = await modules();
      const storage = openStorage();
      const { id } = session.state.get().user;
      const mine = shelfOf(storage, id);
      const changed = () => undefined;
      createDrafts(mine, changed).set('garden', { text: 'private' });
      createDrafts(shelfOf(storage, 'somebody else'), changed).set('garden', { text: 'stays' });
      await createKeptSends(mine).put('garden', { clientId: 'c', content: 'private too' });
      const before = (await storage.list(keptFor(id))).length;
      session.logOut();
      return before;
    });
    assert.equal(kept, 2);
    assert.deepEqual(await other.evaluate(() => gone), { user: null, guest: true, ended: null });
    const left = await page.evaluate(async () => {
      const { openStorage } = await modules();
      const storage = openStorage();
      const end = Date.now() + 30_000;
      while ((await storage.list('')).length > 1 && Date.now() < end)
        await new Promise((resume) => setTimeout(resume, 20));
      return (await storage.list('')).map(([, value]) => value.text);
    });
    assert.deepEqual(left, ['stays']);
    assert.equal(await page.evaluate(() => localStorage.length), 0);
  });

  story('lives in memory where localStorage is full', async (t, browser) => {
    const { page } = await browsing(t, browser);
    await page.evaluate(() => {
      let piece = 'x'.repeat(1_000_000);
      for (let index = 0; piece.length > 0; index += 1) {
        try {
          localStorage.setItem(`filling ${index}`, piece);
        } catch {
          piece = piece.slice(0, Math.floor(piece.length / 2));
        }
      }
    });
    assert.equal(await come(page, 'Ada'), 'Ada');
    const statuses = await page.evaluate(async () => {
      const statuses = [];
      for (let round = 0; round < 3; round += 1) {
        const token = await session.getToken(await session.getToken());
        const { status } = await fetch('/api/me', { headers: { authorization: `Bearer ${token}` } });
        statuses.push(status);
      }
      return statuses;
    });
    assert.deepEqual(statuses, [200, 200, 200]);
    assert.equal(await page.evaluate(() => localStorage.getItem('belfry.session')), null);
  });
});
