//! Who holds a job: a live worker for as long as it takes, a dead one no longer than its lease, and never two.

use std::time::Duration;

use belfry::{domain::job::State, worker::Pace};

use super::scene::{HURRIED, Scene, stories, tell};
use crate::support::databases::Backend;

stories!(
    a_long_job_stays_with_its_worker,
    a_dead_workers_jobs_go_to_another,
    a_cancelled_job_of_a_dead_worker_is_cancelled,
);

async fn a_long_job_stays_with_its_worker(scene: Scene) {
    let pace = Pace {
        lease: Duration::from_secs(4),
        ..HURRIED
    };
    let (one, two) = (scene.worker_with(4, pace), scene.worker_with(4, pace));
    let job = scene.asks("it", "wait").await;
    scene.play.begins("it", 1).await;
    // Longer than a lease, after which both workers look for what is left behind.
    tokio::time::sleep(pace.lease + 4 * pace.sweep).await;
    scene.play.opens("it");
    let done = scene.becomes(job, State::Completed).await;
    assert_eq!((done.attempts, scene.play.begun().len()), (1, 1));
    one.ends().await;
    two.ends().await;
}

async fn a_dead_workers_jobs_go_to_another(scene: Scene) {
    let one = scene.worker();
    let mut jobs = Vec::new();
    for _ in 0..4 {
        jobs.push(scene.asks("it", "wait").await);
    }
    scene.play.begins("it", 4).await;
    one.dies().await;
    scene.play.opens("it");
    let another = scene.worker();
    for job in jobs {
        let done = scene.becomes(job, State::Completed).await;
        assert_eq!(done.attempts, 2);
        assert_eq!(
            done.error(),
            Some("Its worker was gone before it was done.")
        );
    }
    another.ends().await;
}

async fn a_cancelled_job_of_a_dead_worker_is_cancelled(scene: Scene) {
    let one = scene.worker();
    let job = scene.asks("it", "hang").await;
    scene.play.begins("it", 1).await;
    one.dies().await;
    scene.store.cancel_job(job).await.unwrap();
    let another = scene.worker();
    scene.becomes(job, State::Cancelled).await;
    scene.told(job, "cancelled").await;
    assert_eq!(scene.play.begun().len(), 1);
    another.ends().await;
}

/// The store is there for one worker and not for the other, which must have dropped its job when that one begins it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_that_cannot_renew_a_lease_drops_its_job_in_time() {
    tell(Backend::Postgres, |scene: Scene| async move {
        let cut_off = scene.database.open().await;
        let pace = Pace {
            lease: Duration::from_secs(3),
            ..HURRIED
        };
        let lonely = scene.worker_over(cut_off.clone(), 4, pace);
        let job = scene.asks("it", "wait").await;
        scene.play.begins("it", 1).await;
        cut_off.close().await;
        let other = scene.worker_with(4, pace);
        scene.play.begins("it", 2).await;
        assert_eq!(scene.play.most(), 1, "never two at once");
        scene.play.opens("it");
        scene.becomes(job, State::Completed).await;
        other.ends().await;
        lonely.dies().await;
    })
    .await;
}

/// A table that is locked is as good as a store that is away. The worker before has seen the queue empty: what one hands out after that
/// is a second ticket, and whoever follows it may come to the store before the worker that hands its job back.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_lease_lost_to_an_absent_store_costs_no_attempt() {
    tell(Backend::Postgres, |scene: Scene| async move {
        let pace = Pace {
            sweep: Duration::from_secs(600),
            ..HURRIED
        };
        let before = scene.worker();
        let first = scene.asks("first", "succeed").await;
        scene.becomes(first, State::Completed).await;
        before.ends().await;
        let worker = scene.worker_with(4, pace);
        let job = scene.asks("it", "wait").await;
        scene.play.begins("it", 1).await;
        // Until the job has been dropped, and for longer than the lease.
        let locked = "DO $$ BEGIN LOCK TABLE jobs; PERFORM pg_sleep(2.5); END $$";
        scene.database.sql(locked).await;
        scene.play.leaves("it", 1).await;
        scene.play.opens("it");
        let done = scene.becomes(job, State::Completed).await;
        assert_eq!((done.attempts, done.failures), (1, Vec::new()));
        worker.ends().await;
    })
    .await;
}
