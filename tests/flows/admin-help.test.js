// What the command line says of itself, and whether what was asked for gets where it is to go.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { belfryBinary, repositoryFile } from './support/program.js';
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

test('a usage line has what a command takes, and no settings that the environment has', async (t) => {
  const town = await empty(t, { DATABASE_URL: 'sqlite://data/belfry.db' });
  const usage = async (args) => {
    const program = town.runs(args);
    assert.equal((await program.exit()).code, 2, program.said());
    return program.errors.find((line) => line.startsWith('Usage: '));
  };
  assert.equal(await usage(['token']), 'Usage: belfry token [OPTIONS] --sub <SUB> --name <NAME>');
  assert.equal(await usage(['describe']), 'Usage: belfry describe [OPTIONS] <openapi|asyncapi>');
  assert.equal(await usage(['admin', 'rooms', 'show']), 'Usage: belfry admin rooms show [OPTIONS] <ROOM>');
});

describe('what was asked for', { concurrency: 4 }, () => {
  const commands = {
    describe: 'describe openapi',
    token: 'token --sub ada --name Ada',
    admin: 'admin stats',
    doctor: 'doctor',
  };
  for (const [name, words] of Object.entries(commands)) {
    /** The command by a shell, which says its exit code last. */
    const ends = async (t, to) => {
      const town = await empty(t, { BIND_ADDR: '127.0.0.1:1' });
      assert.equal((await town.runs(['migrate']).exit()).code, 0);
      town.binary = '/bin/sh';
      const program = town.runs(['-c', `{ ${belfryBinary()} ${words}; echo "ended with $?" >&2; } ${to}`]);
      await program.exit();
      return program.errors;
    };

    test(`${name}: is not done where it cannot be written`, async (t) => {
      const [why, end, ...more] = await ends(t, '> /dev/full');
      assert.match(why, /^belfry: standard output could not be written: No space left/);
      assert.deepEqual([end, more], ['ended with 1', []]);
    });

    test(`${name}: may be left unread`, async (t) => {
      assert.deepEqual(await ends(t, '| true'), ['ended with 0']);
    });
  }
});
