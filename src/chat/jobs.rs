//! Asking for background jobs, looking at them and ending them: for those whose jobs they are, and for operators.

use std::num::NonZeroU32;

use super::{
    Chat,
    job_wish::{JobWish, Times, checked_payload},
    unavailable,
};
use crate::{
    domain::{
        error::{Code, Problem},
        id::{JobId, UserId},
        job::{ENRICH, Job, NewJob, PREVIEW, State},
        timestamp::Timestamp,
    },
    jobs::FileMade,
    ports::{
        limits::{Key, Quota},
        queue::{Line, Ticket},
        store::{JobQuery, Store},
    },
    protocol::{rest::JobView, server_event::personal},
    telemetry::trace::{self, SpanKind},
};

/// How many jobs of one user may be under way. Of requests at the same moment a few more get through.
const OPEN_MAX: i64 = 100;
/// The limit that one user's requests for jobs have, over all replicas.
const ASKS: &str = "job";

/// 5 a second, 25 at once.
fn asks() -> Quota {
    const RATE: NonZeroU32 = NonZeroU32::MIN.saturating_add(4);
    Quota::per_second(RATE, RATE.saturating_mul(super::BURST))
}

/// A page of jobs.
#[derive(Debug, Clone)]
pub struct JobList {
    /// The newest first.
    pub jobs: Vec<Job>,
    /// Where the next page begins, if there is one.
    pub next: Option<JobId>,
}

/// What came of a job.
#[derive(Debug, Clone)]
pub enum JobResult {
    /// A file.
    File {
        /// What it is.
        made: FileMade,
        /// Its first part; the others are to be had from [`Chat::result_part`], from 1.
        first: Vec<u8>,
    },
    /// JSON.
    Json(String),
}

impl Chat {
    /// Stores a job, and sees to it that it is brought to the queue. The answer is the job as it was then.
    pub async fn ask_for_job(&self, asker: &UserId, wish: JobWish) -> Result<Job, Problem> {
        let of_the_system = [ENRICH, PREVIEW].contains(&wish.kind.as_str());
        let handler = self.parts.handlers.get(&wish.kind);
        let handler = handler.filter(|_| !of_the_system).ok_or_else(|| {
            let named: String = wish.kind.chars().take(64).collect();
            Problem::invalid(format!("There is no type of job called `{named}`."))
        })?;
        let payload = checked_payload(wish.payload.as_deref())?;
        let times = Times::of(wish.delay_ms, wish.expires_ms)?;
        self.may_ask(asker).await?;
        handler.admit(payload, asker, &*self.parts.store).await?;
        let open = self.parts.store.open_jobs(asker).await;
        if open.map_err(unavailable)? >= OPEN_MAX {
            return Err(Problem::rate_limited(
                format!("You have {OPEN_MAX} jobs under way; wait for one of them, or cancel one."),
                None,
            ));
        }
        let job = NewJob {
            id: JobId::fresh(),
            kind: wish.kind,
            payload: payload.to_owned(),
            owner: Some(asker.clone()),
            priority: wish.priority.unwrap_or_default(),
            max_attempts: handler.rules().max_attempts,
            run_at: times.run_at,
            expires_at: times.expires_at,
        };
        let added = job.stored(Timestamp::now());
        self.record_asking(&job);
        let asked = self.parts.intake.add(job).map_err(|_| uncertain())?;
        asked.answer().await.map_err(|_| uncertain())?;
        self.tell_owner(&added);
        Ok(added)
    }

    /// A job has a trace of its own, which the request's names, and the other way round.
    fn record_asking(&self, job: &NewJob) {
        let place = self.parts.tracer.of_job(job.id);
        let Some(mut asking) = place.own_span("ask for a job", SpanKind::Producer, 0) else {
            trace::note(|span| span.set("belfry.job.id", job.id.to_string()));
            return;
        };
        asking.set("belfry.job.id", job.id.to_string());
        asking.set("belfry.job.type", job.kind.clone());
        trace::note(|span| {
            span.set("belfry.job.id", job.id.to_string());
            span.link(asking.context());
            asking.link(span.context());
        });
    }

