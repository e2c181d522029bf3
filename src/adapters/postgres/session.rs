//! Connections to Postgres: their settings, and what the pool must know of one.
//!
//! A call that is dropped half-way (its time is up, its caller is gone) leaves its connection in the middle of an answer; the
//! connection is then thrown away. After a connection broke, or a call ran out of time, all idle ones are suspects: each is
//! tried before it is used again, so a restart of the database does not cost one failed call a connection.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use sqlx::{ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};
use tokio::time::timeout;

use super::explain::explained;

/// How long opening a connection may take.
pub(super) const OPENING_LIMIT: Duration = Duration::from_millis(2_500);
/// How long a suspect connection has to prove itself.
const TRIAL_LIMIT: Duration = Duration::from_millis(500);

/// The settings of a session that serves calls: no statement, lock or transaction of ours outlives its caller's patience.
pub(super) fn serving(options: PgConnectOptions) -> PgConnectOptions {
    common(options).options([
        ("statement_timeout", "2500"),
        // Rows are looked up by keys that differ: remembering them costs up to a fifth of a long list's time and never hits.
        ("enable_memoize", "off"),
        ("lock_timeout", "1000"),
        ("idle_in_transaction_session_timeout", "3000"),
        // A caller that is frozen while a long answer is on its way does not keep the statement, and what it has locked, open.
        ("tcp_user_timeout", "3000"),
        // A caller whose machine is gone is noticed within 15 s, also where nothing is on its way to it.
        ("tcp_keepalives_idle", "5"),
        ("tcp_keepalives_interval", "5"),
        ("tcp_keepalives_count", "2"),
    ])
}

/// The settings of a session that commits: as above, and the database function's statements are planned once, for access by key.
pub(super) fn committing(options: PgConnectOptions) -> PgConnectOptions {
    serving(options).options([
        ("tcp_user_timeout", "700"),
        ("plan_cache_mode", "force_generic_plan"),
        ("enable_seqscan", "off"),
        ("enable_hashjoin", "off"),
        ("enable_mergejoin", "off"),
    ])
}

/// The settings of a session that changes the schema: as long as it takes, but no endless waiting for others.
pub(super) fn migrating(options: PgConnectOptions) -> PgConnectOptions {
    common(options).options([
        ("statement_timeout", "0"),
        ("lock_timeout", "30000"),
        // That its table of migrations is there is no news.
        ("client_min_messages", "warning"),
    ])
}

fn common(options: PgConnectOptions) -> PgConnectOptions {
    options
        .application_name("belfry")
        .options([
            ("default_transaction_isolation", "read committed"),
            ("jit", "off"),
        ])
        .disable_statement_logging()
}

/// A connection that knows whether it is in the middle of something.
pub(super) struct Session {
    connection: PgConnection,
    busy: bool,
    tried_at: u64,
}

impl Session {
    /// The connection, for one call. Unless [`Session::rest`] follows, the session is thrown away.
    pub(super) fn work(&mut self) -> &mut PgConnection {
        self.busy = true;
        &mut self.connection
    }

    /// The call has come to its end, and the connection is as good as before.
    pub(super) fn rest(&mut self) {
        self.busy = false;
    }
}

/// Counts the times when something broke; a session that was opened or tried before the last one is a suspect.
#[derive(Debug, Clone, Default)]
pub(super) struct Breaks(Arc<AtomicU64>);

impl Breaks {
    /// Something broke.
    pub(super) fn note(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Opens and tries sessions for a pool.
#[derive(Debug)]
pub(super) struct Sessions {
    options: PgConnectOptions,
    breaks: Breaks,
}

impl Sessions {
    /// Sessions with these settings, which distrust each other when `breaks` counts.
    pub(super) fn new(options: PgConnectOptions, breaks: Breaks) -> Self {
        Self { options, breaks }
    }
}

impl bb8::ManageConnection for Sessions {
    type Connection = Session;
    type Error = sqlx::Error;

    async fn connect(&self) -> Result<Session, sqlx::Error> {
        let tried_at = self.breaks.count();
        let connection = open(&self.options, OPENING_LIMIT).await?;
        Ok(Session {
            connection,
            busy: false,
            tried_at,
        })
    }

    async fn is_valid(&self, session: &mut Session) -> Result<(), sqlx::Error> {
        let now = self.breaks.count();
        if session.tried_at != now {
            let ping = session.work().ping();
            timeout(TRIAL_LIMIT, ping)
                .await
                .map_err(|_| sqlx::Error::PoolTimedOut)??;
            session.rest();
            session.tried_at = now;
        }
        Ok(())
    }

    fn has_broken(&self, session: &mut Session) -> bool {
        session.busy
    }
}

/// Opens a connection of its own.
pub(super) async fn open(
    options: &PgConnectOptions,
    limit: Duration,
) -> Result<PgConnection, sqlx::Error> {
    timeout(limit, options.connect())
        .await
        .map_err(|_| sqlx::Error::PoolTimedOut)?
}

/// Keeps what the pool's background connecting failed with, for the message that the waiting caller gets.
#[derive(Debug, Clone, Default)]
pub(super) struct LastFailure(Arc<Mutex<Option<String>>>);

impl LastFailure {
    /// Why no session could be opened lately; `None` when all there may be are busy.
    pub(super) fn cause(&self) -> Option<String> {
        self.0.lock().clone()
    }

    /// A session was had: what failed before is past.
    pub(super) fn forget(&self) {
        self.0.lock().take();
    }
}

impl bb8::ErrorSink<sqlx::Error> for LastFailure {
    fn sink(&self, error: sqlx::Error) {
        *self.0.lock() = Some(explained(&error));
    }

    fn boxed_clone(&self) -> Box<dyn bb8::ErrorSink<sqlx::Error>> {
        Box::new(self.clone())
    }
}
