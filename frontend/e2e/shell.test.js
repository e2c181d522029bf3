// What is around the rooms: ways between them, keys, the line about the connection, the page without a server, the theme.
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBelfry } from './belfry.js';
import { guest } from './guest.js';
import { stories } from './stories.js';
import { enter, visit } from './visitor.js';

stories('around the rooms', (story) => {
  story(
    'the switcher finds rooms, people and public rooms, and makes what is not there',
    async (t, browser) => {
      const belfry = await startBelfry(t);
      const bo = await guest(t, belfry, 'Bo');
      await bo.join('greenhouse');
      const ada = await enter(t, browser, belfry, 'Ada');
      await ada.switchesTo('gard', 'Open gard');
      await ada.inRoom('gard');
      await ada.switchesTo('green', 'greenhouse Public room');
      await ada.inRoom('greenhouse');
      await ada.switchesTo('bo', 'Bo Message');
      await ada.inRoom('Bo');
      // With nothing typed: where one was before.
      await ada.page.keyboard.press('Control+k');
      await ada.page.getByRole('option', { name: 'greenhouse' }).waitFor();
      await ada.page.keyboard.press('Enter');
      await ada.inRoom('greenhouse');
    },
  );

  story('Alt and an arrow lead from room to room, with Shift to what is unread', async (t, browser) => {
    const belfry = await startBelfry(t);
    const bo = await guest(t, belfry, 'Bo');
    for (const room of ['apple', 'birch', 'cedar']) await bo.join(room);
    const ada = await enter(t, browser, belfry, 'Ada');
    for (const room of ['apple', 'birch', 'cedar']) await ada.joins(room);
    await ada.page.keyboard.press('Alt+ArrowDown');
    await ada.inRoom('apple');
    await ada.page.keyboard.press('Alt+ArrowDown');
    await ada.inRoom('birch');
    await ada.page.keyboard.press('Alt+ArrowUp');
    await ada.inRoom('apple');
    await bo.write('cedar', 'Over here!');
    await ada.page.getByRole('link', { name: 'cedar 1 unread' }).waitFor();
    assert.match(await ada.page.title(), /^\(1\) apple · Belfry$/);
    await ada.page.keyboard.press('Alt+Shift+ArrowDown');
    await ada.inRoom('cedar');
  });

  story(
    '? shows all keys, but not while one writes, and not where single keys are off',
    async (t, browser) => {
      const belfry = await startBelfry(t);
      const ada = await enter(t, browser, belfry, 'Ada');
      await ada.joins('garden');
      // Once it has been there, it would be there at once.
      const keys = ada.page.getByRole('dialog', { name: 'Keys' });
      await ada.pressesFor('Control+/', 'Keys');
      await ada.page.keyboard.press('Escape');
      await keys.waitFor({ state: 'detached' });
      await ada.field.fill('');
      await ada.field.pressSequentially('why?');
      assert.equal(await ada.field.inputValue(), 'why?');
      assert.equal(await keys.count(), 0);
      await ada.page.keyboard.press('Control+/');
      await keys.getByRole('checkbox').uncheck();
      await ada.page.keyboard.press('Escape');
      await ada.rooms.getByRole('link', { name: 'garden' }).focus();
      await ada.page.keyboard.press('?');
      assert.equal(await keys.count(), 0);
      await ada.page.keyboard.press('Control+/');
      await keys.getByRole('checkbox').check();
      await ada.page.keyboard.press('Escape');
      await ada.rooms.getByRole('link', { name: 'garden' }).focus();
      await ada.page.keyboard.press('?');
      await keys.waitFor();
    },
  );

  story(
    'without a server: a line says what waits, a reload brings the page back, and all is sent',
    async (t, browser) => {
      const belfry = await startBelfry(t);
      const ada = await enter(t, browser, belfry, 'Ada');
      await ada.joins('garden');
      await ada.writes('before');
      await ada.allKept();
      await ada.pageIsKept();
      // What is kept of the rooms is as old as the last look at them.
      const listed = ada.page.waitForResponse(/\/api\/rooms\?/);
      await ada.looksAgain();
      await (await listed).finished();

      await belfry.stop();
      const line = ada.page.getByRole('status').filter({ hasText: 'Reconnecting…' });
      await line.waitFor();
      await ada.writes('one');
      await ada.writes('two');
      await ada.page.getByText('2 messages wait to be sent, kept on this device.').waitFor();
      await ada.page.getByRole('link', { name: 'garden 2 waiting to be sent' }).waitFor();
      await ada.messages.filter({ hasText: 'Waiting to be sent' }).nth(1).waitFor();
      assert.equal(await ada.messages.filter({ hasText: 'Sending…' }).count(), 0);
      await ada.field.fill('half a thou');

      await ada.page.reload();
      await ada.isShownAs('Ada', 'No connection');
      await ada.people.getByText('No connection.').waitFor();
      await ada.page.getByText('What was said here comes with the connection.').waitFor();
      for (const untrue of ['This is where it began.', /\b0 here/, 'Nobody is here now.'])
        assert.equal(await ada.page.getByText(untrue).count(), 0, `it says ${untrue}`);
      await ada.page.getByRole('link', { name: /^garden/ }).waitFor();
      await ada.page.getByText('2 messages wait to be sent, kept on this device.').waitFor();
      assert.equal(await ada.field.inputValue(), 'half a thou');

      // It is there for a moment only.
      await Promise.all([ada.page.getByText('Connected again.').waitFor(), belfry.start()]);
      await ada.allKept();
      assert.deepEqual(await ada.reads(), ['before', 'one', 'two']);
      await ada.page.getByText('This is where it began.').waitFor();
      await ada.isShownAs('Ada', 'Online');
      await ada.page.getByText('Connected again.').waitFor({ state: 'detached' });
    },
  );

  story('a part that does not come leaves the page as it is, and comes the next time', async (t, browser) => {
    const belfry = await startBelfry(t);
    // What is asked for goes past the worker, which has everything.
    const ada = await enter(t, browser, belfry, 'Ada', { refusals: [404], serviceWorkers: 'block' });
    await ada.joins('garden');
    await ada.field.fill('half a thou');
    const parts = {
      'Your profile': /\/assets\/Profile-.*\.js/,
      'Room settings': /\/assets\/RoomSettings-.*\.js/,
    };
    const opens = { 'Your profile': 'choosesOfOwn', 'Room settings': 'choosesInRoom' };
    const choice = {
      'Your profile': 'Profile and theme',
      'Room settings': /^(Room settings|About this room)$/,
    };
    for (const [title, file] of Object.entries(parts)) {
      await ada.page.route(file, (route) => route.fulfill({ status: 404 }));
      await ada[opens[title]](choice[title]);
      await ada.sees('This could not be loaded. Try again.');
      await ada.page.getByRole('button', { name: 'Close this notice' }).click();
      assert.equal(await ada.field.inputValue(), 'half a thou');
      await ada.page.unroute(file);
      await ada[opens[title]](choice[title]);
      await ada.page.getByRole('dialog', { name: title }).waitFor();
      await ada.page.keyboard.press('Escape');
    }
  });

  story('a new version comes to all tabs, and interrupts nobody who writes', async (t, browser) => {
    const build = await aBuildOfItsOwn(t);
    const belfry = await startBelfry(t, { PAGE_DIR: build.directory });
    const ada = await enter(t, browser, belfry, 'Ada');
    await ada.joins('garden');
    await ada.pageIsKept();
    await ada.page.reload();
    await ada.inRoom('garden');
    const [quiet, writing] = [await ada.inAnotherTab('#/'), await ada.inAnotherTab('#/garden')];
    await writing.inRoom('garden');
    await writing.field.fill('half a thou');
    for (const tab of [ada, quiet, writing]) assert.equal(await tab.versionOfPage(), null);

    await build.becomes('2');
    await ada.looksForANewVersion();
    for (const tab of [ada, quiet, writing]) await tab.sees('A new version is ready.');
    await ada.page.getByRole('button', { name: 'Reload' }).click();
    await ada.hasVersion('2');
    await quiet.hasVersion('2');
    assert.equal(await writing.versionOfPage(), null);
    assert.equal(await writing.field.inputValue(), 'half a thou');
    await writing.looksAway();
    await writing.hasVersion('2');
    await writing.hasWritten('half a thou');
  });

  story('a notice can be pressed although a window is open', async (t, browser) => {
    const belfry = await startBelfry(t);
    const bo = await guest(t, belfry, 'Bo');
    await bo.join('greenhouse');
    const ada = await enter(t, browser, belfry, 'Ada');
    await ada.joins('greenhouse');
    await ada.joins('garden');
    await ada.page.keyboard.press('Control+,');
    const profile = ada.page.getByRole('dialog', { name: 'Your profile' });
    await profile.waitFor();
    await bo.write('greenhouse', 'Look, @Ada');
    await ada.page.getByRole('button', { name: 'Show', exact: true }).click();
    await ada.page.keyboard.press('Escape');
    await profile.waitFor({ state: 'detached' });
    await ada.inRoom('greenhouse');
  });

  story('who logs out takes along where they were, and a link leads whoever signs in', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada');
    await ada.joins('garden');
    await ada.logsOut();
    await ada.page.getByRole('dialog').getByRole('button', { name: 'Log out' }).click();
    await ada.page.getByLabel('Your name').waitFor();
    assert.equal(new URL(ada.page.url()).hash, '#/');
    await ada.choosesName('Bo');
    await ada.sees('Nobody is ringing yet');

    const cy = await visit(t, browser, belfry);
    await cy.follows('garden', 1);
    await cy.choosesName('Cy');
    await cy.inRoom('garden');
  });

  story('the API and the socket are never answered from the device', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada');
    await ada.pageIsKept();
    // From its second visit on the worker answers for the page.
    await ada.page.reload();
    await ada.isIn();
    assert.ok(await ada.page.evaluate(() => navigator.serviceWorker.controller !== null));
    const kept = await ada.page.evaluate(async () => {
      const all = await Promise.all(
        (await caches.keys()).map(async (name) => (await caches.open(name)).keys()),
      );
      return all.flat().map(({ url }) => new URL(url).pathname);
    });
    assert.ok(kept.includes('/index.html'));
    assert.deepEqual(
      kept.filter((path) => /^\/(api|socket\.io|health|ready|metrics)/.test(path)),
      [],
    );
    await belfry.stop();
    const answered = await ada.page.evaluate(() =>
      Promise.allSettled(['/api/openapi.json', '/api/docs', '/ready'].map((path) => fetch(path))),
    );
    assert.deepEqual(
      answered.map(({ status }) => status),
      ['rejected', 'rejected', 'rejected'],
    );
  });

  story(
    'a theme that was chosen is there before the page starts, whatever the system has',
    async (t, browser) => {
      const belfry = await startBelfry(t);
      const ada = await enter(t, browser, belfry, 'Ada', { colorScheme: 'light' });
      const ground = () => ada.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const light = await ground();
      await ada.choosesOfOwn('Profile and theme');
      await ada.page.getByRole('radio', { name: 'Dark' }).check({ force: true });
      const dark = await ground();
      assert.notEqual(dark, light);
      // Only what is in the head runs: the page itself never starts.
      await ada.page.route(/\/assets\/.*\.js$/, (route) => route.abort());
      await ada.page.evaluate(async () => {
        for (const worker of await navigator.serviceWorker.getRegistrations()) await worker.unregister();
      });
      await ada.page.reload();
      assert.equal(await ground(), dark);
    },
  );

  story('of five hundred rooms only those in sight are made, and all can be reached', async (t, browser) => {
    const belfry = await startBelfry(t, { EVENTS_PER_SECOND: '1000', ROOMS_PER_SOCKET: '1000' });
    const ada = await enter(t, browser, belfry, 'Ada');
    await ada.isInMany(500, belfry);
    await ada.page.reload();
    // What the device has kept comes first, and may be a moment old.
    await ada.rooms.locator('[aria-setsize="500"]').first().waitFor();
    await ada.page.getByRole('link', { name: 'room-000' }).waitFor();
    const links = ada.rooms.getByRole('listitem');
    assert.ok((await links.count()) < 80, `${await links.count()} rooms are made`);
    assert.equal(await links.first().getAttribute('aria-setsize'), '500');
    await ada.switchesTo('room-499', 'room-499');
    await ada.inRoom('room-499');
    await ada.rooms.getByRole('link', { name: 'room-499' }).waitFor();
    assert.ok((await links.count()) < 80);
  });
});

/** A copy of the built page, which `becomes` another version: its worker and its document are not what they were. */
async function aBuildOfItsOwn(t) {
  const directory = await mkdtemp(join(tmpdir(), 'belfry-build-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  await cp(process.env.PAGE_DIR ?? fileURLToPath(new URL('../dist', import.meta.url)), directory, {
    recursive: true,
  });
  const change = async (name, from, to) => {
    const file = join(directory, name);
    const before = await readFile(file, 'utf8');
    assert.match(before, from);
    await writeFile(file, before.replace(from, to));
  };
  return {
    directory,
    async becomes(version) {
      await change('index.html', /<head>/, `<head><meta name="version" content="${version}">`);
      await change('sw.js', /(url:"index\.html",revision:")[^"]*/, `$1${version}`);
    },
  };
}
