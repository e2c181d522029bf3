//! Committing applause.

use std::collections::{BTreeMap, HashMap};

use belfry::domain::{
    change::{Applause, Change, ClapsOf, Outcome, Refusal, RoomChange},
    id::MessageId,
    message::CLAPS_MAX,
    room::Visibility,
    timestamp::Timestamp,
};
use futures_util::future::join_all;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use uuid::Uuid;

use super::{
    asking::{clap, counts},
    scene::{Scene, committed, refused, room, text, user},
};
use crate::support::databases::Backend;

super::stories!(
    claps_add_up,
    a_users_claps_stop_at_fifty,
    applause_that_adds_nothing_takes_no_rev,
    who_may_not_clap_is_left_out,
    applause_of_nobody_who_may_clap_is_refused,
    the_same_applause_again_adds_nothing,
    a_thousand_people_clap_at_once,
    claps_that_arrive_twice_on_two_replicas_count_once,
    ids_of_applause_are_forgotten_after_an_hour,
);

async fn claps_add_up(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let hello = scene.send(text("ada", "hall", "hello")).await;

    let first = scene
        .commit_one(clap(&hello, &[("ben", 3), ("ada", 1)]))
        .await;
    let second = scene.commit_one(clap(&hello, &[("ben", 2)])).await;

    let (message, by) = clapped(first);
    assert_eq!((message.rev, message.claps.total), (2, 4));
    assert_eq!(by, counts(&[("ben", 3), ("ada", 1)]));
    let (message, by) = clapped(second);
    assert_eq!(
        (message.rev, message.claps.total, message.claps.mine),
        (3, 6, None)
    );
    assert_eq!(by, counts(&[("ben", 5)]));
    assert_eq!(scene.history("hall").await, [(*message).clone()]);
    let changes = scene.store.changes(&room("hall"), 2, 10).await.unwrap();
    assert_eq!(changes.unwrap().messages, [(*message).clone()]);
    assert_eq!(scene.mine("ben", hello.id).await.claps, 5);
    assert_eq!((&*message.content, message.content.len()), ("hello", 5));
    assert_eq!(message.edited_at, None);
}

async fn a_users_claps_stop_at_fifty(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let hello = scene.send(text("ada", "hall", "hello")).await;
    committed(scene.commit_one(clap(&hello, &[("ada", 48)])).await);

    let over = clap(&hello, &[("ada", 9), ("ben", i64::MAX)]);
    let (message, by) = clapped(scene.commit_one(over).await);
    assert_eq!(message.claps.total, 2 * CLAPS_MAX);
    assert_eq!(by, counts(&[("ada", CLAPS_MAX), ("ben", CLAPS_MAX)]));
    assert_eq!(scene.mine("ada", hello.id).await.claps, CLAPS_MAX);
}

async fn applause_that_adds_nothing_takes_no_rev(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let hello = scene.send(text("ada", "hall", "hello")).await;
    let full = clapped(scene.commit_one(clap(&hello, &[("ada", CLAPS_MAX)])).await).0;

    let outcome = scene.commit_one(clap(&hello, &[("ada", 5)])).await;

    let told = RoomChange::Clapped {
        message: full,
        by: counts(&[("ada", CLAPS_MAX)]),
    };
    assert_eq!(outcome, Outcome::Already(told));
    // Somebody else's still do; whoever is at the end is told as well.
    let both = clap(&hello, &[("ada", 5), ("ben", 1)]);
    let (message, by) = clapped(scene.commit_one(both).await);
    assert_eq!((message.rev, message.claps.total), (3, 51));
    assert_eq!(by, counts(&[("ada", CLAPS_MAX), ("ben", 1)]));
}

async fn who_may_not_clap_is_left_out(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    scene
        .room_that_is(Visibility::Private, "den", &["ada", "ben"])
        .await;
    scene.people(&["eve"]).await;
    for id in ["hall", "den"] {
        let hello = scene.send(text("ada", id, "hello")).await;
        let applause = clap(&hello, &[("eve", 9), ("ben", 2), ("nobody", 1), ("ada", 1)]);

        let (message, by) = clapped(scene.commit_one(applause).await);

        assert_eq!(message.claps.total, 3);
        assert_eq!(by, counts(&[("ben", 2), ("ada", 1)]));
        assert_eq!(scene.mine("eve", hello.id).await.claps, 0);
    }
}

