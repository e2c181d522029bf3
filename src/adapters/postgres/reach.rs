//! Whether Postgres can be reached. While it cannot, calls fail at once and a prober looks for its return.
//!
//! A statement that is not answered although the server would have ended it by then, or no connection to be had, and nothing heard
//! from the server meanwhile by anybody else: that is an outage. Everybody who waits for nothing is then told so without waiting, and nothing piles up; the prober opens connections of its own,
//! so no caller pays for trying.

use std::{
    fmt::Display,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use parking_lot::Mutex;
use rand::RngExt;
use sqlx::{Connection, postgres::PgConnectOptions};
use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::{
    BACKEND,
    session::{self, Breaks, OPENING_LIMIT},
};
use crate::adapters::outage::Outage;

/// Between two probes at first; it grows to [`PAUSE_MAX`].
const PAUSE: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_millis(800);
/// Probes under way at once: one that hangs must not keep the next one from finding the way.
const PROBES_MAX: usize = 3;

/// What is known about the server.
#[derive(Debug)]
pub(super) struct Reach {
    outage: Outage,
    options: PgConnectOptions,
    breaks: Breaks,
    prober: Mutex<Option<JoinHandle<()>>>,
    began: Instant,
    /// In microseconds since then.
    heard: AtomicU64,
}

impl Reach {
    pub(super) fn new(options: PgConnectOptions, breaks: Breaks) -> Arc<Self> {
        Arc::new(Self {
            outage: Outage::of(BACKEND),
            options,
            breaks,
            prober: Mutex::default(),
            began: Instant::now(),
            heard: AtomicU64::new(0),
        })
    }

    pub(super) fn is_lost(&self) -> bool {
        self.outage.is_away()
    }

    /// The server has answered something.
    pub(super) fn hear(&self) {
        self.heard
            .store(self.micros(Instant::now()), Ordering::Relaxed);
    }

    fn micros(&self, at: Instant) -> u64 {
        at.duration_since(self.began).as_micros() as u64
    }

    /// One call failed; the server is there.
    pub(super) fn complain(&self, cause: &dyn Display) {
        if self.has_heard() {
            self.outage.complains(cause);
        }
    }

    /// Until then it is whoever starts the store that tells why it does not start.
    fn has_heard(&self) -> bool {
        self.heard.load(Ordering::Relaxed) > 0
    }

    /// A call that began then could not reach the server. If nobody could, it is looked for from now on.
    pub(super) fn lose(self: &Arc<Self>, began: Instant, cause: &dyn Display) {
        if !self.has_heard() || self.heard.load(Ordering::Relaxed) > self.micros(began) {
            return;
        }
        let mut prober = self.prober.lock();
        if self.outage.begins(cause) {
            let probing = probe(Arc::downgrade(self), self.options.clone());
            *prober = Some(tokio::spawn(probing));
        }
    }

    /// Ends the prober, if there is one.
    pub(super) fn close(&self) {
        if let Some(prober) = self.prober.lock().take() {
            prober.abort();
        }
    }
}

impl Drop for Reach {
    fn drop(&mut self) {
        self.close();
    }
}

/// Tries until the server answers. It does not keep its owner.
async fn probe(reach: Weak<Reach>, options: PgConnectOptions) {
    let mut probes = FuturesUnordered::new();
    let mut pause = PAUSE;
    loop {
        let wait = pause.mul_f64(rand::rng().random_range(0.5..=1.0));
        tokio::select! {
            Some(answers) = probes.next(), if !probes.is_empty() => {
                if answers {
                    break;
                }
            }
            () = sleep(wait) => {
                pause = (pause * 3 / 2).min(PAUSE_MAX);
                if probes.len() < PROBES_MAX {
                    probes.push(answers(&options));
                }
            }
        }
    }
    if let Some(reach) = reach.upgrade() {
        // What began before, and fails yet, says nothing of now; and connections from before may be of no use.
        reach.hear();
        reach.breaks.note();
        reach.outage.ends();
    }
}

/// Whether a new connection can be had, to a server that may write.
async fn answers(options: &PgConnectOptions) -> bool {
    let asking = async {
        let mut connection = session::open(options, OPENING_LIMIT).await?;
        let sql = "SELECT current_setting('transaction_read_only') = 'off'";
        let writes: bool = sqlx::query_scalar(sql).fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok::<_, sqlx::Error>(writes)
    };
    matches!(timeout(OPENING_LIMIT, asking).await, Ok(Ok(true)))
}
