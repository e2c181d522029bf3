//! The jobs that come with messages.

use std::{collections::HashSet, time::Duration};

use belfry::{
    domain::{
        change::{Change, NewMessage},
        id::JobId,
        job::{ENRICH, MESSAGE_ATTEMPTS, Priority, State},
    },
    ports::{
        queue::Line,
        store::{Ending, Sweep},
    },
};

use super::{
    super::scene::{Scene, text},
    GONE, LONG, all, completed, errors, export, failed, ids,
};
use crate::support::databases::Backend;

super::super::stories!(
    every_message_has_its_job,
    a_refused_message_has_none,
    what_is_new_is_left_to_the_queue,
    its_job_comes_again_with_all_that_it_takes,
    it_may_be_done_without_having_been_started,
    it_is_started_when_it_comes_again,
    a_poisonous_message_is_dead_in_the_end,
    it_goes_back_to_its_own_line,
    an_unreadable_job_is_dead_and_harms_no_other,
);

async fn every_message_has_its_job(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let asked = text("ada", "hall", "see https://example.org \"now\"");
    let message = scene.send(asked.clone()).await;

    let job = scene.job(asked.job).await;

    assert_eq!((job.kind.as_str(), job.owner), (ENRICH, None));
    assert_eq!((job.state, job.attempts), (State::Waiting, 0));
    assert_eq!(job.max_attempts, MESSAGE_ATTEMPTS);
    assert_eq!(job.priority, Priority::Normal);
    let jobs = scene.all_jobs().await;
    assert_eq!(jobs.len(), 1);
    let (id, task) = &jobs[0];
    assert_eq!(*id, asked.job);
    assert_eq!(
        (&task.room_id, task.message_id),
        (&message.room_id, message.id)
    );
    assert_eq!(
        (task.content_rev, &task.content),
        (message.rev, &message.content)
    );
}

async fn a_refused_message_has_none(scene: Scene) {
    scene.people(&["ada"]).await;
    let lost = text("ada", "nowhere", "lost");
    scene.commit_one(Change::Send(lost)).await;
    assert_eq!(scene.counts().await, (0, 0, 0));
}

async fn what_is_new_is_left_to_the_queue(scene: Scene) {
    with_messages(&scene, 3).await;
    assert!(scene.sweep(Sweep::Overdue, LONG).await.is_empty());
    assert_eq!(scene.counts().await, (3, 0, 0));
}

async fn its_job_comes_again_with_all_that_it_takes(scene: Scene) {
    let jobs = with_messages(&scene, 2).await;
    let other = scene.add(export()).await;
    scene.sweep(all(), GONE).await;

    let swept = scene.sweep(Sweep::Overdue, LONG).await.tickets;

    let expected: HashSet<_> = jobs.iter().copied().chain([other]).collect();
    assert_eq!(ids(&swept).into_iter().collect::<HashSet<_>>(), expected);
    for ticket in &swept {
        let n = jobs.iter().position(|job| *job == ticket.job);
        let message = ticket.message.as_ref().map(|it| it.content.clone());
        assert_eq!(message, n.map(|n| n.to_string()));
        // The queue has brought a message's job before, and nobody noted its start.
        assert_eq!(ticket.again, n.is_some());
        assert_eq!(ticket.line == Line::Messages, n.is_some());
    }
    assert_eq!(scene.job(jobs[0]).await.attempts, 0);
}

async fn it_may_be_done_without_having_been_started(scene: Scene) {
    let jobs = with_messages(&scene, 3).await;
    let done = [jobs[0], JobId::fresh(), jobs[2]];

    for _ in 0..2 {
        scene.store.finish_jobs(&done).await.unwrap();
    }

    assert_eq!(scene.counts().await, (1, 0, 0));
    assert_eq!(ids(&scene.sweep(all(), LONG).await.tickets), [jobs[1]]);
}

