//! Random batches of every kind of change, compared with the plain model: outcomes, history, what changed, whose is what, jobs.

mod plain;

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashSet},
};

use belfry::domain::{
    Rev,
    batch::independent,
    change::{
        Act, Applause, Change, Deed, Enrichment, Found, NewMessage, RoomDeletion, RoomUpdate,
    },
    id::{ClientId, JobId, MessageId},
    message::Preview,
    moderation::Measure,
    room::Visibility,
    timestamp::Timestamp,
};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use tokio::{runtime::Handle, task::block_in_place};
use uuid::Uuid;

use self::plain::{Model, PEOPLE, PlainMessage, PlainRoom};
use super::{
    asking::{counts, masked, ruling, update},
    scene::{Scene, room, text, user},
};

super::stories!(random_batches_end_as_one_by_one);

const ROOMS: [(&str, Visibility); 4] = [
    ("hall", Visibility::Public),
    ("attic", Visibility::Public),
    ("den", Visibility::Private),
    ("pair", Visibility::Direct),
];

async fn random_batches_end_as_one_by_one(scene: Scene) {
    scene.people(&PEOPLE).await;
    let mut runner = TestRunner::new(Config {
        cases: 32,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    });
    let cases = RefCell::new(0);
    let ended = runner.run(&vec(vec(step(), 1..24), 1..8), |batches| {
        let case = cases.replace_with(|case| *case + 1);
        block_in_place(|| Handle::current().block_on(play(&scene, case, &batches)))
    });
    super::hold(ended);
}

/// One change, as far as it can be said without knowing what is there; numbers count round.
#[derive(Debug, Clone)]
enum Step {
    Send {
        author: usize,
        place: usize,
        client: Option<usize>,
        reply: Option<usize>,
    },
    Enrich {
        message: usize,
        found: usize,
        astray: bool,
        outdated: bool,
    },
    Act {
        author: usize,
        message: usize,
        deed: Doing,
        astray: bool,
    },
    Clap {
        message: usize,
        /// How much each of the people claps, if at all.
        by: [i64; 4],
        astray: bool,
    },
    Update {
        author: usize,
        place: usize,
        name: Option<usize>,
        topic: Option<Option<usize>>,
        visibility: Option<bool>,
    },
    End {
        author: usize,
        place: usize,
    },
    /// Something that was asked before, also in this batch.
    Again(usize),
}

#[derive(Debug, Clone, Copy)]
enum Doing {
    /// Mostly one's own message is meant.
    Edit(usize),
    Delete,
    React(usize, bool),
}

fn step() -> impl Strategy<Value = Step> {
    let reply = prop::option::weighted(0.2, 0..50_usize);
    let rarely = || prop::bool::weighted(0.1);
    let who = || 0..PEOPLE.len();
    let doing = prop_oneof![
        3 => (0..3_usize).prop_map(Doing::Edit),
        1 => Just(Doing::Delete),
        4 => (0..3_usize, prop::bool::weighted(0.6)).prop_map(|(emoji, on)| Doing::React(emoji, on)),
    ];
    let claps = || prop_oneof![2 => Just(0_i64), 3 => 1..5_i64, 1 => 30..60_i64];
    let by = [claps(), claps(), claps(), claps()];
    prop_oneof![
        8 => (who(), 0..5_usize, prop::option::of(0..4_usize), reply)
            .prop_map(|(author, place, client, reply)| Step::Send { author, place, client, reply }),
        6 => (0..50_usize, 0..11_usize, rarely(), rarely())
            .prop_map(|(message, found, astray, outdated)| Step::Enrich { message, found, astray, outdated }),
        8 => (who(), 0..50_usize, doing, rarely())
            .prop_map(|(author, message, deed, astray)| Step::Act { author, message, deed, astray }),
        4 => (0..50_usize, by, rarely())
            .prop_map(|(message, by, astray)| Step::Clap { message, by, astray }),
        2 => (
            who(), 0..5_usize, prop::option::of(0..3_usize),
            prop::option::of(prop::option::of(0..2_usize)), prop::option::weighted(0.3, any::<bool>()),
        ).prop_map(|(author, place, name, topic, visibility)| Step::Update { author, place, name, topic, visibility }),
        1 => (who(), 1..5_usize).prop_map(|(author, place)| Step::End { author, place }),
        4 => (0..50_usize).prop_map(Step::Again),
    ]
}

