//! The ends of runs.

use belfry::{
    domain::job::{ATTEMPTS_MAX, ERROR_MAX, Job, NewJob, Run, State},
    ports::store::{End, Ending, Keep},
};
use futures_util::future::join;

use super::{super::scene::Scene, GONE, LONG, chore, completed, errors, export, failed, timeless};

super::super::stories!(
    a_job_that_is_done_keeps_its_result,
    a_job_without_an_owner_is_gone_when_it_is_done,
    a_failed_job_waits_for_its_next_attempt,
    a_job_without_attempts_or_hope_is_dead,
    a_job_that_was_handed_back_has_lost_no_attempt,
    a_job_is_cancelled_only_if_somebody_wants_that,
    an_unwanted_job_is_not_tried_again,
    lost_runs_end_nothing,
    errors_are_kept_within_bounds,
    hundreds_end_at_once,
    two_workers_end_the_same_jobs,
    finished_jobs_are_gone,
);

async fn a_job_that_is_done_keeps_its_result(scene: Scene) {
    let job = scene.add(export()).await;
    let started = scene.try_start(job, LONG).await.unwrap();

    let ended = scene.end(started.run, completed(r#"{"rows": 7}"#)).await;

    let ended = ended.unwrap();
    let expected = Job {
        state: State::Completed,
        progress: 100,
        result: Some(r#"{"rows": 7}"#.into()),
        ..started.job
    };
    assert_eq!(timeless(&ended), timeless(&expected));
    assert_eq!(scene.job(job).await, ended);

    let silent = scene.add(export()).await;
    let run = scene.start(silent, LONG).await;
    let ended = scene.end(run, Ending::Completed { result: None }).await;
    assert_eq!(ended.unwrap().result, None);
    assert_eq!(scene.counts().await, (0, 0, 0));
}

async fn a_job_without_an_owner_is_gone_when_it_is_done(scene: Scene) {
    let job = scene.add(chore()).await;
    let started = scene.try_start(job, LONG).await.unwrap();

    let ended = scene.end(started.run, completed("7")).await.unwrap();

    let expected = Job {
        state: State::Completed,
        progress: 100,
        result: Some("7".into()),
        ..started.job
    };
    assert_eq!(timeless(&ended), timeless(&expected));
    assert!(ended.updated_at >= expected.updated_at);
    assert_eq!(scene.store.job(job).await.unwrap(), None);
}

async fn a_failed_job_waits_for_its_next_attempt(scene: Scene) {
    for asked in [export(), chore()] {
        let job = scene.add(asked).await;
        let run = scene.start(job, LONG).await;
        let keep = Keep {
            run,
            progress: Some(30),
        };
        scene.store.keep_jobs(&[keep], LONG).await.unwrap();

        let ended = scene.end(run, failed("no luck", Some(LONG))).await.unwrap();

        assert_eq!((ended.state, ended.attempts), (State::Delayed, 1));
        assert_eq!(ended.progress, 0);
        assert_eq!(errors(&ended), [(1, "no luck")]);
        let wait = ended.run_at.unwrap().as_millis() - ended.updated_at.as_millis();
        assert!((3_599_990..=3_600_010).contains(&wait), "{wait} ms");
        assert_eq!(ended.failures[0].at, ended.updated_at);
        assert_eq!(scene.job(job).await, ended);
        assert_eq!(scene.try_start(job, LONG).await, None);
    }
    let job = scene.add(export()).await;
    let run = scene.start(job, LONG).await;
    scene.end(run, failed("at once", Some(GONE))).await.unwrap();
    assert_eq!(scene.start(job, LONG).await.fence, 2);
}

async fn a_job_without_attempts_or_hope_is_dead(scene: Scene) {
    let job = scene.add(export()).await;
    for attempt in 1..=3 {
        let run = scene.start(job, LONG).await;
        let error = format!("failure {attempt}");
        let ended = scene.end(run, failed(&error, Some(GONE))).await.unwrap();
        let expected = match attempt {
            3 => State::Dead,
            _ => State::Waiting,
        };
        assert_eq!(ended.state, expected);
    }
    let dead = scene.job(job).await;
    let expected = [(1, "failure 1"), (2, "failure 2"), (3, "failure 3")];
    assert_eq!(errors(&dead), expected);
    assert_eq!(dead.error(), Some("failure 3"));
    assert_eq!(dead.run_at, None);

    let hopeless = scene.add(chore()).await;
    let run = scene.start(hopeless, LONG).await;
    let ended = scene.end(run, failed("no hope", None)).await.unwrap();
    assert_eq!((ended.state, ended.attempts), (State::Dead, 1));
    assert_eq!(scene.counts().await, (0, 0, 2));
}

async fn a_job_that_was_handed_back_has_lost_no_attempt(scene: Scene) {
    let job = scene.add(export()).await;
    let first = scene.start(job, LONG).await;

    let ended = scene.end(first, Ending::HandedBack).await.unwrap();

    assert_eq!((ended.state, ended.attempts), (State::Waiting, 0));
    assert_eq!(errors(&ended), []);
    let second = scene.try_start(job, LONG).await.unwrap();
    assert_eq!((second.run.fence, second.job.attempts), (2, 1));
}

async fn a_job_is_cancelled_only_if_somebody_wants_that(scene: Scene) {
    let jobs = scene.add_many(2, export).await;
    let unwanted = scene.start(jobs[0], LONG).await;
    let wanted = scene.start(jobs[1], LONG).await;
    scene.cancel(jobs[0]).await;

    let ended = scene.end(unwanted, Ending::Cancelled).await.unwrap();
    assert_eq!((ended.state, ended.cancel_asked), (State::Cancelled, false));

    let ended = scene.end(wanted, Ending::Cancelled).await.unwrap();
    assert_eq!((ended.state, ended.attempts), (State::Waiting, 0));
}

async fn an_unwanted_job_is_not_tried_again(scene: Scene) {
    let jobs = scene.add_many(3, export).await;
    let mut ended = Vec::new();
    for (job, how) in jobs.into_iter().zip([
        failed("no luck", Some(GONE)),
        Ending::HandedBack,
        completed("1"),
    ]) {
        let run = scene.start(job, LONG).await;
        scene.cancel(job).await;
        let job = scene.end(run, how).await.unwrap();
        assert!(!job.cancel_asked);
        ended.push(job);
    }
    assert_eq!(ended[0].state, State::Cancelled);
    assert_eq!(errors(&ended[0]), [(1, "no luck")]);
    assert_eq!(ended[1].state, State::Cancelled);
    // What is done is done.
    assert_eq!(ended[2].state, State::Completed);
}

async fn lost_runs_end_nothing(scene: Scene) {
    for asked in [export(), chore()] {
        let job = scene.add(asked).await;
        let lost = scene.start(job, GONE).await;
        let held = scene.start(job, LONG).await;
        let before = scene.job(job).await;
        let never = Run {
            job,
            fence: held.fence + 1,
        };
        for run in [lost, never] {
            for how in [
                completed("1"),
                failed("late", None),
                Ending::HandedBack,
                Ending::Cancelled,
            ] {
                assert_eq!(scene.end(run, how).await, None);
            }
        }
        assert_eq!(scene.job(job).await, before);

        scene.end(held, failed("no hope", None)).await.unwrap();
        assert_eq!(scene.end(held, completed("1")).await, None);
        assert_eq!(scene.state(job).await, State::Dead);
    }
}

async fn errors_are_kept_within_bounds(scene: Scene) {
    let often = NewJob {
        max_attempts: ATTEMPTS_MAX,
        ..export()
    };
    let job = scene.add(often).await;
    for attempt in 1..=ATTEMPTS_MAX {
        let run = scene.start(job, LONG).await;
        let error = format!("{attempt}\0{}", "é".repeat(ERROR_MAX));
        scene.end(run, failed(&error, Some(GONE))).await.unwrap();
    }
    scene.retry(job).await;
    let run = scene.start(job, LONG).await;
    let dead = scene.end(run, failed("once more", None)).await.unwrap();

    assert_eq!(dead.failures.len(), ATTEMPTS_MAX as usize);
    assert_eq!(dead.failures[0].attempt, 2);
    assert_eq!(dead.failures[0].error.chars().count(), ERROR_MAX);
    assert_eq!(dead.error(), Some("once more"));
}

async fn hundreds_end_at_once(scene: Scene) {
    let mut jobs = scene.add_many(200, chore).await;
    jobs.extend(scene.add_many(200, export).await);
    let started = scene.store.start_jobs(&jobs, LONG).await.unwrap().started;
    let ends = started.iter().enumerate().map(|(n, it)| End {
        run: it.run,
        how: match n % 4 {
            0 => failed("no luck", Some(LONG)),
            1 => Ending::HandedBack,
            _ => Ending::Completed {
                result: Some(format!("\"{}\"", it.run.job)),
            },
        },
    });
    let ends: Vec<End> = ends.collect();

    let ended = scene.store.end_jobs(&ends).await.unwrap();

    assert_eq!(ended.len(), 400);
    for end in ends {
        let job = ended.iter().find(|job| job.id == end.run.job).unwrap();
        match end.how {
            Ending::Completed { result } => {
                assert_eq!((job.state, &job.result), (State::Completed, &result));
            }
            Ending::Failed { .. } => assert_eq!(job.state, State::Delayed),
            _ => assert_eq!((job.state, job.attempts), (State::Waiting, 0)),
        }
    }
    assert_eq!(scene.counts().await, (200, 0, 0));
    assert_eq!(scene.store.end_jobs(&[]).await.unwrap(), []);
}

async fn two_workers_end_the_same_jobs(scene: Scene) {
    let other = scene.another().await;
    let jobs = scene.add_many(50, export).await;
    let started = scene.store.start_jobs(&jobs, LONG).await.unwrap().started;
    let ends = |how: Ending| -> Vec<End> {
        let end = |run| End {
            run,
            how: how.clone(),
        };
        started.iter().map(|it| end(it.run)).collect()
    };
    let (mut good, bad) = (ends(completed("1")), ends(failed("no hope", None)));
    good.reverse();

    let (good, bad) = join(scene.store.end_jobs(&good), other.store.end_jobs(&bad)).await;

    let (good, bad) = (good.unwrap(), bad.unwrap());
    assert_eq!(good.len() + bad.len(), jobs.len());
    for ended in good.iter().chain(&bad) {
        assert_eq!(&scene.job(ended.id).await, ended);
    }
    other.store.close().await;
}

async fn finished_jobs_are_gone(scene: Scene) {
    let mut jobs = scene.add_many(3, chore).await;
    jobs.extend(scene.add_many(1, export).await);
    let run = scene.start(jobs[1], LONG).await;

    for _ in 0..2 {
        scene.store.finish_jobs(&jobs[1..]).await.unwrap();
    }
    scene.store.finish_jobs(&[]).await.unwrap();

    assert_eq!(scene.state(jobs[0]).await, State::Waiting);
    // Its owner wants to see it.
    assert_eq!(scene.state(jobs[3]).await, State::Waiting);
    assert_eq!(scene.counts().await, (2, 0, 0));
    assert!(!scene.keep(run, LONG).await);
}
