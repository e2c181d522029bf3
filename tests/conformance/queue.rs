//! What every adapter of the queue port must do.

mod only_on_redis;

use std::{collections::HashSet, sync::Arc, time::Duration};

use belfry::{
    adapters::{memory::MemoryQueue, redis::RedisParts},
    domain::{
        id::{JobId, MessageId, RoomId},
        job::{EnrichMessage, Job, Task},
    },
    ports::queue::{CLAIM_TIMEOUT, Claim, Queue},
};
use tokio::time::{Instant, timeout};

use crate::support::{
    DEADLINE,
    redis::{Corner, replica},
};

/// One queue as two processes see it; in memory they are the same.
struct Queues {
    here: Arc<dyn Queue>,
    there: Arc<dyn Queue>,
    _redis: Vec<RedisParts>,
}

macro_rules! stories {
    ($($story:ident $claim_timeout:expr;)*) => {
        mod in_memory {
            $(#[tokio::test]
            async fn $story() {
                super::$story(super::memory($claim_timeout)).await;
            })*
        }
        mod on_redis {
            $(#[tokio::test]
            async fn $story() {
                let Some(corner) = super::Corner::open() else { return };
                super::$story(super::on_redis(&corner, $claim_timeout).await).await;
            })*
        }
    };
}

stories! {
    the_first_to_look_is_told_to_sweep super::CLAIM_TIMEOUT;
    jobs_come_in_the_order_in_which_they_were_added super::CLAIM_TIMEOUT;
    nobody_gets_more_than_they_ask_for super::CLAIM_TIMEOUT;
    who_finds_nothing_is_let_go_in_time super::CLAIM_TIMEOUT;
    who_waits_gets_a_job_that_somebody_else_adds super::CLAIM_TIMEOUT;
    each_job_goes_to_one_of_many_workers super::CLAIM_TIMEOUT;
    a_claimed_job_goes_to_nobody_else super::CLAIM_TIMEOUT;
    settled_jobs_are_gone super::CLAIM_TIMEOUT;
    a_claim_may_be_settled_twice_or_by_another super::CLAIM_TIMEOUT;
    an_abandoned_job_goes_to_another super::SHORT;
    a_worker_that_waits_gets_what_another_abandons super::SHORT;
    many_abandoned_jobs_all_come_again super::SHORT;
}

/// A claim timeout that a test can wait for.
const SHORT: Duration = Duration::from_millis(200);

fn memory(claim_timeout: Duration) -> Queues {
    let queue = Arc::new(MemoryQueue::new(claim_timeout));
    Queues {
        here: queue.clone(),
        there: queue,
        _redis: Vec::new(),
    }
}

async fn on_redis(corner: &Corner, claim_timeout: Duration) -> Queues {
    let mut parts = Vec::new();
    for _ in 0..2 {
        let mut settings = corner.settings();
        settings.claim_timeout = claim_timeout;
        settings.claim_check = claim_timeout.min(settings.claim_check);
        parts.push(replica(settings).await.0);
    }
    Queues {
        here: parts[0].queue.clone(),
        there: parts[1].queue.clone(),
        _redis: parts,
    }
}

async fn the_first_to_look_is_told_to_sweep(queues: Queues) {
    let first = queues.here.take("ada", 10, Duration::ZERO).await.unwrap();
    assert!(first.reborn);
    for queue in [&queues.here, &queues.there] {
        queue.push(&[job(1)]).await.unwrap();
        let later = queue.take("ada", 10, DEADLINE).await.unwrap();
        assert_eq!((later.reborn, later.jobs.len()), (false, 1));
    }
}

async fn jobs_come_in_the_order_in_which_they_were_added(queues: Queues) {
    let jobs: Vec<Job> = (0..50).map(job).collect();
    queues.here.push(&jobs[..20]).await.unwrap();
    queues.there.push(&jobs[20..]).await.unwrap();
    assert_eq!(queues.there.len().await.unwrap(), 50);
    let found = take_all(&queues.here, "ada", 7, 50).await;
    let found: Vec<Job> = found.into_iter().map(|(_, job)| job).collect();
    assert_eq!(found, jobs);
}