async fn play(scene: &Scene, case: usize, batches: &[Vec<Step>]) -> Result<(), TestCaseError> {
    let mut model = Model::default();
    for (name, visibility) in ROOMS {
        let id = format!("{name}-{case}");
        scene
            .room_that_is(visibility, &id, &["ada", "ben", "mo"])
            .await;
        scene.make("mo", "moderator", &id).await;
        model.rooms.push(PlainRoom {
            room: scene.view(&id, "ada").await.room,
            access_rev: scene.access_rev(&id).await,
            changed_rev: 0,
            deletion: None,
        });
    }
    let mut asked: Vec<Change> = Vec::new();
    for steps in batches {
        let known = asked.len();
        for step in steps {
            let change = change(&model, case, step, &asked);
            asked.extend(change);
        }
        let mut batch = asked[known..].to_vec();
        while !batch.is_empty() {
            let mut first = independent(&batch).into_iter();
            let (at_once, later): (Vec<_>, Vec<_>) =
                batch.into_iter().partition(|_| first.next() == Some(true));
            let expected = model.commit(&at_once);
            prop_assert_eq!(scene.commit(&at_once).await, expected);
            batch = later;
        }
    }
    for place in &model.rooms {
        compare(scene, &model, place).await?;
    }
    let jobs = scene.all_jobs().await;
    let jobs: HashSet<_> = jobs.into_iter().map(|(job, _)| job).collect();
    prop_assert_eq!(&jobs, &model.jobs);
    let done: Vec<_> = jobs.into_iter().collect();
    scene.store.finish_jobs(&done).await.unwrap();
    Ok(())
}

/// All that can be read of a room.
async fn compare(scene: &Scene, model: &Model, place: &PlainRoom) -> Result<(), TestCaseError> {
    let id = &place.room.id;
    let view = scene.store.room(id, &user("ada")).await.unwrap();
    if place.deletion.is_some() {
        prop_assert_eq!(view, None);
        return Ok(());
    }
    prop_assert_eq!(&view.unwrap().room, &place.room);
    prop_assert_eq!(scene.access_rev(id.as_str()).await, place.access_rev);
    let messages: Vec<&PlainMessage> = model
        .messages
        .iter()
        .filter(|it| it.message.room_id == *id)
        .collect();
    for since in [0, place.room.rev / 2, place.room.rev - 1] {
        let changes = scene.store.changes(id, since, 1_000).await.unwrap();
        let changes = changes.unwrap();
        prop_assert_eq!(changes.room_changed, place.changed_rev);
        let expected = messages.iter().map(|it| &it.message);
        let expected: Vec<_> = expected.filter(|it| it.rev > since).collect();
        prop_assert_eq!(changes.messages.iter().collect::<Vec<_>>(), expected);
    }
    let ids: Vec<_> = messages.iter().map(|it| it.message.id).collect();
    let log = scene.store.moderation(id, None, 1_000).await.unwrap();
    let mut noted = model
        .moderated
        .iter()
        .filter(|it| it.room_id == *id)
        .collect::<Vec<_>>();
    noted.sort_unstable_by_key(|it| std::cmp::Reverse(it.content_rev));
    prop_assert_eq!(log.iter().collect::<Vec<_>>(), noted);
    let mine = scene.store.mine(&PEOPLE.map(user), &ids).await.unwrap();
    let mine = mine.into_iter().map(|(user, message, mut mine)| {
        mine.emoji.sort_unstable();
        ((message, user.to_string()), (mine.claps, mine.emoji))
    });
    prop_assert_eq!(mine.collect::<BTreeMap<_, _>>(), own(&messages));
    Ok(())
}

type Own = BTreeMap<(MessageId, String), (i64, Vec<String>)>;

fn own(messages: &[&PlainMessage]) -> Own {
    let mut own = Own::new();
    for it in messages {
        for (user, count) in &it.claps {
            own.entry((it.message.id, user.clone())).or_default().0 = *count;
        }
        for (user, emoji) in &it.reactions {
            let own = own.entry((it.message.id, user.clone())).or_default();
            own.1.push(emoji.clone());
        }
    }
    own
}

