//! `job:update`: what the owner of a job is told of it, on whichever replica they are.

use std::sync::Arc;

use tokio::time::MissedTickBehavior;

use super::{Worker, floor::Floor};
use crate::{
    domain::{job::Job, timestamp::Timestamp},
    protocol::{rest::JobView, server_event::personal},
};

/// The event's name.
const UPDATE: &str = "job:update";

/// Tells the owners of these jobs where they stand. Jobs without an owner are nobody's news.
pub(super) fn tell<'a>(worker: &Worker, jobs: impl IntoIterator<Item = &'a Job>) {
    let signals: Vec<_> = jobs
        .into_iter()
        .filter_map(|job| Some(personal(job.owner.as_ref()?, UPDATE, &JobView::of(job))))
        .collect();
    if !signals.is_empty() {
        worker.telling.tell(signals);
    }
}

/// Tells the owner of a job how far it is.
pub(super) fn tell_progress(worker: &Worker, job: &Job, percent: u8) {
    let Some(owner) = &job.owner else { return };
    let view = JobView {
        progress: percent,
        updated_at: Timestamp::now(),
        ..JobView::of(job)
    };
    worker.telling.tell(vec![personal(owner, UPDATE, &view)]);
}

/// Tells of progress, of each job as often as the pace allows. Never ends.
pub(super) async fn run(floor: Arc<Floor>) {
    let mut ticks = tokio::time::interval(floor.worker.pace.tell);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        for held in floor.underway.all() {
            held.tell_progress(&floor.worker);
        }
    }
}
