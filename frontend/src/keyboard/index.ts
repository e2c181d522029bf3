// What features use of the keyboard.
export { Keyboard, type ShortcutHandler, useShortcut } from './Keyboard';
export { allKeysOf, keysOf, pressed, SHORTCUTS, type Shortcut, type ShortcutName } from './shortcuts';
