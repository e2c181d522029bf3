//! The store on SQLite, for a server that runs alone.
//!
//! One connection writes and a few read; in WAL mode neither waits for the other. A call that is dropped half-way is rolled back
//! before the next one begins. A commit is on the disk before it is answered
//! (`synchronous = FULL`). Batches go to the database as JSON arrays, a statement for all of them: each statement is a hop to the
//! connection's own thread, which costs more than the work of one row.

mod accounts;
mod checkup;
mod claim;
mod commit;
mod explain;
mod jobs;
mod members;
mod messages;
mod moderation;
mod notifications;
mod operators;
mod previews;
mod rooms;
mod rows;
mod sessions;

use std::{
    path::Path,
    str::FromStr,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use sqlx::{
    ConnectOptions, Connection, FromRow, Sqlite, SqlitePool, Transaction,
    migrate::Migrator,
    sqlite::{
        SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow,
        SqliteSynchronous,
    },
};
use tokio::{sync::Semaphore, time::timeout};

use self::explain::explained;
pub use self::{checkup::checkup, claim::Claim};
use super::{outage::Outage, schema};
use crate::{
    metrics::{Metrics, Operation, PoolFigures, Pooled, StoreFigures},
    ports::{BackendError, store::Store},
};

const BACKEND: &str = "SQLite";
/// How long any call may take.
const LIMIT: Duration = Duration::from_secs(3);
/// How long to wait for the lock of another process, such as a backup.
const BUSY_LIMIT: Duration = Duration::from_secs(1);
/// How long bringing the schema up to date may take.
const MIGRATION_LIMIT: Duration = Duration::from_secs(300);
/// Calls that may wait or run at once; beyond, a call fails at once.
const CALLERS_MAX: usize = 8_192;
/// How many connections read at once.
const READERS: u32 = 4;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

fn newest_migration() -> i64 {
    schema::newest(&MIGRATIONS)
}

type Query<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

/// The store on SQLite.
pub struct SqliteStore {
    options: SqliteConnectOptions,
    /// One connection; an order of its own instead of SQLite's, which lets writers wait by chance.
    writer: SqlitePool,
    readers: SqlitePool,
    /// For those who wait for a connection, or use one.
    callers: Semaphore,
    outage: Outage,
    figures: StoreFigures,
    /// Of the writer and of the readers.
    pools: [PoolFigures; 2],
}

impl SqliteStore {
    /// Opens `sqlite://path`, and makes the file and its directory where they are not there; does not touch the schema.
    pub async fn connect(url: &str) -> Result<Self, BackendError> {
        Self::open(url, true).await
    }

    /// The same of a file that is there; makes none.
    pub async fn connect_to_existing(url: &str) -> Result<Self, BackendError> {
        Self::open(url, false).await
    }

    async fn open(url: &str, make: bool) -> Result<Self, BackendError> {
        let options = SqliteConnectOptions::from_str(url)
            .map_err(translate)?
            .create_if_missing(make)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_LIMIT)
            // A page that is written often goes to the file once in 64 MB of log, and stays in memory meanwhile.
            .pragma("wal_autocheckpoint", "16384")
            .pragma("cache_size", "-65536")
            .pragma("temp_store", "memory")
            // An answer of a few hundred rows is handed over at once, not row by row.
            .row_buffer_size(1_024)
            .disable_statement_logging();
        let file = options.get_filename();
        if url.contains(":memory:") || file.as_os_str().is_empty() {
            return Err(fault("the address must name a file: sqlite://path"));
        }
        if make {
            make_directory(file)?;
            make_file(file)?;
        } else if !file.exists() {
            let file = file.display();
            return Err(unavailable(format!(
                "there is no database at {file}: `belfry migrate` makes one"
            )));
        }
        let opening = async {
            let pool = |size| {
                SqlitePoolOptions::new()
                    .max_connections(size)
                    .acquire_timeout(LIMIT)
            };
            // A full disk ends a transaction behind the driver's back, which then waits for its end for ever.
            let writer = pool(1).before_acquire(|connection, _| {
                let is_free = !connection.is_in_transaction();
                Box::pin(async move { Ok(is_free) })
            });
            let writer = writer.connect_with(options.clone()).await?;
            let reading = options
                .clone()
                .pragma("query_only", "on")
                .pragma("cache_size", "-16384");
            let readers = pool(READERS).connect_with(reading).await?;
            Ok((writer, readers))
        };
        let (writer, readers) = match timeout(LIMIT, opening).await {
            Ok(opened) => opened.map_err(|error: sqlx::Error| unavailable(explained(&error)))?,
            Err(_) => return Err(unavailable("opening the file took too long")),
        };
        Ok(Self {
            options,
            writer,
            readers,
            callers: Semaphore::new(CALLERS_MAX),
            outage: Outage::of(BACKEND),
            figures: StoreFigures::default(),
            pools: Default::default(),
        })
    }

    /// Its calls and its connections count among these figures.
    pub fn counted(mut self, metrics: &Metrics) -> Self {
        self.figures = metrics.store.clone();
        self.pools = ["sqlite_writer", "sqlite_readers"].map(|pool| metrics.pools.pool(pool));
        self
    }

    /// Brings the schema up to date. Ends within 5 minutes.
    pub async fn migrate(&self) -> Result<(), BackendError> {
        let work = async {
            let pool = SqlitePoolOptions::new()
                .max_connections(1)
                .connect_with(self.options.clone())
                .await
                .map_err(translate)?;
            let done = MIGRATIONS.run(&pool).await;
            pool.close().await;
            done.map_err(|error| match schema::refused(error, newest_migration()) {
                Ok(error) => unavailable(explained(&error)),
                Err(why) => fault(why),
            })
        };
        let late = |_| Err(unavailable("bringing the schema up to date took too long"));
        timeout(MIGRATION_LIMIT, work).await.unwrap_or_else(late)
    }

    /// Fails where the schema is not the one that this program knows; changes nothing.
    pub async fn fits(&self) -> Result<(), BackendError> {
        let looking = async {
            let there = "SELECT 1 FROM sqlite_master WHERE name = '_sqlx_migrations'";
            if self.read(sqlx::query(there)).await?.is_empty() {
                return Ok(Vec::new());
            }
            let rows = self.read(sqlx::query(schema::APPLIED)).await?;
            let rows = rows.iter().map(schema::Applied::from_row);
            rows.collect::<Result<_, _>>().map_err(translate)
        };
        let applied = self.limited(Operation::Ping, looking).await?;
        schema::fits(&MIGRATIONS, &applied).map_err(fault)
    }

    /// A transaction that can write from its first statement on, so that it cannot fail half-way for another's sake.
    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, BackendError> {
        let [writer, _] = &self.pools;
        let waiting = writer.wait();
        let begun = self.writer.begin_with("BEGIN IMMEDIATE").await;
        waiting.ended(&begun);
        begun.map_err(translate)
    }

    /// Runs one statement on a reader and returns its rows.
    async fn read(&self, query: Query<'_>) -> Result<Vec<SqliteRow>, BackendError> {
        let [_, readers] = &self.pools;
        let waiting = readers.wait();
        let reader = self.readers.acquire().await;
        waiting.ended(&reader);
        let mut reader = reader.map_err(translate)?;
        query.fetch_all(&mut *reader).await.map_err(translate)
    }

    /// Runs one statement as a transaction of its own.
    async fn write(&self, query: Query<'_>) -> Result<(), BackendError> {
        let mut transaction = self.begin().await?;
        fetch(&mut transaction, query).await?;
        commit(transaction).await
    }

    /// Gives a whole call its time.
    async fn limited<T>(
        &self,
        operation: Operation,
        work: impl Future<Output = Result<T, BackendError>>,
    ) -> Result<T, BackendError> {
        let began = Instant::now();
        let answer = match self.callers.try_acquire() {
            Ok(_caller) => timeout(LIMIT, work).await,
            Err(_) => Ok(Err(unavailable("too many callers wait"))),
        };
        let answer = answer.unwrap_or_else(|_| Err(unavailable("no answer within 3 s")));
        self.figures.answered(operation, began, &answer);
        if let Err(BackendError::Unavailable { cause, .. }) = &answer {
            self.outage.complains(cause);
        }
        answer
    }
}

