//! What is done and not yet crossed out: gathered, so that a message with nothing to find costs no transaction of its own.
//!
//! A worker that dies before it has crossed something out has it done again, which does no harm.

use std::time::Duration;

use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

use super::Worker;
use crate::{domain::id::JobId, ports::queue::Claim};

/// With so many it is time to cross them out.
const MANY: usize = 256;
/// And after so long, however few there are; far below any lease.
const AFTER: Duration = Duration::from_millis(100);

/// Jobs that are done.
#[derive(Default)]
pub(super) struct Settling {
    /// Those whose rows are still to be removed.
    rows: Vec<JobId>,
    claims: Vec<Claim>,
}

impl Settling {
    /// Adds a claim, with the row that is to go before it.
    pub(super) fn add(&mut self, claim: Claim, row: Option<JobId>) {
        self.rows.extend(row);
        self.claims.push(claim);
    }

    /// Adds a row that no claim is left for.
    pub(super) fn row(&mut self, row: Option<JobId>) {
        self.rows.extend(row);
    }

    fn append(&mut self, other: Self) {
        self.rows.extend(other.rows);
        self.claims.extend(other.claims);
    }

    /// Crosses everything out: first the rows, then the claims. What fails is logged, and done again one day.
    pub(super) async fn settle(self, worker: &Worker) {
        let Self { rows, claims } = self;
        if !rows.is_empty()
            && let Err(error) = worker.store.finish_jobs(&rows).await
        {
            tracing::warn!(%error, jobs = rows.len(), "jobs that are done keep their rows for now, and will be done again");
        }
        worker.settle(&claims).await;
    }
}

/// Crosses out what comes, by the handful, until nothing more can come.
pub(super) async fn settle_all(worker: &Worker, mut done: mpsc::Receiver<Settling>) {
    while let Some(mut settling) = done.recv().await {
        let due = Instant::now() + AFTER;
        while settling.claims.len() < MANY {
            match timeout_at(due, done.recv()).await {
                Ok(Some(more)) => settling.append(more),
                Ok(None) | Err(_) => break,
            }
        }
        settling.settle(worker).await;
    }
}
