//! A database of its own for each test, on either backend, gone when the test is.
//!
//! Postgres is the server that `BELFRY_TEST_POSTGRES_URL` names (as somebody who may make databases). Without it the Postgres half
//! is skipped and says so; where `CI` is set that is a failure.

use std::{
    env,
    future::Future,
    io::Write,
    panic::AssertUnwindSafe,
    sync::{Arc, Once},
};

use belfry::{
    adapters::{
        postgres::{PoolSize, PostgresStore},
        sqlite::SqliteStore,
    },
    ports::store::Store,
};
use futures_util::FutureExt;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use tempfile::TempDir;
use uuid::Uuid;

/// Which store adapter a test runs over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Postgres,
    Sqlite,
}

static SKIPPED: Once = Once::new();

/// Past the test harness, which keeps what passing tests print to itself.
fn say_skipped() {
    let line = "SKIPPED: all stories on Postgres, because BELFRY_TEST_POSTGRES_URL is not set";
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// An empty database.
pub struct Database {
    pub backend: Backend,
    pub url: String,
    place: Place,
}

enum Place {
    Server { admin: String, name: String },
    Directory(TempDir),
}

/// A directory for SQLite: in memory where there is room for it, since a busy disk takes seconds for what must be safe on it.
pub fn home() -> TempDir {
    const MEMORY: &str = "/dev/shm";
    const ENOUGH: u64 = 4 << 30;
    let has_room = rustix::fs::statvfs(MEMORY).is_ok_and(|it| it.f_bavail * it.f_frsize > ENOUGH);
    let home = if has_room {
        tempfile::tempdir_in(MEMORY)
    } else {
        tempfile::tempdir()
    };
    home.expect("a temporary directory")
}

impl Database {
    /// Makes one; `None` when the backend is not there and need not be.
    pub async fn fresh(backend: Backend) -> Option<Self> {
        match backend {
            Backend::Sqlite => {
                let home = home();
                let file = home.path().join("data").join("belfry.db");
                Some(Self {
                    backend,
                    url: format!("sqlite://{}", file.display()),
                    place: Place::Directory(home),
                })
            }
            Backend::Postgres => {
                let Ok(admin) = env::var("BELFRY_TEST_POSTGRES_URL") else {
                    assert!(
                        !env::var("CI").is_ok_and(|ci| ci == "true"),
                        "BELFRY_TEST_POSTGRES_URL is not set"
                    );
                    SKIPPED.call_once(say_skipped);
                    return None;
                };
                let name = format!("belfry_test_{}", Uuid::now_v7().simple());
                run_on_postgres(&admin, format!("CREATE DATABASE {name}")).await;
                Some(Self {
                    backend,
                    url: with_database(&admin, &name),
                    place: Place::Server { admin, name },
                })
            }
        }
    }

    /// Opens the store, as one more replica would; the schema is made by the first.
    pub async fn open(&self) -> Arc<dyn Store> {
        match self.backend {
            Backend::Sqlite => {
                let store = SqliteStore::connect(&self.url).await.expect("SQLite opens");
                store.migrate().await.expect("the schema");
                Arc::new(store)
            }
            Backend::Postgres => {
                let store = self.open_postgres().await;
                store.migrate().await.expect("the schema");
                Arc::new(store)
            }
        }
    }

    /// Opens the Postgres store without making the schema.
    pub async fn open_postgres(&self) -> PostgresStore {
        let size = PoolSize {
            commits: 2,
            rest: 4,
        };
        let store = PostgresStore::connect(&self.url, size).await;
        store.expect("Postgres answers")
    }

    /// Runs a statement on a connection of its own: for what no port can bring about (yet).
    pub async fn sql(&self, statement: impl Into<String>) {
        match self.backend {
            Backend::Postgres => run_on_postgres(&self.url, statement.into()).await,
            Backend::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.url).await.expect("SQLite");
                let done = sqlx::raw_sql(AssertSqlSafe(statement.into()))
                    .execute(&mut connection)
                    .await;
                done.expect("the statement runs");
                connection.close().await.expect("SQLite closes");
            }
        }
    }

    /// Asks Postgres for one text.
    pub async fn ask(&self, question: &str) -> Option<String> {
        let mut connection = PgConnection::connect(&self.url)
            .await
            .expect("Postgres answers");
        let question = sqlx::query_scalar(AssertSqlSafe(question));
        let answer = question.fetch_optional(&mut connection).await;
        connection.close().await.expect("Postgres closes");
        answer.expect("the statement runs")
    }

    /// How many rows a table has.
    pub async fn count(&self, table: &str) -> i64 {
        let question = format!("SELECT count(*) FROM {table}");
        match self.backend {
            Backend::Postgres => {
                let mut connection = PgConnection::connect(&self.url)
                    .await
                    .expect("Postgres answers");
                let question = sqlx::query_scalar(AssertSqlSafe(question));
                let answer = question.fetch_one(&mut connection).await;
                connection.close().await.expect("Postgres closes");
                answer.expect("the statement runs")
            }
            Backend::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.url).await.expect("SQLite");
                let question = sqlx::query_scalar(AssertSqlSafe(question));
                let answer = question.fetch_one(&mut connection).await;
                connection.close().await.expect("SQLite closes");
                answer.expect("the statement runs")
            }
        }
    }

    async fn remove(self) {
        match self.place {
            Place::Directory(home) => home.close().expect("the directory goes"),
            Place::Server { admin, name } => {
                run_on_postgres(&admin, format!("DROP DATABASE {name} WITH (FORCE)")).await;
            }
        }
    }
}

/// Runs `story` on a database of its own, and removes that whatever became of it.
pub async fn with_database_of<S, F>(backend: Backend, story: S)
where
    S: FnOnce(Arc<Database>) -> F,
    F: Future<Output = ()>,
{
    let Some(database) = Database::fresh(backend).await else {
        return;
    };
    let database = Arc::new(database);
    let told = AssertUnwindSafe(story(database.clone()))
        .catch_unwind()
        .await;
    if let Some(database) = Arc::into_inner(database) {
        database.remove().await;
    } else {
        panic!("the story keeps its database");
    }
    if let Err(panic) = told {
        std::panic::resume_unwind(panic);
    }
}

async fn run_on_postgres(url: &str, statement: String) {
    let mut connection = PgConnection::connect(url).await.expect("Postgres answers");
    let done = sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(&mut connection)
        .await;
    done.expect("the statement runs");
    connection.close().await.expect("Postgres closes");
}

/// The address of another database on the same server.
fn with_database(url: &str, name: &str) -> String {
    let (address, settings) = match url.split_once('?') {
        Some((address, settings)) => (address, format!("?{settings}")),
        None => (url, String::new()),
    };
    let (scheme, rest) = address.split_once("://").expect("postgres://…");
    let server = rest.split('/').next().unwrap_or(rest);
    format!("{scheme}://{server}/{name}{settings}")
}
