// A table that nobody gets at for a while: calls of the store wait, or run into their limits.

import pg from 'pg';

export class Lock {
  #client;

  /** Locks a table of the town's own database. */
  static async on(table, town) {
    const lock = new Lock();
    lock.#client = new pg.Client({ connectionString: town.settings.DATABASE_URL });
    await lock.#client.connect();
    // A database that is dropped ends its connections, which is no news.
    lock.#client.on('error', () => {});
    town.whenItEnds(() => lock.ends());
    await lock.#client.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    return lock;
  }

  /** Whether somebody waits for it. */
  async holdsUp() {
    const { rows } = await this.#client.query(
      'SELECT FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))',
    );
    return rows.length > 0;
  }

  async ends() {
    const client = this.#client;
    this.#client = undefined;
    await client?.end();
  }
}
