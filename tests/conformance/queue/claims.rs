//! Claims: one holder at a time, until they are settled or abandoned.

use std::collections::HashSet;

use super::*;

stories! {
    each_ticket_goes_to_one_of_many_workers belfry::ports::queue::CLAIM_TIMEOUT;
    a_claimed_ticket_goes_to_nobody_else belfry::ports::queue::CLAIM_TIMEOUT;
    settled_tickets_are_gone belfry::ports::queue::CLAIM_TIMEOUT;
    a_claim_may_be_settled_twice_or_by_another belfry::ports::queue::CLAIM_TIMEOUT;
    what_is_no_claim_settles_nothing belfry::ports::queue::CLAIM_TIMEOUT;
    an_abandoned_ticket_goes_to_another_again super::super::SHORT;
    who_is_too_late_still_settles super::super::SHORT;
    a_worker_that_waits_gets_what_another_abandons super::super::SHORT;
    many_abandoned_tickets_all_come_again super::super::SHORT;
    low_room_bounds_abandoned_ones_as_well super::super::SHORT;
}

async fn each_ticket_goes_to_one_of_many_workers(queues: Queues) {
    const TICKETS: u128 = 400;
    swept(&queues.here).await;
    let (seen, mut all_seen) = tokio::sync::mpsc::channel(1_024);
    let mut workers = tokio::task::JoinSet::new();
    for number in 0..6 {
        let even = number % 2 == 0;
        let queue = if even { &queues.here } else { &queues.there }.clone();
        let seen = seen.clone();
        let wish = if number < 2 {
            Wish::Messages(5)
        } else {
            upto(5)
        };
        workers.spawn(async move {
            loop {
                let worker = format!("worker-{number}");
                let taken = queue.take(&worker, wish, DEADLINE).await.unwrap();
                for it in &taken.tickets {
                    seen.send(it.ticket.job).await.unwrap();
                }
                queue.settle(&claims(&taken.tickets)).await.unwrap();
            }
        });
    }
    let tickets: Vec<Ticket> = (0..TICKETS)
        .map(|number| match number % 5 {
            0 | 1 => message(number),
            2 => with(Priority::High, number),
            3 => ticket(number),
            _ => with(Priority::Low, number),
        })
        .collect();
    for some in tickets.chunks(40) {
        tokio::join!(
            async { queues.here.push(&some[..20]).await.unwrap() },
            async { queues.there.push(&some[20..]).await.unwrap() },
        );
    }
    let mut done = HashSet::new();
    while done.len() < TICKETS as usize {
        let job = timeout(DEADLINE, all_seen.recv()).await.unwrap().unwrap();
        assert!(done.insert(job), "{job} was handed out twice");
    }
    crate::support::eventually("the queue is empty", async || {
        count(&queues.here).await == 0
    })
    .await;
    workers.shutdown().await;
    assert!(
        all_seen.try_recv().is_err(),
        "a ticket was handed out twice"
    );
}

async fn a_claimed_ticket_goes_to_nobody_else(queues: Queues) {
    swept(&queues.here).await;
    queues.here.push(&[ticket(1)]).await.unwrap();
    let claimed = queues.here.take("ada", ANY, DEADLINE).await.unwrap();
    assert_eq!(claimed.tickets.len(), 1);
    for worker in ["bob", "ada"] {
        let other = queues.there.take(worker, ANY, Duration::ZERO).await;
        let other = other.unwrap().tickets;
        assert!(other.is_empty(), "{worker} got a ticket that is claimed");
    }
    assert_eq!(count(&queues.there).await, 1);
}

async fn settled_tickets_are_gone(queues: Queues) {
    let tickets = [message(0), ticket(1), with(Priority::Low, 2), ticket(3)];
    queues.here.push(&tickets).await.unwrap();
    let mut taken = take_all(&queues.here, "ada", ANY, 3).await;
    queues.here.settle(&[taken[0].claim.clone()]).await.unwrap();
    assert_eq!(count(&queues.there).await, 3);
    taken.extend(take_all(&queues.here, "ada", Wish::Messages(10), 1).await);
    queues.there.settle(&claims(&taken[1..])).await.unwrap();
    assert_eq!(count(&queues.here).await, 0);
}