fn change(model: &Model, case: usize, step: &Step, asked: &[Change]) -> Option<Change> {
    let place_name = |place: usize| {
        let name = ROOMS.get(place).map_or("nowhere", |room| room.0);
        format!("{name}-{case}")
    };
    let known = |n: usize| model.messages.get(n % model.messages.len().max(1));
    let room_of = |message: &PlainMessage, astray: bool| match astray {
        true => model.rooms[0].room.id.clone(),
        false => message.message.room_id.clone(),
    };
    match *step {
        Step::Again(n) => asked.get(n % asked.len().max(1)).cloned(),
        Step::Send {
            author,
            place,
            client,
            reply,
        } => {
            let answered = |n: usize| match model.messages.get(n % (model.messages.len() + 1)) {
                Some(it) => it.message.id,
                None => MessageId::fresh(),
            };
            Some(Change::Send(NewMessage {
                client_id: client.map(|n| ClientId::parse(&format!("c-{n}")).unwrap()),
                reply_to: reply.map(answered),
                ..text(PEOPLE[author], &place_name(place), "hello")
            }))
        }
        Step::Enrich {
            message,
            found,
            astray,
            outdated,
        } => {
            let it = known(message)?;
            Some(Change::Enrich(Enrichment {
                finishes: match it.message.seq % 3 {
                    0 => Some(JobId(it.message.id.0)),
                    1 => Some(JobId::fresh()),
                    _ => None,
                },
                room_id: room_of(it, astray),
                message_id: it.message.id,
                content_rev: it.content_rev + Rev::from(outdated),
                found: something(found),
            }))
        }
        Step::Act {
            author,
            message,
            deed,
            astray,
        } => {
            let it = known(message)?;
            let meant = match (deed, author) {
                (Doing::Edit(_), 1..) => it.message.user_id.clone(),
                _ => user(PEOPLE[author]),
            };
            Some(Change::Act(Act {
                room_id: room_of(it, astray),
                message_id: it.message.id,
                user_id: meant,
                at: Timestamp::now(),
                deed: match deed {
                    Doing::Edit(n) => Deed::Edit {
                        content: ["hello", "hello!", "@ben"][n].into(),
                        job: JobId::fresh(),
                    },
                    Doing::Delete => Deed::Delete,
                    Doing::React(n, on) => Deed::React {
                        emoji: ["👍", "🎉", "e\u{301}"][n].into(),
                        on,
                    },
                },
            }))
        }
        Step::Clap {
            message,
            by,
            astray,
        } => {
            let it = known(message)?;
            let by: Vec<_> = PEOPLE.into_iter().zip(by).filter(|it| it.1 > 0).collect();
            Some(Change::Clap(Applause {
                id: Uuid::now_v7(),
                room_id: room_of(it, astray),
                message_id: it.message.id,
                by: counts(&by),
                at: Timestamp::now(),
            }))
        }
        Step::Update {
            author,
            place,
            name,
            ref topic,
            visibility,
        } => Some(Change::UpdateRoom(RoomUpdate {
            name: name.map(|n| ["One", "Two", "Ünï"][n].into()),
            topic: topic.map(|topic| topic.map(|n| ["this", "that"][n].into())),
            visibility: visibility.map(|public| match public {
                true => Visibility::Public,
                false => Visibility::Private,
            }),
            ..update(PEOPLE[author], &place_name(place))
        })),
        Step::End { author, place } => Some(Change::DeleteRoom(RoomDeletion {
            id: Uuid::now_v7(),
            room_id: room(&place_name(place)),
            user_id: user(PEOPLE[author]),
            at: Timestamp::now(),
        })),
    }
}

/// What a worker may find, 0 to 10.
fn something(n: usize) -> Found {
    let preview = |url: &str| Preview {
        url: url.into(),
        title: None,
        description: None,
        image_url: None,
        site_name: None,
    };
    match n {
        0 => Found::mentions(vec![]),
        1 => Found::Previews(vec![]),
        2 => Found::mentions(vec![user("ada")]),
        3 => Found::mentions(vec![user("ada"), user("ben")]),
        4 => Found::mentions(vec![user("ben")]),
        5 => Found::Previews(vec![preview("https://a.example")]),
        6 => masked("h****", &[]),
        7 => masked("h****", &["ben"]),
        8 => masked("*****", &["ada"]),
        9 => Found::Reading {
            mentions: vec![user("ben")],
            ruling: Some(ruling(Measure::Remove, "Too much")),
        },
        _ => Found::Previews(vec![
            preview("https://b.example"),
            preview("https://a.example"),
        ]),
    }
}
