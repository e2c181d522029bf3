//! A worker that ends: what it has in hand is finished, or somebody else's at once.

use belfry::{domain::job::State, ports::queue::Wish};
use std::time::Duration;

use super::scene::{Breaking, HURRIED, Scene, stories};

stories!(
    what_ends_in_time_is_done,
    what_does_not_is_handed_back_and_done_by_another,
    what_waits_for_a_slot_is_handed_back,
    nothing_is_left_claimed,
    a_worker_with_a_part_that_breaks_off_hands_back_and_says_so,
);

async fn what_ends_in_time_is_done(scene: Scene) {
    let worker = scene.worker_with(
        4,
        belfry::worker::Pace {
            last_jobs: Duration::from_secs(15),
            ..HURRIED
        },
    );
    let job = scene.asks("it", "wait").await;
    scene.play.begins("it", 1).await;
    let ending = tokio::spawn(worker.ends());
    // A worker that handed it back at once would have done so by now.
    tokio::time::sleep(2 * HURRIED.last_jobs).await;
    assert_eq!(scene.job(job).await.state, State::Active);
    scene.play.opens("it");
    ending.await.unwrap();
    assert_eq!(scene.job(job).await.state, State::Completed);
}

async fn what_does_not_is_handed_back_and_done_by_another(scene: Scene) {
    let worker = scene.worker();
    let job = scene.asks("it", "wait").await;
    scene.play.begins("it", 1).await;
    worker.ends().await;
    scene.play.leaves("it", 1).await;
    let back = scene.job(job).await;
    assert_eq!((back.state, back.attempts), (State::Waiting, 0));
    let told = scene.told(job, "waiting").await;
    assert_eq!(told[0]["state"], "active");

    // No sweep is needed: the ticket is there already.
    let patient = belfry::worker::Pace {
        sweep: Duration::from_secs(600),
        ..HURRIED
    };
    let another = scene.worker_with(4, patient);
    scene.play.begins("it", 2).await;
    scene.play.opens("it");
    let done = scene.becomes(job, State::Completed).await;
    assert_eq!((done.attempts, done.failures.len()), (1, 0));
    another.ends().await;
}

async fn what_waits_for_a_slot_is_handed_back(scene: Scene) {
    let worker = scene.worker_with(1, HURRIED);
    // Quick jobs, after which more are fetched ahead than there are slots.
    for _ in 0..3 {
        let mut jobs = Vec::new();
        for _ in 0..10 {
            jobs.push(scene.asks("quick", "succeed").await);
        }
        for job in jobs {
            scene.becomes(job, State::Completed).await;
        }
    }
    let mut jobs = Vec::new();
    for _ in 0..10 {
        jobs.push(scene.asks("slow", "wait").await);
    }
    scene.play.begins("slow", 1).await;
    worker.ends().await;
    for job in &jobs {
        let back = scene.job(*job).await;
        assert_eq!((back.state, back.attempts), (State::Waiting, 0));
    }
    scene.play.opens("slow");
    let another = scene.worker();
    for job in jobs {
        scene.becomes(job, State::Completed).await;
    }
    another.ends().await;
}

async fn nothing_is_left_claimed(scene: Scene) {
    let worker = scene.worker();
    let mut jobs = Vec::new();
    for _ in 0..40 {
        jobs.push(scene.asks("it", "wait").await);
    }
    scene.play.begins("it", 4).await;
    worker.ends().await;
    let wish = Wish::Jobs { max: 100, low: 100 };
    let mut found = std::collections::HashSet::new();
    while found.len() < 40 {
        let taken = scene
            .queue
            .take("another", wish, Duration::from_secs(1))
            .await;
        let taken = taken.unwrap().tickets;
        assert!(!taken.is_empty(), "{} of 40 can be had", found.len());
        found.extend(taken.into_iter().map(|taken| taken.ticket.job));
    }
    assert_eq!(found, jobs.into_iter().collect());
}

async fn a_worker_with_a_part_that_breaks_off_hands_back_and_says_so(scene: Scene) {
    for (times, when) in [Breaking::Sweeping, Breaking::Taking]
        .into_iter()
        .enumerate()
    {
        let (worker, breaks) = scene.worker_that_breaks(when);
        let job = scene.asks("it", "wait").await;
        scene.play.begins("it", times + 1).await;
        breaks.cancel();
        worker.breaks().await;
        let back = scene.job(job).await;
        assert_eq!((back.state, back.attempts), (State::Waiting, 0));
        scene.store.cancel_job(job).await.unwrap();
    }
}