async fn it_is_started_when_it_comes_again(scene: Scene) {
    let jobs = with_messages(&scene, 1).await;

    let started = scene.try_start(jobs[0], LONG).await.unwrap();

    assert_eq!((started.job.attempts, started.run.fence), (1, 1));
    assert_eq!(started.job.state, State::Active);
    let ended = scene.end(started.run, completed("1")).await.unwrap();
    assert_eq!(ended.state, State::Completed);
    assert_eq!(scene.store.job(jobs[0]).await.unwrap(), None);
}

async fn a_poisonous_message_is_dead_in_the_end(scene: Scene) {
    let jobs = with_messages(&scene, 1).await;
    for attempt in 1..=MESSAGE_ATTEMPTS {
        let started = scene.try_start(jobs[0], GONE).await.unwrap();
        assert_eq!(started.job.attempts, attempt);
        let swept = scene.sweep(Sweep::Overdue, GONE).await;
        let last = attempt == MESSAGE_ATTEMPTS;
        assert_eq!(
            (swept.tickets.len(), swept.ended.len()),
            if last { (0, 1) } else { (1, 0) }
        );
    }
    let dead = scene.job(jobs[0]).await;
    assert_eq!(dead.state, State::Dead);
    assert_eq!(dead.failures.len(), MESSAGE_ATTEMPTS as usize);
    assert_eq!(scene.retry(jobs[0]).await.state, State::Waiting);
    let swept = scene.sweep(all(), LONG).await.tickets;
    assert_eq!(swept[0].line, Line::Messages);
}

async fn it_goes_back_to_its_own_line(scene: Scene) {
    let jobs = with_messages(&scene, 3).await;
    let ends = [
        failed("no luck", Some(Duration::ZERO)),
        failed("no luck", Some(LONG)),
        Ending::HandedBack,
    ];
    for (job, how) in jobs.iter().zip(ends) {
        let run = scene.start(*job, LONG).await;
        scene.end(run, how).await.unwrap();
    }

    let mut swept = scene.sweep(all(), LONG).await.tickets;

    swept.sort_by_key(|ticket| ticket.job);
    assert_eq!(ids(&swept), jobs);
    let due: Vec<bool> = swept.iter().map(|ticket| ticket.due.is_some()).collect();
    assert_eq!(due, [false, true, false]);
    for ticket in swept {
        assert_eq!(ticket.line, Line::Messages);
        assert!(ticket.message.is_some() && ticket.again);
    }
    assert_eq!(scene.state(jobs[1]).await, State::Delayed);
}

async fn an_unreadable_job_is_dead_and_harms_no_other(scene: Scene) {
    let jobs = with_messages(&scene, 3).await;
    for (job, change) in [
        (jobs[0], "payload = '{\"roomId\": 7}'"),
        (jobs[1], "type = 'message.unknown'"),
    ] {
        let id = match scene.database.backend {
            Backend::Postgres => format!("'{job}'"),
            Backend::Sqlite => format!("x'{}'", job.0.simple()),
        };
        let spoil = format!("UPDATE jobs SET {change} WHERE id = {id}");
        scene.database.sql(spoil).await;
    }

    let mut swept = scene.sweep(all(), LONG).await;

    assert_eq!(ids(&swept.tickets), [jobs[2]]);
    swept.ended.sort_by_key(|job| job.id);
    assert_eq!(swept.ended.len(), 2);
    for (dead, job) in swept.ended.iter().zip(&jobs) {
        assert_eq!((dead.id, dead.state), (*job, State::Dead));
        let (attempt, error) = errors(dead)[0];
        assert_eq!(attempt, 0);
        assert!(error.starts_with("Its payload cannot be read: "), "{error}");
    }
}

/// Commits so many messages, "0" and so on, and returns their jobs, in order.
async fn with_messages(scene: &Scene, count: usize) -> Vec<JobId> {
    scene.room("hall", &["ada"]).await;
    let asked: Vec<NewMessage> = (0..count)
        .map(|n| text("ada", "hall", &n.to_string()))
        .collect();
    let sends: Vec<_> = asked.iter().cloned().map(Change::Send).collect();
    scene.commit(&sends).await;
    asked.into_iter().map(|message| message.job).collect()
}
