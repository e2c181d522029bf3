// Rooms that are not for everybody, the people in them, and what their owners do.
import assert from 'node:assert/strict';
import { startBelfry } from './belfry.js';
import { guest } from './guest.js';
import { stories } from './stories.js';
import { enter } from './visitor.js';

stories('a room', (story) => {
  story(
    'that is private is found by those who are added, and is gone for those who are removed',
    async (t, browser) => {
      const belfry = await startBelfry(t);
      const ada = await enter(t, browser, belfry, 'Ada');
      const bo = await enter(t, browser, belfry, 'Bo');
      await ada.makesRoom('Secret garden', 'Private');
      await ada.writes('only for us');
      await bo.browses();
      await bo.sees('There are no public rooms yet.');

      await ada.choosesInRoom('Add people');
      await ada.page.getByLabel('Add somebody by name').fill('bo');
      await ada.page.getByRole('button', { name: 'Add Bo' }).click();
      await (await ada.memberCalled('Bo')).waitFor();
      await bo.looksAgain();
      await bo.page.getByRole('link', { name: 'Private: Secret garden' }).click();
      await bo.inRoom('Secret garden');
      await bo.sees('only for us');
      await bo.writes('thank you');
      await ada.sees('thank you');

      await ada.choosesFor('Bo', 'Remove from room');
      await bo.sees('You were removed from this room');
      await bo.sees('To come back, somebody has to add you.');
      assert.equal(await bo.messages.count(), 0);
      await bo.page.getByRole('button', { name: 'Take it off the list' }).click();
      await bo.seesNoMore('Secret garden');
      await bo.page.reload();
      await bo.isIn();
      await bo.sees('None yet.');
    },
  );

  story('is renamed, given a topic and deleted by its owner, before everybody’s eyes', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada');
    const bo = await enter(t, browser, belfry, 'Bo');
    await ada.joins('garden');
    await bo.joins('garden');
    assert.equal(await bo.page.getByRole('button', { name: 'Room menu' }).count(), 1, 'Bo may leave');

    await ada.choosesInRoom('Room settings');
    const settings = ada.page.getByRole('dialog', { name: 'Room settings' });
    await settings.getByLabel('Name').fill('Kitchen garden');
    await settings.getByLabel('Topic').fill('Beans, mostly');
    await settings.getByRole('button', { name: 'Save' }).click();
    await bo.inRoom('Kitchen garden');
    await bo.sees('Beans, mostly');
    await bo.writes('a good name');
    await ada.sees('a good name');

    await ada.choosesInRoom('Room settings');
    await settings.getByRole('button', { name: 'Delete room…' }).click();
    await ada.page.getByRole('button', { name: 'Delete room', exact: true }).click();
    for (const visitor of [ada, bo]) await visitor.sees('This room was deleted');
    await bo.page.getByRole('button', { name: 'Take it off the list' }).click();
    await bo.sees('None yet.');
  });

  story(
    'has a moderator once its owner makes one, and does not let its last owner go',
    async (t, browser) => {
      const belfry = await startBelfry(t);
      const ada = await enter(t, browser, belfry, 'Ada', { refusals: [409] });
      const bo = await enter(t, browser, belfry, 'Bo');
      const cy = await guest(t, belfry, 'Cy');
      await ada.joins('garden');
      await bo.joins('garden');
      await cy.join('garden');
      await cy.write('garden', 'something rude');

      await ada.memberCalled('Bo');
      await ada.choosesFor('Bo', 'Make moderator');
      await (await ada.memberCalled('Bo')).getByText('Moderator').waitFor();
      await bo.looksAgain();
      await bo.page.getByRole('button', { name: 'Room menu' }).click();
      await bo.page.getByRole('menuitem', { name: 'Add people' }).waitFor();
      await bo.page.keyboard.press('Escape');
      await bo.chooses('Delete', 'something rude');
      await bo.page.getByRole('button', { name: 'Delete', exact: true }).click();
      await ada.sees('This message was deleted.');

      await ada.choosesInRoom('Leave room');
      const leaving = ada.page.getByRole('dialog', { name: 'Leave garden?' });
      await leaving.getByRole('button', { name: 'Leave room' }).click();
      await ada.sees('The room needs an owner: make somebody else one first.');
      await leaving.getByRole('button', { name: 'Cancel' }).click();
      await ada.choosesFor('Bo', 'Make owner');
      await (await ada.memberCalled('Bo')).getByText('Owner').waitFor();
      await ada.choosesInRoom('Leave room');
      await leaving.getByRole('button', { name: 'Leave room' }).click();
      await ada.sees('None yet.');
      await ada.page.reload();
      await ada.isIn();
      await ada.sees('None yet.');
    },
  );

  story('for two is opened from a person, called after the other one, and made once', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada');
    const bo = await enter(t, browser, belfry, 'Bo');
    await ada.joins('garden');
    await bo.joins('garden');
    await ada.choosesFor('Bo', 'Message');
    await ada.inRoom('Bo');
    await ada.writes('between us');
    await ada.allKept();
    await bo.looksAgain();
    await bo.page.getByRole('link', { name: 'Ada 1 unread' }).click();
    await bo.inRoom('Ada');
    await bo.sees('between us');
    await bo.writes('I see');
    await ada.sees('I see');

    await bo.page.getByRole('link', { name: 'garden' }).click();
    await bo.inRoom('garden');
    await bo.choosesFor('Ada', 'Message');
    await bo.inRoom('Ada');
    assert.deepEqual(await bo.reads(), ['between us', 'I see']);
  });

  story('that is public is found by its name and joined from the directory', async (t, browser) => {
    const belfry = await startBelfry(t);
    const cy = await guest(t, belfry, 'Cy');
    for (const room of ['garden', 'tools', 'kitchen']) await cy.join(room);
    const ada = await enter(t, browser, belfry, 'Ada');
    await ada.browses();
    const rooms = ada.page.getByRole('list', { name: 'Public rooms' }).getByRole('link');
    await ada.page.getByRole('link', { name: /tools.*1 member/ }).waitFor();
    assert.equal(await rooms.count(), 3);
    await ada.page.getByLabel('Search public rooms').fill('gar');
    await ada.page.getByRole('link', { name: /tools/ }).waitFor({ state: 'detached' });
    assert.equal(await rooms.count(), 1);
    await rooms.first().click();
    await ada.inRoom('garden');
    await ada.browses();
    await ada.page.getByRole('link', { name: /garden.*2 members.*Open/ }).waitFor();
  });
});
