//! What every adapter of the queue port must do.

mod claims;
mod delays;
mod lines;
mod model;
mod only_on_redis;

use std::{sync::Arc, time::Duration};

use belfry::{
    adapters::{memory::MemoryQueue, redis::RedisParts},
    domain::{
        id::{JobId, MessageId, RoomId, UserId},
        job::{EnrichMessage, Priority},
        timestamp::Timestamp,
    },
    ports::queue::{Claim, Claimed, Line, Queue, Ticket, Wish},
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
                super::$story(crate::conformance::queue::memory($claim_timeout)).await;
            })*
        }
        mod on_redis {
            $(#[tokio::test]
            async fn $story() {
                let Some(corner) = crate::support::redis::Corner::open() else { return };
                let queues = crate::conformance::queue::on_redis(&corner, $claim_timeout).await;
                super::$story(queues).await;
            })*
        }
    };
}
use stories;

stories! {
    the_first_to_look_is_told_to_sweep belfry::ports::queue::CLAIM_TIMEOUT;
    tickets_come_in_the_order_in_which_they_were_added belfry::ports::queue::CLAIM_TIMEOUT;
    nobody_gets_more_than_they_ask_for belfry::ports::queue::CLAIM_TIMEOUT;
    who_finds_nothing_is_let_go_in_time belfry::ports::queue::CLAIM_TIMEOUT;
    who_waits_gets_a_ticket_that_somebody_else_adds belfry::ports::queue::CLAIM_TIMEOUT;
    as_many_who_wait_are_woken_as_have_something_to_get belfry::ports::queue::CLAIM_TIMEOUT;
    tickets_come_whole belfry::ports::queue::CLAIM_TIMEOUT;
}

/// A claim timeout that a test can wait for.
const SHORT: Duration = Duration::from_millis(200);

/// Room for any number of jobs.
const ANY: Wish = Wish::Jobs {
    max: 1_000,
    low: 1_000,
};

const NORMAL: Line = Line::Jobs(Priority::Normal);

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
        let mut settings = corner.patient();
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
    let first = queues.here.take("ada", ANY, Duration::ZERO).await.unwrap();
    assert!(first.reborn);
    for queue in [&queues.here, &queues.there] {
        queue.push(&[ticket(1), message(2)]).await.unwrap();
        for wish in [ANY, Wish::Messages(10)] {
            let later = queue.take("ada", wish, DEADLINE).await.unwrap();
            assert_eq!((later.reborn, later.tickets.len()), (false, 1));
        }
    }
}

async fn tickets_come_in_the_order_in_which_they_were_added(queues: Queues) {
    let tickets: Vec<Ticket> = (0..1_200).map(ticket).collect();
    queues.here.push(&tickets[..20]).await.unwrap();
    queues.there.push(&tickets[20..]).await.unwrap();
    let found = take_all(&queues.here, "ada", upto(7), 1_200).await;
    assert_eq!(jobs(&found), tickets);
}

async fn nobody_gets_more_than_they_ask_for(queues: Queues) {
    swept(&queues.here).await;
    queues
        .here
        .push(&(0..5).map(ticket).collect::<Vec<_>>())
        .await
        .unwrap();
    queues
        .here
        .push(&(5..9).map(message).collect::<Vec<_>>())
        .await
        .unwrap();
    for (wish, count) in [
        (upto(0), 0),
        (Wish::Messages(0), 0),
        (upto(2), 2),
        (Wish::Messages(3), 3),
        (upto(10), 3),
        (Wish::Messages(10), 1),
    ] {
        let taken = queues.there.take("bob", wish, DEADLINE).await.unwrap();
        assert_eq!(taken.tickets.len(), count, "{wish:?}");
    }
}

async fn who_finds_nothing_is_let_go_in_time(queues: Queues) {
    swept(&queues.here).await;
    for wait in [Duration::ZERO, Duration::from_millis(50)] {
        for wish in [ANY, Wish::Messages(10)] {
            let asked = Instant::now();
            let taken = queues.here.take("ada", wish, wait);
            let taken = timeout(wait + Duration::from_secs(10), taken).await;
            assert!(taken.expect("let go").unwrap().tickets.is_empty());
            assert!(asked.elapsed() >= wait);
        }
    }
}

