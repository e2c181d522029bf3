//! A process's claim on the store: an advisory lock on a connection of its own, exclusive when the process is alone.
//!
//! The lock ends with its connection, so a process that dies leaves nothing behind. A connection that breaks (a restart of the
//! database) is opened again and the lock taken again; should another process have been faster, [`Claim::lost`] says so.

use std::time::Duration;

use rand::RngExt;
use sqlx::{PgConnection, postgres::PgConnectOptions};
use time::OffsetDateTime;
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::{LIMIT, PostgresStore, session, translate, unavailable};
use crate::ports::store::{ClaimError, Sharing};

/// How often the connection that holds the lock is tried.
const PULSE: Duration = Duration::from_secs(1);
/// How often, and how long, a lock that may still be our own old one is asked for before it counts as another's.
const TRIES: usize = 10;
const PAUSE: Duration = Duration::from_millis(400);

/// The first key tells Belfry's locks from those of others in the same database.
const ALONE: &str = "SELECT pg_try_advisory_lock(hashtext('belfry'), 1), pid, backend_start \
     FROM pg_stat_activity WHERE pid = pg_backend_pid()";
const SHARED: &str = "SELECT pg_try_advisory_lock_shared(hashtext('belfry'), 1), pid, backend_start \
     FROM pg_stat_activity WHERE pid = pg_backend_pid()";
/// Ends a session that the server may still take to be alive.
const END: &str =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2";

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
        let held = Held::take(&options, sharing, None).await?;
        let (say, lost) = watch::channel(false);
        let keeper = tokio::spawn(async move {
            held.keep(options, sharing).await;
            let _ = say.send(true);
        });
        Ok(Claim { lost, keeper })
    }
}

/// The lock, and the session that it is tied to.
struct Held {
    connection: PgConnection,
    session: (i32, OffsetDateTime),
}

impl Held {
    /// Takes the lock, after ending the session that held it before.
    async fn take(
        options: &PgConnectOptions,
        sharing: Sharing,
        before: Option<(i32, OffsetDateTime)>,
    ) -> Result<Self, ClaimError> {
        let work = async {
            let mut connection = session::open(options, LIMIT).await?;
            if let Some((pid, started)) = before {
                let end = sqlx::query(END).bind(pid).bind(started);
                end.execute(&mut connection).await?;
            }
            let sql = match sharing {
                Sharing::Alone => ALONE,
                Sharing::Shared => SHARED,
            };
            let (had, pid, started) = sqlx::query_as(sql).fetch_one(&mut connection).await?;
            let held = Self {
                connection,
                session: (pid, started),
            };
            Ok::<_, sqlx::Error>(if had { Some(held) } else { None })
        };
        match timeout(LIMIT, work).await {
            Ok(Ok(Some(held))) => Ok(held),
            Ok(Ok(None)) => Err(ClaimError::InUse),
            Ok(Err(error)) => Err(ClaimError::Backend(translate(error))),
            Err(_) => Err(ClaimError::Backend(unavailable("no answer within 3 s"))),
        }
    }

    /// Keeps the lock; ends when it is another's.
    async fn keep(mut self, options: PgConnectOptions, sharing: Sharing) {
        loop {
            sleep(PULSE).await;
            let pulse = sqlx::query("SELECT 1").execute(&mut self.connection);
            if matches!(timeout(LIMIT, pulse).await, Ok(Ok(_))) {
                continue;
            }
            tracing::warn!("the claim on the store is being renewed: its connection broke");
            let (mut refusals, mut failures) = (0, 0_u32);
            self = loop {
                match Self::take(&options, sharing, Some(self.session)).await {
                    Ok(held) => break held,
                    Err(ClaimError::InUse | ClaimError::OneProcess) if refusals == TRIES => {
                        tracing::error!("another process has taken the store");
                        return;
                    }
                    Err(ClaimError::InUse | ClaimError::OneProcess) => {
                        refusals += 1;
                        sleep(by_chance(PAUSE)).await;
                    }
                    Err(ClaimError::Backend(error)) => {
                        error.log("the claim on the store cannot be renewed yet");
                        let most = 200 << failures.min(3);
                        failures += 1;
                        sleep(by_chance(Duration::from_millis(most))).await;
                    }
                }
            };
        }
    }
}

/// Half of the time to all of it.
fn by_chance(most: Duration) -> Duration {
    most.mul_f64(rand::rng().random_range(0.5..=1.0))
}
