//! Jobs: committed with their message, handed out one at a time, given up in the end.

use std::{collections::HashSet, time::Duration};

use belfry::{
    domain::{
        change::{Change, NewMessage},
        id::JobId,
        job::{EnrichMessage, Job, MAX_ATTEMPTS, Task},
        timestamp::Timestamp,
    },
    ports::store::{JobCounts, Sweep},
};
use futures_util::future::join_all;

use super::scene::{Scene, text};

const LONG: Duration = Duration::from_secs(60);

super::stories!(
    every_message_has_its_job,
    a_refused_message_has_none,
    a_fresh_job_is_left_to_the_queue,
    after_a_loss_all_jobs_are_handed_out_once,
    the_oldest_job_comes_first,
    an_overdue_job_is_handed_out_again,
    no_two_sweeps_at_once_get_the_same_job,
    a_failed_job_waits_and_comes_again,
    a_job_out_of_attempts_is_dead,
    a_finished_job_is_gone,
);

async fn every_message_has_its_job(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let asked = text("ada", "hall", "see https://example.org \"now\"");
    let message = scene.send(asked.clone()).await;

    let jobs: Vec<_> = scene
        .all_jobs()
        .await
        .into_iter()
        .map(|(job, _)| job)
        .collect();

    let task = Task::EnrichMessage(EnrichMessage {
        room_id: message.room_id.clone(),
        message_id: message.id,
        content_rev: message.rev,
        content: message.content.clone(),
    });
    let expected = Job {
        id: asked.job,
        attempts: 1,
        task,
    };
    assert_eq!(jobs, [expected]);
}

async fn a_refused_message_has_none(scene: Scene) {
    scene.people(&["ada"]).await;
    scene
        .commit_one(Change::Send(text("ada", "nowhere", "lost")))
        .await;
    assert_eq!(counts(&scene).await, (0, 0));
}

async fn a_fresh_job_is_left_to_the_queue(scene: Scene) {
    with_jobs(&scene, 3).await;
    assert!(sweep(&scene, Sweep::Overdue, LONG, 10).await.is_empty());
    assert_eq!(counts(&scene).await, (3, 0));
}

async fn after_a_loss_all_jobs_are_handed_out_once(scene: Scene) {
    let long_ago = Timestamp::from_millis(Timestamp::now().as_millis() - 60_000);
    let jobs = with_jobs(&scene, 5).await;
    assert!(
        sweep(&scene, Sweep::All { before: long_ago }, LONG, 10)
            .await
            .is_empty()
    );

    let loss = Timestamp::from_millis(Timestamp::now().as_millis() + 1);
    while Timestamp::now() < loss {
        tokio::task::yield_now().await;
    }
    let first = sweep(&scene, Sweep::All { before: loss }, LONG, 3).await;
    let second = sweep(&scene, Sweep::All { before: loss }, LONG, 3).await;
    let third = sweep(&scene, Sweep::All { before: loss }, LONG, 3).await;

    assert_eq!((first.len(), second.len(), third.len()), (3, 2, 0));
    let handed: HashSet<_> = first.iter().chain(&second).map(|job| job.id).collect();
    assert_eq!(handed, jobs.into_iter().collect());
}

async fn the_oldest_job_comes_first(scene: Scene) {
    let mut jobs = Vec::new();
    for _ in 0..5 {
        jobs.extend(with_jobs(&scene, 1).await);
    }
    let swept = sweep(&scene, Sweep::All { before: tomorrow() }, LONG, 10).await;
    let swept: Vec<_> = swept.into_iter().map(|job| job.id).collect();
    assert_eq!(swept, jobs);
}

async fn an_overdue_job_is_handed_out_again(scene: Scene) {
    let jobs = with_jobs(&scene, 2).await;
    let first = sweep(&scene, Sweep::All { before: tomorrow() }, Duration::ZERO, 1).await;
    assert_eq!((first[0].id, first[0].attempts), (jobs[0], 1));

    let again = sweep(&scene, Sweep::Overdue, LONG, 10).await;

    assert_eq!(again.len(), 1);
    assert_eq!((again[0].id, again[0].attempts), (jobs[0], 2));
    assert_eq!(again[0].task, first[0].task);
    assert!(sweep(&scene, Sweep::Overdue, LONG, 10).await.is_empty());
}

