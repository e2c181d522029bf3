//! Sweeps: what the queue has lost, what workers have left, what nobody started in time.

use std::collections::HashSet;

use belfry::{
    domain::{
        id::JobId,
        job::{NewJob, Priority, State},
        timestamp::Timestamp,
    },
    ports::{
        queue::{Line, Ticket},
        store::{LOST_AFTER, Sweep},
    },
};
use futures_util::future::join_all;

use crate::support::databases::Backend;

use super::{
    super::scene::Scene, GONE, LONG, all, an_hour_ago, chore, errors, export, failed, from_now,
    ids, in_an_hour,
};

super::super::stories!(
    what_is_new_is_left_to_the_queue,
    after_a_loss_everything_is_handed_out_once,
    a_loss_is_made_good_however_long_that_takes,
    what_is_not_due_is_handed_out_with_its_time,
    what_has_waited_longest_comes_first,
    no_two_sweeps_at_once_get_the_same,
    what_nobody_started_in_time_is_dead,
    what_expires_is_found_at_once,
    what_a_worker_has_left_waits_again,
    what_kills_its_workers_is_dead,
    what_waits_for_its_next_attempt_is_handed_out,
    lines_that_are_not_named_are_left_alone,
    what_expired_is_found_in_any_line,
    what_is_long_overdue_counts_as_lost,
);

async fn what_is_new_is_left_to_the_queue(scene: Scene) {
    scene.add_many(3, export).await;
    let run = scene.start(scene.add(export()).await, LONG).await;
    assert!(scene.sweep(Sweep::Overdue, LONG).await.is_empty());
    let long_ago = Sweep::All {
        before: an_hour_ago().unwrap(),
    };
    assert!(scene.sweep(long_ago, LONG).await.is_empty());
    // What is with a worker was not lost.
    assert_eq!(scene.sweep(all(), LONG).await.tickets.len(), 3);
    assert!(scene.keep(run, LONG).await);
}

async fn after_a_loss_everything_is_handed_out_once(scene: Scene) {
    let jobs = scene.add_many(5, export).await;
    let loss = from_now(1);
    while Timestamp::now() < loss {
        tokio::task::yield_now().await;
    }
    let sweep = async |limit| {
        let before = Sweep::All { before: loss };
        let swept = scene
            .store
            .sweep_jobs(before, &Line::ALL, LONG, limit)
            .await
            .unwrap();
        ids(&swept.tickets)
    };
    let (first, second, third) = (sweep(3).await, sweep(3).await, sweep(3).await);
    assert_eq!((first.len(), second.len(), third.len()), (3, 2, 0));
    let handed: HashSet<_> = first.into_iter().chain(second).collect();
    assert_eq!(handed, jobs.into_iter().collect());
}

async fn a_loss_is_made_good_however_long_that_takes(scene: Scene) {
    let jobs = scene.add_many(5, export).await;
    let loss = from_now(1);
    while Timestamp::now() < loss {
        tokio::task::yield_now().await;
    }
    // The queue's time has passed before the next sweep looks.
    let mut handed = Vec::new();
    for _ in 0..3 {
        let before = Sweep::All { before: loss };
        let swept = scene.store.sweep_jobs(before, &Line::ALL, GONE, 2);
        handed.extend(ids(&swept.await.unwrap().tickets));
    }
    assert_eq!(handed, jobs);
    assert!(
        scene
            .sweep(Sweep::All { before: loss }, GONE)
            .await
            .is_empty()
    );
}

async fn what_is_not_due_is_handed_out_with_its_time(scene: Scene) {
    let now = NewJob {
        priority: Priority::High,
        run_at: an_hour_ago(),
        ..export()
    };
    let later = NewJob {
        priority: Priority::Low,
        run_at: in_an_hour(),
        ..export()
    };
    let (due, run_at) = (now.id, later.run_at);
    let (now, later) = (scene.add(now).await, scene.add(later).await);

    let swept = scene.sweep(all(), GONE).await;

    let ticket = |job, priority, due| Ticket {
        job,
        line: Line::Jobs(priority),
        due,
        message: None,
        again: false,
    };
    assert_eq!(
        swept.tickets,
        [
            ticket(now, Priority::High, None),
            ticket(later, Priority::Low, run_at)
        ]
    );
    // The queue has its time from when the job is due.
    assert_eq!(ids(&scene.sweep(Sweep::Overdue, LONG).await.tickets), [due]);
    assert_eq!(scene.state(later).await, State::Delayed);
}

