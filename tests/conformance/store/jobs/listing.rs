//! Lists of jobs.

use belfry::{
    domain::{
        id::JobId,
        job::{NewJob, State},
    },
    ports::store::JobQuery,
};

use super::{
    super::scene::{Scene, user},
    LONG, chore, completed, export, failed, in_an_hour,
};

super::super::stories!(
    the_newest_come_first_page_by_page,
    a_user_sees_their_own,
    a_list_may_be_of_one_state_or_type,
);

async fn the_newest_come_first_page_by_page(scene: Scene) {
    let mut jobs = scene.add_many(7, export).await;
    jobs.reverse();
    let page = async |before| {
        let query = JobQuery {
            before,
            limit: 3,
            ..JobQuery::default()
        };
        list(&scene, &query).await
    };

    assert_eq!(page(None).await, jobs[..3]);
    assert_eq!(page(Some(jobs[2])).await, jobs[3..6]);
    assert_eq!(page(Some(jobs[5])).await, jobs[6..]);
    assert_eq!(page(Some(jobs[6])).await, []);
    assert_eq!(list(&scene, &JobQuery::default()).await, []);
}

async fn a_user_sees_their_own(scene: Scene) {
    let adas = scene.add(export()).await;
    let bens = NewJob {
        owner: Some(user("ben")),
        ..export()
    };
    let bens = scene.add(bens).await;
    let nobodys = scene.add(chore()).await;
    let of = async |owner: Option<&str>| {
        let query = JobQuery {
            owner: owner.map(user),
            limit: 10,
            ..JobQuery::default()
        };
        list(&scene, &query).await
    };

    assert_eq!(of(Some("ada")).await, [adas]);
    assert_eq!(of(Some("ben")).await, [bens]);
    assert_eq!(of(Some("mo")).await, []);
    assert_eq!(of(None).await, [nobodys, bens, adas]);
}

async fn a_list_may_be_of_one_state_or_type(scene: Scene) {
    let waiting = scene.add(export()).await;
    let later = NewJob {
        run_at: in_an_hour(),
        ..export()
    };
    let delayed = scene.add(later).await;
    let other = NewJob {
        kind: "report.words".into(),
        ..export()
    };
    let active = scene.add(other).await;
    scene.start(active, LONG).await;
    let mut ended = Vec::new();
    for how in [completed("1"), failed("no hope", None)] {
        let job = scene.add(export()).await;
        let run = scene.start(job, LONG).await;
        scene.end(run, how).await.unwrap();
        ended.push(job);
    }
    let cancelled = scene.add(export()).await;
    scene.cancel(cancelled).await;

    let open = async |owner| scene.store.open_jobs(&user(owner)).await.unwrap();
    assert_eq!((open("ada").await, open("mo").await), (3, 0));
    for (state, job) in [
        (State::Waiting, waiting),
        (State::Delayed, delayed),
        (State::Active, active),
        (State::Completed, ended[0]),
        (State::Dead, ended[1]),
        (State::Cancelled, cancelled),
    ] {
        for owner in [None, Some(user("ada"))] {
            let query = JobQuery {
                owner,
                state: Some(state),
                limit: 10,
                ..JobQuery::default()
            };
            assert_eq!(list(&scene, &query).await, [job], "{state:?}");
        }
    }
    let query = JobQuery {
        kind: Some("report.words".into()),
        limit: 10,
        ..JobQuery::default()
    };
    assert_eq!(list(&scene, &query).await, [active]);
}

async fn list(scene: &Scene, query: &JobQuery) -> Vec<JobId> {
    let jobs = scene.store.jobs(query).await.unwrap();
    for job in &jobs {
        assert_eq!(*job, scene.job(job.id).await);
    }
    jobs.iter().map(|job| job.id).collect()
}