    async fn may_ask(&self, asker: &UserId) -> Result<(), Problem> {
        let key = Key::new(ASKS, asker.as_str());
        match self.parts.limits.take(&key, asks()).await.refused() {
            None => Ok(()),
            Some(wait) => Err(Problem::rate_limited(
                "You ask for jobs faster than this server takes; wait a little.",
                Some(wait),
            )),
        }
    }

    /// The asker's jobs, at most `limit` (checked), older than `before`.
    pub async fn jobs(
        &self,
        asker: &UserId,
        state: Option<State>,
        before: Option<JobId>,
        limit: i64,
    ) -> Result<JobList, Problem> {
        let query = JobQuery {
            owner: Some(asker.clone()),
            state,
            kind: None,
            before,
            limit,
        };
        list(&*self.parts.store, query).await
    }

    /// A job of the asker's.
    pub async fn job(&self, asker: &UserId, id: JobId) -> Result<Job, Problem> {
        let job = find(&*self.parts.store, id).await?;
        let theirs = job.owner.as_ref() == Some(asker);
        theirs.then_some(job).ok_or_else(no_job)
    }

    /// Ends a job of the asker's: one that waits at once, an active one when its worker has heard of it. What has ended stays as it is.
    /// The answer is the job as it is now.
    pub async fn cancel_job(&self, asker: &UserId, id: JobId) -> Result<Job, Problem> {
        self.job(asker, id).await?;
        self.cancel_any_job(id).await
    }

    /// What came of a job of the asker's.
    pub async fn job_result(&self, asker: &UserId, id: JobId) -> Result<JobResult, Problem> {
        let job = self.job(asker, id).await?;
        if job.state != State::Completed {
            return Err(Problem::new(
                Code::Conflict,
                format!(
                    "The job is {}; only a completed one has a result.",
                    job.state.as_str()
                ),
            ));
        }
        let result = job.result.filter(|result| result != "null");
        let result = result
            .ok_or_else(|| Problem::new(Code::NotFound, "The job has left nothing behind."))?;
        let Some(made) = FileMade::of(&result) else {
            return Ok(JobResult::Json(result));
        };
        let first = self.result_part(id, 0).await?;
        let first = first.ok_or_else(|| {
            Problem::new(
                Code::NotFound,
                "The file is kept no longer; ask for it again.",
            )
        })?;
        Ok(JobResult::File { made, first })
    }

    /// A part of the file of a completed job, which is the asker's for the caller to know; none after the last one.
    pub async fn result_part(&self, id: JobId, part: i32) -> Result<Option<Vec<u8>>, Problem> {
        let read = self.parts.store.result_part(id, part).await;
        read.map_err(unavailable)
    }

    /// For operators: jobs of everybody and of the system's own, at most `limit` (checked), older than `before`.
    pub async fn all_jobs(
        &self,
        state: State,
        kind: Option<String>,
        before: Option<JobId>,
        limit: i64,
    ) -> Result<JobList, Problem> {
        if kind.as_ref().is_some_and(|kind| kind.contains('\0')) {
            return Err(Problem::invalid(
                "`type` is the name of a type of job, without NUL.",
            ));
        }
        let query = JobQuery {
            owner: None,
            state: Some(state),
            kind,
            before,
            limit,
        };
        list(&*self.parts.store, query).await
    }

    /// For operators: any job.
    pub async fn any_job(&self, id: JobId) -> Result<Job, Problem> {
        find(&*self.parts.store, id).await
    }

    /// For operators: has a dead job tried again, with all its attempts. The answer is the job as it is now.
    pub async fn retry_any_job(&self, id: JobId) -> Result<Job, Problem> {
        let job = retry(&*self.parts.store, id).await?;
        self.tell_owner(&job);
        self.bring(&job, true).await;
        Ok(job)
    }

