//! Jobs that ended long ago.

use std::time::Duration;

use belfry::{
    domain::{
        id::JobId,
        job::{NewJob, State},
    },
    ports::store::{Ending, FILES_KEPT},
};

use super::{
    super::scene::{Scene, user},
    GONE, LONG, completed, export, failed,
    files::parts,
};
use crate::support::databases::Backend;

super::super::stories!(
    what_ended_long_ago_is_forgotten,
    dead_jobs_are_kept_four_times_as_long,
    at_most_so_many_are_forgotten,
    long_files_are_forgotten_too,
    an_owner_keeps_so_many_files,
    what_was_given_up_leaves_no_file,
);

async fn what_ended_long_ago_is_forgotten(scene: Scene) {
    let jobs = scene.add_many(5, export).await;
    let run = scene.start(jobs[0], LONG).await;
    scene
        .store
        .add_result_part(run, 0, b"a file")
        .await
        .unwrap();
    scene.end(run, completed("1")).await.unwrap();
    scene.cancel(jobs[1]).await;
    let run = scene.start(jobs[2], LONG).await;
    scene.end(run, failed("no hope", None)).await.unwrap();
    scene.start(jobs[3], LONG).await;

    assert_eq!(forget(&scene, LONG, 10).await, 0);
    assert_eq!(parts(&scene).await, 1);

    assert_eq!(forget(&scene, GONE, 10).await, 3);
    assert_eq!(parts(&scene).await, 0);
    for job in &jobs[..3] {
        assert_eq!(scene.store.job(*job).await.unwrap(), None);
    }
    assert_eq!(scene.counts().await, (1, 1, 0));
    assert_eq!(scene.store.result_part(jobs[0], 0).await.unwrap(), None);
}

async fn dead_jobs_are_kept_four_times_as_long(scene: Scene) {
    let jobs = scene.add_many(2, export).await;
    for (job, how) in jobs.iter().zip([completed("1"), failed("no hope", None)]) {
        let run = scene.start(*job, LONG).await;
        scene.end(run, how).await.unwrap();
    }
    scene.age(3).await;

    assert_eq!(forget(&scene, Duration::from_secs(3_600), 10).await, 1);
    assert_eq!(scene.state(jobs[1]).await, State::Dead);
    scene.age(2).await;
    assert_eq!(forget(&scene, Duration::from_secs(3_600), 10).await, 1);
}

async fn at_most_so_many_are_forgotten(scene: Scene) {
    for job in scene.add_many(5, export).await {
        scene.cancel(job).await;
    }
    let mut forgotten = Vec::new();
    for _ in 0..4 {
        forgotten.push(forget(&scene, GONE, 2).await);
    }
    assert_eq!(forgotten, [2, 2, 1, 0]);
}

async fn long_files_are_forgotten_too(scene: Scene) {
    let jobs = scene.add_many(2, export).await;
    for job in &jobs {
        let run = scene.start(*job, LONG).await;
        for n in 0..300 {
            scene.store.add_result_part(run, n, b"x").await.unwrap();
        }
        scene.end(run, completed("1")).await.unwrap();
    }
    assert_eq!(forget(&scene, GONE, 10).await, 2);
    assert_eq!(parts(&scene).await, 0);
}

async fn an_owner_keeps_so_many_files(scene: Scene) {
    let silent = scene.add(export()).await;
    let run = scene.start(silent, LONG).await;
    scene.end(run, completed("1")).await.unwrap();
    let mut files = Vec::new();
    for n in 0..FILES_KEPT + 3 {
        let owner = if n == 0 { "ben" } else { "ada" };
        let job = NewJob {
            owner: Some(user(owner)),
            ..export()
        };
        files.push(with_file(&scene, job, completed("1")).await);
        scene.age(1).await;
    }
    let week = Duration::from_secs(7 * 86_400);

    assert_eq!(forget(&scene, week, 10).await, 2);

    for (n, job) in files.iter().enumerate() {
        let is_there = scene.store.job(*job).await.unwrap().is_some();
        assert_eq!(is_there, n == 0 || n > 2, "file {n}");
    }
    assert_eq!(scene.state(silent).await, State::Completed);
    assert_eq!(parts(&scene).await, 2 * (FILES_KEPT + 1));
    assert_eq!(forget(&scene, week, 10).await, 0);
}

async fn what_was_given_up_leaves_no_file(scene: Scene) {
    let kept = with_file(&scene, export(), completed("1")).await;
    let again = failed("for now", Some(GONE));
    let waiting = with_file(&scene, export(), again.clone()).await;
    let dead = with_file(&scene, export(), failed("no hope", None)).await;
    let cancelled = with_file(&scene, export(), again).await;
    scene.cancel(cancelled).await;

    assert_eq!(forget(&scene, LONG, 10).await, 0);

    assert_eq!(parts(&scene).await, 4);
    assert!(scene.store.result_part(kept, 1).await.unwrap().is_some());
    assert_eq!(scene.state(waiting).await, State::Waiting);
    assert_eq!(scene.state(dead).await, State::Dead);
    assert_eq!(scene.state(cancelled).await, State::Cancelled);
}

/// A job that makes a file of two parts, and ends so.
async fn with_file(scene: &Scene, job: NewJob, how: Ending) -> JobId {
    let job = scene.add(job).await;
    let run = scene.start(job, LONG).await;
    for n in 0..2 {
        scene.store.add_result_part(run, n, b"x").await.unwrap();
    }
    scene.end(run, how).await.unwrap();
    job
}

async fn forget(scene: &Scene, after: Duration, limit: i64) -> u64 {
    scene.store.forget_jobs(after, limit).await.unwrap()
}

impl Scene {
    /// Makes all jobs so many hours older.
    async fn age(&self, hours: u32) {
        let at = match self.database.backend {
            Backend::Postgres => {
                format!("updated_at - interval '{hours} h'")
            }
            Backend::Sqlite => {
                format!("updated_at - {hours} * 3600000")
            }
        };
        let older = format!("UPDATE jobs SET updated_at = {at}");
        self.database.sql(older).await;
    }
}
