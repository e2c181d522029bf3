//! Random sequences of everything that can happen to jobs, compared with the plain model, which knows no move but those of the table.

mod plain;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use belfry::{
    domain::{
        change::Change,
        id::JobId,
        job::{Job, NewJob, Run},
    },
    ports::{
        queue::{Line, Ticket},
        store::{End, Ending, JobQuery, Keep, Sweep},
    },
};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use tokio::{runtime::Handle, task::block_in_place};

use self::plain::{Model, PlainJob, Seen, When};
use super::{
    super::scene::{Scene, text, user},
    GONE, LONG, all, an_hour_ago, export, failed, in_an_hour,
};

super::super::stories!(random_sequences_are_moves_of_the_table);

async fn random_sequences_are_moves_of_the_table(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let mut runner = TestRunner::new(Config {
        cases: 48,
        max_shrink_iters: 300,
        failure_persistence: None,
        ..Config::default()
    });
    let ended = runner.run(&vec(step(), 1..60), |steps| {
        block_in_place(|| Handle::current().block_on(play(&scene, &steps)))
    });
    super::super::hold(ended);
}

/// What happens, as far as it can be said without knowing what is there; numbers count round.
#[derive(Debug, Clone)]
enum Step {
    Add {
        owned: bool,
        max_attempts: i32,
        run_at: When,
        expires_at: When,
    },
    Message,
    Start {
        jobs: Vec<usize>,
        lapses: bool,
    },
    Keep {
        job: usize,
        /// Of a run before the newest.
        lost: bool,
        progress: Option<u8>,
        lapses: bool,
    },
    End(Vec<(usize, bool, How)>),
    Finish(usize),
    Cancel(usize),
    Retry(usize),
    Sweep {
        all: bool,
        lapses: bool,
    },
}

#[derive(Debug, Clone, Copy)]
enum How {
    Completed,
    FailedForNow,
    FailedForLong,
    FailedForGood,
    HandedBack,
    Cancelled,
}

