//! Jobs that are asked for.

use belfry::domain::{
    id::JobId,
    job::{Job, NewJob, Priority, State},
    timestamp::Timestamp,
};

use super::{super::scene::Scene, chore, export, in_an_hour, timeless};
use crate::support::databases::Backend;

super::super::stories!(
    a_job_is_as_it_was_asked_for,
    a_job_for_later_is_delayed,
    added_again_it_is_the_same_job,
    all_are_added_or_none,
    hundreds_are_added_at_once,
);

async fn a_job_is_as_it_was_asked_for(scene: Scene) {
    let asked = NewJob {
        payload: r#"{"text":"it's \"odd\" \u0000 \ud800"}"#.into(),
        priority: Priority::High,
        expires_at: in_an_hour(),
        ..export()
    };

    scene.add(asked.clone()).await;

    let job = scene.job(asked.id).await;
    let beginning = Timestamp::from_millis(0);
    let expected = Job {
        id: asked.id,
        kind: asked.kind,
        payload: asked.payload,
        owner: asked.owner,
        priority: asked.priority,
        state: State::Waiting,
        progress: 0,
        attempts: 0,
        max_attempts: asked.max_attempts,
        run_at: None,
        expires_at: asked.expires_at,
        cancel_asked: false,
        result: None,
        failures: vec![],
        created_at: beginning,
        updated_at: beginning,
    };
    assert_eq!(timeless(&job), expected);
    assert_eq!(job.created_at, job.updated_at);
    let age = Timestamp::now().as_millis() - job.created_at.as_millis();
    assert!(age.abs() < 60_000, "created {age} ms ago");
    assert_eq!(scene.store.job(JobId::fresh()).await.unwrap(), None);
}

async fn a_job_for_later_is_delayed(scene: Scene) {
    let asked = NewJob {
        run_at: in_an_hour(),
        ..export()
    };

    scene.add(asked.clone()).await;

    let job = scene.job(asked.id).await;
    assert_eq!((job.state, job.run_at), (State::Delayed, asked.run_at));
    assert_eq!(scene.counts().await, (1, 0, 0));
}

async fn added_again_it_is_the_same_job(scene: Scene) {
    let asked = export();
    scene.add(asked.clone()).await;
    let before = scene.job(asked.id).await;

    let other = NewJob {
        kind: "something.else".into(),
        ..asked.clone()
    };
    scene
        .store
        .add_jobs(&[other.clone(), other, chore()])
        .await
        .unwrap();

    assert_eq!(scene.job(asked.id).await, before);
    assert_eq!(scene.counts().await, (2, 0, 0));
}

async fn all_are_added_or_none(scene: Scene) {
    let mut jobs = vec![export(), export()];
    if scene.database.backend == Backend::Postgres {
        jobs[1].payload = "{".into();
    } else {
        let taken = "CREATE TRIGGER refuses BEFORE INSERT ON jobs WHEN new.type = 'refused' BEGIN SELECT raise(ABORT, 'no'); END";
        scene.database.sql(taken).await;
        jobs[1].kind = "refused".into();
    }

    scene.store.add_jobs(&jobs).await.unwrap_err();

    assert_eq!(scene.counts().await, (0, 0, 0));
}

async fn hundreds_are_added_at_once(scene: Scene) {
    let jobs = scene.add_many(700, chore).await;
    scene.store.add_jobs(&[]).await.unwrap();
    assert_eq!(scene.counts().await, (700, 0, 0));
    assert_eq!(scene.state(jobs[699]).await, State::Waiting);
}
