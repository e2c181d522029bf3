//! What is done and not yet crossed out: gathered, so that a message with nothing to find costs no transaction of its own.
//!
//! A worker that dies before it has crossed something out has it done again, which does no harm.

use std::time::Duration;

use tokio::time::Instant;

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
    due: Option<Instant>,
}

impl Settling {
    /// Adds a claim, with the row that is to go before it.
    pub(super) fn add(&mut self, claim: Claim, row: Option<JobId>) {
        self.rows.extend(row);
        self.claims.push(claim);
        self.due.get_or_insert_with(|| Instant::now() + AFTER);
    }

    /// Adds a row that no claim is left for.
    pub(super) fn row(&mut self, row: Option<JobId>) {
        self.rows.extend(row);
    }

    /// How long there is until it is time; `None` when there is nothing.
    pub(super) fn wait(&self) -> Option<Duration> {
        self.due
            .map(|due| due.saturating_duration_since(Instant::now()))
    }

    pub(super) fn is_due(&self) -> bool {
        self.claims.len() >= MANY || self.due.is_some_and(|due| due <= Instant::now())
    }

    /// Crosses everything out: first the rows, then the claims. What fails is logged, and done again one day.
    pub(super) async fn settle(&mut self, worker: &Worker) {
        let (rows, claims) = (
            std::mem::take(&mut self.rows),
            std::mem::take(&mut self.claims),
        );
        self.due = None;
        if !rows.is_empty()
            && let Err(error) = worker.store.finish_jobs(&rows).await
        {
            tracing::warn!(%error, jobs = rows.len(), "jobs that are done keep their rows for now, and will be done again");
        }
        worker.settle(&claims).await;
    }
}
