//! What every adapter of the bus port must do.

use std::{any::Any, sync::Arc};

use belfry::{
    adapters::memory::{MemoryBus, MemoryNetwork},
    domain::{
        change::{ClapsOf, RoomChange},
        id::{RoomId, UserId},
        presence::{EndedSession, Recipients, RemovalReason, Signal, Status, User},
        room::{Room, Visibility},
        timestamp::Timestamp,
        trace::{Mark, TraceContext},
    },
    ports::bus::{Bus, Ear, Heard, News, Topic},
};
use tokio::time::timeout;

use super::cache::message;
use crate::support::{
    DEADLINE,
    redis::{Corner, replica},
};

/// One replica's place on the bus.
struct Place {
    bus: Arc<dyn Bus>,
    ear: Ear,
    _keep: Box<dyn Any + Send>,
}

macro_rules! stories {
    ($($story:ident $bound:literal;)*) => {
        mod in_memory {
            $(#[tokio::test]
            async fn $story() {
                super::$story(super::memory($bound)).await;
            })*
        }
        mod on_redis {
            $(#[tokio::test]
            async fn $story() {
                let Some(corner) = super::Corner::open() else { return };
                super::$story(super::on_redis(&corner, $bound).await).await;
            })*
        }
    };
}

stories! {
    news_reaches_the_others_and_not_who_tells_it 64;
    news_arrives_as_it_was_told 64;
    marks_go_before_their_news 64;
    only_what_is_listened_to_is_heard 64;
    who_stops_listening_hears_no_more 64;
    listening_twice_is_listening_once 64;
    a_change_of_mind_half_way_ends_as_wished 64;
    many_topics_can_be_taken_up_at_once 4096;
    who_falls_behind_is_told_of_a_gap_and_then_hears_on 8;
    who_has_gone_holds_nobody_up 8;
}

fn memory(bound: usize) -> [Place; 3] {
    let network = Arc::new(MemoryNetwork::default());
    [(); 3].map(|()| {
        let (bus, ear) = MemoryBus::attach(&network, bound);
        Place {
            bus: Arc::new(bus),
            ear,
            _keep: Box::new(()),
        }
    })
}

async fn on_redis(corner: &Corner, bound: usize) -> [Place; 3] {
    let mut places = Vec::new();
    for _ in 0..3 {
        let mut settings = corner.settings();
        settings.ear = bound;
        let (redis, ear) = replica(settings).await;
        places.push(Place {
            bus: redis.bus.clone(),
            ear,
            _keep: Box::new(redis),
        });
    }
    places.try_into().ok().unwrap()
}

impl Place {
    async fn next(&mut self) -> Heard {
        timeout(DEADLINE, self.ear.recv()).await.unwrap().unwrap()
    }

    async fn hears(&mut self, news: &News) {
        assert_eq!(self.next().await, Heard::News(news.clone()));
    }
}

async fn news_reaches_the_others_and_not_who_tells_it([mut ada, mut bob, mut cy]: [Place; 3]) {
    for place in [&ada, &bob, &cy] {
        place.bus.subscribe(room("general")).await;
    }
    ada.bus.publish(&room("general"), &news(1));
    bob.hears(&news(1)).await;
    cy.hears(&news(1)).await;
    bob.bus.publish(&room("general"), &news(2));
    cy.hears(&news(2)).await;
    ada.hears(&news(2)).await;
}

async fn marks_go_before_their_news([ada, mut bob, _]: [Place; 3]) {
    bob.bus.subscribe(room("general")).await;
    let mark = |rev: i64| Mark {
        rev,
        context: TraceContext {
            trace: u128::MAX - 7,
            span: 7,
        },
    };
    let marks = [mark(1), mark(2)];
    ada.bus.publish_marked(&room("general"), &news(1), &marks);
    ada.bus.publish(&room("general"), &news(2));
    assert_eq!(bob.next().await, Heard::Marks(marks.to_vec()));
    bob.hears(&news(1)).await;
    bob.hears(&news(2)).await;
}

