//! Jobs that may be poison: they have been started before and nothing was heard of them again, so perhaps they kill their workers.
//!
//! When a worker dies, everything it had in hand was started once more in vain, and nobody knows which one it was. Once that has
//! happened to a job twice, or may not happen to it often any more, it is done while no other such job is: what kills the worker then
//! takes no second suspect with it, and uses up its own attempts. The innocent keep theirs and are done.

use std::{collections::HashSet, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::{
    sync::{Semaphore, mpsc},
    task::{self, JoinError, JoinSet},
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{Worker, floor::Floor};
use crate::{
    domain::{
        id::JobId,
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
/// How long those wait before they are handed out again; up to a half longer by chance, and twice as long each time that there is still no
/// place for all.
const ELSEWHERE: Duration = Duration::from_secs(2);
/// The doublings of it: half a minute and more, as the sweep's.
const DOUBLINGS: u32 = 4;
/// How long a suspect that is given up may take to come back; then it is not waited for.
const COME_BACK: Duration = Duration::from_millis(500);

/// The way to where suspects are done one by one.
#[derive(Clone)]
pub(super) struct Alone {
    way: mpsc::Sender<Ticket>,
    lined_up: Arc<Mutex<LinedUp>>,
}

/// A way's other end, for [`run`].
pub(super) struct Suspects {
    waiting: mpsc::Receiver<Ticket>,
    lined_up: Arc<Mutex<LinedUp>>,
}

/// Who waits here.
#[derive(Default)]
struct LinedUp {
    jobs: HashSet<JobId>,
    /// How often in a row there was no place for all.
    full: u32,
}

/// A way, and its end.
pub(super) fn lane() -> (Alone, Suspects) {
    let (way, waiting) = mpsc::channel(WAITING_MAX);
    let lined_up = Arc::<Mutex<LinedUp>>::default();
    let end = Suspects {
        waiting,
        lined_up: lined_up.clone(),
    };
    (Alone { way, lined_up }, end)
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
        let tickets = suspects.into_iter().map(|(ticket, _)| ticket);
        worker.push(&self.send(tickets)).await;
    }

    /// Lines up those that there is a place for; answers with the others, which are to come again later. One that waits here already, because
    /// it was handed out twice, is neither.
    fn send(&self, tickets: impl Iterator<Item = Ticket>) -> Vec<Ticket> {
        let mut lined_up = self.lined_up.lock();
        let mut others = Vec::new();
        for ticket in tickets {
            if !lined_up.jobs.insert(ticket.job) {
                continue;
            }
            if let Err(full) = self.way.try_send(ticket) {
                let ticket = full.into_inner();
                lined_up.jobs.remove(&ticket.job);
                others.push(ticket);
            }
        }
        let wait = ELSEWHERE * 2_u32.pow(lined_up.full.min(DOUBLINGS));
        lined_up.full = match others.is_empty() {
            true => 0,
            false => lined_up.full.saturating_add(1),
        };
        let now = Timestamp::now().as_millis();
        for ticket in &mut others {
            let wait = wait.mul_f64(rand::random_range(1.0..1.5)).as_millis() as i64;
            ticket.due = Some(Timestamp::from_millis(now + wait));
        }
        others
    }
}

/// A suspect that has been started.
pub(super) struct Suspect {
    pub(super) ticket: Ticket,
    pub(super) started: Started,
    /// When it was started, as this worker knows it.
    pub(super) since: Instant,
    /// Cancelled when it is not to be waited for any longer.
    pub(super) lost: CancellationToken,
}

/// Starts and does suspects one by one, each in a task and a slot of `slots`, until nobody can line up any more. Of all the lanes of a worker
/// only one does a suspect at a time. When it is time to stop, those that wait go back to the queue.
pub(super) async fn run<F>(
    floor: &Floor,
    suspects: Suspects,
    slots: Option<&Arc<Semaphore>>,
    mut work: impl FnMut(Suspect) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let Suspects {
        mut waiting,
        lined_up,
    } = suspects;
    let mut tasks = JoinSet::new();
    while let Some(ticket) = waiting.recv().await {
        let turn = async {
            let slot = match slots {
                Some(slots) => slots.clone().acquire_owned().await.ok(),
                None => None,
            };
            (slot, floor.suspect.lock().await)
        };
        let turn = tokio::select! {
            biased;
            () = floor.stop.cancelled() => None,
            turn = turn => Some(turn),
        };
        let Some((slot, _one_at_a_time)) = turn else {
            waiting.close();
            let mut back = vec![ticket];
            while let Ok(ticket) = waiting.try_recv() {
                back.push(ticket);
            }
            floor.worker.push(&back).await;
            return;
        };
        // Before it is started: a copy that is found started by somebody else from now on may line up again.
        lined_up.lock().jobs.remove(&ticket.job);
        let since = Instant::now();
        let lease = floor.worker.pace.lease;
        let started = match floor.worker.store.start_jobs(&[ticket.job], lease).await {
            // Who ended it meanwhile has brought it to the queue.
            Ok(starts) => starts.started.into_iter().next(),
            Err(error) => {
                tracing::debug!(%error, "a job waits for the sweep");
                None
            }
        };
        let Some(started) = started else { continue };
        let lost = CancellationToken::new();
        let doing = work(Suspect {
            ticket,
            started,
            since,
            lost: lost.clone(),
        });
        let task = tasks.spawn(async move {
            doing.await;
            drop(slot);
        });
        comes_back(floor, &mut tasks, task.id(), &lost).await;
    }
}

/// Waits for the suspect that is being done, but not for one that blocks its thread and was given up: that one keeps its slot, and the others
/// have their turn.
async fn comes_back(
    floor: &Floor,
    tasks: &mut JoinSet<()>,
    task: task::Id,
    lost: &CancellationToken,
) {
    let late = async {
        tokio::select! {
            () = lost.cancelled() => {}
            () = floor.out_of_time.cancelled() => {}
        }
        sleep(COME_BACK).await;
    };
    let back = async {
        while let Some(ended) = tasks.join_next_with_id().await {
            let id = match ended {
                Ok((id, ())) => id,
                Err(error) => {
                    let id = error.id();
                    note(Err(error));
                    id
                }
            };
            if id == task {
                return;
            }
        }
    };
    tokio::select! {
        () = back => {}
        () = late => {}
    }
}

/// Logs how a task with jobs ended, if it should not have: without words, which may quote what people have written.
pub(super) fn note(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(is_panic = error.is_panic(), "the work on a job broke off");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::job::Priority, ports::queue::Line};

    fn ticket() -> Ticket {
        Ticket {
            job: JobId::fresh(),
            line: Line::Jobs(Priority::Normal),
            due: None,
            message: None,
            again: true,
        }
    }

    #[test]
    fn a_copy_takes_no_second_place() {
        let (alone, mut suspects) = lane();
        let (one, two) = (ticket(), ticket());
        let tickets = [&one, &one, &two, &one].map(Ticket::clone);
        assert!(alone.send(tickets.into_iter()).is_empty());
        assert_eq!(suspects.waiting.try_recv(), Ok(one));
        assert_eq!(suspects.waiting.try_recv(), Ok(two));
        assert!(suspects.waiting.try_recv().is_err());
    }

    #[test]
    fn those_without_a_place_come_back_later_and_later() {
        let (alone, _suspects) = lane();
        let many = || (0..WAITING_MAX).map(|_| ticket());
        assert!(alone.send(many()).is_empty());
        let mut waits = Vec::new();
        for _ in 0..7 {
            let now = Timestamp::now().as_millis();
            let others = alone.send(many());
            assert_eq!(others.len(), WAITING_MAX);
            waits.push(
                others
                    .iter()
                    .filter_map(|one| Some(one.due?.as_millis() - now))
                    .min(),
            );
        }
        for (wait, least) in waits
            .iter()
            .zip([2_000, 4_000, 8_000, 16_000, 32_000, 32_000])
        {
            assert!(*wait >= Some(least), "{waits:?}");
        }
        assert!(waits[6] < Some(50_000), "{waits:?}");
    }
}
