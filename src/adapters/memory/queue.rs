//! Jobs in memory. A process that starts has an empty queue, so its first taker is told to sweep the store.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use async_trait::async_trait;
use parking_lot::Mutex;
use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

use crate::{
    domain::job::Job,
    ports::{
        BackendError,
        queue::{CLAIM_TIMEOUT, Claim, Queue, Taken},
    },
};

/// Beyond so many jobs new ones are left to the store's sweep.
const LONGEST: usize = 100_000;

/// The queue port in memory.
pub struct MemoryQueue {
    jobs: Mutex<Jobs>,
    changed: Notify,
    claim_timeout: Duration,
}

#[derive(Default)]
struct Jobs {
    waiting: VecDeque<(u64, Job)>,
    claimed: BTreeMap<u64, (Instant, Job)>,
    added: u64,
    swept: bool,
}

impl Default for MemoryQueue {
    fn default() -> Self {
        Self::new(CLAIM_TIMEOUT)
    }
}

impl MemoryQueue {
    /// A queue in which a claim lasts so long.
    pub fn new(claim_timeout: Duration) -> Self {
        Self {
            jobs: Mutex::default(),
            changed: Notify::new(),
            claim_timeout,
        }
    }

    /// What can be had now, and otherwise when the next claim runs out.
    fn take_now(&self, max: usize) -> Result<Taken, Option<Instant>> {
        let mut jobs = self.jobs.lock();
        let reborn = !std::mem::replace(&mut jobs.swept, true);
        let now = Instant::now();
        let mut taken = jobs.abandoned(now, max);
        let fresh = jobs.waiting.len().min(max - taken.len());
        taken.extend(jobs.waiting.drain(..fresh));
        if taken.is_empty() && !reborn {
            return Err(jobs.claimed.values().map(|(until, _)| *until).min());
        }
        let until = now + self.claim_timeout;
        for (number, job) in &taken {
            jobs.claimed.insert(*number, (until, job.clone()));
        }
        if !jobs.waiting.is_empty() {
            self.changed.notify_one();
        }
        let jobs = taken
            .into_iter()
            .map(|(number, job)| (Claim(number.to_string()), job))
            .collect();
        Ok(Taken { jobs, reborn })
    }
}

impl Jobs {
    /// Claimed jobs whose claim has run out, oldest first. They stay claimed.
    fn abandoned(&self, now: Instant, max: usize) -> Vec<(u64, Job)> {
        self.claimed
            .iter()
            .filter(|(_, (until, _))| *until <= now)
            .take(max)
            .map(|(number, (_, job))| (*number, job.clone()))
            .collect()
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn push(&self, jobs: &[Job]) -> Result<(), BackendError> {
        let mut queue = self.jobs.lock();
        for job in jobs {
            if queue.waiting.len() + queue.claimed.len() >= LONGEST {
                tracing::warn!("the job queue is full; the sweep will bring what was left out");
                break;
            }
            queue.added += 1;
            let number = queue.added;
            queue.waiting.push_back((number, job.clone()));
        }
        drop(queue);
        self.changed.notify_one();
        Ok(())
    }

    async fn take(&self, _worker: &str, max: usize, wait: Duration) -> Result<Taken, BackendError> {
        if max == 0 {
            return Ok(Taken::default());
        }
        let until = Instant::now() + wait;
        loop {
            let changed = self.changed.notified();
            let next_claim_end = match self.take_now(max) {
                Ok(taken) => return Ok(taken),
                Err(next_claim_end) => next_claim_end,
            };
            if Instant::now() >= until {
                return Ok(Taken::default());
            }
            // A claim that is made while this worker waits can end no sooner than a whole claim from now.
            let end = next_claim_end.unwrap_or_else(|| Instant::now() + self.claim_timeout);
            let wake = end.min(until);
            let _ = timeout_at(wake, changed).await;
        }
    }

    async fn settle(&self, claims: &[Claim]) -> Result<(), BackendError> {
        let mut jobs = self.jobs.lock();
        for claim in claims {
            if let Ok(number) = claim.0.parse() {
                jobs.claimed.remove(&number);
            }
        }
        Ok(())
    }

    async fn len(&self) -> Result<u64, BackendError> {
        let jobs = self.jobs.lock();
        Ok((jobs.waiting.len() + jobs.claimed.len()) as u64)
    }
}
