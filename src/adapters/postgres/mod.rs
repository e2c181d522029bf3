//! The store on Postgres.
//!
//! Every call is one autocommitted statement, or a few of them: no transaction of ours waits for a round trip, so no lock outlives
//! a statement, also if this process is frozen. What must be one transaction is one statement or one database function.
//!
//! Each call has 3 s, waiting for a connection included. It is repeated by itself after a deadlock, when it waited in vain for a lock
//! (of a replica that stands still: the server ends its session within that time), and once after its connection
//! broke: all calls are made so that doing them twice changes nothing more (ids are made by the callers), except where noted.
//! Commits have connections of their own, so that readers cannot hold them up. While the server cannot be reached, calls fail at
//! once (`reach`); how many may wait is bounded.

mod accounts;
mod checkup;
mod claim;
mod commit;
mod errors;
mod explain;
mod jobs;
mod members;
mod messages;
mod moderation;
mod notifications;
mod operators;
mod previews;
mod reach;
mod rooms;
mod rows;
mod session;
mod sessions;

use std::{
    str::FromStr,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use rand::RngExt;
use sqlx::{
    FromRow, Postgres,
    migrate::Migrator,
    postgres::{PgArguments, PgConnectOptions, PgPoolOptions, PgRow},
};
use tokio::{
    sync::{RwLock, Semaphore},
    time::{sleep, timeout},
};

pub use self::{checkup::checkup, claim::Claim};
use self::{
    errors::{fault, is_deadlock, is_locked, is_lost, translate, unavailable},
    explain::explained,
    reach::Reach,
    session::{Breaks, LastFailure, Sessions},
};
use super::schema;
use crate::{
    metrics::{Metrics, Operation, PoolFigures, Pooled, StoreFigures},
    ports::{BackendError, store::Store},
};

const BACKEND: &str = "Postgres";
/// How long any call may take.
const LIMIT: Duration = Duration::from_secs(3);
/// How long a call waits for a connection; below [`LIMIT`], so that the message says what it waited for.
const POOL_LIMIT: Duration = Duration::from_millis(2_800);
/// How long a statement may go unanswered: longer than the server lets one run. A server that says nothing by then is away.
const ANSWER_LIMIT: Duration = Duration::from_millis(2_650);
/// Callers that may wait for a connection, or use one, in each pool; beyond, a call fails at once.
const CALLERS_MAX: usize = 8_192;
/// How often a statement is repeated after a deadlock.
const DEADLOCK_RETRIES: u32 = 5;
/// How often a statement is repeated when it waited in vain for a lock.
const LOCK_RETRIES: u32 = 1;
/// How long bringing the schema up to date may take, waiting for another replica that does so included.
const MIGRATION_LIMIT: Duration = Duration::from_secs(300);

/// How many connections the store may hold. The claim, and a migration while it runs, have one more each.
#[derive(Debug, Clone, Copy)]
pub struct PoolSize {
    /// For commits: how many batches can be on their way at once.
    pub commits: u32,
    /// For everything else.
    pub rest: u32,
}

impl Default for PoolSize {
    fn default() -> Self {
        Self {
            commits: 4,
            rest: 8,
        }
    }
}

/// The store on Postgres.
pub struct PostgresStore {
    options: PgConnectOptions,
    pools: RwLock<Option<Connections>>,
    breaks: Breaks,
    reach: Arc<Reach>,
    figures: StoreFigures,
}

struct Connections {
    commits: Pool,
    rest: Pool,
}

struct Pool {
    sessions: bb8::Pool<Sessions>,
    size: u32,
    figures: PoolFigures,
    failure: LastFailure,
    callers: Semaphore,
}

/// Which pool a statement takes its connection from.
#[derive(Clone, Copy)]
enum Lane {
    Commits,
    Rest,
}

/// Whether a statement may be sent again when its outcome is unknown.
#[derive(Clone, Copy, PartialEq)]
enum Again {
    Safe,
    Unsafe,
}

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

fn newest_migration() -> i64 {
    schema::newest(&MIGRATIONS)
}

type Query<'q> = sqlx::query::Query<'q, Postgres, PgArguments>;

impl PostgresStore {
    /// Connects to `postgres://…`. Fails within 3 s when the database cannot be reached; does not touch the schema.
    pub async fn connect(url: &str, size: PoolSize) -> Result<Self, BackendError> {
        let options = PgConnectOptions::from_str(url).map_err(translate)?;
        let breaks = Breaks::default();
        let serving = session::serving(options.clone());
        let committing = session::committing(options.clone());
        let store = Self {
            pools: RwLock::new(Some(Connections {
                commits: Pool::new(&committing, size.commits, &breaks),
                rest: Pool::new(&serving, size.rest, &breaks),
            })),
            options,
            reach: Reach::new(serving, breaks.clone()),
            breaks,
            figures: StoreFigures::default(),
        };
        store.ping().await?;
        Ok(store)
    }

    /// Its calls and its pools count among these figures.
    pub fn counted(mut self, metrics: &Metrics) -> Self {
        self.figures = metrics.store.clone();
        if let Some(pools) = self.pools.get_mut() {
            pools.commits.figures = metrics.pools.pool("postgres_commits");
            pools.rest.figures = metrics.pools.pool("postgres_rest");
        }
        self
    }

    /// Brings the schema up to date; safe when many replicas start at once (one does it, the others wait). Ends within 5 minutes.
    pub async fn migrate(&self) -> Result<(), BackendError> {
        let options = session::migrating(self.options.clone());
        let work = async {
            let pool = PgPoolOptions::new()
                .max_connections(1)
                .acquire_timeout(LIMIT)
                .connect_with(options)
                .await
                .map_err(|error| unavailable(explained(&error)))?;
            let done = MIGRATIONS.run(&pool).await;
            // Also ends the lock, should a migration have failed.
            pool.close().await;
            done.map_err(|error| match schema::refused(error, newest_migration()) {
                Ok(error) => unavailable(explained(&error)),
                Err(why) => fault(why),
            })
        };
        timeout(MIGRATION_LIMIT, work)
            .await
            .unwrap_or_else(|_| Err(unavailable("bringing the schema up to date took too long")))
    }

    /// Fails where the schema is not the one that this program knows; changes nothing.
    pub async fn fits(&self) -> Result<(), BackendError> {
        let looking = async {
            let there = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";
            let asked = self.rows(Lane::Rest, Again::Safe, || sqlx::query(there));
            if !rows::first::<bool>(&asked.await?)? {
                return Ok(Vec::new());
            }
            let asked = self.rows(Lane::Rest, Again::Safe, || sqlx::query(schema::APPLIED));
            let rows = asked.await?;
            let rows = rows.iter().map(schema::Applied::from_row);
            rows.collect::<Result<_, _>>().map_err(translate)
        };
        let applied = self.limited(Operation::Ping, looking).await?;
        schema::fits(&MIGRATIONS, &applied).map_err(fault)
    }

    /// Runs one statement and returns its rows; repeats it as the module says.
    async fn rows<'q>(
        &self,
        lane: Lane,
        again: Again,
        query: impl Fn() -> Query<'q>,
    ) -> Result<Vec<PgRow>, BackendError> {
        let began = Instant::now();
        let (mut deadlocks, mut locks, mut broken) = (0, 0, false);
        loop {
            let error = match self.rows_once(lane, query()).await? {
                Ok(rows) => return Ok(rows),
                Err(error) => error,
            };
            if is_deadlock(&error) && deadlocks < DEADLOCK_RETRIES {
                deadlocks += 1;
                pause(10 * u64::from(deadlocks)).await;
            } else if is_locked(&error) && locks < LOCK_RETRIES {
                locks += 1;
                pause(20).await;
            } else if is_lost(&error) && again == Again::Safe && !broken {
                broken = true;
                pause(10).await;
            } else {
                if is_lost(&error) {
                    self.reach.lose(began, &error);
                }
                return Err(self.failed(translate(error)));
            }
        }
    }

    async fn rows_once(
        &self,
        lane: Lane,
        query: Query<'_>,
    ) -> Result<Result<Vec<PgRow>, sqlx::Error>, BackendError> {
        if self.reach.is_lost() {
            return Err(unavailable("it is away"));
        }
        let pools = self.pools.read().await;
        let Some(pools) = pools.as_ref() else {
            return Err(unavailable("the store has been closed"));
        };
        let pool = match lane {
            Lane::Commits => &pools.commits,
            Lane::Rest => &pools.rest,
        };
        let Ok(_caller) = pool.callers.try_acquire() else {
            return Err(self.failed(unavailable("too many callers wait")));
        };
        let began = Instant::now();
        let waiting = pool.figures.wait();
        let session = pool.sessions.get().await;
        waiting.ended(&session);
        let mut session = match session {
            Ok(session) => session,
            Err(bb8::RunError::User(error)) => return Ok(Err(error)),
            Err(bb8::RunError::TimedOut) => {
                let cause = pool.failure.cause();
                if let Some(cause) = &cause {
                    self.reach.lose(began, cause);
                }
                let cause = cause.unwrap_or_else(|| "all connections are busy".into());
                return Err(self.failed(unavailable(cause)));
            }
        };
        pool.failure.forget();
        // Others may have found out while this one waited.
        if self.reach.is_lost() {
            return Err(unavailable("it is away"));
        }
        let asked = Instant::now();
        let answer = timeout(ANSWER_LIMIT, query.fetch_all(session.work())).await;
        let Ok(rows) = answer else {
            self.breaks.note();
            let cause = "it does not answer";
            self.reach.lose(asked, &cause);
            return Err(self.failed(unavailable(cause)));
        };
        match &rows {
            Err(error) if is_lost(error) => self.breaks.note(),
            _ => {
                self.reach.hear();
                session.rest();
            }
        }
        Ok(rows)
    }

    /// Gives a whole call its time.
    async fn limited<T>(
        &self,
        operation: Operation,
        work: impl Future<Output = Result<T, BackendError>>,
    ) -> Result<T, BackendError> {
        let began = Instant::now();
        let answer = timeout(LIMIT, work).await.unwrap_or_else(|_| {
            self.breaks.note();
            Err(self.failed(unavailable("no answer within 3 s")))
        });
        self.figures.answered(operation, began, &answer);
        answer
    }

    /// Has the operator told, now and then, of what may pass. Faults are told by those who know what was asked for.
    fn failed(&self, error: BackendError) -> BackendError {
        if let BackendError::Unavailable { cause, .. } = &error {
            self.reach.complain(cause);
        }
        error
    }
}

