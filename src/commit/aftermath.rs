//! What follows from a commit and may fail: the bus, the cache, the queue. Nothing here delays an acknowledgement.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until, timeout},
};
use tokio_util::task::TaskTracker;

use crate::{
    domain::{
        change::RoomChange,
        id::{JobId, RoomId},
        job::EnrichMessage,
        message::Message,
        trace::{Mark, TraceContext},
    },
    metrics::Metrics,
    ports::{
        BackendError,
        bus::{Bus, News, Topic},
        cache::RecentCache,
        queue::{Line, Queue, Ticket},
        store::FIRST_LEASE,
    },
};

/// Changes and jobs that may wait; beyond, the cache list is dropped by its own gap and the sweep finds the jobs.
const WAITING_MAX: usize = 16_384;
const AT_ONCE: usize = 1_024;
/// The longest pause between two tries to bring jobs to the queue.
const AGAIN_MAX: Duration = Duration::from_secs(2);
/// At the end of a process, how long what waits may take.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The ways out of a commit.
#[derive(Clone)]
pub struct Aftermath {
    bus: Arc<dyn Bus>,
    changes: mpsc::Sender<RoomChange>,
    jobs: mpsc::Sender<Ticket>,
    metrics: Arc<Metrics>,
}

/// The tasks behind an [`Aftermath`]; they end when its last clone is gone.
pub struct AftermathTasks(TaskTracker);

impl AftermathTasks {
    /// Ends when what waited has been done, or after 2 s.
    pub async fn finish(self) {
        self.0.close();
        let _ = timeout(LAST_WORDS, self.0.wait()).await;
    }
}

impl Aftermath {
    /// Starts the tasks that bring changes to the cache and jobs to the queue.
    pub fn start(
        bus: Arc<dyn Bus>,
        cache: Arc<dyn RecentCache>,
        queue: Arc<dyn Queue>,
        metrics: Arc<Metrics>,
    ) -> (Self, AftermathTasks) {
        let (changes, mut waiting_changes) = mpsc::channel(WAITING_MAX);
        let (jobs, mut waiting_jobs) = mpsc::channel(WAITING_MAX);
        let tasks = TaskTracker::new();
        let counted = metrics.clone();
        tasks.spawn(async move {
            let mut batch = Vec::with_capacity(AT_ONCE);
            while waiting_changes.recv_many(&mut batch, AT_ONCE).await > 0 {
                if let Err(error) = cache.append(&batch).await {
                    tracing::debug!(%error, "the cache was not brought forward");
                    counted.commits.aftermath_dropped.inc_by(batch.len() as u64);
                }
                batch.clear();
            }
        });
        let counted = metrics.clone();
        tasks.spawn(async move {
            let mut batch = Vec::with_capacity(AT_ONCE);
            while waiting_jobs.recv_many(&mut batch, AT_ONCE).await > 0 {
                if let Err(error) = push(&*queue, &batch).await {
                    tracing::debug!(%error, "jobs wait for the sweep");
                    counted.commits.aftermath_dropped.inc_by(batch.len() as u64);
                }
                batch.clear();
            }
        });
        (
            Self {
                bus,
                changes,
                jobs,
                metrics,
            },
            AftermathTasks(tasks),
        )
    }

    /// Tells the other replicas and the cache of committed changes of one room, ascending by `rev`, with the marks of those that are
    /// recorded.
    pub fn publish(&self, room: &RoomId, changes: &[RoomChange], marks: &[Mark]) {
        let (topic, news) = (Topic::Room(room.clone()), News::Changes(changes.to_vec()));
        self.bus.publish_marked(&topic, &news, marks);
        for change in changes {
            if self.changes.try_send(change.clone()).is_err() {
                self.metrics.commits.aftermath_dropped.inc();
            }
        }
    }

    /// Brings committed jobs to the queue.
    pub fn enqueue(&self, jobs: Vec<Ticket>) {
        for job in jobs {
            if self.jobs.try_send(job).is_err() {
                self.metrics.commits.aftermath_dropped.inc();
            }
        }
    }
}

/// Brings jobs to the queue, again and again until the sweep would hand them out as well. Done twice, a job changes nothing.
async fn push(queue: &dyn Queue, jobs: &[Ticket]) -> Result<(), BackendError> {
    let until = Instant::now() + FIRST_LEASE;
    let mut wait = Duration::from_millis(100);
    loop {
        let answer = queue.push(jobs).await;
        let again = Instant::now() + wait.mul_f64(rand::random_range(0.5..=1.0));
        match answer {
            Err(BackendError::Unavailable { .. }) if again < until => sleep_until(again).await,
            answer => return answer,
        }
        wait = AGAIN_MAX.min(wait * 2);
    }
}

/// The job that was committed with a message, as the queue carries it.
pub(super) fn enrich_ticket(job: JobId, message: &Message, trace: Option<TraceContext>) -> Ticket {
    let text = EnrichMessage {
        room_id: message.room_id.clone(),
        message_id: message.id,
        content_rev: message.rev,
        content: message.content.clone(),
        seq: Some(message.seq),
        user_id: Some(message.user_id.clone()),
        reply_to: message.reply_to,
        trace,
    };
    Ticket {
        job,
        line: Line::Messages,
        due: None,
        message: Some(Box::new(text)),
        again: false,
    }
}
