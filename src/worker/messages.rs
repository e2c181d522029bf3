//! The jobs that come with messages: taken by the handful, done all at once, and crossed out together with whatever else has ended by then.
//! A slow one holds up nobody but itself.
//!
//! Their first try costs the store nothing beyond its result. One that failed, or that may have killed its worker, is started in the
//! store like any other job, so that its attempts count and it is dead in the end.

use std::{collections::HashMap, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};
use tracing::Instrument;

use super::{
    alone::{self, Alone, note},
    attempt::{PANICKED, too_long, words},
    early,
    ends::Ended,
    enrich::{self, Finished},
    floor::Floor,
    settling::{Settling, settle_all},
    taking::Taking,
};
use crate::{
    domain::{
        id::JobId,
        job::{ENRICH, EnrichMessage, Run},
    },
    jobs::{BackOff, JobError},
    ports::{
        queue::{Claim, Claimed, Ticket, Wish},
        store::{Ending, Started},
    },
    telemetry::trace::{self, Scope, SpanKind},
};

/// Jobs taken at once.
const AT_ONCE: usize = 256;
/// Jobs being done at once.
const IN_HAND: usize = 3 * AT_ONCE;
/// Handfuls that may wait to be crossed out; beyond, they count as in hand.
const DONE_MAX: usize = 16;
/// The least time between two looks for jobs, so that a steady stream of them is taken by the handful. A job that comes after a pause
/// is taken at once.
const APART: Duration = Duration::from_millis(5);

/// A message to be read.
struct Reading {
    ticket: Ticket,
    text: EnrichMessage,
    /// None on the first try.
    hold: Option<Hold>,
}

/// A noted start.
#[derive(Clone, Copy)]
struct Hold {
    run: Run,
    attempts: i32,
}

/// What became of reading a message; none when the time was over.
type Read = Option<Result<Finished, JobError>>;

/// Reads messages until it is time to stop, and hands back what has not been read by then.
pub(super) async fn run(floor: Arc<Floor>) {
    let (alone, suspects) = alone::lane();
    let (done, settling) = mpsc::channel(DONE_MAX);
    let one_by_one = alone::run(&floor, suspects, None, |suspect| {
        let floor = floor.clone();
        async move { read_alone(&floor, suspect.ticket, suspect.started).await }
    });
    futures_util::join!(
        take(&floor, alone, done),
        one_by_one,
        settle_all(&floor.worker, settling)
    );
}

async fn take(floor: &Arc<Floor>, alone: Alone, done: mpsc::Sender<Settling>) {
    let mut taking = Taking::default();
    let mut next = Instant::now();
    let room = Arc::new(Semaphore::new(IN_HAND));
    let mut handfuls = JoinSet::new();
    loop {
        let free = async {
            sleep_until(next).await;
            room.clone().acquire_owned().await
        };
        let place = tokio::select! {
            () = floor.stop.cancelled() => break,
            place = free => place,
        };
        // It is never closed.
        let Ok(mut places) = place else { break };
        let more = room.available_permits().min(AT_ONCE - 1) as u32;
        if let Ok(more) = room.clone().try_acquire_many_owned(more) {
            places.merge(more);
        }
        let wish = Wish::Messages(places.num_permits());
        let taken = taking.take(floor, wish, Duration::MAX).await;
        next = Instant::now() + APART;
        let Some(tickets) = taken else { break };
        while let Some(ended) = handfuls.try_join_next() {
            note(ended);
        }
        if !tickets.is_empty() {
            let (floor, alone, done) = (floor.clone(), alone.clone(), done.clone());
            handfuls.spawn(async move { work(&floor, tickets, places, &alone, &done).await });
        }
    }
    while let Some(ended) = handfuls.join_next().await {
        note(ended);
    }
}

