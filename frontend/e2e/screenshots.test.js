// The main screens as the README shows them: made anew each time, kept where SCREENSHOTS names a folder (`make screenshots`).
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBelfry } from './belfry.js';
import { guest } from './guest.js';
import { stories } from './stories.js';
import { enter } from './visitor.js';

const PICTURES = [
  { name: 'room-light', colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { name: 'room-dark', colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  { name: 'room-phone', colorScheme: 'light', viewport: { width: 390, height: 780 } },
];
const KEPT = new URL('../../docs/screenshots/', import.meta.url);

/** A morning in a garden club, said by three people. */
async function conversation(test, belfry) {
  const people = {};
  for (const name of ['Nadia', 'Tom', 'Ines']) people[name] = await guest(test, belfry, name);
  const says = async (name, content, more = {}) => {
    const { message } = await people[name].ask('message:send', { roomId: 'garden', content, ...more });
    return message;
  };
  for (const person of Object.values(people)) await person.ask('join:room', { roomId: 'garden' });
  await says('Tom', 'Good morning! The first tomatoes are out of the greenhouse.');
  await says('Tom', 'All 24 of them made it through the week.');
  const plan = await says(
    'Nadia',
    'Wonderful. The plan for Saturday:\n\n- [beds 3 and 4](https://example.org/beds) need **compost**\n- water before `10:00`\n- Ines brings the strings',
  );
  await says('Ines', 'I do. Does anybody have a second wheelbarrow?', { replyTo: plan.id });
  const yes = await says('Tom', 'Mine, if somebody mends the wheel. @Ada, did you not have a spare one?');
  await people.Nadia.ask('message:react', { messageId: yes.id, emoji: '👍', on: true });
  await people.Ines.ask('message:react', { messageId: yes.id, emoji: '👍', on: true });
  await people.Ines.ask('message:react', { messageId: plan.id, emoji: '🎉', on: true });
  await people.Tom.ask('message:clap', { messageId: plan.id, count: 12 });
  await people.Ines.ask('message:clap', { messageId: plan.id, count: 9 });
  for (const [room, word] of [
    ['kitchen', 'Soup at noon for whoever comes.'],
    ['harvest', 'The scales are back in the shed.'],
  ]) {
    await people.Nadia.ask('join:room', { roomId: room });
    await people.Nadia.ask('message:send', { roomId: room, content: word });
  }
  return people;
}

stories('the pictures of the README', (story) => {
  story('show a room in both themes and on a phone', async (t, browser) => {
    const made = process.env.SCREENSHOTS ?? (await mkdtemp(join(tmpdir(), 'belfry-pictures-')));
    if (!process.env.SCREENSHOTS) t.after(() => rm(made, { recursive: true, force: true }));
    const belfry = await startBelfry(t);
    const ada = await enter(t, browser, belfry, 'Ada', { reducedMotion: 'reduce' });
    for (const room of ['kitchen', 'harvest', 'garden']) await ada.joins(room);
    const { Nadia } = await conversation(t, belfry);
    await ada.sees('Good morning! The first tomatoes are out of the greenhouse.');
    await ada.writes('I have! It is in the shed behind the bees.');
    await ada.allKept();
    await Nadia.ask('typing:start', { roomId: 'garden' });

    for (const { name, colorScheme, viewport } of PICTURES) {
      await ada.page.setViewportSize(viewport);
      await ada.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      if (viewport.width < 600) await ada.page.getByRole('button', { name: 'Hide people' }).click();
      await ada.message('It is in the shed').waitFor();
      await ada.page.evaluate(() => document.fonts.ready.then(() => true));
      await ada.page.mouse.move(0, 0);
      const path = join(made, `${name}.png`);
      await ada.page.screenshot({ path });
      const { size } = await stat(path);
      assert.ok(size > 20_000, `${name} shows something`);
      // What the README shows is there, and of the same size as what is shown today.
      const [kept, now] = await Promise.all([readFile(new URL(`${name}.png`, KEPT)), readFile(path)]);
      assert.deepEqual(kept.subarray(16, 24), now.subarray(16, 24), `${name}: make screenshots anew`);
    }
  });
});
