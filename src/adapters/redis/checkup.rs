//! A look at Redis for `belfry doctor`, and whether it refuses us, which no waiting mends.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use redis::{AsyncConnectionConfig, Client, RedisError, aio::MultiplexedConnection};

use super::link::within;
use crate::ports::checkup::{Check, clock};

const LIMIT: Duration = Duration::from_secs(2);
/// How long a start waits to hear whether Redis refuses: it must not wait for one that is away.
const REFUSAL: Duration = Duration::from_millis(500);
const OLDEST: (u32, u32) = (6, 2);

/// Why Redis refuses whoever comes with this address, if it says so at once. One that is away refuses nobody.
pub async fn refusal(url: &str) -> Option<String> {
    let asked = async {
        let mut connection = open(url).await?;
        redis::cmd("PING").exec_async(&mut connection).await
    };
    match within(REFUSAL, asked).await {
        Err(error) => refused(&error),
        Ok(()) => None,
    }
}

/// What to do about an answer that says who may not come in; none for any other.
fn refused(error: &RedisError) -> Option<String> {
    let said = error.to_string();
    let code = error.code().unwrap_or_default();
    let is = |word: &str| code == word || said.contains(word);
    if is("NOAUTH") {
        return Some(
            "Redis asks for a password, and the address has none; it looks like redis://:PASSWORD@HOST:6379".into(),
        );
    }
    if is("WRONGPASS") || is("invalid password") || said.contains("Password authentication failed")
    {
        return Some("Redis refuses the user or the password of the address".into());
    }
    if is("NOPERM") {
        return Some(format!(
            "Redis does not let this user do what is needed ({said}); give it +@all ~PREFIX* &PREFIX*"
        ));
    }
    None
}

async fn open(url: &str) -> Result<MultiplexedConnection, RedisError> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(LIMIT))
        .set_response_timeout(Some(LIMIT));
    Client::open(url)?
        .get_multiplexed_async_connection_with_config(&config)
        .await
}

/// Looks at the Redis behind the address.
pub async fn checkup(url: &str) -> Vec<Check> {
    match within(LIMIT * 2, look(url)).await {
        Ok(checks) => checks,
        Err(error) => {
            let remedy = match refused(&error) {
                Some(why) => {
                    return vec![Check::fail(
                        "redis",
                        why,
                        "put REDIS_URL right; servers do not start so",
                    )];
                }
                None => {
                    "start it, or put REDIS_URL right: until then replicas hear of each other once a second, over the database"
                }
            };
            vec![Check::fail(
                "redis",
                format!("not reached: {error}"),
                remedy,
            )]
        }
    }
}

fn seconds() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64())
}

async fn look(url: &str) -> Result<Vec<Check>, RedisError> {
    let mut connection = open(url).await?;
    let info: String = redis::cmd("INFO").query_async(&mut connection).await?;
    let before = seconds();
    let time: (u64, u64) = redis::cmd("TIME").query_async(&mut connection).await?;
    let after = seconds();
    let said = |name: &str| {
        let mut lines = info.lines().filter_map(|line| line.split_once(':'));
        lines
            .find(|(key, _)| *key == name)
            .map_or("", |(_, value)| value.trim())
    };
    Ok(vec![
        version(said("redis_version")),
        memory(
            said("maxmemory"),
            said("maxmemory_policy"),
            said("used_memory"),
        ),
        persistence(said("aof_enabled"), said("rdb_last_bgsave_status")),
        clock(
            "clock of Redis",
            before,
            time.0 as f64 + time.1 as f64 / 1e6,
            after,
        ),
    ])
}

fn version(version: &str) -> Check {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    let number = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    let found = format!("Redis {version}");
    match number < OLDEST {
        true => Check::fail("redis", found, "upgrade it to 6.2 or newer"),
        false => Check::ok("redis", found),
    }
}

fn memory(most: &str, policy: &str, used: &str) -> Check {
    let megabytes = |bytes: &str| bytes.parse::<f64>().unwrap_or(0.0) / 1e6;
    let found = format!(
        "{:.0} MB used, maxmemory {}, policy {policy}",
        megabytes(used),
        match most {
            "0" | "" => "none".to_owned(),
            most => format!("{:.0} MB", megabytes(most)),
        }
    );
    if most != "0"
        && !matches!(
            policy,
            "noeviction" | "volatile-ttl" | "volatile-lru" | "volatile-lfu" | "volatile-random"
        )
    {
        return Check::warn(
            "redis memory",
            found,
            "set maxmemory-policy to noeviction: else queue and presence are thrown away as if they were a cache (the store mends it, late)",
        );
    }
    Check::ok("redis memory", found)
}

fn persistence(append_only: &str, saved: &str) -> Check {
    if saved == "err" {
        return Check::warn(
            "redis disk",
            "its last save failed",
            "look at its disk: by default it then refuses to write",
        );
    }
    Check::ok(
        "redis disk",
        match append_only {
            "1" => "appendonly is on: waiting jobs are handed out at once after a restart",
            _ => {
                "appendonly is off: after a restart waiting jobs are found in the database, some seconds later"
            }
        },
    )
}