impl How {
    fn ending(self) -> Ending {
        match self {
            Self::Completed => super::completed(r#"{"rows":7}"#),
            Self::FailedForNow => failed("for now", Some(GONE)),
            Self::FailedForLong => failed("for long", Some(LONG)),
            Self::FailedForGood => failed("for good", None),
            Self::HandedBack => Ending::HandedBack,
            Self::Cancelled => Ending::Cancelled,
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let which = || 0..50_usize;
    let rarely = || prop::bool::weighted(0.15);
    let when = |never| {
        prop_oneof![
            never => Just(When::Never),
            1 => Just(When::Past),
            1 => Just(When::Future),
        ]
    };
    let how = prop_oneof![
        2 => Just(How::Completed),
        3 => Just(How::FailedForNow),
        1 => Just(How::FailedForLong),
        1 => Just(How::FailedForGood),
        2 => Just(How::HandedBack),
        1 => Just(How::Cancelled),
    ];
    prop_oneof![
        4 => (any::<bool>(), 1..4_i32, when(4), when(6)).prop_map(|(owned, max_attempts, run_at, expires_at)| {
            Step::Add { owned, max_attempts, run_at, expires_at }
        }),
        1 => Just(Step::Message),
        8 => (vec(which(), 1..5), any::<bool>()).prop_map(|(jobs, lapses)| Step::Start { jobs, lapses }),
        3 => (which(), rarely(), prop::option::of(0..=100_u8), rarely())
            .prop_map(|(job, lost, progress, lapses)| Step::Keep { job, lost, progress, lapses }),
        6 => vec((which(), rarely(), how), 1..4).prop_map(Step::End),
        1 => which().prop_map(Step::Finish),
        2 => which().prop_map(Step::Cancel),
        3 => which().prop_map(Step::Retry),
        4 => (any::<bool>(), any::<bool>()).prop_map(|(all, lapses)| Step::Sweep { all, lapses }),
    ]
}

async fn play(scene: &Scene, steps: &[Step]) -> Result<(), TestCaseError> {
    scene.database.sql("DELETE FROM jobs").await;
    let mut model = Model::default();
    for step in steps {
        happen(scene, &mut model, step).await?;
        let everything = JobQuery {
            limit: 1_000,
            ..JobQuery::default()
        };
        let jobs = scene.store.jobs(&everything).await.unwrap();
        let seen: BTreeMap<_, _> = jobs.iter().map(|job| (job.id, Seen::of(job))).collect();
        prop_assert_eq!(seen, model.seen(), "after {:?}", step);
        for (state, count) in model.counts(scene.store.count_jobs().await.unwrap()) {
            prop_assert_eq!(count.0, count.1, "how many are {}", state);
        }
    }
    Ok(())
}

/// Has it happen to both, and compares what is answered.
async fn happen(scene: &Scene, model: &mut Model, step: &Step) -> Result<(), TestCaseError> {
    let store = &scene.store;
    match step {
        Step::Add {
            owned,
            max_attempts,
            run_at,
            expires_at,
        } => {
            let job = NewJob {
                owner: owned.then(|| user("ada")),
                max_attempts: *max_attempts,
                run_at: time(*run_at),
                expires_at: time(*expires_at),
                ..export()
            };
            model.add(PlainJob::asked(&job, *run_at, *expires_at));
            scene.add(job).await;
        }
        Step::Message => {
            let message = text("ada", "hall", "hello");
            model.add(PlainJob::of_message(message.job));
            scene.commit_one(Change::Send(message)).await;
        }
        Step::Start { jobs, lapses } => {
            let jobs: Vec<JobId> = jobs.iter().filter_map(|n| model.nth(*n)).collect();
            let started = store
                .start_jobs(&jobs, lease(*lapses))
                .await
                .unwrap()
                .started;
            let started = started
                .iter()
                .map(|it| (it.run.job, (it.run.fence, Seen::of(&it.job))));
            prop_assert_eq!(
                started.collect::<BTreeMap<_, _>>(),
                model.start(&jobs, *lapses)
            );
        }
        Step::Keep {
            job,
            lost,
            progress,
            lapses,
        } => {
            let Some(run) = run(model, *job, *lost) else {
                return Ok(());
            };
            let keep = Keep {
                run,
                progress: *progress,
            };
            let kept = store.keep_jobs(&[keep], lease(*lapses)).await.unwrap();
            let kept = kept.first().map(|kept| (kept.run, kept.cancel_asked));
            let expected = model.keep(run, *progress, *lapses);
            prop_assert_eq!(kept, expected.map(|cancel_asked| (run, cancel_asked)));
        }
        Step::End(ends) => {
            let mut chosen = BTreeMap::new();
            for (job, lost, how) in ends {
                if let Some(run) = run(model, *job, *lost) {
                    chosen.insert(run.job, (run, how.ending()));
                }
            }
            let ends: Vec<End> = chosen
                .into_values()
                .map(|(run, how)| End { run, how })
                .collect();
            let ended = store.end_jobs(&ends).await.unwrap();
            prop_assert_eq!(by_id(&ended), model.end(&ends));
        }
        Step::Finish(n) => {
            let Some(job) = model.nth(*n) else {
                return Ok(());
            };
            store.finish_jobs(&[job]).await.unwrap();
            model.finish(job);
        }
        Step::Cancel(n) | Step::Retry(n) => {
            let job = model.nth(*n).unwrap_or_else(JobId::fresh);
            let (found, expected) = match step {
                Step::Cancel(_) => (store.cancel_job(job).await, model.cancel(job)),
                _ => (store.retry_job(job).await, model.retry(job)),
            };
            prop_assert_eq!(found.unwrap().as_ref().map(Seen::of), expected);
        }
        Step::Sweep {
            all: everything,
            lapses,
        } => {
            let sweep = if *everything { all() } else { Sweep::Overdue };
            let swept = scene.sweep(sweep, lease(*lapses)).await;
            let (tickets, ended) = model.sweep(*everything, *lapses);
            prop_assert_eq!(
                swept.tickets.iter().map(what_for).collect::<BTreeSet<_>>(),
                tickets
            );
            prop_assert_eq!(by_id(&swept.ended), ended);
        }
    }
    Ok(())
}

/// The newest run of a job, or one that must be lost.
fn run(model: &Model, n: usize, lost: bool) -> Option<Run> {
    let job = model.nth(n)?;
    let fence = model.fence(job) - i64::from(lost);
    Some(Run { job, fence })
}

fn by_id(jobs: &[Job]) -> BTreeMap<JobId, Seen> {
    jobs.iter().map(|job| (job.id, Seen::of(job))).collect()
}

/// A ticket: which job, whether of a message, due later, again.
fn what_for(ticket: &Ticket) -> (JobId, bool, bool, bool) {
    let of_message = ticket.line == Line::Messages;
    assert_eq!(of_message, ticket.message.is_some());
    (ticket.job, of_message, ticket.due.is_some(), ticket.again)
}

fn lease(lapses: bool) -> Duration {
    if lapses { GONE } else { LONG }
}

fn time(when: When) -> Option<belfry::domain::timestamp::Timestamp> {
    match when {
        When::Never => None,
        When::Past => an_hour_ago(),
        When::Future => in_an_hour(),
    }
}
