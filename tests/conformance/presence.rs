//! What every adapter of the presence port must do.

pub(crate) mod told;

use std::{sync::Arc, time::Duration};

use belfry::{
    adapters::{
        memory::{MemoryPresence, PresenceList},
        redis::RedisParts,
    },
    domain::{
        id::{ReplicaId, RoomId, UserId},
        presence::Status,
    },
    ports::presence::{LEASE, Live, Presence, Step},
};

use self::told::{Tally, told, told_sorted};
use crate::support::redis::{Corner, replica};

/// Three replicas on one list.
struct Replicas {
    ada: Arc<dyn Presence>,
    bob: Arc<dyn Presence>,
    cy: Arc<dyn Presence>,
    _redis: Vec<RedisParts>,
}

macro_rules! stories {
    ($($story:ident $lease:expr;)*) => {
        mod in_memory {
            $(#[tokio::test(start_paused = true)]
            async fn $story() {
                super::$story(crate::conformance::presence::memory($lease)).await;
            })*
        }
        mod on_redis {
            $(#[tokio::test]
            async fn $story() {
                let Some(corner) = crate::support::redis::Corner::open() else { return };
                let replicas = crate::conformance::presence::on_redis(&corner, $lease).await;
                super::$story(replicas).await;
            })*
        }
    };
}

mod leases;

stories! {
    first_and_last_sockets_count_over_all_replicas super::LEASE;
    doing_a_step_again_changes_nothing super::LEASE;
    steps_of_one_call_are_done_in_order super::LEASE;
    the_last_socket_anywhere_makes_offline super::LEASE;
    the_first_socket_starts_online_again super::LEASE;
    the_status_chosen_last_counts_on_every_device super::LEASE;
    a_status_that_no_room_sees_is_told_to_nobody super::LEASE;
    who_comes_is_shown_with_their_status super::LEASE;
    who_disconnects_is_taken_out_of_all_rooms_here super::LEASE;
    rooms_are_answered_in_the_order_asked super::LEASE;
    a_large_room_is_counted_and_shown_in_part super::LEASE;
    names_of_any_kind_come_through super::LEASE;
    coming_and_going_at_once_is_told_once_each super::LEASE;
}

fn memory(lease: Duration) -> Replicas {
    let list = Arc::new(PresenceList::new(lease));
    let attach = || Arc::new(MemoryPresence::attach(&list, ReplicaId::fresh()));
    Replicas {
        ada: attach(),
        bob: attach(),
        cy: attach(),
        _redis: Vec::new(),
    }
}

async fn on_redis(corner: &Corner, lease: Duration) -> Replicas {
    let mut redis = Vec::new();
    for _ in 0..3 {
        let mut settings = corner.patient();
        settings.lease = lease;
        settings.renewal = lease / 3;
        redis.push(replica(settings).await.0);
    }
    Replicas {
        ada: redis[0].presence.clone(),
        bob: redis[1].presence.clone(),
        cy: redis[2].presence.clone(),
        _redis: redis,
    }
}

async fn first_and_last_sockets_count_over_all_replicas(on: Replicas) {
    let steps = [connect("eve"), enter("general", "eve")];
    assert_eq!(apply(&on.ada, &steps).await, ["eve joined general, online"]);
    assert_eq!(apply(&on.bob, &steps).await, [""; 0]);
    assert_eq!(live(&on.cy, "general").await.count, 1);
    let leaving = [leave("general", "eve")];
    assert_eq!(apply(&on.ada, &leaving).await, [""; 0]);
    assert_eq!(live(&on.cy, "general").await.count, 1);
    assert_eq!(apply(&on.bob, &leaving).await, ["eve left general"]);
    assert_eq!(live(&on.cy, "general").await.count, 0);
}

async fn doing_a_step_again_changes_nothing(on: Replicas) {
    for (step, signals) in [
        (connect("eve"), &[][..]),
        (enter("general", "eve"), &["eve joined general, online"]),
        (choose("eve", Status::Busy), &["eve is busy in general"]),
        (leave("general", "eve"), &["eve left general"]),
        (enter("random", "eve"), &["eve joined random, busy"]),
        (
            disconnect("eve", &["general"]),
            &["eve left random", "eve is offline in general random"],
        ),
    ] {
        let step = [step];
        assert_eq!(apply(&on.ada, &step).await, signals);
        assert_eq!(apply(&on.ada, &step).await, [""; 0], "{step:?} again");
    }
}

