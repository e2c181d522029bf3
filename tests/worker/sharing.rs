//! Several workers, several jobs: each is done once, and everybody has their turn.

use std::{collections::HashMap, time::Duration};

use belfry::domain::job::{NewJob, Priority, State};

use super::scene::{HURRIED, Scene, in_millis, new_job, stories};

stories!(
    two_workers_that_race_do_each_job_once,
    a_job_that_is_handed_out_twice_is_done_once,
    no_more_run_at_once_than_there_are_slots,
    low_ones_never_take_all_slots,
    a_delayed_job_waits_for_its_time,
    one_that_was_not_started_in_time_is_dead,
    a_job_that_never_reached_the_queue_is_found,
    a_loss_is_made_good_when_the_store_is_back,
    a_ticket_that_comes_too_early_is_not_lost,
);

async fn two_workers_that_race_do_each_job_once(scene: Scene) {
    let workers = [scene.worker(), scene.worker()];
    let mut jobs = Vec::new();
    for number in 0..200 {
        let job = new_job(&format!("job {number}"), "succeed");
        scene.stores(&job).await;
        // Twice, so that both workers get it.
        scene.brings(&job).await;
        scene.brings(&job).await;
        jobs.push(job.id);
    }
    for job in jobs {
        let done = scene.becomes(job, State::Completed).await;
        assert_eq!(done.attempts, 1);
    }
    let mut times: HashMap<String, usize> = HashMap::new();
    for name in scene.play.begun() {
        *times.entry(name).or_default() += 1;
    }
    assert_eq!(times.len(), 200);
    assert!(times.values().all(|times| *times == 1), "{times:?}");
    for worker in workers {
        worker.ends().await;
    }
}

async fn a_job_that_is_handed_out_twice_is_done_once(scene: Scene) {
    let worker = scene.worker();
    let job = new_job("it", "wait");
    scene.asks_for(job.clone()).await;
    scene.play.begins("it", 1).await;
    scene.brings(&job).await;
    let other = scene.asks("other", "succeed").await;
    scene.becomes(other, State::Completed).await;
    scene.play.opens("it");
    scene.becomes(job.id, State::Completed).await;
    scene.brings(&job).await;
    let other = scene.asks("another", "succeed").await;
    scene.becomes(other, State::Completed).await;
    assert_eq!(scene.play.begun(), ["it", "other", "another"]);
    worker.ends().await;
}

async fn no_more_run_at_once_than_there_are_slots(scene: Scene) {
    let worker = scene.worker_with(3, HURRIED);
    let mut jobs = Vec::new();
    for _ in 0..9 {
        jobs.push(scene.asks("it", "wait").await);
    }
    scene.play.begins("it", 3).await;
    scene.play.opens("it");
    for job in jobs {
        scene.becomes(job, State::Completed).await;
    }
    assert!(scene.play.most() <= 3, "{}", scene.play.most());
    worker.ends().await;
}

async fn low_ones_never_take_all_slots(scene: Scene) {
    let low = |name: &str| NewJob {
        priority: Priority::Low,
        ..new_job(name, "wait")
    };
    for _ in 0..8 {
        scene.asks_for(low("low")).await;
    }
    let worker = scene.worker();
    scene.play.begins("low", 2).await;
    for name in ["one", "two"] {
        let job = scene.asks(name, "wait").await;
        scene.play.begins(name, 1).await;
        assert_eq!(scene.job(job).await.state, State::Active);
    }
    let begun = scene.play.begun();
    assert_eq!(
        begun.iter().filter(|name| *name == "low").count(),
        2,
        "{begun:?}"
    );
    for name in ["low", "one", "two"] {
        scene.play.opens(name);
    }
    scene.play.leaves("low", 8).await;
    worker.ends().await;
}

async fn a_delayed_job_waits_for_its_time(scene: Scene) {
    let worker = scene.worker();
    let at = in_millis(3_000);
    let later = NewJob {
        run_at: Some(at),
        ..new_job("later", "succeed")
    };
    let later = scene.asks_for(later).await;
    let now = scene.asks("now", "succeed").await;
    scene.becomes(now, State::Completed).await;
    assert_eq!(scene.job(later).await.state, State::Delayed);
    let done = scene.becomes(later, State::Completed).await;
    assert!(done.updated_at >= at, "{done:?}");
    assert_eq!(scene.play.begun(), ["now", "later"]);
    worker.ends().await;
}

async fn one_that_was_not_started_in_time_is_dead(scene: Scene) {
    let late = NewJob {
        expires_at: Some(in_millis(1)),
        ..new_job("late", "succeed")
    };
    let late = scene.asks_for(late).await;
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    let worker = scene.worker();
    let dead = scene.becomes(late, State::Dead).await;
    assert_eq!(dead.error(), Some("It was not started in time."));
    assert!(scene.play.begun().is_empty());
    scene.told(late, "dead").await;
    worker.ends().await;
}

async fn a_job_that_never_reached_the_queue_is_found(scene: Scene) {
    let job = new_job("it", "succeed");
    scene.stores(&job).await;
    let worker = scene.worker();
    scene.becomes(job.id, State::Completed).await;
    worker.ends().await;
}

async fn a_loss_is_made_good_when_the_store_is_back(scene: Scene) {
    let job = new_job("it", "succeed");
    scene.stores(&job).await;
    scene.database.sql("ALTER TABLE jobs RENAME TO away").await;
    // It takes from the queue, which is new, and asks a store that cannot answer.
    let worker = scene.worker();
    tokio::time::sleep(Duration::from_millis(500)).await;
    scene.database.sql("ALTER TABLE away RENAME TO jobs").await;
    // Half a minute before it would be overdue.
    scene.becomes(job.id, State::Completed).await;
    worker.ends().await;
}

/// As from a queue whose clock is ahead of the store's.
async fn a_ticket_that_comes_too_early_is_not_lost(scene: Scene) {
    let worker = scene.worker();
    let at = in_millis(1_000);
    let mut job = new_job("it", "succeed");
    scene
        .stores(&NewJob {
            run_at: Some(at),
            ..job.clone()
        })
        .await;
    job.run_at = None;
    scene.brings(&job).await;
    // Half a minute before it would be overdue.
    let done = scene.becomes(job.id, State::Completed).await;
    assert!(done.updated_at >= at, "{done:?}");
    worker.ends().await;
}
