// What a room leaves on record: its history as a file, and what the operator's rules have done.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBelfry } from './belfry.js';
import { guest } from './guest.js';
import { stories } from './stories.js';
import { enter } from './visitor.js';

stories('the history of a room', (story) => {
  story('is exported before the eyes, in every format, and is in the file as it is', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada');
    await ada.joins('garden');
    const lines = ['The beans are up!', 'naïve "quotes", commas', '=1+1'];
    for (const line of lines) await ada.writes(line);
    await ada.allKept();

    const settings = await ada.opensSettings('Export');
    const exports = settings.getByRole('list', { name: 'Exports' }).getByRole('listitem');
    await settings.getByText(/^No exports yet/).waitFor();
    const files = {};
    for (const [format, ending] of [
      ['JSON', 'json'],
      ['Table', 'csv'],
      ['Web page', 'html'],
    ]) {
      await settings.getByRole('radio', { name: format }).check({ force: true });
      await settings.getByRole('button', { name: 'Start export' }).click();
      await exports.filter({ hasText: format }).getByRole('button', { name: 'Download' }).waitFor();
      files[ending] = await ada.downloads(settings);
      assert.match(files[ending].name, new RegExp(`^garden-\\d{4}-\\d{2}-\\d{2}\\.${ending}$`));
    }
    const { room, messages } = JSON.parse(files.json.text);
    assert.equal(room.id, 'garden');
    assert.deepEqual(
      messages.map(({ seq, content }) => [seq, content]),
      lines.map((line, index) => [index + 1, line]),
    );
    assert.ok(files.csv.text.includes('"naïve ""quotes"", commas"'));
    assert.ok(files.html.text.includes('The beans are up!'));

    await ada.page.reload();
    await ada.inRoom('garden');
    const again = await ada.opensSettings('Export');
    await again.getByRole('button', { name: 'Download' }).nth(2).waitFor();
    assert.deepEqual(await again.getByRole('list').locator('strong').allInnerTexts(), [
      'Web page',
      'Table',
      'JSON',
    ]);
    assert.equal((await ada.downloads(again)).text, files.html.text);
  });

  story(
    'takes its time where nobody works: it waits over a reload and can be called off',
    async (t, browser) => {
      const belfry = await startBelfry(t, {}, ['--no-worker']);
      const ada = await enter(t, browser, belfry, 'Ada');
      await ada.joins('garden');
      const settings = await ada.opensSettings('Export');
      await settings.getByRole('radio', { name: 'Table' }).check({ force: true });
      await settings.getByRole('button', { name: 'Start export' }).click();
      const row = settings.getByRole('listitem').filter({ hasText: 'Table' });
      await row.getByRole('progressbar', { name: 'Table' }).waitFor();
      await row.getByText('Waits for its turn').waitFor();

      await ada.page.reload();
      await ada.inRoom('garden');
      await ada.opensSettings('Export');
      await row.getByText('Waits for its turn').waitFor();
      await row.getByRole('button', { name: 'Cancel' }).click();
      await row.getByText('Cancelled').waitFor();
      await row.getByRole('button', { name: 'Start again' }).click();
      await settings.getByRole('progressbar', { name: 'Table' }).waitFor();
      assert.equal(await settings.getByRole('listitem').count(), 2);

      await ada.page.keyboard.press('Escape');
      await ada.joins('kitchen');
      await (await ada.opensSettings('Export')).getByText(/^No exports yet/).waitFor();
    },
  );
});

stories('a moderated room', (story) => {
  story('shows its moderators what the rules have done, and nobody else', async (t, browser) => {
    const folder = await mkdtemp(join(tmpdir(), 'belfry-rules-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const rules = join(folder, 'rules.json');
    await writeFile(
      rules,
      JSON.stringify([
        { words: ['darn'], action: 'mask', reason: 'Swearing' },
        { regex: '(?i)buy now', action: 'remove', reason: 'Advertising' },
      ]),
    );
    const belfry = await startBelfry(t, { MODERATION_RULES: rules });
    const ada = await enter(t, browser, belfry, 'Ada');
    const cy = await guest(t, belfry, 'Cy');
    await ada.joins('garden');
    const nothing = await ada.opensSettings('Moderation');
    await nothing.getByText('Nothing so far').waitFor();
    await ada.page.keyboard.press('Escape');

    await cy.join('garden');
    await cy.write('garden', 'darn it');
    await cy.write('garden', 'buy now');
    await ada.sees('**** it');
    await ada.sees('This message was deleted.');
    const settings = await ada.opensSettings('Moderation');
    const entries = settings.getByRole('list', { name: 'Moderation log' }).getByRole('listitem');
    await entries
      .filter({ hasText: 'Covered' })
      .filter({ hasText: /Swearing.*Message 1.*by Cy/s })
      .waitFor();
    await entries
      .filter({ hasText: 'Removed' })
      .filter({ hasText: /Advertising.*Message 2.*by Cy/s })
      .waitFor();
    assert.equal(await entries.count(), 2);
  });
});
