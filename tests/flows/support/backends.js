// The Postgres and Redis that scripts/with-services offers, shared by all towns: each has a database and a prefix of its own.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import pg from 'pg';

const postgres = process.env.BELFRY_TEST_POSTGRES_URL;
const redis = process.env.BELFRY_TEST_REDIS_URL;
const missing = [!postgres && 'BELFRY_TEST_POSTGRES_URL', !redis && 'BELFRY_TEST_REDIS_URL']
  .filter(Boolean)
  .join(' and ');

/** Options for a test that needs both: skipped where one is missing, but never in CI. */
export const overBackends = {
  skip: missing && process.env.CI !== 'true' ? `needs ${missing}: scripts/with-services sets both` : false,
};

/** `{ DATABASE_URL, REDIS_URL, REDIS_PREFIX }` of a town's own, and `remove()`. */
export async function ownBackends() {
  if (missing) throw new Error(`this story needs ${missing}: scripts/with-services sets both`);
  const name = `belfry_flow_${randomBytes(6).toString('hex')}`;
  await asSuperuser(`CREATE DATABASE ${name}`);
  const url = new URL(postgres);
  url.pathname = `/${name}`;
  const prefix = `${name}:`;
  return {
    settings: { DATABASE_URL: url.href, REDIS_URL: redis, REDIS_PREFIX: prefix },
    async remove() {
      await asSuperuser(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await removeKeys(prefix);
    },
  };
}

async function asSuperuser(statement) {
  const client = new pg.Client({ connectionString: postgres });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function removeKeys(prefix) {
  const script = "for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('UNLINK', key) end";
  await promisify(execFile)('redis-cli', ['-u', redis, 'EVAL', script, '0', `${prefix}*`], { timeout: 10_000 });
}