/// Does a handful. Each message gives its place back as it ends.
async fn work(
    floor: &Floor,
    taken: Vec<Claimed>,
    mut places: OwnedSemaphorePermit,
    alone: &Alone,
    done: &mpsc::Sender<Settling>,
) {
    let mut settling = Settling::default();
    let mut todo: Vec<(Claim, Reading)> = Vec::with_capacity(taken.len());
    let mut again = Vec::new();
    for Claimed { claim, mut ticket } in taken {
        match ticket.message.take() {
            Some(text) if !ticket.again => {
                let reading = Reading {
                    ticket,
                    text: *text,
                    hold: None,
                };
                todo.push((claim, reading));
            }
            _ => again.push((claim, ticket)),
        }
    }
    if !again.is_empty() {
        todo.extend(start_again(floor, again, alone, &mut settling).await);
        // The receiver outlives the handfuls.
        let _ = done.send(std::mem::take(&mut settling)).await;
    }
    // What is not done here, because there were fewer or they wait elsewhere, needs no place.
    drop(places.split(places.num_permits().saturating_sub(todo.len())));
    let (ended, mut waiting) = mpsc::channel(todo.len().max(1));
    let reading = todo.into_iter().map(|(claim, reading)| async {
        let read = tokio::select! {
            result = read(floor, &reading) => Some(result),
            () = floor.out_of_time.cancelled() => None,
        };
        (claim, reading, read)
    });
    let mut reading: FuturesUnordered<_> = reading.collect();
    let reading = async move {
        while let Some(read) = reading.next().await {
            // There is room for all, and the receiver stays.
            let _ = ended.send(read).await;
        }
    };
    // Beside each other: what concludes the first may wait for a connection to the store that one of the others holds.
    let concluding = async {
        let mut some = Vec::new();
        loop {
            let many = waiting.recv_many(&mut some, AT_ONCE).await;
            if many == 0 {
                break;
            }
            conclude(floor, std::mem::take(&mut some), &mut settling).await;
            let _ = done.send(std::mem::take(&mut settling)).await;
            drop(places.split(many));
        }
    };
    futures_util::join!(reading, concluding);
}

async fn conclude(floor: &Floor, ended: Vec<(Claim, Reading, Read)>, settling: &mut Settling) {
    let worker = &floor.worker;
    let mut failed = Vec::new();
    let mut unfinished: (Vec<Claim>, Vec<Ticket>) = Default::default();
    for (claim, reading, read) in ended {
        match read {
            Some(Ok(finished)) => {
                worker.metrics.jobs.enriched();
                settling.add(claim, row(&reading, &finished));
            }
            Some(Err(error)) => failed.push((claim, reading, error)),
            None => match reading.hold {
                Some(hold) => {
                    floor.ended(Ended::new(hold.run, Ending::HandedBack)).await;
                    settling.add(claim, None);
                }
                None => {
                    unfinished.0.push(claim);
                    unfinished.1.push(Ticket {
                        message: Some(Box::new(reading.text)),
                        ..reading.ticket
                    });
                }
            },
        }
    }
    // Added again before the claims end: in between a job may be there twice, but never not at all.
    if worker.push(&unfinished.1).await {
        unfinished
            .0
            .into_iter()
            .for_each(|claim| settling.add(claim, None));
    }
    note_failures(floor, failed, settling).await;
}

/// Starts in the store what has been handed out before. Answers with what is to be done in this handful; what is not started is somebody
/// else's or done.
async fn start_again(
    floor: &Floor,
    again: Vec<(Claim, Ticket)>,
    alone: &Alone,
    settling: &mut Settling,
) -> Vec<(Claim, Reading)> {
    let worker = &floor.worker;
    let jobs: Vec<JobId> = again.iter().map(|(_, ticket)| ticket.job).collect();
    let starts = match worker.store.start_jobs(&jobs, worker.pace.lease).await {
        Ok(starts) => starts,
        Err(error) => {
            error.log("messages wait until their claims run out");
            return Vec::new();
        }
    };
    let is_early = early::by_job(starts.early);
    let mut started: HashMap<JobId, Started> = starts
        .started
        .into_iter()
        .map(|started| (started.run.job, started))
        .collect();
    let (mut todo, mut suspects) = (Vec::new(), Vec::new());
    let mut early: (Vec<Claim>, Vec<Ticket>) = Default::default();
    for (claim, ticket) in again {
        match started.remove(&ticket.job) {
            None => match is_early.get(&ticket.job) {
                None => settling.add(claim, None),
                Some(when) => {
                    early.0.push(claim);
                    early.1.push(early::ticket(ticket, when));
                }
            },
            Some(started) if alone::is_suspect(&started.job) => {
                settling.add(claim, None);
                suspects.push((ticket, started.run));
            }
            Some(started) => match reading(floor, ticket, &started).await {
                None => settling.add(claim, None),
                Some(reading) => todo.push((claim, reading)),
            },
        }
    }
    alone.line_up(worker, suspects).await;
    if worker.push(&early.1).await {
        early
            .0
            .into_iter()
            .for_each(|claim| settling.add(claim, None));
    }
    todo
}

