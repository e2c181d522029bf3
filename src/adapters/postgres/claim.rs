//! A process's claim on the store: an advisory lock on a connection of its own, exclusive when the process is alone.
//!
//! The lock ends with its connection, so a process that dies leaves nothing behind. A connection that breaks (a restart of the
//! database) is opened again and the lock taken again; should another process have been faster, [`Claim::lost`] says so.

use std::time::Duration;

use sqlx::{PgConnection, postgres::PgConnectOptions};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::{LIMIT, PostgresStore, session, translate, unavailable};
use crate::ports::store::{ClaimError, Sharing};

/// How often the connection that holds the lock is tried.
const PULSE: Duration = Duration::from_secs(5);

/// Holds the store until it is dropped.
pub struct Claim {
    lost: watch::Receiver<bool>,
    keeper: JoinHandle<()>,
}

impl Claim {
    /// Ends when another process has taken the store, which can happen only after the database was away. This one must stop.
    pub async fn lost(&mut self) {
        if self.lost.wait_for(|lost| *lost).await.is_err() {
            std::future::pending().await
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

impl PostgresStore {
    /// Claims the store, at once or not at all: alone, or together with others that share.
    pub async fn claim(&self, sharing: Sharing) -> Result<Claim, ClaimError> {
        let options = session::serving(self.options.clone());
        let held = take(&options, sharing).await?;
        let (say, lost) = watch::channel(false);
        let keeper = tokio::spawn(keep(options, sharing, held, say));
        Ok(Claim { lost, keeper })
    }
}

async fn take(options: &PgConnectOptions, sharing: Sharing) -> Result<PgConnection, ClaimError> {
    let work = async {
        let mut connection = session::open(options, LIMIT).await?;
        let sql = match sharing {
            Sharing::Alone => "SELECT pg_try_advisory_lock(hashtext('belfry'), 1)",
            Sharing::Shared => "SELECT pg_try_advisory_lock_shared(hashtext('belfry'), 1)",
        };
        let had: bool = sqlx::query_scalar(sql).fetch_one(&mut connection).await?;
        Ok(had.then_some(connection))
    };
    match timeout(LIMIT, work).await {
        Ok(Ok(Some(connection))) => Ok(connection),
        Ok(Ok(None)) => Err(ClaimError::InUse),
        Ok(Err(error)) => Err(ClaimError::Backend(translate(error))),
        Err(_) => Err(ClaimError::Backend(unavailable("no answer within 3 s"))),
    }
}

async fn keep(
    options: PgConnectOptions,
    sharing: Sharing,
    mut held: PgConnection,
    say: watch::Sender<bool>,
) {
    loop {
        sleep(PULSE).await;
        let pulse = sqlx::query("SELECT 1").execute(&mut held);
        if matches!(timeout(LIMIT, pulse).await, Ok(Ok(_))) {
            continue;
        }
        held = loop {
            match take(&options, sharing).await {
                Ok(connection) => break connection,
                // The server may not have noticed yet that the old connection is gone, so its lock could be our own.
                Err(ClaimError::InUse) => {
                    sleep(PULSE).await;
                    match take(&options, sharing).await {
                        Ok(connection) => break connection,
                        Err(ClaimError::InUse) => {
                            tracing::error!("another process has taken the store");
                            let _ = say.send(true);
                            return;
                        }
                        Err(ClaimError::Backend(_)) => {}
                    }
                }
                Err(ClaimError::Backend(error)) => {
                    tracing::warn!(%error, "the claim on the store is being renewed");
                    sleep(PULSE).await;
                }
            }
        };
    }
}
