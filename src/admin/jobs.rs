//! `belfry admin jobs`

use std::fmt::Write;

use clap::{Args, Subcommand};
use uuid::Uuid;

use super::{
    AdminError, json,
    table::{plain, short, table},
};
use crate::{
    domain::{
        id::JobId,
        job::{Job, State},
    },
    ports::store::{JobQuery, Store},
    protocol::rest::{FullJob, FullJobListAnswer},
};

/// The most characters of an error in a list.
const ERROR_SHOWN: usize = 80;

/// What there is to do with jobs.
#[derive(Debug, Subcommand)]
pub enum Jobs {
    /// List jobs, the newest first
    List {
        /// Only those in this state: waiting, delayed, active, completed, dead or cancelled
        #[arg(long, value_parser = state)]
        state: Option<State>,
        /// Which, and how
        #[command(flatten)]
        listing: Listing,
    },
    /// List those that were given up, the newest first
    Dead(Listing),
    /// Show a job, with what it was given and every attempt that failed
    Show(One),
    /// Have a dead job tried again, with all its attempts
    Retry(One),
    /// End a job: one that waits at once, an active one when its worker has heard of it
    Cancel(One),
}

/// A part of a list.
#[derive(Debug, Args)]
pub struct Listing {
    /// Only those of this type
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Only those older than this job
    #[arg(long, value_name = "ID")]
    before: Option<Uuid>,
    /// How many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=1_000))]
    limit: i64,
    /// As JSON, as the REST interface says it
    #[arg(long)]
    json: bool,
}

/// One job.
#[derive(Debug, Args)]
pub struct One {
    /// The job's id
    id: Uuid,
    /// As JSON, as the REST interface says it
    #[arg(long)]
    json: bool,
}

fn state(word: &str) -> Result<State, String> {
    State::parse(word).ok_or_else(|| {
        let words: Vec<&str> = State::ALL.into_iter().map(State::as_str).collect();
        format!("it is one of {}", words.join(", "))
    })
}

impl Jobs {
    pub(super) async fn carry_out(self, store: &dyn Store) -> Result<String, AdminError> {
        match self {
            Self::List { state, listing } => list(store, state, listing).await,
            Self::Dead(listing) => list(store, Some(State::Dead), listing).await,
            Self::Show(one) => {
                let job = find(store, one.id).await?;
                Ok(one.said(&job, &in_full(&job)))
            }
            Self::Retry(one) => retry(store, one).await,
            Self::Cancel(one) => cancel(store, one).await,
        }
    }
}

impl One {
    fn said(&self, job: &Job, in_words: &str) -> String {
        match self.json {
            true => json(&FullJob::of(job)),
            false => in_words.to_owned(),
        }
    }
}

async fn list(
    store: &dyn Store,
    state: Option<State>,
    listing: Listing,
) -> Result<String, AdminError> {
    let query = JobQuery {
        owner: None,
        state,
        kind: listing.kind,
        before: listing.before.map(JobId),
        limit: listing.limit + 1,
    };
    let mut jobs = store.jobs(&query).await?;
    let more = jobs.len() as i64 > listing.limit;
    jobs.truncate(listing.limit as usize);
    let next = jobs.last().filter(|_| more).map(|job| job.id);
    if listing.json {
        return Ok(json(&FullJobListAnswer {
            jobs: jobs.iter().map(FullJob::of).collect(),
            next_cursor: next,
        }));
    }
    if jobs.is_empty() {
        return Ok("No jobs.\n".to_owned());
    }
    let rows: Vec<[String; 7]> = jobs.iter().map(row).collect();
    let heading = [
        "ID", "TYPE", "STATE", "ATTEMPTS", "OWNER", "UPDATED", "ERROR",
    ];
    let mut text = table(heading, &rows);
    if let Some(next) = next {
        let _ = writeln!(text, "There are more: --before {next}");
    }
    Ok(text)
}

fn row(job: &Job) -> [String; 7] {
    [
        job.id.to_string(),
        plain(&job.kind),
        job.state.as_str().to_owned(),
        format!("{}/{}", job.attempts, job.max_attempts),
        job.owner
            .as_ref()
            .map_or_else(|| "-".to_owned(), |owner| short(&plain(owner.as_str()), 40)),
        job.updated_at.to_string(),
        short(&plain(job.error().unwrap_or_default()), ERROR_SHOWN),
    ]
}

