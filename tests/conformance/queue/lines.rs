//! Lines: messages beside the others, the higher priorities first, and nobody waits for ever.

use belfry::ports::queue::Backlog;

use super::*;
use crate::support::eventually;

stories! {
    lines_do_not_mix belfry::ports::queue::CLAIM_TIMEOUT;
    who_waits_for_one_line_is_not_given_the_other belfry::ports::queue::CLAIM_TIMEOUT;
    the_higher_priorities_come_first belfry::ports::queue::CLAIM_TIMEOUT;
    of_eight_calls_one_begins_low_and_one_normal belfry::ports::queue::CLAIM_TIMEOUT;
    a_flood_of_high_ones_starves_nobody belfry::ports::queue::CLAIM_TIMEOUT;
    no_more_low_ones_come_than_there_is_room_for belfry::ports::queue::CLAIM_TIMEOUT;
    who_has_no_room_for_low_ones_is_not_woken_in_vain belfry::ports::queue::CLAIM_TIMEOUT;
    each_line_is_counted belfry::ports::queue::CLAIM_TIMEOUT;
    the_first_that_nobody_has_taken_gets_older belfry::ports::queue::CLAIM_TIMEOUT;
}

async fn lines_do_not_mix(queues: Queues) {
    let others: Vec<Ticket> = Priority::ALL
        .into_iter()
        .zip(1..)
        .map(|(priority, number)| with(priority, number))
        .collect();
    queues.here.push(&others).await.unwrap();
    queues.here.push(&[message(7)]).await.unwrap();
    let messages = take_all(&queues.there, "ada", Wish::Messages(10), 1).await;
    assert_eq!(jobs(&messages), [message(7)]);
    assert_eq!(jobs(&take_all(&queues.there, "ada", ANY, 3).await), others);
    assert_eq!(count(&queues.here).await, 4);
}

async fn who_waits_for_one_line_is_not_given_the_other(queues: Queues) {
    swept(&queues.here).await;
    let waiting = |wish| {
        let queue = queues.here.clone();
        tokio::spawn(async move { queue.take("ada", wish, DEADLINE).await.unwrap() })
    };
    let (others, messages) = (waiting(ANY), waiting(Wish::Messages(10)));
    tokio::task::yield_now().await;
    queues.there.push(&[message(1), ticket(2)]).await.unwrap();
    assert_eq!(jobs(&others.await.unwrap().tickets), [ticket(2)]);
    assert_eq!(jobs(&messages.await.unwrap().tickets), [message(1)]);
}

async fn the_higher_priorities_come_first(queues: Queues) {
    use Priority::{High, Low, Normal};
    let added = [Low, Normal, High, Low, Normal, High];
    let added: Vec<Ticket> = added
        .into_iter()
        .zip(0..)
        .map(|(priority, number)| with(priority, number))
        .collect();
    queues.here.push(&added).await.unwrap();
    let found = take_all(&queues.there, "ada", ANY, 6).await;
    let order: Vec<u128> = numbers(&found);
    assert_eq!(order, [2, 5, 1, 4, 0, 3]);
}

async fn of_eight_calls_one_begins_low_and_one_normal(queues: Queues) {
    swept(&queues.here).await;
    for priority in Priority::ALL {
        let some: Vec<Ticket> = (0..40).map(|number| with(priority, number)).collect();
        queues.here.push(&some).await.unwrap();
    }
    for _ in 0..4 {
        let mut first = Vec::new();
        for _ in 0..8 {
            let taken = queues.here.take("ada", upto(1), DEADLINE).await.unwrap();
            first.push(taken.tickets[0].ticket.line);
        }
        let begun = Priority::ALL.map(|priority| {
            first
                .iter()
                .filter(|it| **it == Line::Jobs(priority))
                .count()
        });
        assert_eq!(begun, [6, 1, 1]);
    }
}

async fn a_flood_of_high_ones_starves_nobody(queues: Queues) {
    swept(&queues.here).await;
    let few = [with(Priority::Low, 1), with(Priority::Low, 2), ticket(3)];
    queues.here.push(&few).await.unwrap();
    let mut waiting: Vec<JobId> = few.iter().map(|it| it.job).collect();
    for call in 0..24 {
        let flood: Vec<Ticket> = (0..8).map(|it| with(Priority::High, 100 + it)).collect();
        queues.there.push(&flood).await.unwrap();
        // Room for low ones comes and goes.
        let wish = Wish::Jobs {
            max: 4,
            low: call % 3 % 2,
        };
        let taken = queues.here.take("ada", wish, DEADLINE).await.unwrap();
        waiting.retain(|job| taken.tickets.iter().all(|it| it.ticket.job != *job));
    }
    assert!(waiting.is_empty(), "{waiting:?} would wait for ever");
}

