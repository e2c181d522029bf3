//! Starts: who gets a job, and when.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use belfry::{
    domain::{
        id::JobId,
        job::{NewJob, State},
    },
    ports::store::{Ending, Started},
};
use futures_util::future::join_all;

use super::{
    super::scene::Scene, GONE, LONG, an_hour_ago, chore, errors, export, failed, from_now,
    in_an_hour, timeless,
};

super::super::stories!(
    a_start_is_noted,
    a_job_is_started_once,
    of_many_starters_one_gets_a_job,
    nothing_is_started_before_its_time,
    what_comes_too_early_is_said_to_be_early,
    nothing_is_started_after_it_has_expired,
    what_was_started_once_does_not_expire,
    what_a_worker_has_left_is_started_by_another,
    nothing_is_started_more_often_than_it_may,
    nothing_is_started_that_nobody_wants,
    long_payloads_come_whole,
);

async fn a_start_is_noted(scene: Scene) {
    let job = scene.add(export()).await;
    let waiting = scene.job(job).await;

    let started = scene.try_start(job, LONG).await.unwrap();

    assert_eq!((started.run.job, started.run.fence), (job, 1));
    let mut expected = waiting.clone();
    expected.state = State::Active;
    expected.attempts = 1;
    assert_eq!(timeless(&started.job), timeless(&expected));
    assert!(started.job.updated_at >= waiting.updated_at);
    assert_eq!(scene.job(job).await, started.job);
    assert_eq!(scene.counts().await, (0, 1, 0));
}

async fn a_job_is_started_once(scene: Scene) {
    let jobs = scene.add_many(3, export).await;
    let asked = [jobs[0], jobs[1], jobs[1], JobId::fresh()];

    let first = scene.store.start_jobs(&asked, LONG).await.unwrap().started;
    let second = scene.store.start_jobs(&jobs, LONG).await.unwrap().started;
    let none = scene.store.start_jobs(&[], LONG).await.unwrap().started;

    assert_eq!(ids(&first), HashSet::from([jobs[0], jobs[1]]));
    assert_eq!(ids(&second), HashSet::from([jobs[2]]));
    assert_eq!(none, []);
}

async fn of_many_starters_one_gets_a_job(scene: Scene) {
    let jobs = scene.add_many(100, chore).await;
    let other = scene.another().await;

    let started = join_all((0..8).map(|n| {
        let scene = [&scene, &other][n % 2].clone();
        let mut jobs = jobs.clone();
        // Not all in one order: nobody is to wait for each other in a circle.
        jobs.rotate_left(n * 13);
        tokio::spawn(async move { scene.store.start_jobs(&jobs, LONG).await.unwrap().started })
    }));

    let started: Vec<_> = started.await.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(started.len(), jobs.len());
    assert_eq!(ids(&started), jobs.into_iter().collect());
    assert!(started.iter().all(|it| it.run.fence == 1));
    other.store.close().await;
}

async fn nothing_is_started_before_its_time(scene: Scene) {
    let later = NewJob {
        run_at: in_an_hour(),
        ..export()
    };
    let due = NewJob {
        run_at: an_hour_ago(),
        ..export()
    };
    let (later, due) = (scene.add(later).await, scene.add(due).await);

    let started = scene
        .store
        .start_jobs(&[later, due], LONG)
        .await
        .unwrap()
        .started;

    assert_eq!(ids(&started), HashSet::from([due]));
    assert_eq!(started[0].job.run_at, None);
    assert_eq!(scene.state(later).await, State::Delayed);

    let soon = NewJob {
        run_at: Some(from_now(50)),
        ..export()
    };
    let soon = scene.add(soon).await;
    while scene.try_start(soon, LONG).await.is_none() {
        tokio::task::yield_now().await;
    }
}

