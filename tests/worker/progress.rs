//! What the owner of a job is told while it runs: not everything, in order, and nothing after its end.

use std::time::Instant;

use belfry::domain::job::{NewJob, State};
use serde_json::json;

use super::scene::{HURRIED, Scene, new_job, stories};

stories!(
    progress_is_told_now_and_then_and_never_after_the_end,
    progress_is_kept_in_the_store,
    what_nobody_asked_for_is_told_nobody,
);

async fn progress_is_told_now_and_then_and_never_after_the_end(scene: Scene) {
    let worker = scene.worker();
    let began = Instant::now();
    let job = scene.asks("it", "talk").await;
    let mut told = scene.told(job, "completed").await;
    let took = began.elapsed();
    let most = took.as_millis() / HURRIED.tell.as_millis() + 1;

    let (first, last) = (told.remove(0), told.pop().unwrap());
    assert_eq!(
        (&first["state"], &first["progress"]),
        (&"active".into(), &0.into())
    );
    assert_eq!(
        (&last["state"], &last["progress"]),
        (&"completed".into(), &100.into())
    );
    assert!(
        !told.is_empty() && told.len() as u128 <= most,
        "{} in {took:?}",
        told.len()
    );
    let percents: Vec<_> = told
        .iter()
        .map(|told| told["progress"].as_u64().unwrap())
        .collect();
    assert!(percents.is_sorted(), "{percents:?}");
    assert!(told.iter().all(|told| told["state"] == "active"));

    let other = scene.asks("other", "succeed").await;
    let others = scene.told(other, "completed").await;
    assert_eq!(others.len(), 2);
    worker.ends().await;
}

async fn progress_is_kept_in_the_store(scene: Scene) {
    let worker = scene.worker();
    let job = scene.asks("it", "wait").await;
    crate::support::eventually("its progress is kept", async || {
        scene.job(job).await.progress == 10
    })
    .await;
    scene.play.opens("it");
    assert_eq!(scene.becomes(job, State::Completed).await.progress, 100);
    worker.ends().await;
}

async fn what_nobody_asked_for_is_told_nobody(scene: Scene) {
    let worker = scene.worker();
    let own = NewJob {
        owner: None,
        ..new_job("own", "talk")
    };
    let own = scene.asks_for(own).await;
    scene.play.leaves("own", 1).await;
    let job = scene.asks("it", "succeed").await;
    let told = scene.told_of_any(job, "completed").await;
    let of_it = told.iter().all(|told| told["id"] == json!(job));
    assert!(of_it, "{told:?}");
    crate::support::eventually("it leaves nothing behind", async || {
        scene.store.job(own).await.unwrap().is_none()
    })
    .await;
    worker.ends().await;
}
