//! What the figures say of the queue and of the slots, looked at every few seconds: nobody who reads them waits for the queue.

use std::{sync::Arc, time::Duration};

use super::floor::Floor;

/// How often it is looked.
const LOOKS: Duration = Duration::from_secs(5);

/// Looks. Never ends.
pub(super) async fn run(floor: Arc<Floor>) {
    let worker = &floor.worker;
    let mut ticks = tokio::time::interval(LOOKS);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let figures = &worker.metrics.jobs;
        figures.slots(worker.at_once, floor.slots.available_permits());
        // Each ends within 1 s. What cannot be asked stays as it was; that Redis is away has a figure of its own.
        if let Ok(backlog) = worker.queue.backlog().await {
            figures.queued(&backlog);
        }
        if let Ok(oldest) = worker.queue.oldest().await {
            figures.waited(&oldest);
        }
    }
}