async fn what_comes_too_early_is_said_to_be_early(scene: Scene) {
    let later = NewJob {
        run_at: in_an_hour(),
        ..export()
    };
    let expired = NewJob {
        expires_at: an_hour_ago(),
        ..later.clone()
    };
    let expired = scene
        .add(NewJob {
            id: JobId::fresh(),
            ..expired
        })
        .await;
    let run_at = later.run_at;
    let later = scene.add(later).await;
    let failed_once = scene.add(export()).await;
    let run = scene.start(failed_once, LONG).await;
    let ended = scene.end(run, failed("no luck", Some(LONG))).await;
    let next_try = ended.unwrap().run_at;
    let active = scene.add(export()).await;
    scene.start(active, LONG).await;
    let due = scene.add(export()).await;

    let asked = [later, due, active, expired, failed_once, JobId::fresh()];
    let starts = scene.store.start_jobs(&asked, LONG).await.unwrap();

    assert_eq!(ids(&starts.started), HashSet::from([due]));
    let early = starts.early.iter();
    let early: HashMap<_, _> = early.map(|it| (it.job, Some(it.run_at))).collect();
    assert_eq!(
        early,
        HashMap::from([(later, run_at), (failed_once, next_try)])
    );
    for it in starts.early {
        let left = LONG.abs_diff(it.wait);
        assert!(left < Duration::from_secs(60), "{it:?}");
    }
}

async fn nothing_is_started_after_it_has_expired(scene: Scene) {
    let late = NewJob {
        expires_at: an_hour_ago(),
        ..export()
    };
    let in_time = NewJob {
        expires_at: in_an_hour(),
        ..export()
    };
    let (late, in_time) = (scene.add(late).await, scene.add(in_time).await);

    let started = scene
        .store
        .start_jobs(&[late, in_time], LONG)
        .await
        .unwrap()
        .started;

    assert_eq!(ids(&started), HashSet::from([in_time]));
}

async fn what_was_started_once_does_not_expire(scene: Scene) {
    let jobs = scene.add_many(2, export).await;
    let run = scene.start(jobs[0], LONG).await;
    scene.end(run, failed("no luck", Some(GONE))).await.unwrap();
    let run = scene.start(jobs[1], LONG).await;
    scene.end(run, Ending::HandedBack).await.unwrap();

    scene.expire_in(-1).await;

    let started = scene.store.start_jobs(&jobs, LONG).await.unwrap().started;
    assert_eq!(ids(&started), jobs.iter().copied().collect());
}

async fn what_a_worker_has_left_is_started_by_another(scene: Scene) {
    let job = scene.add(export()).await;
    let first = scene.start(job, GONE).await;

    let second = scene.try_start(job, LONG).await.unwrap();

    assert_eq!(second.run.fence, first.fence + 1);
    assert_eq!(second.job.attempts, 2);
    assert_eq!(
        errors(&second.job),
        [(1, "Its worker was gone before it was done.")]
    );
    assert!(!scene.keep(first, LONG).await);
    assert!(scene.keep(second.run, LONG).await);
}

async fn nothing_is_started_more_often_than_it_may(scene: Scene) {
    let job = scene.add(export()).await;
    for fence in 1..=3 {
        assert_eq!(scene.start(job, GONE).await.fence, fence);
    }
    assert_eq!(scene.try_start(job, GONE).await, None);
}

async fn nothing_is_started_that_nobody_wants(scene: Scene) {
    let jobs = scene.add_many(2, export).await;
    scene.start(jobs[1], GONE).await;
    for job in &jobs {
        scene.cancel(*job).await;
    }
    assert_eq!(
        scene.store.start_jobs(&jobs, LONG).await.unwrap().started,
        []
    );
}

async fn long_payloads_come_whole(scene: Scene) {
    let jobs: Vec<NewJob> = (0..12)
        .map(|n| NewJob {
            payload: format!("\"{}{n}\"", "x".repeat(10_000 * n)),
            max_attempts: n as i32 + 1,
            ..export()
        })
        .collect();
    scene.store.add_jobs(&jobs).await.unwrap();
    let asked: Vec<JobId> = jobs.iter().map(|job| job.id).collect();

    let started = scene.store.start_jobs(&asked, LONG).await.unwrap().started;

    assert_eq!(started.len(), jobs.len());
    for it in started {
        let asked = jobs.iter().find(|job| job.id == it.job.id).unwrap();
        assert!(it.job.payload == asked.payload, "another payload");
        assert_eq!(it.job.max_attempts, asked.max_attempts);
        let ended = scene.end(it.run, failed("odd", None)).await.unwrap();
        assert!(ended.payload == asked.payload, "another payload");
    }
}

fn ids(started: &[Started]) -> HashSet<JobId> {
    started.iter().map(|it| it.job.id).collect()
}
