//! The steps of an end, each with its limit: a store or a client that is dead delays it and does not stop it.

use std::{future::Future, time::Duration};

use tokio::time::timeout;

/// For what is in flight when everybody has been sent away: requests, jobs, and commits, which take 3 s at most.
pub(crate) const FINISHING: Duration = Duration::from_secs(5);
/// For each step after that.
pub(crate) const CLOSING: Duration = Duration::from_secs(2);

/// Waits for a step, `limit` at most; says so if it did not end.
pub(crate) async fn step(what: &str, limit: Duration, step: impl Future) {
    if timeout(limit, step).await.is_err() {
        tracing::warn!(
            seconds = limit.as_secs(),
            "{what} did not end in time and is given up"
        );
    }
}
