//! Jobs on a timetable: each carries the time at which it was due, so that a slow intake does not hide behind its slowness.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use belfry::{
    adapters::memory::MemoryCache, commit::aftermath::Aftermath, jobs::Intake, metrics::Metrics,
};
use belfry_load::latency::Latency;
use tokio::time::{Instant, sleep, sleep_until};

use crate::{
    nothing::{job, now},
    parts::open,
};

pub async fn run(rate: u64, seconds: u64, warm_up: u64) {
    let parts = open().await;
    let (aftermath, tasks) = Aftermath::start(
        parts.redis.bus.clone(),
        Arc::new(MemoryCache::new(0)),
        parts.redis.queue.clone(),
        Arc::new(Metrics::new()),
    );
    let intake = Arc::new(Intake::start(parts.store.clone(), aftermath));
    println!("ready");
    let stored = Arc::new(Mutex::new(Latency::default()));
    let (began, began_at) = (Instant::now(), now());
    let mut asked = Vec::new();
    for n in 0..rate * (warm_up + seconds) {
        let due = Duration::from_micros(n * 1_000_000 / rate);
        sleep_until(began + due).await;
        let counts = due.as_secs() >= warm_up;
        let at = began_at + due.as_micros() as u64;
        let (intake, stored) = (intake.clone(), stored.clone());
        asked.push(tokio::spawn(async move {
            let waits = intake.add(job(if counts { at } else { 0 })).ok()?;
            waits.answer().await.ok()?;
            if counts {
                stored
                    .lock()
                    .expect("nobody panics")
                    .record(now().saturating_sub(at));
            }
            Some(())
        }));
    }
    let mut failed = 0;
    for one in asked {
        failed += u64::from(one.await.ok().flatten().is_none());
    }
    sleep(Duration::from_secs(1)).await;
    intake.finish().await;
    drop(intake);
    tasks.finish().await;
    let stored = stored.lock().expect("nobody panics").report();
    println!(
        "{}",
        serde_json::json!({ "failed": failed, "storedMs": stored })
    );
    parts.redis.close().await;
    parts.store.close().await;
}