async fn no_two_sweeps_at_once_get_the_same_job(scene: Scene) {
    let jobs = with_jobs(&scene, 60).await;
    sweep(
        &scene,
        Sweep::All { before: tomorrow() },
        Duration::ZERO,
        100,
    )
    .await;
    let other = scene.another().await;

    let swept = join_all((0..12).map(|n| {
        let scene = [&scene, &other][n % 2].clone();
        tokio::spawn(async move { sweep(&scene, Sweep::Overdue, LONG, 5).await })
    }));

    let swept: Vec<_> = swept.await.into_iter().flat_map(Result::unwrap).collect();
    let different: HashSet<_> = swept.iter().map(|job| job.id).collect();
    assert_eq!(different.len(), swept.len());
    // A sweep may pass over what another one holds just then; the next one finds it.
    let rest = sweep(&scene, Sweep::Overdue, LONG, 100).await;
    assert_eq!(different.len() + rest.len(), jobs.len());
}

async fn a_failed_job_waits_and_comes_again(scene: Scene) {
    let jobs = with_jobs(&scene, 2).await;
    let fail = async |n: usize, retry_in| {
        let failed = scene.store.fail_job(jobs[n], "it's \"broken\"", retry_in);
        failed.await.unwrap();
    };
    fail(0, LONG).await;
    fail(1, Duration::ZERO).await;

    let swept = sweep(&scene, Sweep::Overdue, LONG, 10).await;

    assert_eq!(swept.len(), 1);
    assert_eq!((swept[0].id, swept[0].attempts), (jobs[1], 1));
    assert_eq!(counts(&scene).await, (2, 0));
    scene
        .store
        .fail_job(JobId::fresh(), "unknown", LONG)
        .await
        .unwrap();
}

async fn a_job_out_of_attempts_is_dead(scene: Scene) {
    let jobs = with_jobs(&scene, 1).await;
    scene
        .store
        .fail_job(jobs[0], "the first time", Duration::ZERO)
        .await
        .unwrap();
    // The way through the queue was the first attempt.
    for attempt in 1..MAX_ATTEMPTS {
        let swept = sweep(&scene, Sweep::Overdue, Duration::ZERO, 10).await;
        assert_eq!(swept.len(), 1, "attempt {attempt}");
        assert_eq!(swept[0].attempts, attempt);
    }
    assert_eq!(counts(&scene).await, (1, 0));

    assert!(
        sweep(&scene, Sweep::Overdue, Duration::ZERO, 10)
            .await
            .is_empty()
    );

    assert_eq!(counts(&scene).await, (0, 1));
    assert!(
        sweep(&scene, Sweep::All { before: tomorrow() }, LONG, 10)
            .await
            .is_empty()
    );
}

async fn a_finished_job_is_gone(scene: Scene) {
    let jobs = with_jobs(&scene, 3).await;
    let done = [jobs[0], JobId::fresh(), jobs[2]];

    scene.store.finish_jobs(&done).await.unwrap();
    scene.store.finish_jobs(&done).await.unwrap();
    scene.store.finish_jobs(&[]).await.unwrap();

    assert_eq!(counts(&scene).await, (1, 0));
    let left = sweep(&scene, Sweep::All { before: tomorrow() }, LONG, 10).await;
    assert_eq!(left[0].id, jobs[1]);
}

/// Commits so many messages and returns their jobs, in order.
async fn with_jobs(scene: &Scene, count: usize) -> Vec<JobId> {
    scene.room("hall", &["ada"]).await;
    let asked: Vec<NewMessage> = (0..count)
        .map(|n| text("ada", "hall", &n.to_string()))
        .collect();
    let sends: Vec<_> = asked.iter().cloned().map(Change::Send).collect();
    scene.commit(&sends).await;
    asked.into_iter().map(|message| message.job).collect()
}

async fn sweep(scene: &Scene, sweep: Sweep, lease: Duration, limit: i64) -> Vec<Job> {
    scene.store.sweep_jobs(sweep, lease, limit).await.unwrap()
}

fn tomorrow() -> Timestamp {
    Timestamp::from_millis(Timestamp::now().as_millis() + 86_400_000)
}

/// Waiting, dead.
async fn counts(scene: &Scene) -> (i64, i64) {
    let JobCounts { waiting, dead } = scene.store.count_jobs().await.unwrap();
    (waiting, dead)
}
