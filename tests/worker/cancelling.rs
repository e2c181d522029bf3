//! What its owner wants ended ends: before it begins, by itself, or all the same.

use std::time::Duration;

use belfry::{
    domain::job::{NewJob, State},
    worker::Pace,
};

use super::scene::{HURRIED, Scene, in_millis, new_job, stories};

stories!(
    what_waits_is_never_begun,
    what_runs_may_end_by_itself,
    what_does_not_is_dropped,
    what_is_done_stays_done,
);

async fn what_waits_is_never_begun(scene: Scene) {
    let job = scene.asks("it", "succeed").await;
    let later = NewJob {
        run_at: Some(in_millis(60_000)),
        ..new_job("later", "succeed")
    };
    let later = scene.asks_for(later).await;
    for job in [job, later] {
        let cancelled = scene.store.cancel_job(job).await.unwrap().unwrap();
        assert_eq!(cancelled.state, State::Cancelled);
    }
    let worker = scene.worker();
    let after = scene.asks("after", "succeed").await;
    scene.becomes(after, State::Completed).await;
    assert_eq!(scene.play.begun(), ["after"]);
    worker.ends().await;
}

async fn what_runs_may_end_by_itself(scene: Scene) {
    let pace = Pace {
        grace: Duration::from_secs(10),
        ..HURRIED
    };
    let worker = scene.worker_with(4, pace);
    let job = scene.asks("it", "obey").await;
    scene.play.begins("it", 1).await;
    let asked = scene.store.cancel_job(job).await.unwrap().unwrap();
    assert_eq!((asked.state, asked.cancel_asked), (State::Active, true));
    let cancelled = scene.becomes(job, State::Cancelled).await;
    assert_eq!((cancelled.attempts, cancelled.failures.len()), (1, 0));
    assert_eq!(scene.play.begun(), ["it", "it, obeying"]);
    scene.told(job, "cancelled").await;
    worker.ends().await;
}

async fn what_does_not_is_dropped(scene: Scene) {
    let worker = scene.worker();
    let job = scene.asks("it", "hang").await;
    scene.play.begins("it", 1).await;
    scene.store.cancel_job(job).await.unwrap();
    scene.play.leaves("it", 1).await;
    scene.becomes(job, State::Cancelled).await;
    worker.ends().await;
}

async fn what_is_done_stays_done(scene: Scene) {
    let worker = scene.worker();
    let job = scene.asks("it", "succeed").await;
    let done = scene.becomes(job, State::Completed).await;
    let asked = scene.store.cancel_job(job).await.unwrap().unwrap();
    assert_eq!(asked, done);
    worker.ends().await;
}
