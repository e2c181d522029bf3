//! From the queue to a slot: takes what there is room for, starts it in the store by the handful, and does each job in a task of its own.
//!
//! A claim of the queue lasts only until the store has the start: from then on the lease counts. What the store does not start (it
//! is done, or somebody else's) costs its claim and nothing else.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

use tokio_util::sync::CancellationToken;

use super::{
    alone::{self, Alone, note},
    attempt::{GiveUp, Ready, attempt, give_up},
    early,
    ends::Ended,
    floor::Floor,
    gather::{BATCH_MAX, gather},
    pace::about,
    room::{AHEAD, Seat},
    taking::Taking,
};
use crate::{
    domain::{id::JobId, job::Priority},
    ports::{
        BackendError,
        queue::{Claim, Claimed, Line, Ticket, Wish},
        store::{Ending, Starts},
    },
};

/// Started jobs on their way to a slot; as many as fit into the room, at the most.
const ON_THE_WAY: usize = 2_048;
/// How long the store is asked to start what has been claimed; below the claim's time.
const START_FOR: Duration = Duration::from_secs(15);
/// Between two tries to start jobs.
const START_AGAIN: Duration = Duration::from_millis(250);
/// How long handlers may take to come back when they are dropped at the end; then they are not waited for.
const COME_BACK: Duration = Duration::from_millis(500);

/// A ticket with its place here.
struct Seated {
    claimed: Claimed,
    seat: Seat,
}

/// Does jobs until it is time to stop, and hands back what has not ended by then.
pub(super) async fn run(floor: Arc<Floor>) {
    let (claimed, waiting) = mpsc::channel(ON_THE_WAY);
    let (started, ready) = mpsc::channel(ON_THE_WAY);
    let (alone, suspects) = alone::lane();
    let starting = {
        let floor = floor.clone();
        gather(waiting, move |batch| {
            start(floor.clone(), batch, started.clone(), alone.clone())
        })
    };
    let one_by_one = alone::run(&floor, suspects, Some(&floor.slots), |suspect| {
        let ready = Ready {
            started: suspect.started,
            seat: floor.room.seat(false),
            since: suspect.since,
            lost: suspect.lost,
        };
        attempt(floor.clone(), ready)
    });
    futures_util::join!(
        take(&floor, claimed),
        starting,
        begin(&floor, ready),
        one_by_one
    );
}

async fn take(floor: &Floor, claimed: mpsc::Sender<Seated>) {
    let mut taking = Taking::default();
    loop {
        let (max, low) = tokio::select! {
            biased;
            () = floor.stop.cancelled() => return,
            free = floor.room.free() => free,
        };
        let wish = Wish::Jobs {
            max: max.min(BATCH_MAX),
            low: low.min(BATCH_MAX),
        };
        let Some(tickets) = taking.take(floor, wish, Duration::MAX).await else {
            return;
        };
        for taken in tickets {
            let is_low = taken.ticket.line == Line::Jobs(Priority::Low);
            let seated = Seated {
                claimed: taken,
                seat: floor.room.seat(is_low),
            };
            // The receiver goes when this sender has gone.
            let _ = claimed.send(seated).await;
        }
    }
}

/// Starts what has been claimed, hands it on, and ends the claims.
async fn start(floor: Arc<Floor>, batch: Vec<Seated>, ready: mpsc::Sender<Ready>, alone: Alone) {
    let worker = &floor.worker;
    let mut claims: Vec<Claim> = Vec::with_capacity(batch.len());
    let mut seated: HashMap<JobId, (Ticket, Seat)> = HashMap::with_capacity(batch.len());
    for Seated { claimed, seat } in batch {
        claims.push(claimed.claim);
        seated.insert(claimed.ticket.job, (claimed.ticket, seat));
    }
    let jobs: Vec<JobId> = seated.keys().copied().collect();
    let Some((Starts { started, early }, since)) = started(&floor, &jobs).await else {
        if floor.stop.is_cancelled() {
            // Added again before the claims end: in between a job may be there twice, but never not at all.
            let tickets: Vec<Ticket> = seated.into_values().map(|(ticket, _)| ticket).collect();
            if worker.push(&tickets).await {
                worker.settle(&claims).await;
            }
        }
        return;
    };
    let mut suspects = Vec::new();
    for started in started {
        let Some((ticket, seat)) = seated.remove(&started.run.job) else {
            continue;
        };
        if alone::is_suspect(&started.job) {
            suspects.push((ticket, started.run));
            continue;
        }
        let started = Ready {
            started,
            seat,
            since,
            lost: CancellationToken::new(),
        };
        // The receiver goes when this sender has gone.
        let _ = ready.send(started).await;
    }
    let early: Vec<Ticket> = early
        .iter()
        .filter_map(|early| Some(early::ticket(seated.remove(&early.job)?.0, early)))
        .collect();
    // What is left holds no job: its places are free at once.
    drop(seated);
    let settle = async {
        // Where the queue is away, the claims run out, and what is early is handed out again.
        if worker.push(&early).await {
            worker.settle(&claims).await;
        }
    };
    futures_util::join!(settle, alone.line_up(worker, suspects));
}