async fn applause_of_nobody_who_may_clap_is_refused(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    scene
        .room_that_is(Visibility::Private, "den", &["ada"])
        .await;
    scene.people(&["ben", "eve"]).await;
    let strangers = [("eve", 9), ("ben", 2)];
    let open = scene.send(text("ada", "hall", "hello")).await;
    let hidden = scene.send(text("ada", "den", "psst")).await;

    let outcomes = scene
        .commit(&[clap(&open, &strangers), clap(&hidden, &strangers)])
        .await;

    assert_eq!(outcomes[0], Outcome::Refused(Refusal::NotMember));
    assert_eq!(outcomes[1], Outcome::Refused(Refusal::NoMessage));
    assert_eq!(
        refused(scene.commit_one(clap(&open, &[])).await),
        Refusal::NoMessage
    );
    for (id, message) in [("hall", open), ("den", hidden)] {
        assert_eq!(scene.history(id).await, [(*message).clone()]);
    }
}

async fn the_same_applause_again_adds_nothing(scene: Scene) {
    scene.room("hall", &["ada", "ben", "cy"]).await;
    let hello = scene.send(text("ada", "hall", "hello")).await;
    let applause = clap(&hello, &[("ben", 3), ("cy", 1)]);
    committed(scene.commit_one(applause.clone()).await);
    let (now, _) = clapped(scene.commit_one(clap(&hello, &[("cy", 4)])).await);

    let again = scene.commit_one(applause.clone()).await;

    let told = RoomChange::Clapped {
        message: now.clone(),
        by: counts(&[("ben", 3), ("cy", 5)]),
    };
    assert_eq!(again, Outcome::Already(told));
    // A member or not, and whatever became of the message.
    scene.remove("ben", "hall").await;
    scene.commit_one(super::asking::erase("ada", &hello)).await;
    let Outcome::Already(RoomChange::Clapped { message, by }) = scene.commit_one(applause).await
    else {
        panic!("not told as a repeat")
    };
    assert_eq!(
        (message.claps.total, message.deleted_at.is_some()),
        (8, true)
    );
    assert_eq!(by, counts(&[("ben", 3), ("cy", 5)]));
    assert_eq!(scene.view("hall", "ada").await.room.rev, 4);
}

async fn a_thousand_people_clap_at_once(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let names: Vec<_> = (0..1_000).map(|n| format!("u{n:04}")).collect();
    scene.crowd("hall", 1_000).await;
    let hello = scene.send(text("ada", "hall", "hello")).await;
    let by: Vec<_> = (1..)
        .zip(&names)
        .map(|(n, name)| (name.as_str(), n % 60 + 1))
        .collect();
    let total: i64 = by.iter().map(|(_, count)| *count.min(&CLAPS_MAX)).sum();

    let (message, told) = clapped(scene.commit_one(clap(&hello, &by)).await);

    assert_eq!((message.rev, message.claps.total), (2, total));
    let after: Vec<_> = by
        .iter()
        .map(|(name, count)| (*name, *count.min(&CLAPS_MAX)))
        .collect();
    assert_eq!(told, counts(&after));
    let users: Vec<_> = names.iter().map(|name| user(name)).collect();
    let mine = scene.store.mine(&users, &[hello.id]).await.unwrap();
    assert_eq!(
        mine.iter().map(|(_, _, mine)| mine.claps).sum::<i64>(),
        total
    );
}