async fn no_more_low_ones_come_than_there_is_room_for(queues: Queues) {
    swept(&queues.here).await;
    let low: Vec<Ticket> = (0..40).map(|it| with(Priority::Low, it)).collect();
    queues.here.push(&low).await.unwrap();
    // Whichever priority a call begins with.
    for _ in 0..9 {
        queues.here.push(&[ticket(100)]).await.unwrap();
        let wish = Wish::Jobs { max: 8, low: 3 };
        let taken = queues.here.take("ada", wish, DEADLINE).await.unwrap();
        assert_eq!(taken.tickets.len(), 4);
    }
    let none = Wish::Jobs { max: 8, low: 0 };
    let taken = queues.here.take("ada", none, Duration::ZERO).await.unwrap();
    assert!(taken.tickets.is_empty());
    let greedy = Wish::Jobs { max: 2, low: 8 };
    let taken = queues.here.take("ada", greedy, DEADLINE).await.unwrap();
    assert_eq!(taken.tickets.len(), 2);
}

async fn who_has_no_room_for_low_ones_is_not_woken_in_vain(queues: Queues) {
    swept(&queues.here).await;
    let waiting = |worker: &'static str, low| {
        let queue = queues.here.clone();
        let wish = Wish::Jobs { max: 1, low };
        tokio::spawn(async move { queue.take(worker, wish, DEADLINE).await.unwrap() })
    };
    let (without, room) = (waiting("ada", 0), waiting("bob", 1));
    tokio::task::yield_now().await;
    queues.there.push(&[with(Priority::Low, 1)]).await.unwrap();
    let taken = timeout(DEADLINE, room).await.unwrap().unwrap();
    assert_eq!(numbers(&taken.tickets), [1]);
    assert!(!without.is_finished());
    queues.there.push(&[ticket(2)]).await.unwrap();
    let taken = timeout(DEADLINE, without).await.unwrap().unwrap();
    assert_eq!(numbers(&taken.tickets), [2]);
}

async fn each_line_is_counted(queues: Queues) {
    let mut delayed = message(100);
    delayed.due = Some(from_now(3_600_000));
    queues.here.push(&[delayed]).await.unwrap();
    let counts = [
        (Priority::High, 3),
        (Priority::Normal, 4),
        (Priority::Low, 5),
    ];
    for (priority, count) in counts {
        let some: Vec<Ticket> = (0..count).map(|number| with(priority, number)).collect();
        queues.here.push(&some).await.unwrap();
    }
    queues.here.push(&[message(1), message(2)]).await.unwrap();
    let taken = take_all(&queues.here, "ada", upto(2), 2).await;
    let backlog = Backlog {
        messages: 2,
        jobs: [3, 4, 5],
        delayed: 1,
    };
    assert_eq!(queues.there.backlog().await.unwrap(), backlog);
    queues.here.settle(&claims(&taken)).await.unwrap();
    let jobs = [1, 4, 5];
    assert_eq!(
        queues.there.backlog().await.unwrap(),
        Backlog { jobs, ..backlog }
    );
}

async fn the_first_that_nobody_has_taken_gets_older(queues: Queues) {
    let oldest = || async { queues.there.oldest().await.unwrap() };
    assert_eq!(oldest().await, [None; 4], "a queue that nobody has used");
    let mut delayed = with(Priority::Low, 9);
    delayed.due = Some(from_now(3_600_000));
    let (one, other) = (with(Priority::High, 2), with(Priority::High, 3));
    queues
        .here
        .push(&[message(1), one, other, delayed])
        .await
        .unwrap();
    let [Some(at_first), Some(_), None, None] = oldest().await else {
        panic!("two lines have something to take: {:?}", oldest().await);
    };
    let gets_older = async || oldest().await[0] > Some(at_first);
    eventually("it gets older", gets_older).await;
    let messages = take_all(&queues.here, "ada", Wish::Messages(1), 1).await;
    assert_eq!(oldest().await[0], None, "claimed, and not settled");
    let first = take_all(&queues.here, "ada", upto(1), 1).await;
    assert!(oldest().await[1].is_some(), "the other is still there");
    let second = take_all(&queues.here, "ada", upto(1), 1).await;
    assert_eq!(oldest().await, [None; 4]);
    for taken in [messages, first, second] {
        queues.here.settle(&claims(&taken)).await.unwrap();
    }
    assert_eq!(oldest().await, [None; 4]);
}

fn numbers(found: &[Claimed]) -> Vec<u128> {
    found.iter().map(|it| it.ticket.job.0.as_u128()).collect()
}
