//! Group commit: while calls are under way, what comes for the next one gathers.

use std::time::Duration;

use tokio::{sync::mpsc, task::JoinSet, time::Instant};

/// The most things in one call.
pub(super) const BATCH_MAX: usize = 512;
/// So many make a call beside those under way.
const LARGE: usize = 128;
/// So long one waits at most for its call to become large, while there may be another.
const GATHERED_FOR: Duration = Duration::from_millis(5);
/// Calls under way at once.
const LANES: usize = 4;

/// Hands what comes to `call`, until no more comes and all calls have ended. What comes while nothing is under way goes out at once, alone
/// if need be; else it gathers, and goes out beside what is under way only with 128 others or after 5 ms. Dropped, it drops its calls.
pub(super) async fn gather<T, F>(mut things: mpsc::Receiver<T>, mut call: impl FnMut(Vec<T>) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut waiting = Vec::new();
    let mut since: Option<Instant> = None;
    let mut is_open = true;
    let mut under_way = JoinSet::new();
    loop {
        while !waiting.is_empty() && under_way.len() < LANES {
            let is_due = since.is_none_or(|since| since.elapsed() >= GATHERED_FOR);
            if !(under_way.is_empty() || waiting.len() >= LARGE || is_due || !is_open) {
                break;
            }
            under_way.spawn(call(std::mem::take(&mut waiting)));
            since = None;
        }
        if !is_open && waiting.is_empty() && under_way.is_empty() {
            return;
        }
        let due = since.unwrap_or_else(Instant::now) + GATHERED_FOR;
        let free = BATCH_MAX - waiting.len();
        tokio::select! {
            came = things.recv_many(&mut waiting, free), if is_open && free > 0 => {
                is_open = came > 0;
                if is_open {
                    since.get_or_insert_with(Instant::now);
                }
            }
            Some(ended) = under_way.join_next() => {
                if let Err(error) = ended {
                    tracing::error!(is_panic = error.is_panic(), "a call of the worker broke off");
                }
            }
            () = tokio::time::sleep_until(due), if !waiting.is_empty() && under_way.len() < LANES => {}
        }
    }
}
