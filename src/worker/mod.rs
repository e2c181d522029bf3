//! The worker: takes jobs from the queue, does them, and commits what came of them. Beside the servers or inside one.
//!
//! The store's row is the truth about a job, the queue its fast path. A job that is done loses its row with the commit of its result; one
//! whose row stays is handed out again by the sweep. So a job is done at least once, whatever dies, and each job may be
//! done twice without harm.

pub mod jobs;
mod settling;
mod sweep;

use std::{sync::Arc, time::Duration};

use futures_util::{FutureExt, future::join_all};
use rand::RngExt;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use self::settling::Settling;
use crate::{
    commit::writer::Writer,
    domain::{
        id::ReplicaId,
        job::{Job, Task},
    },
    metrics::Metrics,
    ports::{
        BackendError,
        queue::{Claim, Queue},
        store::Store,
    },
};

/// Jobs taken at once.
const AT_ONCE: usize = 256;
/// How long to wait for a job before looking whether to stop.
const WAIT: Duration = Duration::from_secs(1);
/// How long jobs may go on once it is time to stop; then another worker gets them.
const LAST_JOBS: Duration = Duration::from_secs(2);
/// The least time between two looks for jobs, so that a steady stream of them is taken by the handful. A job that comes after a pause
/// is taken at once.
const APART: Duration = Duration::from_millis(5);
/// How long one job may take.
const JOB_LIMIT: Duration = Duration::from_secs(10);

/// What a worker works with.
#[derive(Clone)]
pub struct Worker {
    /// Where the jobs' rows are.
    pub store: Arc<dyn Store>,
    /// Where jobs come from.
    pub queue: Arc<dyn Queue>,
    /// Where results go.
    pub writer: Arc<Writer>,
    /// Figures.
    pub metrics: Arc<Metrics>,
    /// This process.
    pub replica: ReplicaId,
}

/// Why a job could not be done now.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The store or the writer.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The result could not be committed.
    #[error("the result was not committed: {0}")]
    NotCommitted(String),
    /// It took too long.
    #[error("it took longer than {} s", JOB_LIMIT.as_secs())]
    TooSlow,
}

/// What a job has come to.
pub enum Finished {
    /// Its row went with the commit of its result.
    WithItsResult,
    /// There was nothing to commit: its row is still to be removed.
    WithoutResult,
}

impl Worker {
    /// Works until `stop`. What has been taken by then is finished, or handed back within 2 s, so that another worker does it at once.
    /// Ends within 5 s of `stop` when queue and store answer.
    pub async fn run(self, stop: CancellationToken) {
        let sweeping = tokio::spawn(sweep::run(
            self.store.clone(),
            self.queue.clone(),
            self.metrics.clone(),
            stop.clone(),
        ));
        let name = self.replica.to_string();
        let mut failures = 0_u32;
        let mut settling = Settling::default();
        let mut next = Instant::now();
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => break,
                () = sleep_until(next) => {}
            }
            let wait = settling.wait().map_or(WAIT, |left| left.min(WAIT));
            // Not given up when it is time to stop: what the queue is about to hand out would stay claimed, and nobody would do it.
            let taken = self.queue.take(&name, AT_ONCE, wait).await;
            next = Instant::now() + APART;
            match taken {
                Ok(taken) => {
                    failures = 0;
                    if taken.reborn {
                        sweep::everything(&self.store, &self.queue, &self.metrics).await;
                    }
                    if !taken.jobs.is_empty() {
                        self.work(taken.jobs, &mut settling, &stop).await;
                    }
                }
                Err(error) => {
                    if failures == 0 {
                        tracing::warn!(%error, "no jobs can be taken");
                    }
                    failures = (failures + 1).min(6);
                    let wait =
                        Duration::from_millis(rand::rng().random_range(50..=100) << failures);
                    tokio::select! {
                        () = stop.cancelled() => break,
                        () = tokio::time::sleep(wait) => {}
                    }
                }
            }
            if settling.is_due() {
                settling.settle(&self).await;
            }
        }
        settling.settle(&self).await;
        let _ = sweeping.await;
    }

    async fn work(
        &self,
        taken: Vec<(Claim, Job)>,
        settling: &mut Settling,
        stop: &CancellationToken,
    ) {
        let out_of_time = async {
            stop.cancelled().await;
            tokio::time::sleep(LAST_JOBS).await;
        }
        .shared();
        let results = join_all(taken.iter().map(|(_, job)| {
            let out_of_time = out_of_time.clone();
            async move {
                tokio::select! {
                    result = self.one(job) => Some(result),
                    () = out_of_time => None,
                }
            }
        }))
        .await;
        let mut unfinished: (Vec<Claim>, Vec<Job>) = Default::default();
        let mut failed = Vec::new();
        for ((claim, job), result) in taken.into_iter().zip(results) {
            match result {
                None => {
                    unfinished.0.push(claim);
                    unfinished.1.push(job);
                }
                Some(Ok(finished)) => {
                    self.metrics.jobs_done.inc();
                    let row = matches!(finished, Finished::WithoutResult).then_some(job.id);
                    settling.add(claim, row);
                }
                Some(Err(error)) => {
                    self.metrics.jobs_failed.inc();
                    tracing::warn!(%error, job = %job.id, attempts = job.attempts, "a job failed and will be tried again");
                    failed.push((claim, job, error.to_string()));
                }
            }
        }
        // Added again before the claims end: in between a job may be there twice, but never not at all.
        match self.queue.push(&unfinished.1).await {
            Ok(()) => unfinished
                .0
                .into_iter()
                .for_each(|claim| settling.add(claim, None)),
            Err(error) => {
                tracing::warn!(%error, jobs = unfinished.1.len(), "unfinished jobs wait until their claims run out");
            }
        }
        let noted = join_all(
            failed
                .iter()
                .map(|(_, job, error)| self.store.fail_job(job.id, error, back_off(job.attempts))),
        )
        .await;
        for ((claim, ..), noted) in failed.into_iter().zip(noted) {
            // When the store takes the failure it hands the job out later; else the claim runs out.
            if noted.is_ok() {
                settling.add(claim, None);
            }
        }
    }

    async fn one(&self, job: &Job) -> Result<Finished, JobError> {
        let span = tracing::debug_span!("job", id = %job.id, attempts = job.attempts);
        let work = match &job.task {
            Task::EnrichMessage(text) => jobs::enrich::run(self, job.id, text).instrument(span),
        };
        timeout(JOB_LIMIT, work)
            .await
            .map_err(|_| JobError::TooSlow)?
    }
}

/// 1 s, 2 s, 4 s … 5 min, each up to half longer.
fn back_off(attempts: i32) -> Duration {
    let seconds = 1_u64 << attempts.clamp(0, 8);
    Duration::from_millis(seconds * rand::rng().random_range(1_000..=1_500))
}