async fn who_waits_gets_a_ticket_that_somebody_else_adds(queues: Queues) {
    swept(&queues.here).await;
    for (wish, added) in [(ANY, ticket(7)), (Wish::Messages(9), message(8))] {
        let waiting = tokio::spawn({
            let queue = queues.here.clone();
            async move { queue.take("ada", wish, 2 * DEADLINE).await.unwrap() }
        });
        tokio::task::yield_now().await;
        queues
            .there
            .push(std::slice::from_ref(&added))
            .await
            .unwrap();
        let taken = timeout(DEADLINE, waiting).await.unwrap().unwrap();
        assert_eq!(jobs(&taken.tickets), [added]);
    }
}

async fn as_many_who_wait_are_woken_as_have_something_to_get(queues: Queues) {
    swept(&queues.here).await;
    let mut waiting = tokio::task::JoinSet::new();
    for worker in ["ada", "bob", "cy"] {
        let queue = queues.here.clone();
        waiting.spawn(async move { queue.take(worker, upto(1), 2 * DEADLINE).await.unwrap() });
    }
    tokio::task::yield_now().await;
    let tickets = [ticket(1), ticket(2), ticket(3)];
    queues.there.push(&tickets).await.unwrap();
    let got = timeout(DEADLINE, waiting.join_all()).await.unwrap();
    let mut got: Vec<Ticket> = got.iter().flat_map(|taken| jobs(&taken.tickets)).collect();
    got.sort_by_key(|ticket| ticket.job);
    assert_eq!(got, tickets);
}

async fn tickets_come_whole(queues: Queues) {
    let mut bare = message(1);
    bare.message = None;
    let mut known = message(2);
    known.again = true;
    let mut loaded = ticket(3);
    loaded.message = known.message.clone();
    let mut low = ticket(4);
    (low.line, low.again) = (Line::Jobs(Priority::Low), true);
    queues
        .here
        .push(&[bare.clone(), known.clone(), loaded.clone(), low.clone()])
        .await
        .unwrap();
    let messages = take_all(&queues.there, "ada", Wish::Messages(9), 2).await;
    assert_eq!(jobs(&messages), [bare, known]);
    let others = take_all(&queues.there, "ada", ANY, 2).await;
    assert_eq!(jobs(&others), [loaded, low]);
}

/// Takes until there are so many.
async fn take_all(queue: &Arc<dyn Queue>, worker: &str, wish: Wish, count: usize) -> Vec<Claimed> {
    let mut all = Vec::new();
    while all.len() < count {
        let taken = queue.take(worker, wish, DEADLINE).await.unwrap();
        assert!(
            taken.reborn || !taken.tickets.is_empty(),
            "{} of {count} tickets came",
            all.len()
        );
        all.extend(taken.tickets);
    }
    all
}

/// Takes what tells that the queue is new, so that a test is about tickets alone.
async fn swept(queue: &Arc<dyn Queue>) {
    let first = queue.take("first", upto(1), Duration::ZERO).await.unwrap();
    assert!(first.reborn);
}

/// Room for so many jobs of any priority.
fn upto(max: usize) -> Wish {
    Wish::Jobs { max, low: max }
}

fn jobs(claimed: &[Claimed]) -> Vec<Ticket> {
    claimed.iter().map(|it| it.ticket.clone()).collect()
}

fn claims(claimed: &[Claimed]) -> Vec<Claim> {
    claimed.iter().map(|it| it.claim.clone()).collect()
}

/// How many tickets there are in all.
async fn count(queue: &Arc<dyn Queue>) -> u64 {
    let backlog = queue.backlog().await.unwrap();
    backlog.messages + backlog.jobs.iter().sum::<u64>() + backlog.delayed
}

/// In so many milliseconds, or so many ago.
fn from_now(millis: i64) -> Timestamp {
    Timestamp::from_millis(Timestamp::now().as_millis() + millis)
}

/// A job's ticket, of normal priority.
pub(crate) fn ticket(number: u128) -> Ticket {
    Ticket {
        job: JobId(uuid::Uuid::from_u128(number)),
        line: NORMAL,
        due: None,
        message: None,
        again: false,
    }
}

fn with(priority: Priority, number: u128) -> Ticket {
    Ticket {
        line: Line::Jobs(priority),
        ..ticket(number)
    }
}

/// The ticket of a job that comes with a message.
pub(crate) fn message(number: u128) -> Ticket {
    let message = EnrichMessage {
        room_id: RoomId::parse("general").unwrap(),
        message_id: MessageId(uuid::Uuid::from_u128(number)),
        content_rev: 7,
        content: format!("see https://example.org/{number} @ada 🔔"),
        seq: Some(5),
        user_id: Some(UserId::parse("ada").unwrap()),
        reply_to: None,
        trace: None,
    };
    Ticket {
        line: Line::Messages,
        message: Some(Box::new(message)),
        ..ticket(number)
    }
}
