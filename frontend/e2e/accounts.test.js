// People with an account: coming in, going out, and being put out elsewhere.
import assert from 'node:assert/strict';
import { startBelfry } from './belfry.js';
import { stories } from './stories.js';
import { enter, visit } from './visitor.js';

const PASSWORD = 'a bell in the fog';

stories('an account', (story) => {
  story('is registered, logged out of, and logged in to again, with its rooms', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await visit(t, browser, belfry);
    await ada.comesInBy('Register', 'Ada', PASSWORD);
    await ada.isIn();
    await ada.joins('garden');
    await ada.writes('mine to come back to');
    await ada.allKept();

    await ada.logsOut();
    await ada.page.getByLabel('Your name').waitFor();
    assert.equal(await ada.page.evaluate(() => localStorage.length + sessionStorage.length), 0);

    await ada.page.goto(belfry.url);
    await ada.comesInBy('Log in', 'ada', PASSWORD);
    await ada.isIn();
    await ada.page.getByRole('link', { name: 'garden' }).click();
    await ada.inRoom('garden');
    await ada.sees('mine to come back to');
  });

  story('says at the field what was wrong', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await visit(t, browser, belfry, { refusals: [400, 401, 409] });
    await ada.comesInBy('Log in', 'Ada', PASSWORD);
    await ada.sees('Name or password is not right.');
    await ada.isAt('Password');
    await ada.comesInBy('Register', 'Ada', 'short');
    await ada.sees('A password has at least 8 characters.');
    await ada.comesInBy('Register', '\u200b', PASSWORD);
    await ada.sees('This name cannot be used. Choose 1 to 32 letters, digits or signs that can be seen.');
    await ada.isAt('Your name');
    await ada.comesInBy('Register', 'Ada', PASSWORD);
    await ada.isIn();
    const other = await visit(t, browser, belfry, { refusals: [409] });
    await other.comesInBy('Register', 'ADA', PASSWORD);
    await other.sees('Somebody already has this name. Choose another one.');
    await other.isAt('Your name');
  });

  story('is the only way in where guests and new accounts are not wanted', async (t, browser) => {
    const belfry = await startBelfry(t, { GUESTS: 'off', REGISTRATION: 'closed' });
    const ada = await visit(t, browser, belfry, { refusals: [401, 403] });
    await ada.page.getByLabel('Your name').fill('Ada');
    await ada.page.keyboard.press('Enter');
    await ada.sees('This server does not let guests in. Log in, or register an account.');
    await ada.comesInBy('Register', 'Ada', PASSWORD);
    await ada.sees('This server takes no new accounts. Ask whoever runs it for one.');
    assert.equal(await ada.page.getByRole('radio').count(), 0);
    await ada.page.getByRole('button', { name: 'Log in' }).click();
    await ada.sees('Name or password is not right.');
    await ada.isAccessible('no way in but one');
  });

  story('has a name to be shown by, and a status, which stay and which others see', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await visit(t, browser, belfry);
    await ada.comesInBy('Register', 'ada', PASSWORD);
    await ada.isIn();
    await ada.isShownAs('ada', 'Online');
    await ada.joins('garden');
    const bob = await enter(t, browser, belfry, 'Bob');
    await bob.joins('garden');
    await bob.seesPerson('ada', 'Online');
    await ada.choosesOfOwn('Busy');
    await ada.isShownAs('ada', 'Busy');
    await bob.seesPerson('ada', 'Busy');
    await ada.wantsToBeCalled('Ada Lovelace');
    await ada.isShownAs('Ada Lovelace', 'Busy');
    await ada.page.reload();
    await ada.page.getByRole('button', { name: /^Ada Lovelace, .*: profile and status$/ }).waitFor();
    await ada.wantsToBeCalled('');
    await ada.page.getByRole('button', { name: /^ada, .*: profile and status$/ }).waitFor();
  });

  story('is called by the name that it chose wherever it speaks', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await visit(t, browser, belfry);
    await ada.comesInBy('Register', 'ada', PASSWORD);
    await ada.isIn();
    await ada.joins('garden');
    await ada.writes('The beans are up');
    await ada.allKept();
    await ada.wantsToBeCalled('Ada Lovelace');
    const byline = (visitor, name) =>
      visitor.messages.first().locator('.byline').getByText(name, { exact: true });
    await byline(ada, 'Ada Lovelace').waitFor();
    // She is gone before Bob comes back: he knows her as a member.
    await ada.page.goto('about:blank');
    const bob = await enter(t, browser, belfry, 'Bob');
    await bob.joins('garden');
    await bob.seesPerson('Bob', 'Online');
    await bob.seesNobodyCalled('Ada Lovelace');
    await bob.page.reload();
    await byline(bob, 'Ada Lovelace').waitFor();
    await bob.chooses('Reply', 'The beans are up');
    await bob.sees('Replying to Ada Lovelace The beans are up');
    await bob.writes('At last');
    await bob.message('At last').getByRole('button', { name: 'In answer to Ada Lovelace' }).waitFor();
    await ada.opensPage(belfry, '#/');
    await ada.joins('garden');
    await ada.types('yes');
    await bob.sees('Ada Lovelace is typing…');
    await ada.presses('Enter');
    await bob.page.locator('[aria-live]').getByText('Ada Lovelace: yes').waitFor({ state: 'attached' });

    await ada.wantsToBeCalled('');
    await byline(ada, 'ada').waitFor();
  });

  story('of a guest is not given up without a question', async (t, browser) => {
    const belfry = await startBelfry(t);
    const bob = await enter(t, browser, belfry, 'Bob');
    await bob.logsOut();
    const question = bob.page.getByRole('dialog', { name: 'Log out?' });
    await question.getByText('nobody can come back as Bob').waitFor();
    await question.getByRole('button', { name: 'Cancel' }).click();
    await bob.isShownAs('Bob', 'Online');
    await bob.logsOut();
    await question.getByRole('button', { name: 'Log out' }).click();
    await bob.page.getByLabel('Your name').waitFor();
  });

  story(
    'is not logged out of over a draft or a message that failed without a question',
    async (t, browser) => {
      const belfry = await startBelfry(t);
      const ada = await visit(t, browser, belfry);
      await ada.comesInBy('Register', 'Ada', PASSWORD);
      await ada.isIn();
      await ada.joins('garden');
      await ada.isRefused('It rains');
      await ada.writes('It rains');
      await ada.page.getByRole('button', { name: 'Discard' }).waitFor();
      const question = ada.page.getByRole('dialog', { name: 'Log out?' });
      await ada.logsOut();
      await question.getByText('One message could not be sent, and will be lost.').waitFor();
      await question.getByRole('button', { name: 'Cancel' }).click();
      await ada.page.getByRole('button', { name: 'Discard' }).click();
      await ada.hasWritten('It rains');
      await ada.logsOut();
      await question.getByText('What you have begun to write in garden will be lost.').waitFor();
      assert.equal(await question.getByText('could not be sent').count(), 0);
      await question.getByRole('button', { name: 'Cancel' }).click();
      await ada.field.fill('');
      await ada.logsOut();
      await ada.page.getByLabel('Your name').waitFor();
    },
  );

  story(
    'that logs out on one device is cut on the others, which come back by themselves',
    async (t, browser) => {
      const belfry = await startBelfry(t);
      const desk = await visit(t, browser, belfry);
      await desk.comesInBy('Register', 'Ada', PASSWORD);
      await desk.isIn();
      const phone = await visit(t, browser, belfry, { refusals: [401] });
      await phone.comesInBy('Log in', 'Ada', PASSWORD);
      await phone.isIn();
      await phone.joins('garden');
      const cut = phone.page.waitForEvent('websocket');
      await desk.logsOut();
      await desk.page.getByLabel('Your name').waitFor();
      await cut;
      await phone.writes('still here');
      await phone.allKept();
      assert.deepEqual(await phone.reads(), ['still here']);
    },
  );

  story('whose session was revoked is back at the first page, with a sentence', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await visit(t, browser, belfry, { refusals: [401] });
    await ada.comesInBy('Register', 'Ada', PASSWORD);
    await ada.isIn();
    const { refreshToken } = await ada.page.evaluate(() =>
      JSON.parse(localStorage.getItem('belfry.session')),
    );
    const refresh = () =>
      fetch(`${belfry.url}/api/auth/refresh`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ refreshToken }),
      });
    assert.equal((await refresh()).status, 200);
    assert.equal((await refresh()).status, 401, 'a refresh token used twice is worth nothing');
    await ada.sees('Your session has ended. Sign in to come back.');
    await ada.page.getByLabel('Your name').waitFor();
    assert.ok(await ada.page.getByRole('radio', { name: 'Log in' }).isChecked(), 'as they had come in');
  });

  story(
    'that the server does not take any more is signed in to again, and what was written is there',
    async (t, browser) => {
      const belfry = await startBelfry(t);
      const ada = await visit(t, browser, belfry);
      const server = await takesNobody(ada.page);
      await ada.comesInBy('Register', 'Ada', PASSWORD);
      await ada.isIn();
      await ada.joins('garden');
      server.refuses();
      const again = ada.page.getByRole('button', { name: 'Sign in again' });
      await again.waitFor();
      await ada.writes('not yet sent');
      await ada.page.getByText('1 message waits to be sent, kept on this device.').waitFor();
      await ada.field.fill('half a thou');
      await again.click();
      await ada.page.getByLabel('Your name').waitFor();
      server.accepts();
      await ada.comesInBy('Log in', 'Ada', PASSWORD);
      await ada.isIn();
      await ada.inRoom('garden');
      await ada.hasWritten('half a thou');
      await ada.sees('not yet sent');
      await ada.allKept();
    },
  );
});

/** From the next page on, the server's sockets can be told to take no token; REST goes on. */
async function takesNobody(page) {
  let refusing = false;
  let lines = [];
  await page.routeWebSocket(/\/socket\.io\//, (line) => {
    if (!refusing) {
      lines.push(line.connectToServer(), line);
      return;
    }
    line.onMessage((packet) => {
      if (String(packet).startsWith('40')) line.send('44{"message":"Authentication failed"}');
    });
    line.send('0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":100000}');
  });
  await page.reload();
  return {
    refuses() {
      refusing = true;
      for (const line of lines) void line.close();
      lines = [];
    },
    accepts() {
      refusing = false;
    },
  };
}
