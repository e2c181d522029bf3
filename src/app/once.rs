//! What is done once and ends: migrating, an operator's wish, a token.

use std::sync::Arc;

use super::{
    StartError,
    stores::{Opening, open_store, signing_secret},
};
use crate::{
    adapters::{
        postgres,
        redis::{self, RedisParts, RedisSettings},
        sqlite,
        visitor::{self, Visit},
    },
    admin::{self, Admin, Desk},
    chat::tokens::Tokens,
    config::{Config, ConfigError, Database, Settings},
    doctor::{self, Asked, Doctor, Dotenv, Sense},
    domain::id::{ReplicaId, UserId},
    metrics::Metrics,
    ports::{bus::Bus, checkup::Check},
};

/// Brings the schema up to date.
pub async fn migrate(config: Config) -> Result<(), StartError> {
    let opened = open_store(&config, Opening::ToHave, &Metrics::new()).await?;
    opened.store.close().await;
    Ok(())
}

/// Does what an operator asks of the store, beside whoever serves it, and answers with what there is to print.
pub async fn admin(config: Config, what: Admin) -> Result<String, StartError> {
    let opened = open_store(&config, Opening::AsItIs, &Metrics::new()).await?;
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
            let opened = open_store(&config, Opening::ToHave, &Metrics::new()).await?;
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

/// Who comes to keep a websocket open.
const VISITOR: &str = "belfry-doctor";

/// Looks at everything that the settings name, and answers with what was found.
pub async fn doctor(given: &Settings, file: &Dotenv, how: &Doctor) -> Vec<Check> {
    let Sense { mut checks, config } = doctor::settings(given, file);
    let Some(config) = config else {
        checks.push(Check::skipped(
            "the rest",
            "not looked at: the settings make no sense",
        ));
        return checks;
    };
    checks.extend(doctor::machine(&config));
    checks.extend(match &config.database {
        Database::Sqlite(url) => sqlite::checkup(url).await,
        Database::Postgres(url) => postgres::checkup(url).await,
    });
    if let Some(url) = &config.redis_url {
        checks.extend(redis::checkup(url).await);
    }
    checks.push(visitor::own_server(config.bind_addr, config.tls.is_some()).await);
    match &how.through {
        Some(base) => {
            let visit = Visit {
                base: base.clone(),
                origin: how.origin.clone(),
                patient: how.patient,
                token: visitors_token(&config),
                trusts: Box::new({
                    let proxies = config.trusted_proxies.clone();
                    move |address| proxies.trusts(address)
                }),
                // The one that every server knows while it is being changed.
                server_key: config.server_api_keys.first().cloned(),
            };
            checks.extend(visitor::through(&visit).await);
        }
        None => checks.push(Check::skipped(
            "through",
            "not looked at: --through ADDRESS comes in as people do",
        )),
    }
    checks
}

/// Good for the visit alone; none where the secret is kept in the store.
fn visitors_token(config: &Config) -> Option<String> {
    let secret = config.jwt_secret.as_ref()?;
    let user = UserId::parse(VISITOR).ok()?;
    Tokens::new(secret).sign(&user, VISITOR, None, 300).ok()
}

/// Asks a server for `/health` or `/ready`: the one that is named, or this machine's.
pub async fn ask(config: &Config, asked: &Asked, path: &str) -> Result<(), StartError> {
    let base = match (&asked.url, config.metrics_addr) {
        (Some(url), _) => url.clone(),
        (None, Some(address)) => visitor::own_address(address, false),
        (None, None) => visitor::own_address(config.bind_addr, config.tls.is_some()),
    };
    visitor::asks(&base, path)
        .await
        .map_err(StartError::NotWell)
}