    /// For operators: as [`Chat::cancel_job`], for any job.
    pub async fn cancel_any_job(&self, id: JobId) -> Result<Job, Problem> {
        let Cancelled { job, just_now } = cancel(&*self.parts.store, id).await?;
        if just_now {
            self.tell_owner(&job);
        }
        Ok(job)
    }

    /// The asker has the answer; their other devices learn of it here.
    fn tell_owner(&self, job: &Job) {
        if let Some(owner) = &job.owner {
            let update = personal(owner, "job:update", &JobView::of(job));
            self.parts.telling.tell(vec![update]);
        }
    }

    /// Best effort: the sweep brings what does not get there.
    async fn bring(&self, job: &Job, again: bool) {
        if job.state.has_ended() {
            return;
        }
        let pushed = self.parts.queue.push(&[ticket(job, again)]).await;
        if let Err(error) = pushed {
            tracing::debug!(%error, job = %job.id, "a job waits for the sweep");
        }
    }
}

/// `unavailable`, in the words of who asks for jobs.
fn uncertain() -> Problem {
    Problem {
        message: "Not done, or not known to be: look at your jobs before you ask again.".into(),
        ..Problem::unavailable()
    }
}

/// A job's place in the queue.
fn ticket(job: &Job, again: bool) -> Ticket {
    let message = (job.kind == ENRICH)
        .then(|| serde_json::from_str(&job.payload).ok())
        .flatten();
    Ticket {
        job: job.id,
        line: match job.kind.as_str() {
            ENRICH => Line::Messages,
            _ => Line::Jobs(job.priority),
        },
        due: job.run_at.filter(|_| job.state == State::Delayed),
        message,
        again,
    }
}

/// A page of jobs; `query.limit` has been checked.
async fn list(store: &dyn Store, query: JobQuery) -> Result<JobList, Problem> {
    let limit = query.limit as usize;
    let query = JobQuery {
        limit: query.limit + 1,
        ..query
    };
    let mut jobs = store.jobs(&query).await.map_err(unavailable)?;
    let more = jobs.len() > limit;
    jobs.truncate(limit);
    let next = jobs.last().filter(|_| more).map(|job| job.id);
    Ok(JobList { jobs, next })
}

/// Any job.
async fn find(store: &dyn Store, id: JobId) -> Result<Job, Problem> {
    let found = store.job(id).await.map_err(unavailable)?;
    found.ok_or_else(no_job)
}

/// Has a dead job tried again; the sweep brings it to the queue if nobody else does.
async fn retry(store: &dyn Store, id: JobId) -> Result<Job, Problem> {
    let before = find(store, id).await?;
    if before.state != State::Dead {
        return Err(Problem::new(
            Code::Conflict,
            format!(
                "The job is {}; only a dead one can be tried again.",
                before.state.as_str()
            ),
        ));
    }
    let retried = store.retry_job(id).await.map_err(unavailable)?;
    retried.ok_or_else(no_job)
}

/// A job that somebody wanted to end.
struct Cancelled {
    /// As it is now.
    job: Job,
    /// Whether that has ended it. Else it had ended before, or its worker is to end it.
    just_now: bool,
}

/// Cancels any job, or asks its worker to end it; what has ended stays as it is.
async fn cancel(store: &dyn Store, id: JobId) -> Result<Cancelled, Problem> {
    let before = find(store, id).await?;
    if before.state.has_ended() {
        return Ok(Cancelled {
            job: before,
            just_now: false,
        });
    }
    let job = store.cancel_job(id).await.map_err(unavailable)?;
    let job = job.ok_or_else(no_job)?;
    Ok(Cancelled {
        just_now: job.state == State::Cancelled,
        job,
    })
}

fn no_job() -> Problem {
    Problem::new(Code::NotFound, "There is no such job.")
}