async fn what_has_waited_longest_comes_first(scene: Scene) {
    let mut jobs = Vec::new();
    for n in 0..6 {
        let job = NewJob {
            run_at: Some(from_now(600_000 - n * 60_000)),
            ..export()
        };
        jobs.insert(0, scene.add(job).await);
    }
    let swept = scene.sweep(all(), LONG).await;
    assert_eq!(ids(&swept.tickets), jobs);
}

async fn lines_that_are_not_named_are_left_alone(scene: Scene) {
    let of = |priority| NewJob {
        priority,
        ..export()
    };
    let low = scene.add(of(Priority::Low)).await;
    let high = scene.add(of(Priority::High)).await;
    let left = scene.add(of(Priority::Low)).await;
    scene.sweep(all(), GONE).await;
    scene.start(left, GONE).await;

    let high_line = [Line::Jobs(Priority::High)];
    let sweep = async |lines: &[Line], limit| {
        let swept = scene.store.sweep_jobs(Sweep::Overdue, lines, LONG, limit);
        ids(&swept.await.unwrap().tickets)
    };
    assert_eq!(
        sweep(&high_line, 10).await,
        [left, high],
        "whose worker is gone comes whatever its line"
    );
    assert!(sweep(&high_line, 10).await.is_empty());
    assert_eq!(sweep(&Line::ALL, 10).await, [low]);
}

async fn what_expired_is_found_in_any_line(scene: Scene) {
    let late = NewJob {
        expires_at: an_hour_ago(),
        ..export()
    };
    let late = scene.add(late).await;
    let swept = scene.store.sweep_jobs(Sweep::Overdue, &[], LONG, 10).await;
    let ended = swept.unwrap().ended;
    assert_eq!((ended.len(), ended[0].id), (1, late));
}

async fn what_is_long_overdue_counts_as_lost(scene: Scene) {
    let jobs = scene.add_many(2, export).await;
    let run = scene.start(scene.add(export()).await, LONG).await;
    scene.sweep(all(), GONE).await;
    assert!(scene.sweep(Sweep::Lost, LONG).await.is_empty());
    let (id, ago) = (jobs[0].0, LOST_AFTER.as_millis());
    let long_ago = match scene.database.backend {
        Backend::Postgres => format!(
            "UPDATE jobs SET lease_until = lease_until - {ago} * interval '1 ms' WHERE id = '{id}'"
        ),
        Backend::Sqlite => format!(
            "UPDATE jobs SET lease_until = lease_until - {ago} WHERE id = x'{}'",
            id.simple()
        ),
    };
    scene.database.sql(long_ago).await;

    let swept = scene.sweep(Sweep::Lost, LONG).await.tickets;

    assert_eq!(ids(&swept), jobs[..1]);
    assert!(scene.sweep(Sweep::Lost, LONG).await.is_empty());
    assert!(scene.keep(run, LONG).await);
}

async fn no_two_sweeps_at_once_get_the_same(scene: Scene) {
    let jobs = scene.add_many(60, chore).await;
    scene.sweep(all(), GONE).await;
    let other = scene.another().await;

    let swept = join_all((0..12).map(|n| {
        let store = [&scene, &other][n % 2].store.clone();
        tokio::spawn(async move {
            store
                .sweep_jobs(Sweep::Overdue, &Line::ALL, LONG, 5)
                .await
                .unwrap()
        })
    }));

    let swept: Vec<JobId> = swept
        .await
        .into_iter()
        .flat_map(|swept| ids(&swept.unwrap().tickets))
        .collect();
    let different: HashSet<_> = swept.iter().collect();
    assert_eq!(different.len(), swept.len());
    // A sweep may pass over what another one holds just then; the next one finds it.
    let rest = scene.sweep(Sweep::Overdue, LONG).await.tickets;
    assert_eq!(different.len() + rest.len(), jobs.len());
    other.store.close().await;
}

