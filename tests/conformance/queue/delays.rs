//! Delays: handed out when they are due, in the order of their times, and not before.

use super::*;
use crate::support::eventually;

stories! {
    a_delayed_ticket_comes_when_it_is_due_and_not_before belfry::ports::queue::CLAIM_TIMEOUT;
    who_waits_already_gets_it_as_well belfry::ports::queue::CLAIM_TIMEOUT;
    what_is_due_already_comes_at_once belfry::ports::queue::CLAIM_TIMEOUT;
    delayed_tickets_come_in_the_order_of_their_times belfry::ports::queue::CLAIM_TIMEOUT;
    a_delayed_message_goes_to_its_own_line belfry::ports::queue::CLAIM_TIMEOUT;
    whoever_takes_makes_others_get_what_is_due belfry::ports::queue::CLAIM_TIMEOUT;
    a_time_that_never_comes_holds_nothing_up belfry::ports::queue::CLAIM_TIMEOUT;
}

async fn a_delayed_ticket_comes_when_it_is_due_and_not_before(queues: Queues) {
    swept(&queues.here).await;
    let due = from_now(1_500);
    queues.here.push(&[at(due, ticket(1))]).await.unwrap();
    assert_eq!(queues.there.backlog().await.unwrap().delayed, 1);
    let mut taken = Vec::new();
    eventually("it is due", async || {
        taken = queues
            .there
            .take("ada", ANY, Duration::ZERO)
            .await
            .unwrap()
            .tickets;
        !taken.is_empty()
    })
    .await;
    assert!(Timestamp::now() >= due, "it came too early");
    assert_eq!(jobs(&taken), [ticket(1)]);
    assert_eq!(queues.there.backlog().await.unwrap().delayed, 0);
    queues.there.settle(&claims(&taken)).await.unwrap();
    assert_eq!(count(&queues.here).await, 0);
}

async fn who_waits_already_gets_it_as_well(queues: Queues) {
    swept(&queues.here).await;
    let waiting = tokio::spawn({
        let queue = queues.here.clone();
        async move { queue.take("ada", ANY, DEADLINE).await.unwrap() }
    });
    tokio::task::yield_now().await;
    let far = at(from_now(3_600_000), ticket(1));
    let soon = at(from_now(100), ticket(2));
    queues.there.push(&[far, soon]).await.unwrap();
    let taken = timeout(DEADLINE / 2, waiting).await.unwrap().unwrap();
    assert_eq!(jobs(&taken.tickets), [ticket(2)]);
}

async fn what_is_due_already_comes_at_once(queues: Queues) {
    swept(&queues.here).await;
    let past = [0, -5_000, i64::MIN].map(|millis| match millis {
        i64::MIN => Timestamp::from_millis(millis),
        _ => from_now(millis),
    });
    let tickets: Vec<Ticket> = past.into_iter().map(|due| at(due, ticket(1))).collect();
    queues.here.push(&tickets).await.unwrap();
    queues.here.push(&[ticket(1)]).await.unwrap();
    let taken = queues.here.take("ada", ANY, Duration::ZERO).await.unwrap();
    assert_eq!(jobs(&taken.tickets), vec![ticket(1); 4]);
}

async fn delayed_tickets_come_in_the_order_of_their_times(queues: Queues) {
    let start = from_now(1_500).as_millis();
    let mut tickets: Vec<Ticket> = (0..60)
        .map(|number| {
            at(
                Timestamp::from_millis(start + number),
                ticket(number as u128),
            )
        })
        .collect();
    tickets.reverse();
    queues.here.push(&tickets[..30]).await.unwrap();
    queues.there.push(&tickets[30..]).await.unwrap();
    let found = take_all(&queues.here, "ada", upto(7), 60).await;
    let found: Vec<u128> = found.iter().map(|it| it.ticket.job.0.as_u128()).collect();
    assert_eq!(found, (0..60).collect::<Vec<_>>());
}

async fn a_delayed_message_goes_to_its_own_line(queues: Queues) {
    let mut again = message(1);
    again.again = true;
    let low = with(Priority::Low, 2);
    let due = from_now(50);
    let delayed = [at(due, again.clone()), at(due, low.clone())];
    queues.here.push(&delayed).await.unwrap();
    let messages = take_all(&queues.here, "ada", Wish::Messages(5), 1).await;
    assert_eq!(jobs(&messages), [again]);
    let none = Wish::Jobs { max: 5, low: 0 };
    let taken = queues.here.take("ada", none, Duration::ZERO).await.unwrap();
    assert!(taken.tickets.is_empty());
    assert_eq!(jobs(&take_all(&queues.here, "ada", ANY, 1).await), [low]);
}

async fn whoever_takes_makes_others_get_what_is_due(queues: Queues) {
    swept(&queues.here).await;
    queues
        .here
        .push(&[at(from_now(100), ticket(1))])
        .await
        .unwrap();
    let waiting = tokio::spawn({
        let queue = queues.here.clone();
        async move { queue.take("ada", ANY, 2 * DEADLINE).await.unwrap() }
    });
    let wish = Wish::Messages(1);
    let messages = queues.there.take("bob", wish, Duration::from_millis(300));
    assert!(messages.await.unwrap().tickets.is_empty());
    let taken = timeout(DEADLINE, waiting).await.unwrap().unwrap();
    assert_eq!(jobs(&taken.tickets), [ticket(1)]);
}

async fn a_time_that_never_comes_holds_nothing_up(queues: Queues) {
    swept(&queues.here).await;
    let never = at(Timestamp::from_millis(i64::MAX), ticket(1));
    queues.here.push(&[never]).await.unwrap();
    let taken = queues
        .here
        .take("ada", ANY, Duration::from_millis(50))
        .await;
    assert!(taken.unwrap().tickets.is_empty());
    queues.here.push(&[ticket(2)]).await.unwrap();
    let taken = queues.here.take("ada", ANY, DEADLINE).await.unwrap();
    assert_eq!(jobs(&taken.tickets), [ticket(2)]);
    assert_eq!(queues.here.backlog().await.unwrap().delayed, 1);
}

fn at(due: Timestamp, ticket: Ticket) -> Ticket {
    Ticket {
        due: Some(due),
        ..ticket
    }
}