async fn steps_of_one_call_are_done_in_order(on: Replicas) {
    let steps = [
        connect("eve"),
        enter("general", "eve"),
        choose("eve", Status::Away),
        connect("sam"),
        enter("general", "sam"),
        leave("general", "eve"),
        disconnect("eve", &["general"]),
    ];
    let expected = [
        "eve joined general, online",
        "eve is away in general",
        "sam joined general, online",
        "eve left general",
        "eve is offline in general",
    ];
    assert_eq!(apply(&on.ada, &steps).await, expected);
}

async fn the_last_socket_anywhere_makes_offline(on: Replicas) {
    apply(&on.ada, &[connect("eve")]).await;
    apply(&on.bob, &[connect("eve"), enter("general", "eve")]).await;
    assert_eq!(status(&on.cy, "eve").await, Status::Online);
    let gone = apply(&on.ada, &[disconnect("eve", &["random"])]).await;
    assert_eq!(gone, [""; 0]);
    assert_eq!(status(&on.cy, "eve").await, Status::Online);
    let steps = [leave("general", "eve"), disconnect("eve", &["general"])];
    let gone = apply(&on.bob, &steps).await;
    assert_eq!(gone, ["eve left general", "eve is offline in general"]);
    assert_eq!(status(&on.cy, "eve").await, Status::Offline);
}

async fn the_first_socket_starts_online_again(on: Replicas) {
    apply(&on.ada, &[connect("eve"), choose("eve", Status::Busy)]).await;
    apply(&on.bob, &[connect("eve")]).await;
    assert_eq!(status(&on.cy, "eve").await, Status::Busy);
    apply(&on.ada, &[disconnect("eve", &[])]).await;
    assert_eq!(status(&on.cy, "eve").await, Status::Busy);
    apply(&on.bob, &[disconnect("eve", &[])]).await;
    apply(&on.bob, &[connect("eve")]).await;
    assert_eq!(status(&on.cy, "eve").await, Status::Online);
}

async fn the_status_chosen_last_counts_on_every_device(on: Replicas) {
    apply(&on.ada, &[connect("eve"), enter("general", "eve")]).await;
    apply(&on.bob, &[connect("eve"), enter("random", "eve")]).await;
    let away = apply(&on.ada, &[choose("eve", Status::Away)]).await;
    assert_eq!(away, ["eve is away in general random"]);
    let busy = apply(&on.bob, &[choose("eve", Status::Busy)]).await;
    assert_eq!(busy, ["eve is busy in general random"]);
    assert_eq!(status(&on.ada, "eve").await, Status::Busy);
    let general = live(&on.ada, "general").await;
    assert_eq!(general.users[0].status, Status::Busy);
}

async fn a_status_that_no_room_sees_is_told_to_nobody(on: Replicas) {
    let steps = [
        connect("eve"),
        choose("eve", Status::Away),
        disconnect("eve", &[]),
    ];
    assert_eq!(apply(&on.ada, &steps).await, [""; 0]);
}

async fn who_comes_is_shown_with_their_status(on: Replicas) {
    apply(&on.ada, &[connect("eve"), choose("eve", Status::Busy)]).await;
    let joined = apply(&on.bob, &[connect("eve"), enter("general", "eve")]).await;
    assert_eq!(joined, ["eve joined general, busy"]);
    let shown = live(&on.cy, "general").await.users.remove(0);
    assert_eq!(shown.id, user("eve"));
    assert_eq!(&*shown.username, "EVE");
    assert_eq!(shown.status, Status::Busy);
}

async fn who_disconnects_is_taken_out_of_all_rooms_here(on: Replicas) {
    apply(&on.ada, &[enter("general", "eve"), enter("random", "eve")]).await;
    apply(&on.bob, &[enter("random", "eve")]).await;
    let gone = on.ada.apply(&[disconnect("eve", &[])]).await.unwrap();
    assert_eq!(told_sorted(&gone), ["eve left general"]);
    let gone = on.bob.apply(&[disconnect("eve", &[])]).await.unwrap();
    assert_eq!(
        told_sorted(&gone),
        ["eve is offline in random", "eve left random"]
    );
}

async fn rooms_are_answered_in_the_order_asked(on: Replicas) {
    let steps = [
        enter("two", "eve"),
        enter("two", "sam"),
        enter("one", "kim"),
        connect("joe"),
        choose("joe", Status::Away),
    ];
    apply(&on.ada, &steps).await;
    let rooms = ["none", "two", "one", "two"].map(room);
    let counts: Vec<usize> = on
        .bob
        .live(&rooms, 10)
        .await
        .unwrap()
        .iter()
        .map(|it| it.count)
        .collect();
    assert_eq!(counts, [0, 2, 1, 2]);
    assert_eq!(on.bob.live(&[], 10).await.unwrap(), []);
    let asked = ["joe", "nobody", "sam"].map(user);
    let statuses = on.bob.statuses(&asked).await.unwrap();
    assert_eq!(statuses, [Status::Away, Status::Offline, Status::Online]);
    assert_eq!(on.bob.statuses(&[]).await.unwrap(), []);
}

