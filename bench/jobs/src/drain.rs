//! Many jobs that wait, and how fast workers do them.

use std::time::Duration;

use belfry::{
    jobs::ticket_of,
    ports::{
        queue::{Queue, Wish},
        store::JobCounts,
    },
};
use tokio::{
    io::{AsyncBufReadExt, BufReader, stdin},
    time::{Instant, sleep},
};

use crate::{
    nothing::job,
    parts::{open, redis_bytes},
};

/// Jobs that are stored with one call.
const AT_ONCE: usize = 1_000;
/// How often is looked how many are left.
const EVERY: Duration = Duration::from_millis(100);

pub async fn run(jobs: usize) {
    let parts = open().await;
    // A queue that nobody has taken from is new, and would have all jobs swept once more; a system that runs has none such.
    let nothing = Wish::Jobs { max: 1, low: 1 };
    let taken = parts.redis.queue.take("bench", nothing, Duration::ZERO);
    assert!(taken.await.expect("Redis").tickets.is_empty());
    let before = redis_bytes().await;
    let began = Instant::now();
    let mut left = jobs;
    while left > 0 {
        let batch: Vec<_> = (0..left.min(AT_ONCE)).map(|_| job(0)).collect();
        parts.store.add_jobs(&batch).await.expect("stored");
        let tickets: Vec<_> = batch.iter().map(ticket_of).collect();
        parts.redis.queue.push(&tickets).await.expect("queued");
        left -= batch.len();
    }
    let filled = began.elapsed();
    let full = redis_bytes().await;

    println!("ready");
    let mut line = String::new();
    let _ = BufReader::new(stdin()).read_line(&mut line).await;
    // The workers' own start does not count: from when the first jobs are done.
    let mut first = None;
    let (counted, took) = loop {
        sleep(EVERY).await;
        // Redis tells its figures at no cost; the store has to count, and is asked only when there is little left.
        let backlog = parts.redis.queue.backlog().await.expect("counted");
        let mut open = backlog.jobs.iter().sum::<u64>() as usize;
        if open == 0 {
            let JobCounts {
                waiting, active, ..
            } = parts.store.count_jobs().await.expect("counted");
            open = usize::try_from(waiting + active).unwrap_or(0);
        }
        let now = Instant::now();
        match first {
            None if open < jobs => first = Some((open, now)),
            Some((open_then, then)) if open == 0 => break (open_then, now - then),
            _ => {}
        }
        assert!(
            began.elapsed() < Duration::from_secs(900),
            "{open} are left"
        );
    };
    let after = settled_bytes(before).await;
    let report = serde_json::json!({
        "jobs": jobs,
        "storedPerSecond": jobs as f64 / filled.as_secs_f64(),
        "jobsPerSecond": counted as f64 / took.as_secs_f64(),
        "redisBytesEach": (full.saturating_sub(before)) as f64 / jobs as f64,
        "redisBytesLeft": after as i64 - before as i64,
    });
    println!("{report}");
    parts.redis.close().await;
    parts.store.close().await;
}

/// What Redis holds once the last claims are settled: it is given 5 s to be where it was.
async fn settled_bytes(before: u64) -> u64 {
    for _ in 0..50 {
        let bytes = redis_bytes().await;
        if bytes <= before + before / 10 {
            return bytes;
        }
        sleep(EVERY).await;
    }
    redis_bytes().await
}
