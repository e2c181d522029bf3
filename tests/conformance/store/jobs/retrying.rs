//! Dead jobs that an operator has tried again.

use belfry::{
    domain::{
        id::JobId,
        job::{Job, NewJob, State},
    },
    ports::store::Sweep,
};

use super::{
    super::scene::Scene, LONG, all, an_hour_ago, completed, errors, export, failed, ids, timeless,
};

super::super::stories!(
    a_dead_job_begins_again,
    an_expired_job_has_all_the_time,
    what_is_not_dead_stays,
);

async fn a_dead_job_begins_again(scene: Scene) {
    let once = NewJob {
        max_attempts: 1,
        ..export()
    };
    let job = scene.add(once).await;
    let run = scene.start(job, LONG).await;
    let dead = scene.end(run, failed("no luck", Some(LONG))).await.unwrap();
    assert_eq!(dead.state, State::Dead);

    let retried = scene.retry(job).await;

    let expected = Job {
        state: State::Waiting,
        attempts: 0,
        ..dead.clone()
    };
    assert_eq!(timeless(&retried), timeless(&expected));
    assert_eq!(retried.failures, dead.failures);
    assert_eq!(scene.counts().await, (1, 0, 0));
    // Whoever had it tried again may have no way to the queue.
    let swept = scene.sweep(Sweep::Overdue, LONG).await;
    assert_eq!(ids(&swept.tickets), [job]);
    assert_eq!(scene.try_start(job, LONG).await.unwrap().run.fence, 2);
}

async fn an_expired_job_has_all_the_time(scene: Scene) {
    let late = NewJob {
        expires_at: an_hour_ago(),
        run_at: an_hour_ago(),
        ..export()
    };
    let job = scene.add(late).await;
    assert_eq!(scene.sweep(all(), LONG).await.ended.len(), 1);

    let retried = scene.retry(job).await;

    assert_eq!((retried.expires_at, retried.run_at), (None, None));
    assert_eq!(errors(&retried), [(0, "It was not started in time.")]);
    assert_eq!(ids(&scene.sweep(all(), LONG).await.tickets), [job]);
    assert!(scene.try_start(job, LONG).await.is_some());
}

async fn what_is_not_dead_stays(scene: Scene) {
    let jobs = scene.add_many(4, export).await;
    scene.cancel(jobs[1]).await;
    scene.start(jobs[2], LONG).await;
    let run = scene.start(jobs[3], LONG).await;
    scene.end(run, completed("1")).await.unwrap();

    for job in jobs {
        let before = scene.job(job).await;
        assert_eq!(scene.retry(job).await, before);
    }
    assert_eq!(scene.store.retry_job(JobId::fresh()).await.unwrap(), None);
}