/// Against a model that counts: whatever is handed in twice, on either side, in whatever order, each applause counts once.
async fn claps_that_arrive_twice_on_two_replicas_count_once(scene: Scene) {
    const PEOPLE: [&str; 4] = ["ada", "ben", "cy", "dan"];
    scene.room("hall", &PEOPLE).await;
    let other = scene.another().await;
    let messages = [
        scene.send(text("ada", "hall", "one")).await,
        scene.send(text("ada", "hall", "two")).await,
    ];
    let mut chance = StdRng::seed_from_u64(7);
    let applause: Vec<Applause> = (0..60)
        .map(|_| {
            let mut by: Vec<ClapsOf> = Vec::new();
            for name in PEOPLE {
                if chance.random_bool(0.6) {
                    by.extend(counts(&[(name, chance.random_range(1..=3))]));
                }
            }
            Applause {
                id: Uuid::now_v7(),
                room_id: room("hall"),
                message_id: messages[chance.random_range(0..2)].id,
                by,
                at: Timestamp::now(),
            }
        })
        .filter(|it| !it.by.is_empty())
        .collect();
    let mut model: BTreeMap<(MessageId, String), i64> = BTreeMap::new();
    for one in applause
        .iter()
        .flat_map(|it| it.by.iter().map(|by| (it.message_id, by)))
    {
        let count = model.entry((one.0, one.1.user_id.to_string())).or_default();
        *count = (*count + one.1.count).min(CLAPS_MAX);
    }

    let calls = (0..8).map(|n| {
        let scene = [&scene, &other][n % 2].clone();
        // Everybody hands in three of four, and each is handed in by somebody.
        let mut mine: Vec<_> = applause
            .iter()
            .enumerate()
            .filter(|(at, _)| at % 4 != n % 4)
            .collect();
        mine.rotate_left(n * 5);
        let mine: Vec<_> = mine
            .into_iter()
            .map(|(_, it)| Change::Clap(it.clone()))
            .collect();
        tokio::spawn(async move {
            let mut revs = Vec::new();
            for one in mine {
                if let Outcome::Committed(change) = scene.commit_one(one).await {
                    revs.push(change.rev());
                }
            }
            revs
        })
    });
    let revs = join_all(calls).await.into_iter().flat_map(Result::unwrap);
    let mut revs: Vec<_> = revs.collect();

    revs.sort_unstable();
    let room_rev = scene.view("hall", "ada").await.room.rev;
    assert_eq!(
        revs,
        (3..=room_rev).collect::<Vec<_>>(),
        "a rev for each that counted"
    );
    let mut kept = BTreeMap::new();
    let ids = messages.each_ref().map(|it| it.id);
    for (user, message, mine) in scene.store.mine(&PEOPLE.map(user), &ids).await.unwrap() {
        kept.insert((message, user.to_string()), mine.claps);
    }
    assert_eq!(kept, model);
    let mut totals: HashMap<MessageId, i64> = HashMap::new();
    for ((message, _), count) in &model {
        *totals.entry(*message).or_default() += count;
    }
    for message in scene.history("hall").await {
        assert_eq!(message.claps.total, totals[&message.id]);
    }
}

async fn ids_of_applause_are_forgotten_after_an_hour(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let hello = scene.send(text("ada", "hall", "hello")).await;
    let old = clap(&hello, &[("ada", 1)]);
    let recent = clap(&hello, &[("ada", 1)]);
    for (applause, minutes) in [(&old, 61), (&recent, 59)] {
        committed(scene.commit_one(applause.clone()).await);
        let (age, id) = match scene.database.backend {
            Backend::Postgres => (format!("now() - interval '{minutes} minutes'"), "id::text"),
            Backend::Sqlite => (format!("unixepoch() * 1000 - {minutes} * 60000"), "hex(id)"),
        };
        let Change::Clap(it) = applause else {
            unreachable!()
        };
        let wanted = match scene.database.backend {
            Backend::Postgres => it.id.to_string(),
            Backend::Sqlite => it.id.simple().to_string().to_uppercase(),
        };
        let age = format!("UPDATE batches SET at = {age} WHERE {id} = '{wanted}'");
        scene.database.sql(age).await;
    }

    committed(scene.commit_one(clap(&hello, &[("ada", 1)])).await);

    // Nobody repeats an applause after an hour: here it shows that its id is gone, and the other one's is not.
    assert!(matches!(
        scene.commit_one(recent).await,
        Outcome::Already(_)
    ));
    assert_eq!(committed(scene.commit_one(old).await).claps.total, 4);
}

fn clapped(
    outcome: Outcome,
) -> (
    std::sync::Arc<belfry::domain::message::Message>,
    Vec<ClapsOf>,
) {
    match outcome {
        Outcome::Committed(RoomChange::Clapped { message, by }) => (message, by),
        other => panic!("not told as applause: {other:?}"),
    }
}
