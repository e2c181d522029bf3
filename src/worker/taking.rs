//! Taking from the queue, through its failures.

use std::time::Duration;

use super::floor::Floor;
use crate::ports::queue::{Claimed, Wish};

/// How long to wait for a job before looking whether to stop.
const WAIT: Duration = Duration::from_secs(1);

/// One loop's way of taking.
#[derive(Default)]
pub(super) struct Taking {
    failures: u32,
}

impl Taking {
    /// What the queue has, waiting for it up to `wait` or 1 s; none when it is time to stop.
    pub(super) async fn take(
        &mut self,
        floor: &Floor,
        wish: Wish,
        wait: Duration,
    ) -> Option<Vec<Claimed>> {
        while !floor.stop.is_cancelled() {
            let worker = &floor.worker;
            // Not given up when it is time to stop: what the queue is about to hand out would stay claimed, and nobody would do it.
            match worker
                .queue
                .take(&worker.name(), wish, wait.min(WAIT))
                .await
            {
                Ok(taken) => {
                    self.failures = 0;
                    if taken.reborn {
                        floor.reborn.notify_one();
                    }
                    return Some(taken.tickets);
                }
                Err(error) => {
                    if self.failures == 0 {
                        tracing::warn!(%error, "no jobs can be taken");
                    }
                    self.failures = (self.failures + 1).min(6);
                    let pause = rand::random_range(50..=100_u64) << self.failures;
                    tokio::select! {
                        () = floor.stop.cancelled() => {}
                        () = tokio::time::sleep(Duration::from_millis(pause)) => {}
                    }
                }
            }
        }
        None
    }
}
