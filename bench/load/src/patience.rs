//! Waiting for what is still under way: as long as it keeps coming, and a little longer.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How long nothing may arrive before the wait for missing messages is given up.
const PATIENCE: Duration = Duration::from_secs(8);

/// Waits until `packets` has not risen for 300 ms (30 s at most).
pub async fn quiet(packets: impl Fn() -> u64) {
    for _ in 0..100 {
        let before = packets();
        sleep(Duration::from_millis(300)).await;
        if packets() == before {
            return;
        }
    }
}

/// Waits while `condition` holds, as long as `packets` keeps rising.
pub async fn wait_while(packets: impl Fn() -> u64, condition: impl Fn() -> bool) {
    let mut last = (Instant::now(), packets());
    while condition() {
        sleep(Duration::from_millis(20)).await;
        let packets = packets();
        if packets != last.1 {
            last = (Instant::now(), packets);
        } else if last.0.elapsed() > PATIENCE {
            return;
        }
    }
}

/// Waits while `condition` holds, for `limit` at most.
pub async fn wait_up_to(limit: Duration, condition: impl Fn() -> bool) {
    let begin = Instant::now();
    while condition() && begin.elapsed() < limit {
        sleep(Duration::from_millis(20)).await;
    }
}
