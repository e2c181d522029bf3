//! Waiting for what cannot be awaited: asked again and again, up to a deadline that only a failure reaches.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How long something may take before a test calls it a failure.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// Ends when `is_so` answers true; panics when it does not in time.
pub(crate) async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !is_so().await {
        assert!(Instant::now() < deadline, "in time: {what}");
        sleep(Duration::from_millis(5)).await;
    }
}
