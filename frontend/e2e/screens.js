// Every screen of the page, and how somebody who is in the garden comes to it: there Bo has written `The beans are up!` and Ada
// `Lovely.` A new screen is one more line. `from`: another address than the garden's.

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
  { name: 'the switcher', go: (ada) => ada.page.keyboard.press('Control+k') },
  { name: 'all keys', go: (ada) => ada.page.keyboard.press('Control+/') },
  { name: 'notifications', from: '#/', go: (ada) => ada.opens(/^Notifications/) },
  { name: 'the own menu', from: '#/', go: (ada) => ada.opens(/profile and status$/) },
  { name: 'the profile', from: '#/', go: (ada) => ada.choosesOfOwn('Profile and theme') },
  {
    name: 'a room that is closed to her',
    from: '#/attic',
    go: (ada) => ada.sees('This room is closed to you'),
  },
];