/// The jobs that the store has started, and when it was asked. None when it cannot be asked, or it is time to stop.
async fn started(floor: &Floor, jobs: &[JobId]) -> Option<(Starts, Instant)> {
    let until = Instant::now() + START_FOR;
    while !floor.stop.is_cancelled() {
        let since = Instant::now();
        let lease = floor.worker.pace.lease;
        match floor.worker.store.start_jobs(jobs, lease).await {
            Ok(starts) => return Some((starts, since)),
            Err(BackendError::Unavailable { .. }) if since < until => {
                tokio::select! {
                    () = floor.stop.cancelled() => {}
                    () = sleep(about(START_AGAIN)) => {}
                }
            }
            Err(error) => {
                error.log("jobs could not be started and wait until their claims run out");
                return None;
            }
        }
    }
    None
}

/// Gives each started job a slot and a task, and waits for their ends.
async fn begin(floor: &Arc<Floor>, mut waiting: mpsc::Receiver<Ready>) {
    let mut tasks = JoinSet::new();
    loop {
        let ready = tokio::select! {
            biased;
            ready = waiting.recv() => ready,
            Some(ended) = tasks.join_next() => {
                note(ended);
                continue;
            }
        };
        let Some(ready) = ready else { break };
        while let Some(ended) = tasks.try_join_next() {
            note(ended);
        }
        let Some(slot) = slot(floor, &ready).await else {
            let ended = Ended::new(ready.started.run, Ending::HandedBack);
            floor.ended(ended).await;
            continue;
        };
        let floor = floor.clone();
        tasks.spawn(async move {
            attempt(floor, ready).await;
            drop(slot);
        });
    }
    let all_back = async { while tasks.join_next().await.is_some() {} };
    let late = async {
        floor.out_of_time.cancelled().await;
        sleep(COME_BACK).await;
    };
    tokio::select! {
        () = all_back => {}
        () = late => {
            for held in floor.underway.all() {
                // The worker does not wait for this longer than for anything else at its end.
                if let Ok(room) = floor.ends.reserve().await {
                    give_up(floor, &held, GiveUp::HandBack, room);
                }
            }
        }
    }
}

/// A slot for the job; none where that takes too long, or it is time to stop: others are to get it.
async fn slot(floor: &Floor, ready: &Ready) -> Option<tokio::sync::OwnedSemaphorePermit> {
    if floor.stop.is_cancelled() {
        return None;
    }
    if let Ok(slot) = floor.slots.clone().try_acquire_owned() {
        floor.room.stalled(false);
        return Some(slot);
    }
    // Of all that were started together: who waited for those before them has waited as well.
    let until = ready.since + floor.worker.pace.slot_wait;
    let mut slot = std::pin::pin!(floor.slots.clone().acquire_owned());
    tokio::select! {
        biased;
        slot = &mut slot => return slot.ok(),
        () = floor.stop.cancelled() => return None,
        () = sleep_until(until.min(Instant::now() + AHEAD)) => floor.room.stalled(true),
    }
    let slot = tokio::select! {
        biased;
        slot = &mut slot => slot.ok(),
        () = floor.stop.cancelled() => None,
        () = sleep_until(until) => None,
    };
    if slot.is_some() {
        floor.room.stalled(false);
    }
    slot
}
