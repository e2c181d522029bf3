//! Removes what nobody asks for any more: jobs that ended long ago, old notifications, old previews, old entries of the log of moderation.

use std::{sync::Arc, time::Duration};

use super::{Worker, floor::Floor, pace::about};
use crate::{domain::timestamp::Timestamp, ports::BackendError};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long jobs that have ended are kept, with their results.
const JOBS: Duration = DAY.saturating_mul(7);
/// How long notifications are kept.
const NOTIFICATIONS: Duration = DAY.saturating_mul(90);
/// How long it is told what the operator's rules have done.
const MODERATION: Duration = DAY.saturating_mul(90);
/// How long previews are good.
const PREVIEWS: Duration = DAY;
/// Rows removed in one call; the rest in the next.
const AT_ONCE: i64 = 1_000;
/// Calls in a row: removing must not take the store's time from everybody else.
const CALLS: usize = 20;

/// Removes, and counts what there is, every minute or so. Never ends.
pub(super) async fn run(floor: Arc<Floor>) {
    let worker = &floor.worker;
    count(worker).await;
    loop {
        tokio::time::sleep(about(worker.pace.forget)).await;
        let store = &*worker.store;
        again_and_again("jobs", || store.forget_jobs(JOBS, AT_ONCE)).await;
        again_and_again("notifications", || {
            store.forget_notifications(before(NOTIFICATIONS), AT_ONCE)
        })
        .await;
        again_and_again("moderation", || {
            store.forget_moderation(before(MODERATION), AT_ONCE)
        })
        .await;
        again_and_again("previews", || store.forget_previews(PREVIEWS, AT_ONCE)).await;
        count(&floor.worker).await;
    }
}

async fn count(worker: &Worker) {
    match worker.store.count_jobs().await {
        Ok(counts) => worker.metrics.jobs.stored(&counts),
        Err(error) => tracing::debug!(%error, "jobs could not be counted"),
    }
}

fn before(age: Duration) -> Timestamp {
    Timestamp::from_millis(Timestamp::now().as_millis() - age.as_millis() as i64)
}

async fn again_and_again<F: Future<Output = Result<u64, BackendError>>>(
    what: &str,
    mut remove: impl FnMut() -> F,
) {
    for _ in 0..CALLS {
        match remove().await {
            Ok(removed) if removed < AT_ONCE.unsigned_abs() => return,
            Ok(_) => {}
            Err(error) => {
                tracing::debug!(%error, "old {what} stay for now");
                return;
            }
        }
    }
}
