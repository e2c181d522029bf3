//! News over an outage: what is listened to is taken up again, and a gap says that something may be missing.

use belfry::ports::bus::{Bus, Ear, Heard, News, Topic};
use tokio::time::timeout;

use crate::{
    conformance::bus::{news, room},
    support::{DEADLINE, eventually, redis::PrivateRedis},
};

#[tokio::test]
async fn after_a_restart_there_is_a_gap_and_then_news_again() {
    let Some(mut server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let ((teller, _), (hearer, mut ear)) = (corner.replica().await, corner.replica().await);
    hearer.bus.subscribe(room("before")).await;
    hearer.bus.subscribe(room("given-up")).await;
    server.kill();
    eventually("both notice", async || {
        !teller.bus.is_up() && !hearer.bus.is_up()
    })
    .await;
    hearer.bus.subscribe(room("meanwhile")).await;
    hearer.bus.unsubscribe(&room("given-up")).await;
    teller.bus.publish(&room("before"), &news(1));
    server.restart().await;
    eventually("both are back", async || {
        teller.bus.is_up() && hearer.bus.is_up()
    })
    .await;
    assert_eq!(next(&mut ear).await, Heard::Gap);
    for (number, topic) in [(2, "given-up"), (3, "before"), (4, "meanwhile")] {
        teller.bus.publish(&room(topic), &news(number));
    }
    assert_eq!(next(&mut ear).await, Heard::News(news(3)));
    assert_eq!(next(&mut ear).await, Heard::News(news(4)));
}

#[tokio::test]
async fn a_frozen_redis_is_noticed_and_a_gap_follows_the_thaw() {
    let Some(server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let ((teller, _), (hearer, mut ear)) = (corner.replica().await, corner.replica().await);
    hearer.bus.subscribe(room("general")).await;
    server.freeze();
    eventually("both notice", async || {
        !teller.bus.is_up() && !hearer.bus.is_up()
    })
    .await;
    server.thaw();
    assert_eq!(next(&mut ear).await, Heard::Gap);
    eventually("the teller is back", async || teller.bus.is_up()).await;
    teller.bus.publish(&room("general"), &news(1));
    hear(&mut ear, &news(1)).await;
}

#[tokio::test]
async fn a_lost_connection_alone_is_a_gap_too() {
    let Some(server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let ((teller, _), (hearer, mut ear)) = (corner.replica().await, corner.replica().await);
    hearer.bus.subscribe(room("general")).await;
    for round in 0..3 {
        for kind in ["pubsub", "normal"] {
            redis::cmd("CLIENT")
                .arg(&["KILL", "TYPE", kind])
                .exec(&mut corner.plain())
                .unwrap();
        }
        assert_eq!(next(&mut ear).await, Heard::Gap);
        eventually("the teller is back", async || teller.bus.is_up()).await;
        teller.bus.publish(&room("general"), &news(round));
        hear(&mut ear, &news(round)).await;
    }
}

#[tokio::test]
async fn news_told_while_redis_is_away_is_counted_as_lost_and_holds_nobody_up() {
    let Some(mut server) = PrivateRedis::start().await else {
        return;
    };
    let (teller, _ear) = server.corner().replica().await;
    server.kill();
    eventually("it is noticed", async || !teller.bus.is_up()).await;
    for number in 0..20_000 {
        teller.bus.publish(&room("general"), &news(number));
    }
    eventually("all is given up", async || teller.bus.lost() == 20_000).await;
}

#[tokio::test]
async fn what_one_replica_could_not_send_is_a_gap_for_the_others() {
    let Some(server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let ((teller, _), (hearer, mut ear)) = (corner.replica().await, corner.replica().await);
    hearer.bus.subscribe(Topic::People).await;
    // Only the teller's way is broken: those who listen see nothing of it.
    redis::cmd("CLIENT")
        .arg(&["KILL", "TYPE", "normal"])
        .exec(&mut corner.plain())
        .unwrap();
    let mut number = 0;
    eventually("something is lost", async || {
        number += 1;
        teller.bus.publish(&room("elsewhere"), &news(number));
        teller.bus.lost() > 0
    })
    .await;
    assert_eq!(next(&mut ear).await, Heard::Gap);
    teller.bus.publish(&Topic::People, &news(1));
    hear(&mut ear, &news(1)).await;
}

#[tokio::test]
async fn a_clean_end_sends_what_waits_and_closes_the_ear() {
    let Some(server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let ((teller, mut own_ear), (hearer, mut ear)) =
        (corner.replica().await, corner.replica().await);
    hearer.bus.subscribe(room("general")).await;
    for number in 0..2_000 {
        teller.bus.publish(&room("general"), &news(number));
    }
    teller.close().await;
    for number in 0..2_000 {
        assert_eq!(next(&mut ear).await, Heard::News(news(number)));
    }
    assert_eq!(timeout(DEADLINE, own_ear.recv()).await.unwrap(), None);
    teller.bus.publish(&room("general"), &news(1));
    assert_eq!(teller.bus.lost(), 1);
}

#[tokio::test]
async fn what_nobody_of_us_wrote_is_passed_over() {
    let Some(server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let ((teller, _), (hearer, mut ear)) = (corner.replica().await, corner.replica().await);
    hearer.bus.subscribe(room("general")).await;
    for strange in ["", " ", "who {}", "{\"news\":\"changes\",\"of\":[]}"] {
        redis::cmd("PUBLISH")
            .arg(corner.key("room:general"))
            .arg(strange)
            .exec(&mut corner.plain())
            .unwrap();
    }
    teller.bus.publish(&room("general"), &news(1));
    assert_eq!(next(&mut ear).await, Heard::News(news(1)));
}

async fn next(ear: &mut Ear) -> Heard {
    timeout(DEADLINE, ear.recv()).await.unwrap().unwrap()
}

/// Waits for news, over any more gaps.
async fn hear(ear: &mut Ear, news: &News) {
    loop {
        match next(ear).await {
            Heard::Gap | Heard::Marks(_) => {}
            Heard::News(heard) => return assert_eq!(&heard, news),
        }
    }
}
