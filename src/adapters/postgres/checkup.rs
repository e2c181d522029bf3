//! A look at the database for `belfry doctor`: reads, and changes nothing.

use std::{
    str::FromStr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use sqlx::{Connection, PgConnection, Row, postgres::PgConnectOptions};
use tokio::time::timeout;

use super::{PoolSize, explain::explained, session};
use crate::{
    adapters::schema::{APPLIED, Applied, schema},
    ports::checkup::{Check, clock},
};

const LIMIT: Duration = Duration::from_secs(3);
/// The oldest that its makers still maintain, and the oldest with everything that is used here.
const MAINTAINED: i32 = 140_000;
const OLDEST: i32 = 120_000;
/// The claim, and a migration.
const BESIDE_THE_POOLS: i64 = 2;

const FACTS: &str = "SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number, \
     current_setting('synchronous_commit') AS synchronous_commit, current_setting('fsync') AS fsync, \
     current_setting('full_page_writes') AS full_page_writes, current_setting('transaction_read_only') AS read_only, \
     current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint AS places, \
     (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS taken, \
     (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted \
         AND classid = (hashtext('belfry')::bigint & 4294967295)::oid AND objid = 1 \
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS processes, \
     has_schema_privilege(current_schema(), 'CREATE') AS may_create, \
     to_regclass('_sqlx_migrations') IS NOT NULL AS has_schema, \
     extract(epoch FROM clock_timestamp())::float8 AS now, \
     current_setting('server_encoding') AS encoding";

/// Looks at the database behind the address.
pub async fn checkup(url: &str) -> Vec<Check> {
    let options = match PgConnectOptions::from_str(url) {
        Ok(options) => options,
        Err(error) => {
            return vec![Check::fail(
                "postgres",
                format!("DATABASE_URL cannot be read: {error}"),
                "it looks like postgres://USER:PASSWORD@HOST:5432/DATABASE; signs in the password are percent-encoded",
            )];
        }
    };
    let opened = session::open(&session::serving(options), LIMIT).await;
    let mut connection = match opened {
        Ok(connection) => connection,
        Err(error) => {
            return vec![Check::fail(
                "postgres",
                format!("not reached: {}", explained(&error)),
                "put DATABASE_URL right, or start the database; servers do not start without it",
            )];
        }
    };
    let looked = timeout(LIMIT, look(&mut connection)).await;
    let _ = timeout(LIMIT, connection.close()).await;
    let wrong = match looked {
        Ok(Ok(checks)) => return checks,
        Ok(Err(error)) => explained(&error),
        Err(_) => "no answer within 3 s".to_owned(),
    };
    vec![Check::fail(
        "postgres",
        wrong,
        "look at the database's own log",
    )]
}

fn seconds() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64())
}

async fn look(connection: &mut PgConnection) -> Result<Vec<Check>, sqlx::Error> {
    let before = seconds();
    let facts = sqlx::query(FACTS).fetch_one(&mut *connection).await?;
    let after = seconds();
    let word = |name: &str| facts.try_get::<String, _>(name);
    let number = |name: &str| facts.try_get::<i64, _>(name);
    let mut checks = vec![version(&word("version")?, facts.try_get("number")?)];
    if word("read_only")? == "on" {
        checks.push(Check::fail(
            "postgres writes",
            "the database is read-only",
            "name the primary in DATABASE_URL, not a standby",
        ));
    }
    checks.push(durability(
        &word("synchronous_commit")?,
        &word("fsync")?,
        &word("full_page_writes")?,
    ));
    if word("encoding")? != "UTF8" {
        checks.push(Check::fail(
            "postgres encoding",
            word("encoding")?,
            "make the database with ENCODING 'UTF8'",
        ));
    }
    checks.push(connections(number("places")?, number("taken")?));
    checks.push(match number("processes")? {
        0 => Check::ok("postgres use", "no server and no worker runs on it"),
        count => Check::ok(
            "postgres use",
            format!("{count} servers and workers run on it"),
        ),
    });
    let has_schema = facts.try_get("has_schema")?;
    if !facts
        .try_get::<Option<bool>, _>("may_create")?
        .unwrap_or(false)
    {
        let remedy = "GRANT CREATE ON SCHEMA public to the user: each upgrade changes the schema";
        let found = "the user may not make tables";
        checks.push(match has_schema {
            true => Check::warn("postgres rights", found, remedy),
            false => Check::fail("postgres rights", found, remedy),
        });
    }
    let applied: Vec<Applied> = match has_schema {
        true => sqlx::query_as(APPLIED).fetch_all(&mut *connection).await?,
        false => vec![],
    };
    checks.push(schema(&applied, &super::MIGRATIONS));
    checks.push(clock(
        "clock of Postgres",
        before,
        facts.try_get("now")?,
        after,
    ));
    Ok(checks)
}

fn version(name: &str, number: i32) -> Check {
    let found = format!("Postgres {name}");
    if number < OLDEST {
        return Check::fail("postgres", found, "upgrade it to 14 or newer");
    }
    if number < MAINTAINED {
        return Check::warn(
            "postgres",
            found,
            "its makers maintain it no more: upgrade it to 14 or newer",
        );
    }
    Check::ok("postgres", found)
}

fn durability(synchronous: &str, fsync: &str, full_pages: &str) -> Check {
    let found = format!(
        "synchronous_commit = {synchronous}, fsync = {fsync}, full_page_writes = {full_pages}"
    );
    if fsync == "off" || synchronous == "off" || full_pages == "off" {
        return Check::fail(
            "postgres durability",
            found,
            "turn them on: what was acknowledged can be lost when the database's machine goes down",
        );
    }
    Check::ok("postgres durability", found)
}

fn connections(places: i64, taken: i64) -> Check {
    let size = PoolSize::default();
    let each = i64::from(size.commits + size.rest) + BESIDE_THE_POOLS;
    let found = format!("{places} places, {taken} taken; a server or worker takes up to {each}");
    if places < each {
        return Check::fail("postgres connections", found, "raise max_connections");
    }
    if places - taken < each {
        return Check::warn(
            "postgres connections",
            found,
            "raise max_connections before another server or worker starts",
        );
    }
    Check::ok("postgres connections", found)
}
