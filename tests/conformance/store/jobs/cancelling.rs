//! Jobs that their owners want ended.

use belfry::{
    domain::{
        id::JobId,
        job::{NewJob, State},
    },
    ports::store::Sweep,
};
use futures_util::future::join;

use super::{super::scene::Scene, GONE, LONG, completed, errors, export, failed, in_an_hour};

super::super::stories!(
    what_waits_is_cancelled,
    what_is_with_a_worker_is_to_be_ended,
    what_has_ended_stays,
    what_a_dead_worker_had_is_cancelled,
    either_the_starter_or_the_owner_is_first,
);

async fn what_waits_is_cancelled(scene: Scene) {
    let later = NewJob {
        run_at: in_an_hour(),
        ..export()
    };
    for asked in [export(), later] {
        let job = scene.add(asked).await;
        let cancelled = scene.cancel(job).await;
        assert_eq!(cancelled.state, State::Cancelled);
        assert_eq!((cancelled.run_at, cancelled.cancel_asked), (None, false));
        assert_eq!(scene.job(job).await, cancelled);
        assert_eq!(scene.cancel(job).await, cancelled);
    }
    assert_eq!(scene.store.cancel_job(JobId::fresh()).await.unwrap(), None);
    assert!(scene.sweep(super::all(), LONG).await.is_empty());
}

async fn what_is_with_a_worker_is_to_be_ended(scene: Scene) {
    let job = scene.add(export()).await;
    let run = scene.start(job, LONG).await;

    let asked = scene.cancel(job).await;

    assert_eq!((asked.state, asked.cancel_asked), (State::Active, true));
    assert_eq!(scene.cancel(job).await, asked);
    assert!(scene.keep(run, LONG).await);
}

async fn what_has_ended_stays(scene: Scene) {
    for how in [completed("1"), failed("no hope", None)] {
        let job = scene.add(export()).await;
        let run = scene.start(job, LONG).await;
        let ended = scene.end(run, how).await.unwrap();
        assert_eq!(scene.cancel(job).await, ended);
    }
}

async fn what_a_dead_worker_had_is_cancelled(scene: Scene) {
    let once = NewJob {
        max_attempts: 1,
        ..export()
    };
    for asked in [export(), once] {
        let job = scene.add(asked).await;
        let run = scene.start(job, GONE).await;
        scene.cancel(job).await;

        let swept = scene.sweep(Sweep::Overdue, LONG).await;

        assert_eq!((swept.tickets.len(), swept.ended.len()), (0, 1));
        assert_eq!(swept.ended[0].state, State::Cancelled);
        assert!(!swept.ended[0].cancel_asked);
        assert_eq!(errors(&swept.ended[0]), []);
        assert_eq!(scene.end(run, completed("1")).await, None);
    }
}

async fn either_the_starter_or_the_owner_is_first(scene: Scene) {
    let other = scene.another().await;
    for _ in 0..20 {
        let job = scene.add(export()).await;
        let (started, cancelled) =
            join(scene.try_start(job, LONG), other.store.cancel_job(job)).await;
        let cancelled = cancelled.unwrap().unwrap();
        let expected = match started {
            Some(_) => (State::Active, true),
            None => (State::Cancelled, false),
        };
        assert_eq!((cancelled.state, cancelled.cancel_asked), expected);
    }
    other.store.close().await;
}
