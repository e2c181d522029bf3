//! How jobs ended: written by the hundred, then brought back to the queue where there is another attempt, and told to their owners.

use std::{collections::HashMap, time::Duration};

use tokio::{sync::mpsc, time::Instant};

use super::{Worker, gather::gather, live};
use crate::{
    domain::{
        id::JobId,
        job::{ENRICH, ERROR_MAX, Job, Run, State},
        timestamp::Timestamp,
    },
    ports::{
        BackendError,
        queue::{Line, Ticket},
        store::{End, Ending},
    },
};

/// Words that may wait for the store; beyond, jobs keep their slots.
const WAITING_MAX: usize = 1_024;
/// How long a word is said again to a store that is away. The leases have passed by then.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two tries.
const AGAIN: Duration = Duration::from_millis(250);

/// How a run ended.
pub(super) struct Ended {
    pub(super) end: End,
    /// How soon the queue is to hand out what waits again, where the row does not say.
    pub(super) back_in: Duration,
}

impl Ended {
    pub(super) fn new(run: Run, how: Ending) -> Self {
        Self {
            end: End { run, how },
            back_in: Duration::ZERO,
        }
    }

    /// A failed attempt. Tried again after that time; never without one.
    pub(super) fn failed(run: Run, error: &str, retry_in: Option<Duration>) -> Self {
        let how = Ending::Failed {
            error: shown(error),
            retry_in,
        };
        Self::new(run, how)
    }
}

/// An error as it can be kept.
fn shown(error: &str) -> String {
    error
        .chars()
        .map(|c| if c == '\0' { '\u{fffd}' } else { c })
        .take(ERROR_MAX)
        .collect()
}

/// Where it is said how jobs ended, and the task that writes it, which ends when nobody can say anything more.
pub(super) fn ends(worker: Worker) -> (mpsc::Sender<Ended>, impl Future<Output = ()>) {
    let (said, waiting) = mpsc::channel(WAITING_MAX);
    let writing = gather(waiting, move |batch| {
        let worker = worker.clone();
        async move { write(&worker, batch).await }
    });
    (said, writing)
}

async fn write(worker: &Worker, ended: Vec<Ended>) {
    let back: HashMap<Run, Duration> = ended
        .iter()
        .filter(|ended| !ended.back_in.is_zero())
        .map(|ended| (ended.end.run, ended.back_in))
        .collect();
    let ends: Vec<End> = ended.into_iter().map(|ended| ended.end).collect();
    let jobs = match end(worker, &ends).await {
        Ok(jobs) => jobs,
        Err(BackendError::Unavailable { .. }) => {
            tracing::warn!(
                jobs = ends.len(),
                "the store has not heard how jobs ended: they will be done again"
            );
            return;
        }
        // One of them cannot be kept as it is; the others can.
        Err(BackendError::Fault { .. }) => each(worker, &ends).await,
    };
    let again = ends
        .iter()
        .filter_map(|end| Some((end.run.job, *back.get(&end.run)?)))
        .collect();
    follow(worker, &jobs, &again).await;
}

/// Ends runs, again and again while the store is away.
async fn end(worker: &Worker, ends: &[End]) -> Result<Vec<Job>, BackendError> {
    let until = Instant::now() + PATIENCE;
    loop {
        match worker.store.end_jobs(ends).await {
            Err(BackendError::Unavailable { .. }) if Instant::now() < until => {
                tokio::time::sleep(super::pace::about(AGAIN)).await;
            }
            answer => return answer,
        }
    }
}

/// Ends runs one by one; whose result the store does not take has failed for good.
async fn each(worker: &Worker, ends: &[End]) -> Vec<Job> {
    let mut jobs = Vec::new();
    for one in ends {
        let ended = match end(worker, std::slice::from_ref(one)).await {
            Err(BackendError::Fault { .. }) => {
                let failed = Ended::failed(one.run, "Its result could not be kept.", None).end;
                end(worker, &[failed]).await
            }
            ended => ended,
        };
        match ended {
            Ok(ended) => jobs.extend(ended),
            Err(error) => error.log("the end of a job could not be written"),
        }
    }
    jobs
}

/// What follows from the jobs' new states: word to their owners, and a place in the queue.
async fn follow(worker: &Worker, jobs: &[Job], again: &HashMap<JobId, Duration>) {
    let now = Timestamp::now();
    let tickets: Vec<Ticket> = jobs
        .iter()
        .filter(|job| matches!(job.state, State::Waiting | State::Delayed))
        .map(|job| {
            let not_before = again.get(&job.id).map(|wait| {
                Timestamp::from_millis(now.as_millis().saturating_add(wait.as_millis() as i64))
            });
            ticket(job, not_before.max(job.run_at))
        })
        .collect();
    // First, since whoever gets a ticket may begin its job at once, and tell so.
    live::tell(worker, jobs);
    worker.push(&tickets).await;
    for job in jobs {
        if matches!(job.state, State::Delayed | State::Dead) {
            let (id, kind, error) = (job.id, &job.kind, job.error().unwrap_or_default());
            tracing::warn!(job = %id, kind, attempts = job.attempts, "an attempt at a job failed");
            // It may quote what people have written.
            tracing::debug!(job = %id, error, "why it failed");
        }
        let figures = &worker.metrics;
        if let Some(outcome) = outcome(job.state) {
            figures
                .jobs
                .ended(worker.handlers.label(&job.kind), outcome);
        }
        match job.state {
            State::Completed => figures.jobs.done.inc(),
            State::Delayed => figures.jobs.failed.inc(),
            State::Dead => {
                figures.jobs.failed.inc();
                figures.jobs.dead.inc()
            }
            State::Cancelled => figures.jobs.cancelled.inc(),
            State::Waiting => figures.jobs.handed_back.inc(),
            State::Active => 0,
        };
    }
}

/// The word for the end of an attempt in the figures.
fn outcome(state: State) -> Option<&'static str> {
    Some(match state {
        State::Completed => "done",
        State::Delayed => "failed",
        State::Dead => "dead",
        State::Cancelled => "cancelled",
        State::Waiting => "handed_back",
        State::Active => return None,
    })
}

/// A job's place in the queue.
pub(super) fn ticket(job: &Job, due: Option<Timestamp>) -> Ticket {
    let is_message = job.kind == ENRICH;
    Ticket {
        job: job.id,
        line: if is_message {
            Line::Messages
        } else {
            Line::Jobs(job.priority)
        },
        due,
        message: is_message
            .then(|| serde_json::from_str(&job.payload).ok())
            .flatten(),
        again: is_message,
    }
}
