// docs/command-line.md has a heading for each command that the program has, and for no other.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { repositoryFile } from './support/program.js';
import { empty } from './support/town.js';

test('the document of the command line names the commands that there are', async (t) => {
  const town = await empty(t);

  /** All commands below one, as they are typed, without those that only group others. */
  async function below(path) {
    const program = town.runs([...path, '--help']);
    assert.equal((await program.exit()).code, 0, program.said());
    const lines = program.output.join('\n').split('\nCommands:\n')[1]?.split('\n\n')[0];
    if (lines === undefined) return [`belfry ${path.join(' ')}`];
    const names = [...lines.matchAll(/^ {2}([a-z-]+) /gm)].map(([, name]) => name).filter((name) => name !== 'help');
    assert.ok(names.length > 0, lines);
    return (await Promise.all(names.map((name) => below([...path, name])))).flat();
  }

  const document = await readFile(repositoryFile('docs/command-line.md'), 'utf8');
  const described = [...document.matchAll(/^### `(.+)`$/gm)].map(([, command]) => command);
  assert.deepEqual(described.sort(), (await below([])).sort());
});