/// What there is to read, as the store has it; nothing where its payload cannot be understood, which no attempt can help.
async fn reading(floor: &Floor, ticket: Ticket, started: &Started) -> Option<Reading> {
    match serde_json::from_str(&started.job.payload) {
        Ok(text) => Some(Reading {
            ticket,
            text,
            hold: Some(Hold {
                run: started.run,
                attempts: started.job.attempts,
            }),
        }),
        Err(error) => {
            let error = format!("Its payload does not fit: {error}.");
            floor.ended(Ended::failed(started.run, &error, None)).await;
            None
        }
    }
}

async fn read(floor: &Floor, reading: &Reading) -> Result<Finished, JobError> {
    let limit = floor.worker.pace.message_limit;
    let id = reading.ticket.job;
    let span = tracing::debug_span!("message", job = %id);
    let work = enrich::run(&floor.worker.enricher, id, &reading.text).instrument(span);
    let work = async {
        let read = work.await;
        if read.is_err() {
            trace::note(|span| span.failed("failed"));
        }
        read
    };
    let work = recorded(floor, reading).run(work);
    match timeout(limit, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(result)) => result,
        Ok(Err(panic)) => {
            tracing::error!(job = %id, "the job of a message panicked");
            tracing::debug!(job = %id, panic = %words(&*panic), "what it said");
            Err(JobError::Again(PANICKED.into()))
        }
        Err(_) => Err(JobError::Again(too_long(limit))),
    }
}

/// Where the reading of a message stands: below the commit that its ticket tells of. Else it is not recorded, as that was not, or is not known
/// to be, and has the ids of the job.
fn recorded(floor: &Floor, reading: &Reading) -> Scope {
    let tracer = &floor.worker.tracer;
    let job = reading.ticket.job;
    let place = match reading.text.trace {
        Some(at) => tracer.resumed(at),
        None => tracer.of_job(job).unrecorded(),
    };
    let span = place.span(ENRICH, SpanKind::Consumer);
    Scope::of(place, span).with(|span| {
        span.set("belfry.job.id", job.to_string());
        span.set("belfry.message.id", reading.text.message_id.to_string());
    })
}

/// The row that is still to be removed.
fn row(reading: &Reading, finished: &Finished) -> Option<JobId> {
    matches!(finished, Finished::WithoutResult).then_some(reading.ticket.job)
}

/// Has the store note what went wrong, and when to try again. A first try is noted as a start and its end.
async fn note_failures(
    floor: &Floor,
    failed: Vec<(Claim, Reading, JobError)>,
    settling: &mut Settling,
) {
    let worker = &floor.worker;
    let unnoted: Vec<JobId> = failed
        .iter()
        .filter(|(_, reading, _)| reading.hold.is_none())
        .map(|(_, reading, _)| reading.ticket.job)
        .collect();
    let mut noted: HashMap<JobId, Hold> = HashMap::new();
    let mut is_noted = true;
    if !unnoted.is_empty() {
        match worker.store.start_jobs(&unnoted, worker.pace.lease).await {
            Ok(starts) => noted.extend(starts.started.iter().map(|started| {
                let hold = Hold {
                    run: started.run,
                    attempts: started.job.attempts,
                };
                (started.run.job, hold)
            })),
            Err(_) => is_noted = false,
        }
    }
    for (claim, reading, error) in failed {
        let id = reading.ticket.job;
        let hold = reading.hold.or_else(|| noted.remove(&id));
        match hold {
            Some(hold) => fail(floor, hold, &error).await,
            // The claim runs out, and the job is handed out once more.
            None if !is_noted => continue,
            // Somebody else has it, or it is done.
            None => {}
        }
        settling.add(claim, None);
    }
}

async fn fail(floor: &Floor, hold: Hold, error: &JobError) {
    let wait = match error {
        JobError::Hopeless(_) => None,
        _ => Some(BackOff::default().after(hold.attempts)),
    };
    let ended = Ended::failed(hold.run, &error.to_string(), wait);
    floor.ended(ended).await;
}

async fn read_alone(floor: &Floor, ticket: Ticket, started: Started) {
    let Some(reading) = reading(floor, ticket, &started).await else {
        return;
    };
    let result = tokio::select! {
        result = read(floor, &reading) => Some(result),
        () = floor.out_of_time.cancelled() => None,
    };
    let Some(hold) = reading.hold else { return };
    match result {
        Some(Ok(finished)) => {
            floor.worker.metrics.jobs.enriched();
            let mut settling = Settling::default();
            settling.row(row(&reading, &finished));
            settling.settle(&floor.worker).await;
        }
        Some(Err(error)) => fail(floor, hold, &error).await,
        None => {
            floor.ended(Ended::new(hold.run, Ending::HandedBack)).await;
        }
    }
}
