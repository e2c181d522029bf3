//! Leases: who holds a job, and how far it is.

use belfry::{
    domain::job::{Run, State},
    ports::store::{Keep, Kept, Sweep},
};
use futures_util::future::join;

use super::{super::scene::Scene, GONE, LONG, completed, export, ids};

super::super::stories!(
    a_kept_job_does_not_come_again,
    a_lost_run_is_not_kept,
    progress_is_noted,
    who_keeps_a_job_hears_that_nobody_wants_it,
    either_the_keeper_or_the_sweep_has_it,
);

async fn a_kept_job_does_not_come_again(scene: Scene) {
    let job = scene.add(export()).await;
    let run = scene.start(job, GONE).await;

    assert!(scene.keep(run, LONG).await);

    assert!(scene.sweep(Sweep::Overdue, LONG).await.is_empty());
    assert_eq!(scene.try_start(job, LONG).await, None);
    assert!(scene.keep(run, GONE).await);
    assert!(scene.try_start(job, LONG).await.is_some());
}

async fn a_lost_run_is_not_kept(scene: Scene) {
    let jobs = scene.add_many(3, export).await;
    let lost = scene.start(jobs[0], GONE).await;
    let held = scene.start(jobs[0], LONG).await;
    let ended = scene.start(jobs[1], LONG).await;
    scene.end(ended, completed("1")).await.unwrap();
    let early = Run {
        job: jobs[2],
        fence: 0,
    };
    let keeps = [lost, held, ended, early].map(|run| Keep {
        run,
        progress: Some(50),
    });

    let kept = scene.store.keep_jobs(&keeps, LONG).await.unwrap();

    let expected = Kept {
        run: held,
        cancel_asked: false,
    };
    assert_eq!(kept, [expected]);
    assert_eq!(scene.job(jobs[1]).await.progress, 100);
    assert_eq!(scene.job(jobs[2]).await.progress, 0);
    assert_eq!(scene.store.keep_jobs(&[], LONG).await.unwrap(), []);
}

async fn progress_is_noted(scene: Scene) {
    let job = scene.add(export()).await;
    let run = scene.start(job, LONG).await;
    let keep = async |progress| {
        let keep = Keep { run, progress };
        scene.store.keep_jobs(&[keep], LONG).await.unwrap();
        scene.job(job).await
    };

    let started = scene.job(job).await;
    let kept = keep(None).await;
    assert_eq!((kept.progress, kept.updated_at), (0, started.updated_at));
    assert_eq!(keep(Some(40)).await.progress, 40);
    assert_eq!(keep(None).await.progress, 40);
    assert_eq!(keep(Some(255)).await.progress, 100);

    scene.keep(run, GONE).await;
    assert_eq!(scene.try_start(job, LONG).await.unwrap().job.progress, 0);
}

async fn who_keeps_a_job_hears_that_nobody_wants_it(scene: Scene) {
    let jobs = scene.add_many(2, export).await;
    let unwanted = scene.start(jobs[0], LONG).await;
    let wanted = scene.start(jobs[1], LONG).await;
    scene.cancel(jobs[0]).await;

    let keeps = [unwanted, wanted].map(|run| Keep {
        run,
        progress: None,
    });
    let mut kept = scene.store.keep_jobs(&keeps, LONG).await.unwrap();

    kept.sort_by_key(|it| it.run.job);
    let mut expected = [(unwanted, true), (wanted, false)];
    expected.sort_by_key(|it| it.0.job);
    assert_eq!(kept.len(), 2);
    for (kept, (run, cancel_asked)) in kept.into_iter().zip(expected) {
        assert_eq!(kept, Kept { run, cancel_asked });
    }
}

async fn either_the_keeper_or_the_sweep_has_it(scene: Scene) {
    let other = scene.another().await;
    for _ in 0..10 {
        let jobs = scene.add_many(20, export).await;
        let started = scene.store.start_jobs(&jobs, GONE).await.unwrap().started;
        let keeps: Vec<Keep> = started
            .iter()
            .map(|it| Keep {
                run: it.run,
                progress: None,
            })
            .collect();

        let (kept, swept) = join(
            scene.store.keep_jobs(&keeps, LONG),
            other.store.sweep_jobs(
                Sweep::Overdue,
                &belfry::ports::queue::Line::ALL,
                LONG,
                1_000,
            ),
        )
        .await;

        let kept: Vec<_> = kept.unwrap().iter().map(|it| it.run.job).collect();
        let swept = ids(&swept.unwrap().tickets);
        for job in jobs {
            let state = scene.state(job).await;
            match (kept.contains(&job), swept.contains(&job)) {
                (true, false) => assert_eq!(state, State::Active),
                (false, true) => assert_eq!(state, State::Waiting),
                (kept, swept) => panic!("kept: {kept}, swept: {swept}"),
            }
        }
    }
    other.store.close().await;
}
