//! What is done once and ends: migrating, an operator's wish, a token.

use std::sync::Arc;

use super::{
    StartError,
    stores::{open_store, signing_secret},
};
use crate::{
    adapters::redis::{RedisParts, RedisSettings},
    admin::{self, Admin, Desk},
    chat::tokens::Tokens,
    config::{Config, ConfigError},
    domain::id::{ReplicaId, UserId},
    ports::bus::Bus,
};

/// Brings the schema up to date.
pub async fn migrate(config: Config) -> Result<(), StartError> {
    let opened = open_store(&config, false).await?;
    opened.store.close().await;
    Ok(())
}

/// Does what an operator asks of the store, beside whoever serves it, and answers with what there is to print.
pub async fn admin(config: Config, what: Admin) -> Result<String, StartError> {
    let opened = open_store(&config, false).await?;
    let redis = match &config.redis_url {
        Some(url) => {
            let settings = RedisSettings::new(url, &config.redis_prefix, ReplicaId::fresh());
            let (parts, _nothing_is_heard) =
                RedisParts::connect(settings).map_err(StartError::Redis)?;
            Some(parts)
        }
        None => None,
    };
    let desk = Desk {
        store: opened.store.clone(),
        bus: redis
            .as_ref()
            .map(|parts| parts.bus.clone() as Arc<dyn Bus>),
    };
    let done = admin::carry_out(what, &desk).await;
    if let Some(redis) = &redis {
        redis.close().await;
    }
    opened.store.close().await;
    done.map_err(StartError::Admin)
}

/// A token that is signed with the configured secret, or the store's.
pub async fn token(
    config: Config,
    sub: &str,
    name: &str,
    seconds: i64,
) -> Result<String, StartError> {
    let user = UserId::parse(sub).map_err(|error| ConfigError {
        setting: "--sub",
        wrong: error.to_string(),
    })?;
    let secret = match &config.jwt_secret {
        Some(secret) => secret.clone(),
        None => {
            let opened = open_store(&config, false).await?;
            let secret = signing_secret(&config, &opened.store).await?;
            opened.store.close().await;
            secret
        }
    };
    let signed = Tokens::new(&secret).sign(&user, name, None, seconds);
    signed.map_err(|problem| {
        ConfigError {
            setting: "JWT_SECRET",
            wrong: problem.message,
        }
        .into()
    })
}
