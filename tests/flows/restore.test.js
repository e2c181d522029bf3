// A backup of Postgres is brought back as docs/operations.md says: what the dump holds is there, and clients that knew more start again.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import pg from 'pg';
import { overBackends } from './support/backends.js';
import { repositoryFile } from './support/program.js';
import { replicas, unhurried } from './support/town.js';

const run = promisify(execFile);
const contents = ({ messages }) => messages.map((message) => message.content);

test('after a restore everybody sees what the dump holds, whatever they and Redis knew', overBackends, async (t) => {
  const town = await replicas(t, 2, { settings: unhurried });
  const ada = await town.guest('Ada', { at: 0 });
  const bob = await town.guest('Bob', { at: 1, reconnects: true });
  const watcher = await bob.stays('attic');
  await ada.joins('attic');
  const kept = await saysFive(ada, 'before');
  await watcher.has(kept.map((message) => message.id));
  const backup = await Backup.made(town);
  const lost = await saysFive(ada, 'after');
  await watcher.has(lost.map((message) => message.id));
  const knew = watcher.rev;

  await Promise.all([town.stop(0), town.stop(1)]);
  await backup.restored();
  await Promise.all([town.starts(0), town.starts(1)]);
  await watcher.shows(kept[4].id, () => watcher.list.length === kept.length, 'the list of the dump');

  const again = await ada.again({ at: 0 });
  const from = again.journal.length;
  await again.joins('attic', { since: knew });
  const history = await again.sees('room:history', { roomId: 'attic' }, { from });
  assert.equal(history.mode, 'reset');
  assert.deepEqual(contents(history), contents({ messages: kept }));
  const next = await again.says('attic', 'and on');
  assert.equal(next.seq, kept.length + 1, 'places go on where the dump ended');
  await watcher.has([next.id]);
  assert.deepEqual(contents({ messages: watcher.list }), [...contents({ messages: kept }), 'and on']);
});

async function saysFive(person, what) {
  const messages = [];
  for (let n = 0; n < 5; n++) messages.push(await person.says('attic', `${what} ${n}`));
  return messages;
}

/** The commands of docs/operations.md, on a town's stores. */
class Backup {
  static async made(town) {
    const backup = new Backup();
    backup.settings = town.settings;
    backup.file = join(town.directory, 'belfry.dump');
    backup.programs = (await run(repositoryFile('scripts/postgres-bin'))).stdout.trim();
    await backup.#runs('pg_dump', '--format=custom', `--file=${backup.file}`, town.settings.DATABASE_URL);
    return backup;
  }

  async restored() {
    const { DATABASE_URL, REDIS_URL, REDIS_PREFIX } = this.settings;
    await this.#emptyDatabase();
    await this.#runs('pg_restore', '--no-owner', '--exit-on-error', `--dbname=${DATABASE_URL}`, this.file);
    const emptied = 'redis-cli -u "$1" --scan --pattern "$2*" | xargs -r redis-cli -u "$1" unlink';
    await run('sh', ['-c', emptied, 'sh', REDIS_URL, REDIS_PREFIX]);
  }

  async #emptyDatabase() {
    const server = new URL(this.settings.DATABASE_URL);
    const name = server.pathname.slice(1);
    server.pathname = '/postgres';
    const client = new pg.Client({ connectionString: server.href });
    await client.connect();
    try {
      await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await client.query(`CREATE DATABASE ${name}`);
    } finally {
      await client.end();
    }
  }

  #runs(program, ...args) {
    return run(join(this.programs, program), args);
  }
}
