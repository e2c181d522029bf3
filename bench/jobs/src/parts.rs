//! The store and Redis, as a server would have them.

use std::{env, sync::Arc};

use belfry::{
    adapters::{
        postgres::{PoolSize, PostgresStore},
        redis::{DEFAULT_PREFIX, RedisParts, RedisSettings},
    },
    domain::id::ReplicaId,
    ports::store::Store,
};

pub struct Parts {
    pub store: Arc<dyn Store>,
    pub redis: RedisParts,
}

pub async fn open() -> Parts {
    let store = PostgresStore::connect(&setting("DATABASE_URL"), PoolSize::default()).await;
    let store = store.expect("Postgres");
    store.migrate().await.expect("the schema");
    let settings = RedisSettings::new(setting("REDIS_URL"), DEFAULT_PREFIX, ReplicaId::fresh());
    let (redis, _nobody_listens) = RedisParts::connect(settings).expect("Redis");
    Parts {
        store: Arc::new(store),
        redis,
    }
}

/// Bytes that Redis holds.
pub async fn redis_bytes() -> u64 {
    let client = redis::Client::open(setting("REDIS_URL")).expect("a URL");
    let mut connection = client
        .get_multiplexed_async_connection()
        .await
        .expect("Redis");
    let info: String = redis::cmd("INFO")
        .arg("memory")
        .query_async(&mut connection)
        .await
        .expect("Redis");
    let line = info
        .lines()
        .find_map(|line| line.strip_prefix("used_memory:"));
    line.and_then(|bytes| bytes.trim().parse().ok())
        .expect("used_memory")
}

pub fn setting(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))
}
