// People with an account: coming in, going out, and being put out elsewhere.
import assert from 'node:assert/strict';
import { startBelfry } from './belfry.js';
import { stories } from './stories.js';
import { visit } from './visitor.js';

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

  story('says in a sentence what was wrong', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await visit(t, browser, belfry, { refusals: [400, 401, 409] });
    await ada.comesInBy('Log in', 'Ada', PASSWORD);
    await ada.sees('Name or password is not right.');
    await ada.comesInBy('Register', 'Ada', 'short');
    await ada.page.getByText('This name or password cannot be used.').waitFor();
    await ada.comesInBy('Register', 'Ada', PASSWORD);
    await ada.isIn();
    const other = await visit(t, browser, belfry, { refusals: [409] });
    await other.comesInBy('Register', 'ADA', PASSWORD);
    await other.sees('Somebody already has this name. Choose another one.');
  });

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
  });
});