async fn nobody_gets_more_than_they_ask_for(queues: Queues) {
    swept(&queues.here).await;
    let jobs: Vec<Job> = (0..5).map(job).collect();
    queues.here.push(&jobs).await.unwrap();
    let none = queues.here.take("ada", 0, DEADLINE).await.unwrap();
    assert!(none.jobs.is_empty());
    let two = queues.here.take("ada", 2, DEADLINE).await.unwrap();
    assert_eq!(two.jobs.len(), 2);
    let rest = queues.there.take("bob", 10, DEADLINE).await.unwrap();
    assert_eq!(rest.jobs.len(), 3);
}

async fn who_finds_nothing_is_let_go_in_time(queues: Queues) {
    swept(&queues.here).await;
    for wait in [Duration::ZERO, Duration::from_millis(50)] {
        let asked = Instant::now();
        let taken = queues.here.take("ada", 10, wait).await.unwrap();
        assert!(taken.jobs.is_empty());
        assert!(asked.elapsed() >= wait);
        assert!(asked.elapsed() < wait + Duration::from_secs(1));
    }
}

async fn who_waits_gets_a_job_that_somebody_else_adds(queues: Queues) {
    swept(&queues.here).await;
    let waiting = tokio::spawn({
        let queue = queues.here.clone();
        async move { queue.take("ada", 10, 2 * DEADLINE).await.unwrap() }
    });
    tokio::task::yield_now().await;
    queues.there.push(&[job(7)]).await.unwrap();
    let taken = timeout(DEADLINE, waiting).await.unwrap().unwrap();
    assert_eq!(taken.jobs.len(), 1);
    assert_eq!(taken.jobs[0].1, job(7));
}

async fn each_job_goes_to_one_of_many_workers(queues: Queues) {
    const JOBS: u128 = 400;
    swept(&queues.here).await;
    let (seen, mut all_seen) = tokio::sync::mpsc::channel(1_024);
    let mut workers = tokio::task::JoinSet::new();
    for number in 0..6 {
        let even = number % 2 == 0;
        let queue = if even { &queues.here } else { &queues.there }.clone();
        let seen = seen.clone();
        workers.spawn(async move {
            loop {
                let worker = format!("worker-{number}");
                let taken = queue.take(&worker, 5, DEADLINE).await.unwrap();
                let claims: Vec<Claim> = taken.jobs.iter().map(|it| it.0.clone()).collect();
                for (_, job) in taken.jobs {
                    seen.send(job.id).await.unwrap();
                }
                queue.settle(&claims).await.unwrap();
            }
        });
    }
    for some in (0..JOBS).map(job).collect::<Vec<_>>().chunks(40) {
        tokio::join!(
            async { queues.here.push(&some[..20]).await.unwrap() },
            async { queues.there.push(&some[20..]).await.unwrap() },
        );
    }
    let mut done = HashSet::new();
    while done.len() < JOBS as usize {
        let job = timeout(DEADLINE, all_seen.recv()).await.unwrap().unwrap();
        assert!(done.insert(job), "{job} was handed out twice");
    }
    crate::support::eventually("the queue is empty", async || {
        queues.here.len().await.unwrap() == 0
    })
    .await;
    workers.shutdown().await;
    assert!(all_seen.try_recv().is_err(), "a job was handed out twice");
}

async fn a_claimed_job_goes_to_nobody_else(queues: Queues) {
    swept(&queues.here).await;
    queues.here.push(&[job(1)]).await.unwrap();
    let claimed = queues.here.take("ada", 10, DEADLINE).await.unwrap();
    assert_eq!(claimed.jobs.len(), 1);
    for worker in ["bob", "ada"] {
        let other = queues.there.take(worker, 10, Duration::ZERO).await.unwrap();
        assert!(other.jobs.is_empty(), "{worker} got a job that is claimed");
    }
    assert_eq!(queues.there.len().await.unwrap(), 1);
}