async fn a_large_room_is_counted_and_shown_in_part(on: Replicas) {
    let names: Vec<String> = (0..2_000).map(|number| format!("user-{number}")).collect();
    for some in names.chunks(700) {
        let steps: Vec<Step> = some.iter().map(|name| enter("square", name)).collect();
        assert_eq!(on.ada.apply(&steps).await.unwrap().len(), some.len());
    }
    for (limit, shown) in [(0, 0), (1, 1), (200, 200), (5_000, 2_000)] {
        let live = on.bob.live(&[room("square")], limit).await.unwrap();
        assert_eq!((live[0].count, live[0].users.len()), (2_000, shown));
        let mut ids: Vec<_> = live[0].users.iter().map(|it| it.id.clone()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), shown, "nobody is shown twice");
    }
    let all: Vec<UserId> = names.iter().map(|name| user(name)).collect();
    let statuses = on.bob.statuses(&all).await.unwrap();
    assert_eq!(statuses, vec![Status::Online; 2_000]);
}

async fn names_of_any_kind_come_through(on: Replicas) {
    let kinds = [
        ("auth0|5f7c|x", "a|b c"),
        ("name with spaces", " lead and trail "),
        ("{braces}:*?[x]\\", "\"quotes\" 'and' \\n"),
        ("üñí🔔", "鐘楼"),
        ("7.3", "%s %d"),
    ];
    let general = room("general");
    for (id, name) in kinds {
        let step = Step::Enter {
            room: general.clone(),
            user: user(id),
            username: Arc::from(name),
        };
        let joined = on.ada.apply(&[step]).await.unwrap();
        assert_eq!(told(&joined), [format!("{id} joined general, online")]);
    }
    let live = live(&on.bob, "general").await;
    for (id, name) in kinds {
        let shown = live.users.iter().find(|it| it.id == user(id)).unwrap();
        assert_eq!(&*shown.username, name);
        let gone = apply(&on.ada, &[disconnect(id, &["general"])]).await;
        assert_eq!(
            gone,
            [
                format!("{id} left general"),
                format!("{id} is offline in general")
            ]
        );
    }
}

async fn coming_and_going_at_once_is_told_once_each(on: Replicas) {
    let mut replicas = tokio::task::JoinSet::new();
    for replica in [&on.ada, &on.bob, &on.cy] {
        let replica = replica.clone();
        replicas.spawn(async move {
            let mut tally = Tally::default();
            for _ in 0..60 {
                tally.count(&replica.apply(&[enter("general", "eve")]).await.unwrap());
                tally.count(&replica.apply(&[leave("general", "eve")]).await.unwrap());
            }
            tally
        });
    }
    let all = replicas.join_all().await.into_iter().sum::<Tally>();
    assert_eq!(all.joined, all.left);
    assert!((1..=180).contains(&all.joined), "{all:?}");
    assert_eq!(live(&on.ada, "general").await.count, 0);
}

async fn apply(replica: &Arc<dyn Presence>, steps: &[Step]) -> Vec<String> {
    told(&replica.apply(steps).await.unwrap())
}

async fn live(replica: &Arc<dyn Presence>, name: &str) -> Live {
    replica.live(&[room(name)], 100).await.unwrap().remove(0)
}

async fn status(replica: &Arc<dyn Presence>, name: &str) -> Status {
    replica.statuses(&[user(name)]).await.unwrap()[0]
}

pub(crate) fn room(name: &str) -> RoomId {
    RoomId::parse(name).unwrap()
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::parse(name).unwrap()
}

pub(crate) fn connect(name: &str) -> Step {
    Step::Connect {
        user: user(name),
        username: Arc::from(name.to_uppercase()),
    }
}

pub(crate) fn disconnect(name: &str, rooms: &[&str]) -> Step {
    Step::Disconnect {
        user: user(name),
        rooms: rooms.iter().map(|name| room(name)).collect(),
    }
}

pub(crate) fn enter(room_name: &str, name: &str) -> Step {
    Step::Enter {
        room: room(room_name),
        user: user(name),
        username: Arc::from(name.to_uppercase()),
    }
}

pub(crate) fn leave(room_name: &str, name: &str) -> Step {
    Step::Leave {
        room: room(room_name),
        user: user(name),
        username: Arc::from(name.to_uppercase()),
    }
}

fn choose(name: &str, status: Status) -> Step {
    Step::Choose {
        user: user(name),
        status,
    }
}
