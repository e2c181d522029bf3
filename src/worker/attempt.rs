//! One attempt at a job: its handler, within its time, for as long as the job is this worker's.

use std::{any::Any, borrow::Cow, panic::AssertUnwindSafe, pin::pin, sync::Arc, time::Duration};

use futures_util::FutureExt;
use serde_json::Value;
use tokio::{
    sync::mpsc::Permit,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{ends::Ended, floor::Floor, live, room::Seat, underway::Held};
use crate::{
    domain::timestamp::Timestamp,
    jobs::{AnyHandler, BackOff, JobError},
    ports::store::{Ending, Started},
    telemetry::trace::{self, Scope, SpanKind},
};

/// The longest result of a job, in bytes of JSON; what is longer belongs into a file.
const RESULT_MAX: usize = 64 * 1024;

/// A job that has been started, and has a place here.
pub(super) struct Ready {
    pub(super) started: Started,
    pub(super) seat: Seat,
    /// When it was started, as this worker knows it: its lease begins no sooner.
    pub(super) since: Instant,
    /// Cancelled when nobody here may do it any more.
    pub(super) lost: CancellationToken,
}

/// What became of an attempt.
enum Outcome {
    Returned(Result<Value, JobError>),
    Panicked,
    TooLong,
    Lost,
    OutOfTime,
    NotEnding,
}

/// Does a job, and says how it ended. It does not panic, whatever the handler does.
pub(super) async fn attempt(floor: Arc<Floor>, ready: Ready) {
    let (run, attempts) = (ready.started.run, ready.started.job.attempts);
    let doing = AssertUnwindSafe(do_it(&floor, ready)).catch_unwind();
    if let Err(panic) = doing.await {
        tracing::error!(job = %run.job, attempts, "the work on a job broke off");
        tracing::debug!(job = %run.job, panic = %words(&*panic), "what it said");
        let held = floor.underway.find(run);
        if held.is_none_or(|held| floor.underway.end(&held)) {
            let again = Some(BackOff::default().after(attempts));
            floor.ended(Ended::failed(run, PANICKED, again)).await;
        }
    }
}

async fn do_it(floor: &Floor, ready: Ready) {
    let Ready {
        started,
        seat,
        since,
        lost,
    } = ready;
    let (worker, pace) = (&floor.worker, &floor.worker.pace);
    let (run, attempts) = (started.run, started.job.attempts);
    let lease_until = since + pace.lease;
    if Instant::now() + pace.margin >= lease_until {
        // It has waited here for too long: somebody else may have it soon.
        return floor.ended(Ended::new(run, Ending::HandedBack)).await;
    }
    let kind = worker.handlers.label(&started.job.kind);
    let Some(handler) = worker.handlers.get(&started.job.kind).cloned() else {
        let wait = BackOff::default().after(attempts);
        let ended = Ended::failed(run, "No worker knows this type.", Some(wait));
        return floor.ended(ended).await;
    };
    let rules = handler.rules();
    live::tell(worker, [&started.job]);
    worker.metrics.jobs.running.inc();
    worker
        .metrics
        .jobs
        .wait_seconds
        .observe(waited(&started).as_secs_f64());
    let begun = Instant::now();
    let held = floor
        .underway
        .begin(started, lease_until, rules.time_limit, lost, worker);
    let outcome = supervised(floor, &held, &*handler, rules.time_limit).await;
    let time = begun.elapsed();
    floor.room.took(time);
    worker.metrics.jobs.took(kind, time);
    worker.metrics.jobs.running.dec();
    if floor.underway.end(&held) {
        let again = Some(rules.back_off.after(attempts));
        let ended = match outcome {
            Outcome::Returned(Ok(result)) => completed(&held, &result),
            Outcome::Returned(Err(JobError::Hopeless(error))) => Ended::failed(run, &error, None),
            Outcome::Returned(Err(JobError::Cancelled)) if held.is_cancelled() => {
                Ended::new(run, Ending::Cancelled)
            }
            Outcome::Returned(Err(JobError::Cancelled)) => {
                Ended::failed(run, "It ended as if cancelled, and was not.", again)
            }
            Outcome::Returned(Err(error)) => Ended::failed(run, &error.to_string(), again),
            Outcome::Panicked => Ended::failed(run, PANICKED, again),
            Outcome::TooLong => Ended::failed(run, &too_long(rules.time_limit), again),
            Outcome::NotEnding => Ended::new(run, Ending::Cancelled),
            Outcome::Lost | Outcome::OutOfTime => Ended::new(run, Ending::HandedBack),
        };
        floor.ended(ended).await;
    }
    drop(seat);
}

/// Says how a job ended whose handler does not come back: it never awaits, or its end does not. Its slot stays taken, as it is.
pub(super) fn give_up(floor: &Floor, held: &Held, how: GiveUp, room: Permit<'_, Ended>) {
    if !floor.underway.end(held) {
        return;
    }
    held.lost.cancel();
    let job = held.running.job();
    let run = held.running.run();
    tracing::error!(job = %job.id, kind = job.kind, "the handler of a job does not come back, and keeps a slot; does it block?");
    room.send(match how {
        GiveUp::HandBack => Ended::new(run, Ending::HandedBack),
        GiveUp::End if held.is_cancelled() => Ended::new(run, Ending::Cancelled),
        GiveUp::End => {
            let rules = floor.worker.handlers.get(&job.kind).map(|it| it.rules());
            let rules = rules.unwrap_or_default();
            let again = rules.back_off.after(job.attempts);
            Ended::failed(run, &too_long(rules.time_limit), Some(again))
        }
    });
}

/// Why a handler is not waited for any longer.
pub(super) enum GiveUp {
    /// Its time is over.
    End,
    /// The worker's time is over.
    HandBack,
}

async fn supervised(
    floor: &Floor,
    held: &Held,
    handler: &dyn AnyHandler,
    limit: Duration,
) -> Outcome {
    let job = held.running.job();
    let span = tracing::debug_span!("job", job = %job.id, kind = job.kind, attempts = job.attempts);
    let place = floor.worker.tracer.of_job(job.id);
    // Without an owner it is the system's own, and has no span of its asking.
    let place = match job.owner {
        Some(_) => place,
        None => place.at_the_top(),
    };
    let recorded = place.span("job", SpanKind::Consumer);
    let scope = Scope::of(place, recorded).with(|span| {
        span.set("belfry.job.id", job.id.to_string());
        span.set("belfry.job.type", job.kind.clone());
        span.set("belfry.job.attempts", i64::from(job.attempts));
    });
    let running = async {
        let returned = handler.run(&job.payload, &held.running).await;
        if returned.is_err() {
            trace::note(|span| span.failed("failed"));
        }
        returned
    };
    let running = scope.run(running.instrument(span));
    let mut work = Some(Box::pin(AssertUnwindSafe(running).catch_unwind()));
    let outcome = {
        let done = async {
            match &mut work {
                Some(work) => timeout(limit, work).await,
                None => std::future::pending().await,
            }
        };
        let mut not_ending = pin!(async {
            held.cancelled().await;
            tokio::time::sleep(floor.worker.pace.grace).await;
        });
        tokio::select! {
            biased;
            done = done => match done {
                Ok(Ok(returned)) => Outcome::Returned(returned),
                Ok(Err(panic)) => {
                    tracing::error!(job = %job.id, kind = job.kind, attempts = job.attempts, "the handler of a job panicked");
                    tracing::debug!(job = %job.id, panic = %words(&*panic), "what it said");
                    Outcome::Panicked
                }
                Err(_) => Outcome::TooLong,
            },
            () = held.lost.cancelled() => Outcome::Lost,
            () = floor.out_of_time.cancelled() => Outcome::OutOfTime,
            () = &mut not_ending => Outcome::NotEnding,
        }
    };
    let dropped = std::panic::catch_unwind(AssertUnwindSafe(|| drop(work.take())));
    if dropped.is_err() {
        tracing::error!(job = %job.id, kind = job.kind, "the handler of a job panicked when it was dropped");
    }
    outcome
}

fn completed(held: &Held, result: &Value) -> Ended {
    let run = held.running.run();
    let result = (!result.is_null()).then(|| result.to_string());
    match result {
        Some(result) if result.len() > RESULT_MAX => Ended::failed(
            run,
            &format!(
                "Its result is longer than {} KiB; a longer one belongs into a file.",
                RESULT_MAX / 1024
            ),
            None,
        ),
        result => Ended::new(run, Ending::Completed { result }),
    }
}

/// What an owner reads of a panic; its words are for the operator's log.
pub(super) const PANICKED: &str = "It broke off by a fault of its own.";

/// What a panic says.
pub(super) fn words(panic: &(dyn Any + Send)) -> Cow<'static, str> {
    if let Some(words) = panic.downcast_ref::<&'static str>() {
        return Cow::Borrowed(words);
    }
    match panic.downcast_ref::<String>() {
        Some(words) => Cow::Owned(words.clone()),
        None => Cow::Borrowed("no words"),
    }
}

/// What is said of an attempt that took too long.
pub(super) fn too_long(limit: Duration) -> String {
    format!("It took longer than {} s.", limit.as_secs_f64())
}

/// How long the job could have been started before it was, by two clocks.
fn waited(started: &Started) -> Duration {
    let job = &started.job;
    let since = job
        .run_at
        .map_or(job.created_at, |at| at.max(job.created_at));
    let millis = Timestamp::now().as_millis() - since.as_millis();
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}
