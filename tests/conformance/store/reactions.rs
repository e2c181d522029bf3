//! Committing emoji under messages, and what of claps and emoji is one's own.

use belfry::domain::{
    change::{Change, Outcome, Refusal, RoomChange},
    id::MessageId,
    message::EMOJI_MAX,
};

use super::{
    asking::{clap, react, unreact},
    scene::{Scene, committed, refused, text, user},
};

super::stories!(
    reactions_stand_in_the_order_in_which_they_were_first_chosen,
    a_reaction_that_changes_nothing_takes_no_rev,
    a_message_carries_only_so_many_different_emoji,
    any_emoji_is_kept_as_it_is,
    what_is_ones_own_is_told_to_oneself,
);

async fn reactions_stand_in_the_order_in_which_they_were_first_chosen(scene: Scene) {
    scene.room("hall", &["ada", "ben", "cy"]).await;
    let hello = scene.send(text("ada", "hall", "hello")).await;
    let told = async |change: Change| {
        let message = committed(scene.commit_one(change).await);
        assert_eq!(scene.history("hall").await, [(*message).clone()]);
        let reactions = message.reactions.iter();
        let told: Vec<_> = reactions
            .map(|it| format!("{}{}", it.emoji, it.count))
            .collect();
        (message.rev, told.join(" "))
    };

    assert_eq!(told(react("ada", &hello, "🎉")).await, (2, "🎉1".into()));
    assert_eq!(
        told(react("ben", &hello, "👍")).await,
        (3, "🎉1 👍1".into())
    );
    assert_eq!(
        told(react("ben", &hello, "🎉")).await,
        (4, "🎉2 👍1".into())
    );
    assert_eq!(told(react("cy", &hello, "👍")).await, (5, "🎉2 👍2".into()));
    assert_eq!(
        told(unreact("ada", &hello, "🎉")).await,
        (6, "🎉1 👍2".into())
    );
    assert_eq!(told(unreact("ben", &hello, "🎉")).await, (7, "👍2".into()));
    assert_eq!(
        told(react("ada", &hello, "🎉")).await,
        (8, "👍2 🎉1".into())
    );
    let outcome = scene.commit_one(unreact("ada", &hello, "🎉")).await;
    let Outcome::Committed(RoomChange::Reacted {
        user_id, emoji, on, ..
    }) = outcome
    else {
        panic!("not told as a reaction: {outcome:?}")
    };
    assert_eq!((user_id, &*emoji, on), (user("ada"), "🎉", false));
    for name in ["ben", "cy"] {
        committed(scene.commit_one(unreact(name, &hello, "👍")).await);
    }
    assert!(scene.history("hall").await[0].reactions.is_empty());
}

async fn a_reaction_that_changes_nothing_takes_no_rev(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let hello = scene.send(text("ada", "hall", "hello")).await;
    let liked = committed(scene.commit_one(react("ada", &hello, "👍")).await);

    let twice = scene.commit_one(react("ada", &hello, "👍")).await;
    let never = scene.commit_one(unreact("ben", &hello, "👍")).await;

    let told = |name: &str, on| {
        Outcome::Already(RoomChange::Reacted {
            message: liked.clone(),
            user_id: user(name),
            emoji: "👍".into(),
            on,
        })
    };
    assert_eq!((twice, never), (told("ada", true), told("ben", false)));
    assert_eq!(scene.history("hall").await, [(*liked).clone()]);
}

async fn a_message_carries_only_so_many_different_emoji(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let hello = scene.send(text("ada", "hall", "hello")).await;
    for n in 0..EMOJI_MAX {
        committed(
            scene
                .commit_one(react("ada", &hello, &format!("e{n}")))
                .await,
        );
    }

    let one_more = react("ben", &hello, "one-more");
    let outcome = scene.commit_one(one_more.clone()).await;

    assert_eq!(refused(outcome), Refusal::TooManyEmoji);
    let joined = committed(scene.commit_one(react("ben", &hello, "e3")).await);
    assert_eq!(
        (joined.reactions.len(), joined.reactions[3].count),
        (EMOJI_MAX, 2)
    );
    committed(scene.commit_one(unreact("ada", &hello, "e0")).await);
    let last = committed(scene.commit_one(one_more).await);
    assert_eq!(last.reactions[EMOJI_MAX - 1].emoji, "one-more");
    assert_eq!(scene.history("hall").await, [(*last).clone()]);
}

async fn any_emoji_is_kept_as_it_is(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let hello = scene.send(text("ada", "hall", "hello")).await;
    let odd = [
        "👩‍👩‍👧‍👦",
        "\"'\\",
        "5",
        "null",
        "{}",
        ":+1:",
        "é",
        "e\u{301}",
        "[1,2]",
    ];
    for emoji in odd {
        committed(scene.commit_one(react("ada", &hello, emoji)).await);
    }
    let kept = &scene.history("hall").await[0];
    let kept: Vec<_> = kept
        .reactions
        .iter()
        .map(|it| (&*it.emoji, it.count))
        .collect();
    assert_eq!(kept, odd.map(|emoji| (emoji, 1)));
    let mut mine = scene.mine("ada", hello.id).await.emoji;
    let mut odd = odd.map(String::from);
    mine.sort_unstable();
    odd.sort_unstable();
    assert_eq!(mine, odd);
    for emoji in odd {
        committed(scene.commit_one(unreact("ada", &hello, &emoji)).await);
    }
    assert!(scene.mine("ada", hello.id).await.emoji.is_empty());
}

async fn what_is_ones_own_is_told_to_oneself(scene: Scene) {
    scene.room("hall", &["ada", "ben", "cy"]).await;
    let one = scene.send(text("ada", "hall", "one")).await;
    let two = scene.send(text("ada", "hall", "two")).await;
    for change in [
        clap(&one, &[("ada", 4), ("ben", 2)]),
        react("ada", &one, "👍"),
        react("ada", &one, "🎉"),
        react("ben", &two, "👍"),
        react("ada", &two, "👎"),
        unreact("ada", &two, "👎"),
    ] {
        committed(scene.commit_one(change).await);
    }

    let users = ["ada", "ben", "cy", "nobody"].map(user);
    let messages = [one.id, two.id, MessageId::fresh()];
    let mut mine = scene.store.mine(&users, &messages).await.unwrap();

    mine.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    let told = mine.into_iter().map(|(user, message, mut mine)| {
        mine.emoji.sort_unstable();
        (user.to_string(), message, mine.claps, mine.emoji.concat())
    });
    let told: Vec<_> = told.collect();
    assert_eq!(
        told,
        [
            ("ada".into(), one.id, 4, "🎉👍".into()),
            ("ben".into(), one.id, 2, "".into()),
            ("ben".into(), two.id, 0, "👍".into()),
        ]
    );
    assert!(scene.store.mine(&[], &messages).await.unwrap().is_empty());
    assert!(scene.store.mine(&users, &[]).await.unwrap().is_empty());
}