/// All that is known of a job, a line each.
fn in_full(job: &Job) -> String {
    let mut lines = vec![
        ("id", job.id.to_string()),
        ("type", plain(&job.kind)),
        ("state", job.state.as_str().to_owned()),
        ("progress", format!("{} %", job.progress)),
        ("attempts", format!("{}/{}", job.attempts, job.max_attempts)),
        ("priority", job.priority.as_str().to_owned()),
        (
            "owner",
            job.owner
                .as_ref()
                .map_or_else(|| "-".to_owned(), |owner| plain(owner.as_str())),
        ),
        ("asked for", job.created_at.to_string()),
        ("updated", job.updated_at.to_string()),
    ];
    if let Some(at) = job.run_at.filter(|_| job.state == State::Delayed) {
        lines.push(("not before", at.to_string()));
    }
    if let Some(at) = job.expires_at {
        lines.push(("expires", at.to_string()));
    }
    lines.push(("payload", plain(&job.payload)));
    if let Some(result) = &job.result {
        lines.push(("result", plain(result)));
    }
    let mut text = String::new();
    for (name, value) in lines {
        let _ = writeln!(text, "{name:<11}{value}");
    }
    if job.cancel_asked && !job.state.has_ended() {
        text.push_str("Its worker has been asked to end it.\n");
    }
    if !job.failures.is_empty() {
        let failures = job.failures.iter().map(|failure| {
            let attempt = match failure.attempt {
                0 => "-".to_owned(),
                attempt => attempt.to_string(),
            };
            [attempt, failure.at.to_string(), plain(&failure.error)]
        });
        text.push('\n');
        text.push_str(&table(
            ["ATTEMPT", "FAILED AT", "ERROR"],
            &failures.collect::<Vec<_>>(),
        ));
    }
    text
}

async fn retry(store: &dyn Store, one: One) -> Result<String, AdminError> {
    let before = find(store, one.id).await?;
    if before.state != State::Dead {
        return Err(AdminError::Refused(format!(
            "the job is {}; only a dead one can be tried again",
            before.state.as_str()
        )));
    }
    let retried = store.retry_job(before.id).await?;
    let job = retried.ok_or_else(|| absent(one.id))?;
    let words = format!(
        "The job {} waits again; a worker is given it within 5 s.\n",
        job.id
    );
    Ok(one.said(&job, &words))
}

async fn cancel(store: &dyn Store, one: One) -> Result<String, AdminError> {
    let before = find(store, one.id).await?;
    if before.state.has_ended() {
        return Err(AdminError::Refused(format!(
            "the job is {} already",
            before.state.as_str()
        )));
    }
    let cancelled = store.cancel_job(before.id).await?;
    let job = cancelled.ok_or_else(|| absent(one.id))?;
    let words = match job.state {
        State::Cancelled => format!("The job {} is cancelled.\n", job.id),
        State::Active => format!(
            "The worker of the job {} has been asked to end it.\n",
            job.id
        ),
        state => format!("The job {} is {}.\n", job.id, state.as_str()),
    };
    Ok(one.said(&job, &words))
}

async fn find(store: &dyn Store, id: Uuid) -> Result<Job, AdminError> {
    store.job(JobId(id)).await?.ok_or_else(|| absent(id))
}

fn absent(id: Uuid) -> AdminError {
    AdminError::Refused(format!("there is no job {id}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        id::UserId,
        job::{FailedAttempt, Priority},
        timestamp::Timestamp,
    };

    #[test]
    fn a_dead_job_is_shown_with_every_attempt_on_a_line_of_its_own() {
        let at = Timestamp::from_millis(1_700_000_000_000);
        let failed = |attempt, error: &str| FailedAttempt {
            attempt,
            at,
            error: error.to_owned(),
        };
        let job = Job {
            id: JobId(Uuid::nil()),
            kind: "room.export".to_owned(),
            payload: r#"{"roomId":"attic"}"#.to_owned(),
            owner: UserId::parse("ada").ok(),
            priority: Priority::Normal,
            state: State::Dead,
            progress: 40,
            attempts: 2,
            max_attempts: 2,
            run_at: None,
            expires_at: None,
            cancel_asked: false,
            result: None,
            failures: vec![failed(1, "first\nline"), failed(2, "second \u{1b}[2J")],
            created_at: at,
            updated_at: at,
        };
        let text = in_full(&job);
        assert!(
            text.contains("payload    {\"roomId\":\"attic\"}\n"),
            "{text}"
        );
        assert!(
            text.contains("2023-11-14T22:13:20.000Z  first\\nline\n"),
            "{text}"
        );
        assert!(text.contains("second \\u{1b}[2J\n"), "{text}");
        assert_eq!(row(&job)[3], "2/2");
        assert_eq!(row(&job)[6], "second \\u{1b}[2J");
    }
}
