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

      await ada.addsByKeys('Bo');
      await bo.looksAgain();
      await bo.page.getByRole('link', { name: 'Private: Secret garden' }).click();
      await bo.inRoom('Secret garden');
      await bo.sees('only for us');
      await bo.writes('thank you');
      await ada.sees('thank you');

      await ada.removes('Bo');
      await (await ada.memberCalled('Bo')).waitFor({ state: 'detached' });
      await isRemoved(bo);
      await bo.sees('To come back, somebody has to add you.');
      assert.equal(await bo.messages.count(), 0);
      await bo.page.getByRole('button', { name: 'Take it off the list' }).click();
      await bo.isNotIn('Secret garden');
      await bo.page.reload();
      await bo.isIn();
      await bo.sees('No rooms yet');
    },
  );

  story('has an id after its name, and another one where that is taken', async (t, browser) => {
    const belfry = await startBelfry(t);
    const cy = await guest(t, belfry, 'Cy');
    await cy.join('kitchen-garden');
    const ada = await enter(t, browser, belfry, 'Ada', { refusals: [409] });
    await ada.page.getByRole('button', { name: 'New room' }).click();
    const dialog = ada.page.getByRole('dialog', { name: 'New room' });
    await dialog.getByRole('button', { name: 'Make room' }).click();
    await dialog.getByText('A room needs a name.').waitFor();
    await dialog.getByLabel('Name').fill('Kitchen garden');
    assert.equal(await dialog.getByLabel('Id').inputValue(), 'kitchen-garden');
    await dialog.getByLabel('Topic').fill('Beans, mostly');
    await dialog.getByRole('button', { name: 'Make room' }).click();
    await dialog.getByText(/There is, or was, a room with this id/).waitFor();
    assert.equal(await dialog.getByLabel('Id').inputValue(), 'kitchen-garden-2');
    await dialog.getByRole('button', { name: 'Make room' }).click();
    await ada.inRoom('Kitchen garden');
    await ada.sees('Beans, mostly');
    assert.match(ada.page.url(), /#\/kitchen-garden-2$/);
  });

  story('is renamed, given a topic and deleted by its owner, before everybody’s eyes', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada');
    const bo = await enter(t, browser, belfry, 'Bo');
    await ada.joins('garden');
    await bo.joins('garden');

    const settings = await ada.opensSettings();
    await settings.getByLabel('Name').fill('Kitchen garden');
    await settings.getByLabel('Topic').fill('Beans, mostly');
    await settings.getByRole('button', { name: 'Save' }).click();
    await bo.inRoom('Kitchen garden');
    await bo.sees('Beans, mostly');
    await bo.writes('a good name');
    await ada.sees('a good name');

    const about = await bo.opensSettings();
    await about.getByText('Everybody here can find it, read it and join.').waitFor();
    assert.equal(await about.getByRole('button', { name: 'Save' }).count(), 0, 'Bo changes nothing');
    assert.equal(await about.getByRole('tab', { name: 'Moderation' }).count(), 0);
    await bo.page.keyboard.press('Escape');

    await ada.deletesRoom('Kitchen garden');
    for (const visitor of [ada, bo]) await visitor.sees('This room was deleted');
    await bo.page.getByRole('button', { name: 'Take it off the list' }).click();
    await bo.isNotIn('Kitchen garden');
  });

  story('keeps what somebody else has changed while its settings were open', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada');
    await ada.makesRoom('Garden', 'Public');
    const settings = await ada.opensSettings();
    const elsewhere = await ada.onAnotherDevice();
    await elsewhere.goesTo('Garden');
    await elsewhere.inRoom('Garden');
    const others = await elsewhere.opensSettings();
    await others.getByLabel('Topic').fill('Beans, mostly');
    await others.getByRole('button', { name: 'Save' }).click();
    await ada.sees('Beans, mostly');
    await settings.getByLabel('Name').fill('Orchard');
    await settings.getByRole('button', { name: 'Save' }).click();
    await elsewhere.inRoom('Orchard');
    await elsewhere.sees('Beans, mostly');
    await ada.sees('Beans, mostly');
  });

  story('is made private by its owner, and is then no more in the directory', async (t, browser) => {
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada');
    const bo = await enter(t, browser, belfry, 'Bo');
    await ada.makesRoom('Garden', 'Public');
    await bo.browses();
    await bo.page.getByRole('link', { name: /Garden.*1 member/ }).waitFor();
    const settings = await ada.opensSettings();
    await settings.getByRole('radio', { name: 'Private' }).check({ force: true });
    await settings.getByRole('button', { name: 'Save' }).click();
    await ada.page.getByRole('heading', { name: 'Private: Garden', level: 1 }).waitFor();
    await bo.page.getByLabel('Search public rooms').fill('gar');
    await bo.sees('No room has such a name.');
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
      await bo.memberCalled('Cy');
      await bo.removes('Cy');
      await bo.memberCalled('Ada');
      await bo.page.getByRole('button', { name: 'Ada: what can be done' }).click();
      await bo.page.getByRole('menuitem', { name: 'Message' }).waitFor();
      assert.equal(await bo.page.getByRole('menuitem', { name: 'Remove from room' }).count(), 0);
      await bo.page.keyboard.press('Escape');

      await ada.choosesInRoom('Leave room');
      const leaving = ada.page.getByRole('dialog', { name: 'Leave garden?' });
      await leaving.getByRole('button', { name: 'Leave room' }).click();
      await ada.sees('The room needs an owner: make somebody else one first.');
      await leaving.getByRole('button', { name: 'Cancel' }).click();
      await ada.choosesFor('Bo', 'Make owner');
      await (await ada.memberCalled('Bo')).getByText('Owner').waitFor();
      await ada.choosesInRoom('Leave room');
      await leaving.getByRole('button', { name: 'Leave room' }).click();
      await ada.isNotIn('garden');
      await ada.page.reload();
      await ada.isIn();
      await ada.sees('No rooms yet');
    },
  );

  story('takes somebody in with a role, and finds its members by name', async (t, browser) => {
    const belfry = await startBelfry(t);
    const names = ['Bo', 'Cy', 'Di', 'Ed', 'Flo', 'Gus', 'Hal', 'Ida', 'Jo', 'Kai', 'Lu'];
    const others = await Promise.all(names.map((name) => guest(t, belfry, name)));
    const ada = await enter(t, browser, belfry, 'Ada');
    await ada.makesRoom('Garden', 'Public');
    await Promise.all(others.map((each) => each.join('garden')));
    await guest(t, belfry, 'Max');
    await ada.adds('Max', 'moderator');
    await (await ada.memberCalled('Max')).getByText('Moderator').waitFor();
    await ada.people.getByLabel('Find a member').fill('FLO');
    const shown = ada.people.getByRole('list', { name: 'Members' }).getByRole('listitem');
    await (await ada.memberCalled('Max')).waitFor({ state: 'detached' });
    assert.equal(await shown.count(), 1);
    await ada.people.getByLabel('Find a member').fill('nobody like that');
    await ada.sees('No member has such a name.');
  });

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

    await guest(t, belfry, 'Cy');
    await ada.browses();
    await ada.page.getByRole('button', { name: 'New message' }).click();
    const dialog = ada.page.getByRole('dialog', { name: 'New message' });
    await dialog.getByLabel('Find somebody by name').fill('c');
    await dialog.getByRole('button', { name: 'Message Cy' }).click();
    await ada.inRoom('Cy');
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

  story('that the directory cannot be asked for is asked for again', async (t, browser) => {
    const belfry = await startBelfry(t);
    const cy = await guest(t, belfry, 'Cy');
    await cy.join('garden');
    const ada = await enter(t, browser, belfry, 'Ada');
    await ada.page.route('**/api/rooms?*scope=public*', (route) => route.abort());
    await ada.browses();
    await ada.sees('The server cannot be reached right now. Try again in a moment.');
    await ada.page.unroute('**/api/rooms?*scope=public*');
    await ada.page.getByRole('button', { name: 'Try again' }).click();
    await ada.page.getByRole('link', { name: /garden.*Join/ }).waitFor();
  });
});

/** Why comes as far as the server knows it: who is found to be no member before the reason is told hears of no reason. */
async function isRemoved(visitor) {
  const closed = visitor.page.locator('.room-closed');
  await closed.waitFor();
  assert.match(await closed.innerText(), /^You (were removed from|are no longer in) this room/);
}