async fn what_nobody_started_in_time_is_dead(scene: Scene) {
    let late = NewJob {
        expires_at: an_hour_ago(),
        ..export()
    };
    let late = scene.add(late).await;

    let swept = scene.sweep(Sweep::Overdue, LONG).await;

    assert_eq!((swept.tickets.len(), swept.ended.len()), (0, 1));
    let dead = &swept.ended[0];
    assert_eq!((dead.id, dead.state), (late, State::Dead));
    assert_eq!(errors(dead), [(0, "It was not started in time.")]);
    assert_eq!(&scene.job(late).await, dead);
    assert!(scene.sweep(Sweep::Overdue, LONG).await.is_empty());
}

async fn what_expires_is_found_at_once(scene: Scene) {
    let job = NewJob {
        expires_at: Some(from_now(200)),
        ..export()
    };
    let job = scene.add(job).await;
    // Handed out for long, it is still not longer in the queue than it may wait.
    let mut swept = scene.sweep(all(), LONG).await;
    while swept.ended.is_empty() {
        tokio::task::yield_now().await;
        swept = scene.sweep(Sweep::Overdue, LONG).await;
    }
    assert_eq!(
        (swept.ended[0].id, swept.ended[0].state),
        (job, State::Dead)
    );
}

async fn what_a_worker_has_left_waits_again(scene: Scene) {
    let job = scene.add(export()).await;
    let run = scene.start(job, GONE).await;

    let swept = scene.sweep(Sweep::Overdue, LONG).await;

    let expected = Ticket {
        job,
        line: Line::Jobs(Priority::Normal),
        due: None,
        message: None,
        again: true,
    };
    assert_eq!((swept.tickets, swept.ended), (vec![expected], vec![]));
    let waiting = scene.job(job).await;
    assert_eq!((waiting.state, waiting.attempts), (State::Waiting, 1));
    let gone = (1, "Its worker was gone before it was done.");
    assert_eq!(errors(&waiting), [gone]);
    assert!(!scene.keep(run, LONG).await);
    assert!(scene.sweep(Sweep::Overdue, LONG).await.is_empty());
    assert_eq!(scene.start(job, LONG).await.fence, 2);
}

async fn what_kills_its_workers_is_dead(scene: Scene) {
    let job = scene.add(export()).await;
    for _ in 0..2 {
        scene.start(job, GONE).await;
        assert_eq!(scene.sweep(Sweep::Overdue, LONG).await.tickets.len(), 1);
    }
    scene.start(job, GONE).await;

    let swept = scene.sweep(Sweep::Overdue, LONG).await;

    assert_eq!((swept.tickets.len(), swept.ended.len()), (0, 1));
    assert_eq!(swept.ended[0].state, State::Dead);
    let gone = "Its worker was gone before it was done.";
    assert_eq!(errors(&swept.ended[0]), [(1, gone), (2, gone), (3, gone)]);
    assert_eq!(scene.counts().await, (0, 0, 1));
}

async fn what_waits_for_its_next_attempt_is_handed_out(scene: Scene) {
    let jobs = scene.add_many(2, export).await;
    let wait = [GONE, LONG];
    for (job, wait) in jobs.iter().zip(wait) {
        let run = scene.start(*job, LONG).await;
        scene.end(run, failed("no luck", Some(wait))).await.unwrap();
    }
    // Whoever ended them brings them to the queue.
    assert!(scene.sweep(Sweep::Overdue, LONG).await.is_empty());

    let swept = scene.sweep(all(), LONG).await.tickets;

    assert_eq!(ids(&swept), jobs);
    assert_eq!(swept[0].due, None);
    assert_eq!(swept[1].due, scene.job(jobs[1]).await.run_at);
    assert!(swept.iter().all(|ticket| ticket.again));
}
