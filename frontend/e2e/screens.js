// Every screen of the page, and how somebody who is in the garden comes to it: there Bo has written `The beans are up!` and Ada
// `Lovely.` The shed is Ada's, with Bo in it. A new screen is one more line. `from`: another address than the garden's.

export const SCREENS = [
  { name: 'the rooms, and nothing open', from: '#/', go: (ada) => ada.rooms.waitFor() },
  { name: 'a room', go: (ada) => ada.sees('Lovely.') },
  { name: 'an answer begun', go: (ada) => ada.chooses('Reply', 'The beans are up!') },
  { name: 'the editor', go: (ada) => ada.chooses('Edit', 'Lovely.') },
  { name: 'what can be done with a message', go: (ada) => ada.opens('More', ada.message('Lovely.')) },
  { name: 'reactions', go: (ada) => ada.opens('React', ada.message('The beans are up!')) },
  { name: 'the members', go: (ada) => ada.seesMembers() },
  { name: 'what can be done with a room', go: (ada) => ada.opens('Room menu') },
  { name: 'room settings', go: (ada) => ada.opensSettings() },
  { name: 'the public rooms', from: '#/~rooms', go: (ada) => ada.sees('Public rooms') },
  { name: 'a new room', from: '#/', go: (ada) => ada.opens('New room', ada.rooms) },
  { name: 'the switcher', go: (ada) => ada.pressesFor('Control+k', 'Go to') },
  { name: 'all keys', go: (ada) => ada.pressesFor('Control+/', 'Keys') },
  { name: 'all emoji', go: (ada) => ada.opensAllEmoji('The beans are up!') },
  {
    name: 'exports',
    go: async (ada) => (await ada.opensSettings('Export')).getByText('No exports yet').waitFor(),
  },
  {
    name: 'the moderation log',
    from: '#/shed',
    go: async (ada) => (await ada.opensSettings('Moderation')).getByText('Nothing so far').waitFor(),
  },
  {
    name: 'the question before a room is deleted',
    from: '#/shed',
    async go(ada) {
      await (await ada.opensSettings()).getByRole('button', { name: 'Delete room…' }).click();
      await ada.seesWindow('Delete Shed?');
    },
  },
  {
    name: 'the question before one leaves',
    async go(ada) {
      await ada.choosesInRoom('Leave room');
      await ada.seesWindow('Leave garden?');
    },
  },
  {
    name: 'the question before somebody is removed',
    from: '#/shed',
    async go(ada) {
      await ada.seesMembers();
      await ada.choosesFor('Bo', 'Remove from room');
      await ada.seesWindow('Remove Bo?');
    },
  },
  { name: 'a new message', from: '#/~rooms', go: (ada) => ada.opens('New message') },
  {
    name: 'a person',
    async go(ada) {
      await ada.seesMembers();
      await ada.opens('Bo: profile');
      await ada.page.getByRole('button', { name: 'Message', exact: true }).waitFor();
    },
  },
  {
    name: 'the question before one logs out',
    from: '#/',
    async go(ada) {
      await ada.choosesOfOwn('Log out');
      await ada.seesWindow('Log out?');
    },
  },
  {
    name: 'names to complete',
    async go(ada) {
      await ada.field.fill('');
      await ada.field.pressSequentially('@B');
      await ada.offered.first().waitFor();
    },
  },
  {
    name: 'notifications',
    from: '#/',
    async go(ada) {
      await ada.opens(/^Notifications/);
      await ada.page.getByRole('heading', { name: 'Notifications' }).waitFor();
    },
  },
  { name: 'the own menu', from: '#/', go: (ada) => ada.opens(/profile and status$/) },
  {
    name: 'the profile',
    from: '#/',
    async go(ada) {
      await ada.choosesOfOwn('Profile and theme');
      await ada.seesWindow('Your profile');
    },
  },
  {
    name: 'a room that is closed to her',
    from: '#/attic',
    go: (ada) => ada.sees('This room is closed to you'),
  },
  // The last one: the message goes.
  {
    name: 'a notice',
    async go(ada) {
      // The notice stays while the pointer is on it.
      await Promise.all([
        ada.page.getByRole('button', { name: 'Undo' }).hover(),
        ada.chooses('Delete', 'Lovely.'),
      ]);
    },
  },
];
