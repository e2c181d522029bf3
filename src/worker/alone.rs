//! Jobs that may be poison: they have been started before and nothing was heard of them again, so perhaps they kill their workers.
//!
//! When a worker dies, everything it had in hand was started once more in vain, and nobody knows which one it was. Once that has
//! happened to a job twice, or may not happen to it often any more, it is done while no other such job is: what kills the worker then
//! takes no second suspect with it, and uses up its own attempts. The innocent keep theirs and are done.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Semaphore, mpsc},
    time::Instant,
};

use super::{Worker, floor::Floor};
use crate::{
    domain::{
        job::{Job, Run, WORKER_GONE},
        timestamp::Timestamp,
    },
    ports::{
        queue::Ticket,
        store::{End, Ending, Started},
    },
};

/// Suspects that wait here; the others wait in the queue.
const WAITING_MAX: usize = 64;
/// How long those wait before they are handed out again; up to a half longer by chance.
const ELSEWHERE: Duration = Duration::from_secs(2);

/// The way to where suspects are done one by one.
#[derive(Clone)]
pub(super) struct Alone(mpsc::Sender<Ticket>);

/// A way, and its end for [`run`].
pub(super) fn lane() -> (Alone, mpsc::Receiver<Ticket>) {
    let (way, end) = mpsc::channel(WAITING_MAX);
    (Alone(way), end)
}

/// Whether a job that has just been started is to be done alone.
pub(super) fn is_suspect(job: &Job) -> bool {
    let unheard = job
        .failures
        .iter()
        .rev()
        .take_while(|failure| failure.error == WORKER_GONE)
        .count();
    unheard >= 2 || (unheard == 1 && job.max_attempts - job.attempts < 2)
}

impl Alone {
    /// Gives suspects back to the store, which takes no attempt from them, and lines them up.
    pub(super) async fn line_up(&self, worker: &Worker, suspects: Vec<(Ticket, Run)>) {
        if suspects.is_empty() {
            return;
        }
        let ends: Vec<End> = suspects
            .iter()
            .map(|(_, run)| End {
                run: *run,
                how: Ending::HandedBack,
            })
            .collect();
        if let Err(error) = worker.store.end_jobs(&ends).await {
            tracing::debug!(%error, "jobs wait until their leases have passed");
            return;
        }
        let now = Timestamp::now().as_millis();
        let elsewhere: Vec<Ticket> = suspects
            .into_iter()
            .filter_map(|(ticket, _)| self.0.try_send(ticket).err())
            .map(|full| Ticket {
                due: Some(Timestamp::from_millis(
                    now + ELSEWHERE.mul_f64(rand::random_range(1.0..1.5)).as_millis() as i64,
                )),
                ..full.into_inner()
            })
            .collect();
        worker.push(&elsewhere).await;
    }
}

/// Starts and does suspects one by one, each in a slot of `slots`, until nobody can line up any more. When it is time to stop, those that
/// wait go back to the queue.
pub(super) async fn run<F: Future<Output = ()>>(
    floor: &Floor,
    mut waiting: mpsc::Receiver<Ticket>,
    slots: Option<&Arc<Semaphore>>,
    mut work: impl FnMut(Ticket, Started, Instant) -> F,
) {
    while let Some(ticket) = waiting.recv().await {
        let _slot = match slots {
            Some(slots) => slots.acquire().await.ok(),
            None => None,
        };
        if floor.stop.is_cancelled() {
            waiting.close();
            let mut back = vec![ticket];
            while let Ok(ticket) = waiting.try_recv() {
                back.push(ticket);
            }
            floor.worker.push(&back).await;
            return;
        }
        let since = Instant::now();
        let lease = floor.worker.pace.lease;
        match floor.worker.store.start_jobs(&[ticket.job], lease).await {
            // Who ended it meanwhile has brought it to the queue.
            Ok(starts) => {
                for started in starts.started {
                    work(ticket.clone(), started, since).await;
                }
            }
            Err(error) => tracing::debug!(%error, "a job waits for the sweep"),
        }
    }
}
