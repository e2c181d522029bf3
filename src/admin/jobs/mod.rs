//! `belfry admin jobs`

mod words;

use clap::{Args, Subcommand};
use uuid::Uuid;

use self::words::{in_full, row};
use super::{
    AdminError,
    answer::{Limit, answer},
    refused,
};
use crate::{
    domain::{
        id::JobId,
        job::{Job, State},
    },
    ports::store::{JobQuery, Store},
    protocol::rest::{FullJob, FullJobListAnswer},
};

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
    #[command(flatten)]
    limit: Limit,
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
                Ok(answer(one.json, &FullJob::of(&job), || in_full(&job)))
            }
            Self::Retry(one) => retry(store, one).await,
            Self::Cancel(one) => cancel(store, one).await,
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
        limit: listing.limit.asked(),
    };
    let page = listing.limit.page(store.jobs(&query).await?);
    let next = page.last_of_more().map(|job| job.id);
    let value = FullJobListAnswer {
        jobs: page.shown.iter().map(FullJob::of).collect(),
        next_cursor: next,
    };
    Ok(answer(listing.json, &value, || {
        let heading = [
            "ID", "TYPE", "STATE", "ATTEMPTS", "OWNER", "UPDATED", "ERROR",
        ];
        let next = next.map(|next| format!("--before {next}"));
        page.table("jobs", heading, row, next)
    }))
}

async fn retry(store: &dyn Store, one: One) -> Result<String, AdminError> {
    let before = find(store, one.id).await?;
    if before.state != State::Dead {
        return refused(format!(
            "the job is {}; only a dead one can be tried again",
            before.state.as_str()
        ));
    }
    let retried = store.retry_job(before.id).await?;
    let job = retried.ok_or_else(|| absent(one.id))?;
    Ok(answer(one.json, &FullJob::of(&job), || {
        format!(
            "The job {} waits again; a worker is given it within 5 s.\n",
            job.id
        )
    }))
}

async fn cancel(store: &dyn Store, one: One) -> Result<String, AdminError> {
    let before = find(store, one.id).await?;
    if before.state.has_ended() {
        return refused(format!("the job is {} already", before.state.as_str()));
    }
    let cancelled = store.cancel_job(before.id).await?;
    let job = cancelled.ok_or_else(|| absent(one.id))?;
    Ok(answer(one.json, &FullJob::of(&job), || match job.state {
        State::Cancelled => format!("The job {} is cancelled.\n", job.id),
        State::Active => format!(
            "The worker of the job {} has been asked to end it.\n",
            job.id
        ),
        state => format!("The job {} is {}.\n", job.id, state.as_str()),
    }))
}

async fn find(store: &dyn Store, id: Uuid) -> Result<Job, AdminError> {
    store.job(JobId(id)).await?.ok_or_else(|| absent(id))
}

fn absent(id: Uuid) -> AdminError {
    AdminError::Refused(format!("there is no job {id}"))
}
