//! Opening the store that the settings name: its schema brought up to date, and other processes kept off it.

use std::sync::{Arc, Weak};

use futures_util::{FutureExt, future::BoxFuture};
use rand::Rng;

use super::StartError;
use crate::{
    adapters::{
        postgres::{PoolSize, PostgresStore},
        sqlite::SqliteStore,
    },
    chat::tokens::SECRET_MIN,
    config::{Config, Database},
    metrics::{Metrics, Pooled},
    ports::store::{Sharing, Store},
};

/// Calls of the store that run at once; one lane of the writer needs one connection.
const POSTGRES_LANES: usize = 4;
/// SQLite has one writer.
const SQLITE_LANES: usize = 1;

/// The store, and how many changes it takes at once.
pub(super) struct OpenStore {
    pub(super) store: Arc<dyn Store>,
    pub(super) lanes: usize,
    /// Holds the claim on the store; ends when another process has taken it, and this one must stop.
    pub(super) lost: BoxFuture<'static, ()>,
}

/// What a store is opened for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// To run on it: other processes are kept off as the settings ask, and its schema is brought up to date.
    ToRun,
    /// To have it: it is made where there is none, and its schema is brought up to date.
    ToHave,
    /// To use what others run on: it is there with the schema that this program knows, or it is left alone.
    AsItIs,
}

/// Opens the store.
pub(super) async fn open_store(
    config: &Config,
    opening: Opening,
    metrics: &Metrics,
) -> Result<OpenStore, StartError> {
    let sharing = if config.redis_url.is_some() {
        Sharing::Shared
    } else {
        Sharing::Alone
    };
    match &config.database {
        Database::Sqlite(url) => {
            let store = match opening {
                Opening::AsItIs => SqliteStore::connect_to_existing(url).await,
                _ => SqliteStore::connect(url).await,
            };
            let store = store.map_err(StartError::Store)?.counted(metrics);
            let held = (opening == Opening::ToRun)
                .then(|| store.claim(sharing))
                .transpose()
                .map_err(StartError::Claim)?;
            let is_right = match opening {
                Opening::AsItIs => store.fits().await,
                _ => store.migrate().await,
            };
            is_right.map_err(StartError::Store)?;
            let lost = async move {
                let _held = held;
                std::future::pending().await
            };
            let store = Arc::new(store);
            metrics.watch_pools(weak(&store));
            Ok(OpenStore {
                store,
                lanes: SQLITE_LANES,
                lost: lost.boxed(),
            })
        }
        Database::Postgres(url) => {
            let store = PostgresStore::connect(url, PoolSize::default())
                .await
                .map_err(StartError::Store)?
                .counted(metrics);
            let held = if opening == Opening::ToRun {
                Some(store.claim(sharing).await.map_err(StartError::Claim)?)
            } else {
                None
            };
            let is_right = match opening {
                Opening::AsItIs => store.fits().await,
                _ => store.migrate().await,
            };
            is_right.map_err(StartError::Store)?;
            let lost = async move {
                match held {
                    Some(mut held) => held.lost().await,
                    None => std::future::pending().await,
                }
            };
            let store = Arc::new(store);
            metrics.watch_pools(weak(&store));
            Ok(OpenStore {
                store,
                lanes: POSTGRES_LANES,
                lost: lost.boxed(),
            })
        }
    }
}

fn weak<P: Pooled + 'static>(store: &Arc<P>) -> Weak<dyn Pooled> {
    let pooled: Arc<dyn Pooled> = store.clone();
    Arc::downgrade(&pooled)
}

pub(super) async fn signing_secret(
    config: &Config,
    store: &Arc<dyn Store>,
) -> Result<Vec<u8>, StartError> {
    if let Some(secret) = &config.jwt_secret {
        return Ok(secret.clone());
    }
    let mut candidate = [0_u8; SECRET_MIN];
    rand::rng().fill_bytes(&mut candidate);
    store
        .signing_secret(&candidate)
        .await
        .map_err(StartError::Store)
}