async fn settled_jobs_are_gone(queues: Queues) {
    let jobs: Vec<Job> = (0..3).map(job).collect();
    queues.here.push(&jobs).await.unwrap();
    let taken = take_all(&queues.here, "ada", 10, 3).await;
    queues.here.settle(&[taken[0].0.clone()]).await.unwrap();
    assert_eq!(queues.there.len().await.unwrap(), 2);
    let rest: Vec<Claim> = taken[1..].iter().map(|it| it.0.clone()).collect();
    queues.there.settle(&rest).await.unwrap();
    assert_eq!(queues.here.len().await.unwrap(), 0);
}

async fn a_claim_may_be_settled_twice_or_by_another(queues: Queues) {
    queues.here.push(&[job(1), job(2)]).await.unwrap();
    let taken = take_all(&queues.here, "ada", 1, 2).await;
    let first = [taken[0].0.clone()];
    queues.there.settle(&first).await.unwrap();
    queues.here.settle(&first).await.unwrap();
    queues.here.settle(&[]).await.unwrap();
    assert_eq!(queues.here.len().await.unwrap(), 1);
}

async fn an_abandoned_job_goes_to_another(queues: Queues) {
    queues.here.push(&[job(1)]).await.unwrap();
    let claimed = take_all(&queues.here, "ada", 10, 1).await;
    let again = take_all(&queues.there, "bob", 10, 1).await;
    assert_eq!(again[0].1, claimed[0].1);
    queues.there.settle(&[again[0].0.clone()]).await.unwrap();
    assert_eq!(queues.here.len().await.unwrap(), 0);
}

async fn a_worker_that_waits_gets_what_another_abandons(queues: Queues) {
    swept(&queues.here).await;
    queues.here.push(&[job(1)]).await.unwrap();
    let claimed = queues.here.take("ada", 10, DEADLINE).await.unwrap();
    let again = queues.there.take("bob", 10, DEADLINE).await.unwrap();
    assert_eq!(again.jobs[0].1, claimed.jobs[0].1);
}

async fn many_abandoned_jobs_all_come_again(queues: Queues) {
    let jobs: Vec<Job> = (0..300).map(job).collect();
    queues.here.push(&jobs).await.unwrap();
    take_all(&queues.here, "ada", 1_000, 300).await;
    let mut again = HashSet::new();
    let deadline = Instant::now() + DEADLINE;
    while again.len() < 300 {
        assert!(Instant::now() < deadline, "only {} came again", again.len());
        let taken = queues.there.take("bob", 8, DEADLINE).await.unwrap();
        for (claim, job) in taken.jobs {
            again.insert(job.id);
            queues.there.settle(&[claim]).await.unwrap();
        }
    }
}

/// Takes until there are so many.
async fn take_all(
    queue: &Arc<dyn Queue>,
    worker: &str,
    max: usize,
    count: usize,
) -> Vec<(Claim, Job)> {
    let mut all = Vec::new();
    while all.len() < count {
        let taken = queue.take(worker, max, DEADLINE).await.unwrap();
        assert!(
            taken.reborn || !taken.jobs.is_empty(),
            "{} of {count} jobs came",
            all.len()
        );
        all.extend(taken.jobs);
    }
    all
}

/// Takes what tells that the queue is new, so that a test is about jobs alone.
async fn swept(queue: &Arc<dyn Queue>) {
    let first = queue.take("first", 1, Duration::ZERO).await.unwrap();
    assert!(first.reborn);
}

pub(crate) fn job(number: u128) -> Job {
    Job {
        id: JobId(uuid::Uuid::from_u128(number)),
        attempts: 0,
        task: Task::EnrichMessage(EnrichMessage {
            room_id: RoomId::parse("general").unwrap(),
            message_id: MessageId(uuid::Uuid::from_u128(number)),
            content_rev: 7,
            content: format!("see https://example.org/{number} @ada 🔔"),
        }),
    }
}
