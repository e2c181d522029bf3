//! Random batches, compared with what the guarantees say in their plainest form: one change after the other, in memory.

use std::{cell::RefCell, collections::HashSet, sync::Arc};

use belfry::domain::{
    Rev, Seq,
    change::{Change, Enrichment, Found, NewMessage, Outcome, Refusal, RoomChange},
    id::{ClientId, JobId, MessageId, RoomId},
    message::{Claps, Message, Preview},
    room::Visibility,
};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use tokio::{runtime::Handle, task::block_in_place};

use super::scene::{Scene, room, text, user};

super::stories!(random_batches_end_as_one_by_one);

/// `ada` made all the rooms, `ben` is in them, `eve` in none.
const PEOPLE: [&str; 3] = ["ada", "ben", "eve"];
const ROOMS: [(&str, Visibility); 3] = [
    ("hall", Visibility::Public),
    ("attic", Visibility::Public),
    ("den", Visibility::Private),
];

async fn random_batches_end_as_one_by_one(scene: Scene) {
    scene.people(&PEOPLE).await;
    let mut runner = TestRunner::new(Config {
        cases: 24,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    });
    let cases = RefCell::new(0);
    let ended = runner.run(&vec(vec(step(), 1..20), 1..6), |batches| {
        let case = cases.replace_with(|case| *case + 1);
        block_in_place(|| Handle::current().block_on(play(&scene, case, &batches)))
    });
    ended.unwrap();
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
    /// Something that was asked before, also in this batch.
    Again(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let reply = prop::option::weighted(0.2, 0..50_usize);
    prop_oneof![
        4 => (0..3_usize, 0..4_usize, prop::option::of(0..4_usize), reply)
            .prop_map(|(author, place, client, reply)| Step::Send { author, place, client, reply }),
        3 => (0..50_usize, 0..7_usize, prop::bool::weighted(0.1), prop::bool::weighted(0.1))
            .prop_map(|(message, found, astray, outdated)| Step::Enrich { message, found, astray, outdated }),
        2 => (0..50_usize).prop_map(Step::Again),
    ]
}

async fn play(scene: &Scene, case: usize, batches: &[Vec<Step>]) -> Result<(), TestCaseError> {
    let mut model = Model::default();
    for (name, visibility) in ROOMS {
        let id = format!("{name}-{case}");
        scene.room_that_is(visibility, &id, &["ada", "ben"]).await;
        model.rooms.push((room(&id), visibility, 0, 0));
    }
    let mut asked: Vec<Change> = Vec::new();
    for steps in batches {
        let known = asked.len();
        for step in steps {
            let change = model.change(case, step, &asked);
            asked.extend(change);
        }
        let batch = &asked[known..];
        let expected = model.commit(batch);
        prop_assert_eq!(scene.commit(batch).await, expected);
    }
    for (id, _, rev, last_seq) in &model.rooms {
        let view = scene.view(id.as_str(), "ada").await.room;
        prop_assert_eq!((view.rev, view.last_seq), (*rev, *last_seq));
        let expected = model.messages.iter().map(|(message, _)| message);
        let expected: Vec<_> = expected.filter(|message| message.room_id == *id).collect();
        let history = scene.history(id.as_str()).await;
        prop_assert_eq!(history.iter().collect::<Vec<_>>(), expected);
    }
    let jobs: HashSet<_> = scene
        .all_jobs()
        .await
        .iter()
        .map(|(job, _)| job.id)
        .collect();
    prop_assert_eq!(&jobs, &model.jobs);
    let done: Vec<_> = jobs.into_iter().collect();
    scene.store.finish_jobs(&done).await.unwrap();
    Ok(())
}

#[derive(Default)]
struct Model {
    rooms: Vec<(RoomId, Visibility, Rev, Seq)>,
    /// With the rev of their text.
    messages: Vec<(Message, Rev)>,
    jobs: HashSet<JobId>,
}

impl Model {
    fn change(&self, case: usize, step: &Step, asked: &[Change]) -> Option<Change> {
        match *step {
            Step::Again(n) => asked.get(n % asked.len().max(1)).cloned(),
            Step::Send {
                author,
                place,
                client,
                reply,
            } => {
                let name = ROOMS.get(place).map_or("nowhere", |room| room.0);
                let answered = |n: usize| match self.messages.get(n % (self.messages.len() + 1)) {
                    Some((message, _)) => message.id,
                    None => MessageId::fresh(),
                };
                Some(Change::Send(NewMessage {
                    client_id: client.map(|n| ClientId::parse(&format!("c-{n}")).unwrap()),
                    reply_to: reply.map(answered),
                    ..text(PEOPLE[author], &format!("{name}-{case}"), "hello")
                }))
            }
            Step::Enrich {
                message,
                found,
                astray,
                outdated,
            } => {
                let (message, content_rev) =
                    self.messages.get(message % self.messages.len().max(1))?;
                Some(Change::Enrich(Enrichment {
                    finishes: match message.seq % 3 {
                        0 => Some(JobId(message.id.0)),
                        1 => Some(JobId::fresh()),
                        _ => None,
                    },
                    room_id: match astray {
                        true => self.rooms[0].0.clone(),
                        false => message.room_id.clone(),
                    },
                    message_id: message.id,
                    content_rev: content_rev + Rev::from(outdated),
                    found: something(found),
                }))
            }
        }
    }

    fn commit(&mut self, batch: &[Change]) -> Vec<Outcome> {
        let before: Vec<(MessageId, RoomId)> = self
            .messages
            .iter()
            .map(|(message, _)| (message.id, message.room_id.clone()))
            .collect();
        let mut outcomes: Vec<Outcome> = Vec::new();
        for (index, change) in batch.iter().enumerate() {
            let outcome = match change {
                Change::Send(asked) => {
                    let twin = batch[..index]
                        .iter()
                        .position(|earlier| same(earlier, asked));
                    match twin.map(|twin| outcomes[twin].clone()) {
                        Some(Outcome::Committed(message)) => Outcome::Already(message),
                        Some(outcome) => outcome,
                        None => self.send(asked, &before),
                    }
                }
                Change::Act(_)
                | Change::Clap(_)
                | Change::UpdateRoom(_)
                | Change::DeleteRoom(_) => {
                    unreachable!("not built yet")
                }
                Change::Enrich(asked) => {
                    if let Some(job) = asked.finishes {
                        self.jobs.remove(&job);
                    }
                    let superseded = batch[index + 1..]
                        .iter()
                        .any(|later| replaces(later, asked));
                    let known = before.contains(&(asked.message_id, asked.room_id.clone()));
                    match known && !superseded {
                        true => self.enrich(asked),
                        false => Outcome::Unchanged,
                    }
                }
            };
            outcomes.push(outcome);
        }
        outcomes
    }

    fn send(&mut self, asked: &NewMessage, before: &[(MessageId, RoomId)]) -> Outcome {
        let place = self.rooms.iter_mut().find(|room| room.0 == asked.room_id);
        let member = asked.user_id != user("eve");
        let Some((_, _, rev, last_seq)) =
            place.filter(|(_, visibility, ..)| member || *visibility == Visibility::Public)
        else {
            return Outcome::Refused(Refusal::NoRoom);
        };
        let same = |it: &&(Message, Rev)| {
            it.0.id == asked.id
                || asked.client_id.is_some()
                    && (&it.0.room_id, &it.0.user_id, &it.0.client_id)
                        == (&asked.room_id, &asked.user_id, &asked.client_id)
        };
        if let Some((message, _)) = self.messages.iter().find(same) {
            return Outcome::Already(RoomChange::New(Arc::new(message.clone())));
        }
        if !member {
            return Outcome::Refused(Refusal::NotMember);
        }
        let answerable = |id| before.contains(&(id, asked.room_id.clone()));
        if !asked.reply_to.is_none_or(answerable) {
            return Outcome::Refused(Refusal::NoReply);
        }
        *rev += 1;
        *last_seq += 1;
        let message = Message {
            id: asked.id,
            room_id: asked.room_id.clone(),
            seq: *last_seq,
            rev: *rev,
            user_id: asked.user_id.clone(),
            username: asked.user_id.as_str().into(),
            content: asked.content.clone(),
            kind: asked.kind,
            timestamp: asked.at,
            client_id: asked.client_id.clone(),
            reply_to: asked.reply_to,
            edited_at: None,
            deleted_at: None,
            claps: Claps::default(),
            reactions: vec![],
            mentions: vec![],
            previews: vec![],
        };
        self.messages.push((message.clone(), *rev));
        self.jobs.insert(asked.job);
        Outcome::Committed(RoomChange::New(Arc::new(message)))
    }

    fn enrich(&mut self, asked: &Enrichment) -> Outcome {
        let known = self
            .messages
            .iter_mut()
            .find(|it| it.0.id == asked.message_id);
        let (message, content_rev) = known.unwrap();
        let news = match &asked.found {
            Found::Mentions(list) => list.iter().any(|it| !message.mentions.contains(it)),
            Found::Previews(list) => list.iter().any(|it| !message.previews.contains(it)),
        };
        if !news || *content_rev != asked.content_rev {
            return Outcome::Unchanged;
        }
        let place = self.rooms.iter_mut().find(|room| room.0 == asked.room_id);
        let (_, _, rev, _) = place.unwrap();
        *rev += 1;
        message.rev = *rev;
        match &asked.found {
            Found::Mentions(list) => message.mentions = list.clone(),
            Found::Previews(list) => message.previews = list.clone(),
        }
        Outcome::Committed(RoomChange::Updated(Arc::new(message.clone())))
    }
}

fn same(earlier: &Change, asked: &NewMessage) -> bool {
    let Change::Send(earlier) = earlier else {
        return false;
    };
    earlier.id == asked.id
        || asked.client_id.is_some()
            && (&earlier.room_id, &earlier.user_id, &earlier.client_id)
                == (&asked.room_id, &asked.user_id, &asked.client_id)
}

fn replaces(later: &Change, asked: &Enrichment) -> bool {
    let Change::Enrich(later) = later else {
        return false;
    };
    (later.message_id, later.content_rev) == (asked.message_id, asked.content_rev)
        && std::mem::discriminant(&later.found) == std::mem::discriminant(&asked.found)
}

fn something(n: usize) -> Found {
    let preview = |url: &str| Preview {
        url: url.into(),
        title: None,
        description: None,
        image_url: None,
        site_name: None,
    };
    match n {
        0 => Found::Mentions(vec![]),
        1 => Found::Previews(vec![]),
        2 => Found::Mentions(vec![user("ada")]),
        3 => Found::Mentions(vec![user("ada"), user("ben")]),
        4 => Found::Mentions(vec![user("ben")]),
        5 => Found::Previews(vec![preview("https://a.example")]),
        _ => Found::Previews(vec![
            preview("https://b.example"),
            preview("https://a.example"),
        ]),
    }
}