async fn news_arrives_as_it_was_told([ada, mut bob, _]: [Place; 3]) {
    bob.bus.subscribe(room("general")).await;
    let general = RoomId::parse("general").unwrap();
    let user_id = UserId::parse("auth0|ada lovelace 🔔").unwrap();
    let mut odd = message(&general, 1, 1);
    odd.content = "two\nlines, a \"quote\", a space first ".into();
    let told = [
        News::Changes(vec![
            RoomChange::New(Arc::new(odd)),
            RoomChange::Updated(Arc::new(message(&general, 1, 2))),
            RoomChange::Deleted(Arc::new(message(&general, 1, 3))),
            RoomChange::Clapped {
                message: Arc::new(message(&general, 1, 4)),
                by: vec![ClapsOf {
                    user_id: user_id.clone(),
                    count: 7,
                }],
            },
            RoomChange::Reacted {
                message: Arc::new(message(&general, 1, 5)),
                user_id: user_id.clone(),
                emoji: "🔔".into(),
                on: false,
            },
            RoomChange::Room(Arc::new(Room {
                id: general.clone(),
                name: "General".into(),
                topic: Some("Anything".into()),
                visibility: Visibility::Private,
                created_by: user_id.clone(),
                created_at: Timestamp::from_millis(1_700_000_000_007),
                rev: 6,
                last_seq: 1,
                member_count: 2,
            })),
            RoomChange::Closed {
                room_id: general.clone(),
                rev: 7,
            },
        ]),
        News::Signals(vec![
            Signal::Joined {
                room_id: general.clone(),
                user: User {
                    id: user_id.clone(),
                    username: Arc::from("Ada"),
                    display_name: None,
                    status: Status::Away,
                    last_seen: None,
                },
            },
            Signal::Left {
                room_id: general.clone(),
                user_id: user_id.clone(),
                username: Arc::from("Ada"),
            },
            Signal::Typing {
                room_id: general.clone(),
                user_id: user_id.clone(),
                username: Arc::from("Ada"),
                on: true,
            },
            Signal::Status {
                user_id: user_id.clone(),
                status: Status::Offline,
                last_seen: Some(Timestamp::from_millis(1_700_000_000_007)),
                rooms: vec![general.clone()],
            },
            Signal::Read {
                room_id: general.clone(),
                user_id: user_id.clone(),
                last_read_seq: 7,
            },
            Signal::Access {
                room_id: general.clone(),
            },
            Signal::Removed {
                room_id: general.clone(),
                user_id: user_id.clone(),
                reason: RemovalReason::Kicked,
            },
            Signal::SessionEnded(EndedSession {
                family: uuid::Uuid::now_v7(),
                user_id: user_id.clone(),
                logged_out: true,
                at: Timestamp::now(),
            }),
            Signal::Custom {
                to: Recipients::Room(general.clone()),
                event: "a \"b\"".into(),
                data: r#"{"a":[1,"\u0000"]}"#.into(),
            },
            Signal::Custom {
                to: Recipients::User(user_id),
                event: "b".into(),
                data: "null".into(),
            },
            Signal::Custom {
                to: Recipients::All(true),
                event: "c".into(),
                data: "1".into(),
            },
        ]),
    ];
    for news in &told {
        ada.bus.publish(&room("general"), news);
        bob.hears(news).await;
    }
}

async fn only_what_is_listened_to_is_heard([ada, mut bob, mut cy]: [Place; 3]) {
    bob.bus.subscribe(room("general")).await;
    cy.bus.subscribe(Topic::People).await;
    ada.bus.publish(&room("other"), &news(1));
    ada.bus.publish(&room("General"), &news(2));
    ada.bus.publish(&room("general"), &news(3));
    ada.bus.publish(&Topic::People, &news(4));
    bob.hears(&news(3)).await;
    cy.hears(&news(4)).await;
    assert!(bob.ear.try_recv().is_err());
}