async fn a_claim_may_be_settled_twice_or_by_another(queues: Queues) {
    queues.here.push(&[ticket(1), ticket(2)]).await.unwrap();
    let taken = take_all(&queues.here, "ada", upto(1), 2).await;
    let first = [taken[0].claim.clone()];
    queues.there.settle(&first).await.unwrap();
    queues.here.settle(&first).await.unwrap();
    queues.here.settle(&[]).await.unwrap();
    assert_eq!(count(&queues.here).await, 1);
}

async fn what_is_no_claim_settles_nothing(queues: Queues) {
    queues.here.push(&[ticket(1)]).await.unwrap();
    take_all(&queues.here, "ada", ANY, 1).await;
    let nonsense = ["", "1", "1-1", "x1-1", "h", "é1-1", "2-", "9-1"].map(|it| Claim(it.into()));
    queues.here.settle(&nonsense).await.unwrap();
    assert_eq!(count(&queues.here).await, 1);
}

async fn an_abandoned_ticket_goes_to_another_again(queues: Queues) {
    queues.here.push(&[ticket(1), message(2)]).await.unwrap();
    for wish in [upto(10), Wish::Messages(10)] {
        let claimed = take_all(&queues.here, "ada", wish, 1).await;
        let again = take_all(&queues.there, "bob", wish, 1).await;
        let mut expected = claimed[0].ticket.clone();
        assert!(!expected.again);
        expected.again = true;
        assert_eq!(again[0].ticket, expected);
        queues.there.settle(&claims(&again)).await.unwrap();
    }
    assert_eq!(count(&queues.here).await, 0);
}

async fn who_is_too_late_still_settles(queues: Queues) {
    queues.here.push(&[ticket(1)]).await.unwrap();
    let claimed = take_all(&queues.here, "ada", ANY, 1).await;
    take_all(&queues.there, "bob", ANY, 1).await;
    queues.here.settle(&claims(&claimed)).await.unwrap();
    assert_eq!(count(&queues.here).await, 0);
}

async fn a_worker_that_waits_gets_what_another_abandons(queues: Queues) {
    swept(&queues.here).await;
    let mut far = ticket(2);
    far.due = Some(from_now(3_600_000));
    queues.here.push(&[far]).await.unwrap();
    let mut waiting = tokio::task::JoinSet::new();
    for (worker, queue) in [("ada", &queues.here), ("bob", &queues.there)] {
        let queue = queue.clone();
        waiting.spawn(async move { queue.take(worker, ANY, DEADLINE).await.unwrap() });
    }
    tokio::task::yield_now().await;
    queues.here.push(&[ticket(1)]).await.unwrap();
    for again in [false, true] {
        let taken = waiting.join_next().await.unwrap().unwrap();
        let expected = Ticket { again, ..ticket(1) };
        assert_eq!(jobs(&taken.tickets), [expected]);
    }
}

async fn many_abandoned_tickets_all_come_again(queues: Queues) {
    let tickets: Vec<Ticket> = (0..300).map(ticket).collect();
    queues.here.push(&tickets).await.unwrap();
    take_all(&queues.here, "ada", ANY, 300).await;
    let mut again = HashSet::new();
    let deadline = Instant::now() + DEADLINE;
    while again.len() < 300 {
        assert!(Instant::now() < deadline, "only {} came again", again.len());
        let taken = queues.there.take("bob", upto(8), DEADLINE).await.unwrap();
        again.extend(taken.tickets.iter().map(|it| it.ticket.job));
        queues.there.settle(&claims(&taken.tickets)).await.unwrap();
    }
}

async fn low_room_bounds_abandoned_ones_as_well(queues: Queues) {
    let low: Vec<Ticket> = (0..9).map(|it| with(Priority::Low, it)).collect();
    queues.here.push(&low).await.unwrap();
    take_all(&queues.here, "ada", ANY, 9).await;
    let wish = Wish::Jobs { max: 9, low: 2 };
    let again = queues.there.take("bob", wish, DEADLINE).await.unwrap();
    assert_eq!(again.tickets.len(), 2);
}