/// Waits for up to so many milliseconds.
async fn pause(most: u64) {
    let pause = rand::rng().random_range(1..=most);
    sleep(Duration::from_millis(pause)).await;
}

impl Pool {
    fn new(options: &PgConnectOptions, size: u32, breaks: &Breaks) -> Self {
        let failure = LastFailure::default();
        let sessions = bb8::Pool::builder()
            .max_size(size)
            .connection_timeout(POOL_LIMIT)
            .test_on_check_out(true)
            .error_sink(Box::new(failure.clone()))
            .build_unchecked(Sessions::new(options.clone(), breaks.clone()));
        Self {
            sessions,
            size,
            figures: PoolFigures::default(),
            failure,
            callers: Semaphore::new(CALLERS_MAX),
        }
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn ping(&self) -> Result<(), BackendError> {
        let answer = self.limited(Operation::Ping, async {
            let sql = "SELECT current_setting('transaction_read_only') = 'off'";
            let rows = self
                .rows(Lane::Rest, Again::Safe, || sqlx::query(sql))
                .await?;
            rows::first::<bool>(&rows)
        });
        match answer.await? {
            true => Ok(()),
            false => Err(unavailable("the database is read-only")),
        }
    }

    async fn close(&self) {
        self.reach.close();
        if let Ok(mut pools) = timeout(LIMIT, self.pools.write()).await {
            pools.take();
        }
    }
}

impl Pooled for PostgresStore {
    fn note_pools(&self) {
        // Being closed, or closed.
        let Ok(pools) = self.pools.try_read() else {
            return;
        };
        for pool in pools.iter().flat_map(|it| [&it.commits, &it.rest]) {
            let state = pool.sessions.state();
            let (open, idle) = (state.connections, state.idle_connections);
            pool.figures.stands(pool.size, open, idle);
        }
    }
}