async fn who_stops_listening_hears_no_more([ada, mut bob, _]: [Place; 3]) {
    bob.bus.subscribe(room("general")).await;
    bob.bus.subscribe(room("random")).await;
    bob.bus.unsubscribe(&room("general")).await;
    ada.bus.publish(&room("general"), &news(1));
    ada.bus.publish(&room("random"), &news(2));
    bob.hears(&news(2)).await;
    bob.bus.subscribe(room("general")).await;
    ada.bus.publish(&room("general"), &news(3));
    bob.hears(&news(3)).await;
}

async fn listening_twice_is_listening_once([ada, mut bob, _]: [Place; 3]) {
    bob.bus.subscribe(room("general")).await;
    bob.bus.subscribe(room("general")).await;
    bob.bus.subscribe(room("end")).await;
    ada.bus.publish(&room("general"), &news(1));
    bob.hears(&news(1)).await;
    bob.bus.unsubscribe(&room("general")).await;
    bob.bus.unsubscribe(&room("general")).await;
    ada.bus.publish(&room("general"), &news(2));
    ada.bus.publish(&room("end"), &news(3));
    bob.hears(&news(3)).await;
}

async fn a_change_of_mind_half_way_ends_as_wished([ada, mut bob, _]: [Place; 3]) {
    for round in 0..20 {
        let (on, off) = (room("on"), room("off"));
        tokio::join!(
            biased;
            bob.bus.unsubscribe(&on),
            bob.bus.subscribe(off.clone()),
            bob.bus.subscribe(on.clone()),
            bob.bus.unsubscribe(&off),
        );
        ada.bus.publish(&off, &news(-1));
        ada.bus.publish(&on, &news(round));
        bob.hears(&news(round)).await;
    }
}

async fn many_topics_can_be_taken_up_at_once([ada, mut bob, _]: [Place; 3]) {
    let topics: Vec<Topic> = (0..1_500).map(|at| room(&format!("room-{at}"))).collect();
    let mut subscribing = tokio::task::JoinSet::new();
    for topic in topics.clone() {
        let bus = bob.bus.clone();
        subscribing.spawn(async move { bus.subscribe(topic).await });
    }
    subscribing.join_all().await;
    for (at, topic) in topics.iter().enumerate() {
        ada.bus.publish(topic, &news(at as i64));
    }
    for at in 0..topics.len() {
        bob.hears(&news(at as i64)).await;
    }
}

async fn who_falls_behind_is_told_of_a_gap_and_then_hears_on([ada, mut bob, mut cy]: [Place; 3]) {
    bob.bus.subscribe(room("general")).await;
    cy.bus.subscribe(room("general")).await;
    for number in 0..30 {
        ada.bus.publish(&room("general"), &news(number));
        // Cy keeps up, and so tells that the news has been carried.
        cy.hears(&news(number)).await;
    }
    crate::support::eventually("Bob's ear is full", async || bob.ear.len() > 8).await;
    for number in 0..8 {
        bob.hears(&news(number)).await;
    }
    assert_eq!(bob.next().await, Heard::Gap);
    ada.bus.publish(&room("general"), &news(100));
    loop {
        match bob.next().await {
            Heard::Gap | Heard::Marks(_) => {}
            Heard::News(heard) if heard == news(100) => break,
            // On Redis the last of the thirty may have come while Bob caught up.
            Heard::News(heard) => assert!((8..30).any(|number| heard == news(number))),
        }
    }
}

async fn who_has_gone_holds_nobody_up([ada, bob, mut cy]: [Place; 3]) {
    bob.bus.subscribe(room("general")).await;
    cy.bus.subscribe(room("general")).await;
    drop(bob);
    for number in 0..100 {
        ada.bus.publish(&room("general"), &news(number));
        cy.hears(&news(number)).await;
    }
}

pub(crate) fn room(name: &str) -> Topic {
    Topic::Room(RoomId::parse(name).unwrap())
}

/// Some news that can be told from other news.
pub(crate) fn news(number: i64) -> News {
    let general = RoomId::parse("general").unwrap();
    News::Changes(vec![RoomChange::New(Arc::new(message(
        &general,
        number.abs() + 1,
        number,
    )))])
}
