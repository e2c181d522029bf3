//! Jobs that ended long ago.

use std::time::Duration;

use belfry::domain::job::State;

use super::{super::scene::Scene, GONE, LONG, completed, export, failed, files::parts};
use crate::support::databases::Backend;

super::super::stories!(
    what_ended_long_ago_is_forgotten,
    dead_jobs_are_kept_four_times_as_long,
    at_most_so_many_are_forgotten,
    long_files_are_forgotten_too,
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