/// Runs one statement within a transaction and returns its rows.
async fn fetch(
    transaction: &mut Transaction<'_, Sqlite>,
    query: Query<'_>,
) -> Result<Vec<SqliteRow>, BackendError> {
    query.fetch_all(&mut **transaction).await.map_err(translate)
}

async fn commit(transaction: Transaction<'_, Sqlite>) -> Result<(), BackendError> {
    transaction.commit().await.map_err(translate)
}

fn make_directory(file: &Path) -> Result<(), BackendError> {
    match file.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => std::fs::create_dir_all(directory)
            .map_err(|error| {
                unavailable(format!("{} cannot be made: {error}", directory.display()))
            }),
        _ => Ok(()),
    }
}

/// Makes the file if it is new, for its owner alone: it holds the signing secret and the passwords' hashes. SQLite gives the files
/// beside it the same rights; one that is there keeps its own.
fn make_file(file: &Path) -> Result<(), BackendError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(unavailable(
            format!("{} cannot be made: {error}", file.display()),
        )),
        _ => Ok(()),
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn ping(&self) -> Result<(), BackendError> {
        self.limited(Operation::Ping, async {
            let transaction = self.begin().await?;
            transaction.rollback().await.map_err(translate)
        })
        .await
    }

    async fn close(&self) {
        let closing = async {
            self.readers.close().await;
            self.writer.close().await;
        };
        let _ = timeout(LIMIT, closing).await;
    }
}

impl Pooled for SqliteStore {
    fn note_pools(&self) {
        let pools = [(&self.writer, 1), (&self.readers, READERS)];
        for ((pool, max), figures) in pools.into_iter().zip(&self.pools) {
            let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
            figures.stands(max, pool.size(), idle);
        }
    }
}

fn unavailable(cause: impl Into<String>) -> BackendError {
    BackendError::Unavailable {
        backend: BACKEND,
        cause: cause.into(),
    }
}

fn fault(cause: impl Into<String>) -> BackendError {
    BackendError::Fault {
        backend: BACKEND,
        cause: cause.into(),
    }
}

/// What an error means to a caller. A lock, the disk or the file's rights may pass; the rest is a fault.
fn translate(error: sqlx::Error) -> BackendError {
    let Some(found) = error.as_database_error() else {
        return match error {
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => unavailable(error.to_string()),
            _ => fault(error.to_string()),
        };
    };
    let code = found.code().unwrap_or_default();
    let cause = explained(&error);
    // The low byte is the kind; https://sqlite.org/rescode.html
    let kind = code.parse::<u32>().map(|code| code & 0xff);
    match kind {
        // BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, FULL, CANTOPEN
        Ok(5 | 6 | 7 | 8 | 9 | 10 | 13 | 14) => unavailable(cause),
        _ => fault(cause),
    }
}
