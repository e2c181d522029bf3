//! Jobs: each method and each race between two of them, told with these words; and a model that random sequences are compared with.

mod adding;
mod cancelling;
mod ending;
mod files;
mod forgetting;
mod keeping;
mod listing;
mod messages;
mod model;
mod retrying;
mod starting;
mod sweeping;

use std::time::Duration;

use belfry::{
    domain::{
        id::JobId,
        job::{Job, NewJob, Priority, Run, State},
        timestamp::Timestamp,
    },
    ports::{
        queue::Ticket,
        store::{End, Ending, Keep, Started, Sweep, Swept},
    },
};

use super::scene::{Scene, user};
use crate::support::databases::Backend;

/// Longer than any story.
const LONG: Duration = Duration::from_secs(3_600);
/// Passed as soon as it is given.
const GONE: Duration = Duration::ZERO;

/// A job that ada asks for.
fn export() -> NewJob {
    NewJob {
        id: JobId::fresh(),
        kind: "room.export".into(),
        payload: r#"{"roomId":"hall"}"#.into(),
        owner: Some(user("ada")),
        priority: Priority::Normal,
        max_attempts: 3,
        run_at: None,
        expires_at: None,
    }
}

/// A job of the system's own.
fn chore() -> NewJob {
    NewJob {
        kind: "message.preview".into(),
        owner: None,
        priority: Priority::Low,
        ..export()
    }
}

fn in_an_hour() -> Option<Timestamp> {
    Some(from_now(3_600_000))
}

fn an_hour_ago() -> Option<Timestamp> {
    Some(from_now(-3_600_000))
}

fn from_now(millis: i64) -> Timestamp {
    Timestamp::from_millis(Timestamp::now().as_millis() + millis)
}

/// What has no time of its own to be compared: the store's clock is not the test's.
fn timeless(job: &Job) -> Job {
    let at = Timestamp::from_millis(0);
    let mut job = job.clone();
    (job.created_at, job.updated_at) = (at, at);
    for failure in &mut job.failures {
        failure.at = at;
    }
    job
}

fn completed(result: &str) -> Ending {
    Ending::Completed {
        result: Some(result.into()),
    }
}

fn failed(error: &str, retry_in: Option<Duration>) -> Ending {
    Ending::Failed {
        error: error.into(),
        retry_in,
    }
}

impl Scene {
    async fn add(&self, job: NewJob) -> JobId {
        let id = job.id;
        self.store.add_jobs(&[job]).await.unwrap();
        id
    }

    async fn add_many(&self, count: usize, job: fn() -> NewJob) -> Vec<JobId> {
        let jobs: Vec<NewJob> = (0..count).map(|_| job()).collect();
        self.store.add_jobs(&jobs).await.unwrap();
        jobs.iter().map(|job| job.id).collect()
    }

    async fn try_start(&self, job: JobId, lease: Duration) -> Option<Started> {
        let mut started = self.store.start_jobs(&[job], lease).await.unwrap().started;
        assert!(started.len() <= 1);
        started.pop()
    }

    async fn start(&self, job: JobId, lease: Duration) -> Run {
        let started = self.try_start(job, lease).await;
        started.expect("it can be started").run
    }

    /// Whether the run still holds.
    async fn keep(&self, run: Run, lease: Duration) -> bool {
        let keep = Keep {
            run,
            progress: None,
        };
        !self
            .store
            .keep_jobs(&[keep], lease)
            .await
            .unwrap()
            .is_empty()
    }

    async fn end(&self, run: Run, how: Ending) -> Option<Job> {
        let mut ended = self.store.end_jobs(&[End { run, how }]).await.unwrap();
        assert!(ended.len() <= 1);
        ended.pop()
    }

    async fn job(&self, job: JobId) -> Job {
        let job = self.store.job(job).await.unwrap();
        job.expect("the job is there")
    }

    async fn state(&self, job: JobId) -> State {
        self.job(job).await.state
    }

    async fn cancel(&self, job: JobId) -> Job {
        let job = self.store.cancel_job(job).await.unwrap();
        job.expect("the job is there")
    }

    async fn retry(&self, job: JobId) -> Job {
        let job = self.store.retry_job(job).await.unwrap();
        job.expect("the job is there")
    }

    /// Has all jobs expire then, by the store's clock.
    async fn expire_in(&self, millis: i64) {
        let at = match self.database.backend {
            Backend::Postgres => format!("now() + {millis} * interval '1 ms'"),
            Backend::Sqlite => format!("CAST(unixepoch('subsec') * 1000 AS INTEGER) + {millis}"),
        };
        let expire = format!("UPDATE jobs SET expires_at = {at}");
        self.database.sql(expire).await;
    }

    async fn sweep(&self, sweep: Sweep, lease: Duration) -> Swept {
        self.store
            .sweep_jobs(sweep, &belfry::ports::queue::Line::ALL, lease, 1_000)
            .await
            .unwrap()
    }

    /// Waiting, active, dead.
    async fn counts(&self) -> (i64, i64, i64) {
        let counts = self.store.count_jobs().await.unwrap();
        (counts.waiting, counts.active, counts.dead)
    }
}

fn ids(tickets: &[Ticket]) -> Vec<JobId> {
    tickets.iter().map(|ticket| ticket.job).collect()
}

/// All that waits, whoever has it.
fn all() -> Sweep {
    Sweep::All {
        before: from_now(3_600_000),
    }
}

/// Each error with its attempt.
fn errors(job: &Job) -> Vec<(i32, &str)> {
    let failures = job.failures.iter();
    failures.map(|it| (it.attempt, it.error.as_str())).collect()
}
