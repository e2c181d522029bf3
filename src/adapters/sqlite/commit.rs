//! Committing a batch: one transaction that holds the only write lock from its first statement on.
//!
//! It reads what the changes depend on, goes through them in order, and writes what came of them, in a statement each for all
//! changes together. Nothing else can write meanwhile, so what was read stays true.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use serde_json::{Value, json as value};
use sqlx::{Sqlite, Transaction};
use uuid::Uuid;

use super::{
    SqliteStore, commit, fault, fetch, jobs,
    rows::{Columns, hex, json, message_columns, now},
};
use crate::{
    domain::{
        Rev, Seq,
        change::{Change, Enrichment, NewMessage, Outcome, Refusal, RoomChange, answering},
        id::{MessageId, RoomId, UserId},
        job::{EnrichMessage, Task},
        message::{Claps, Message},
        permission::{Action, Verdict, judge},
        room::{Role, Visibility},
    },
    ports::{BackendError, store::FIRST_LEASE},
};

const ROOMS: &str = "SELECT id, visibility, rev, last_seq FROM rooms \
     WHERE id IN (SELECT value FROM json_each(?1)) AND deleted_at IS NULL";
/// For each of `[id, room, user, clientId, replyTo]`: the role and the name of its author, the message that it repeats, and
/// whether the message that it answers is in the room.
const SENDS: &str = "WITH s AS MATERIALIZED ( \
         SELECT key AS place, unhex(value ->> 0) AS id, value ->> 1 AS room, value ->> 2 AS author, value ->> 3 AS client, \
             unhex(value ->> 4) AS reply FROM json_each(?1) \
     ) SELECT s.place, m.role, u.username, coalesce(by_id.id, by_client.id), answered.id IS NOT NULL FROM s \
     LEFT JOIN members m ON m.room_id = s.room AND m.user_id = s.author \
     LEFT JOIN users u ON u.id = s.author \
     LEFT JOIN messages by_id ON by_id.id = s.id \
     LEFT JOIN messages by_client ON by_client.room_id = s.room AND by_client.user_id = s.author AND by_client.client_id = s.client \
     LEFT JOIN messages answered ON answered.id = s.reply AND answered.room_id = s.room";
const MESSAGES: &str = concat!(
    "SELECT ",
    message_columns!(),
    ", m.content_rev FROM json_each(?1) k JOIN messages m ON m.id = unhex(k.value)"
);

const WRITE: &str = "INSERT INTO messages \
         (id, room_id, seq, rev, first_rev, content_rev, user_id, username, kind, content, client_id, reply_to, created_at) \
     SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 3, value ->> 3, value ->> 4, value ->> 5, value ->> 6, \
         value ->> 7, value ->> 8, unhex(value ->> 9), value ->> 10 FROM json_each(?1)";
const QUEUE: &str = concat!(
    "INSERT INTO jobs (id, type, payload, lease_until, handed_at, created_at) \
     SELECT unhex(value ->> 0), value ->> 1, value ->> 2, ",
    now!(),
    " + ?2, value ->> 3, ",
    now!(),
    " FROM json_each(?1)"
);
const READ: &str = "UPDATE members SET last_read_seq = max(last_read_seq, s.seq) \
     FROM (SELECT value ->> 0 AS room, value ->> 1 AS author, value ->> 2 AS seq FROM json_each(?1)) s \
     WHERE members.room_id = s.room AND members.user_id = s.author";
const ENRICH: &str = "UPDATE messages SET rev = e.rev, mentions = e.mentions, previews = e.previews \
     FROM (SELECT unhex(value ->> 0) AS id, value ->> 1 AS rev, value ->> 2 AS mentions, value ->> 3 AS previews \
         FROM json_each(?1)) e \
     WHERE messages.id = e.id";
/// Of `[room, user, seq]`s.
const MENTION: &str = "INSERT INTO mentions (room_id, user_id, seq) \
     SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING";
const UNMENTION: &str = "DELETE FROM mentions WHERE (room_id, user_id, seq) IN ( \
         SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1))";
const MOVE: &str = "UPDATE rooms SET rev = s.rev, last_seq = s.seq \
     FROM (SELECT value ->> 0 AS room, value ->> 1 AS rev, value ->> 2 AS seq FROM json_each(?1)) s WHERE rooms.id = s.room";

impl SqliteStore {
    pub(super) async fn commit_batch(
        &self,
        changes: &[Change],
    ) -> Result<Vec<Outcome>, BackendError> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let answering = answering(changes);
        let mut transaction = self.begin().await?;
        let mut facts = Facts::read(&mut transaction, changes, &answering).await?;
        let mut writes = Writes::default();
        let mut outcomes: Vec<Outcome> = Vec::with_capacity(changes.len());
        for (index, change) in changes.iter().enumerate() {
            let answers = answering[index] == index;
            let outcome = match change {
                Change::Send(_) if !answers => repeat_of(&outcomes[answering[index]]),
                Change::Send(asked) => facts.send(index, asked, &mut writes)?,
                Change::Act(_)
                | Change::Clap(_)
                | Change::UpdateRoom(_)
                | Change::DeleteRoom(_) => {
                    return Err(fault("not built yet"));
                }
                Change::Enrich(asked) => {
                    writes.done.extend(asked.finishes.map(|job| hex(job.0)));
                    match answers {
                        true => facts.enrich(asked),
                        false => Outcome::Unchanged,
                    }
                }
            };
            outcomes.push(outcome);
        }
        writes.write(&mut transaction, &facts).await?;
        commit(transaction).await?;
        Ok(outcomes)
    }
}

/// What a later one of the same sends is told, by what the first one was told.
fn repeat_of(first: &Outcome) -> Outcome {
    match first {
        Outcome::Committed(message) => Outcome::Already(message.clone()),
        other => other.clone(),
    }
}

/// What the changes depend on, brought up to date as they are gone through.
struct Facts<'a> {
    rooms: HashMap<&'a RoomId, RoomFacts>,
    /// By place in the batch.
    sends: HashMap<usize, SendFacts>,
    /// Messages that were there before.
    messages: HashMap<MessageId, MessageFacts>,
}

struct RoomFacts {
    visibility: Visibility,
    rev: Rev,
    last_seq: Seq,
    changed: bool,
}

struct SendFacts {
    role: Option<Role>,
    username: Option<Arc<str>>,
    repeats: Option<MessageId>,
    reply_is_here: bool,
}

struct MessageFacts {
    message: Arc<Message>,
    content_rev: Rev,
    /// As it was before the batch, if it is another now.
    before: Option<Arc<Message>>,
}

impl<'a> Facts<'a> {
    async fn read(
        transaction: &mut Transaction<'_, Sqlite>,
        changes: &'a [Change],
        answering: &[usize],
    ) -> Result<Self, BackendError> {
        let mut rooms: HashMap<&RoomId, RoomFacts> = HashMap::new();
        let ids: BTreeSet<&'a RoomId> = changes.iter().map(Change::room).collect();
        let by_name: HashMap<&str, &'a RoomId> = ids.iter().map(|&id| (id.as_str(), id)).collect();
        for row in fetch(transaction, sqlx::query(ROOMS).bind(json(&ids)?)).await? {
            let mut columns = Columns::of(&row);
            let id: &str = columns.take()?;
            let facts = RoomFacts {
                visibility: columns.word(Visibility::parse)?,
                rev: columns.take()?,
                last_seq: columns.take()?,
                changed: false,
            };
            rooms.extend(by_name.get(id).map(|&id| (id, facts)));
        }

        let mut sends = HashMap::new();
        let mut needed: HashSet<MessageId> = HashSet::new();
        let mut asked: Vec<(usize, Value)> = Vec::new();
        for (index, change) in changes.iter().enumerate() {
            match change {
                Change::Send(message) if answering[index] == index => {
                    asked.push((index, question(message)));
                }
                Change::Send(_) => {}
                Change::Enrich(enrichment) => needed.extend([enrichment.message_id]),
                _ => {}
            }
        }
        let questions: Vec<&Value> = asked.iter().map(|(_, question)| question).collect();
        for row in fetch(transaction, sqlx::query(SENDS).bind(json(&questions)?)).await? {
            let mut columns = Columns::of(&row);
            let place: i64 = columns.take()?;
            let place = usize::try_from(place).ok().and_then(|at| asked.get(at));
            let (index, _) = place.ok_or_else(|| fault("an answer to nothing"))?;
            let facts = SendFacts {
                role: columns.maybe_role()?,
                username: columns.take::<Option<&str>>()?.map(Arc::from),
                repeats: columns.take::<Option<Uuid>>()?.map(MessageId),
                reply_is_here: columns.take()?,
            };
            needed.extend(facts.repeats);
            sends.insert(*index, facts);
        }

        let mut messages = HashMap::new();
        if !needed.is_empty() {
            let ids: Vec<_> = needed.iter().map(|id| hex(id.0)).collect();
            for row in fetch(transaction, sqlx::query(MESSAGES).bind(json(&ids)?)).await? {
                let mut columns = Columns::of(&row);
                let message = Arc::new(columns.message()?);
                let facts = MessageFacts {
                    content_rev: columns.take()?,
                    before: None,
                    message: message.clone(),
                };
                messages.insert(message.id, facts);
            }
        }
        Ok(Self {
            rooms,
            sends,
            messages,
        })
    }

    fn send(
        &mut self,
        index: usize,
        asked: &'a NewMessage,
        writes: &mut Writes<'a>,
    ) -> Result<Outcome, BackendError> {
        let facts = self.sends.get(&index);
        let facts = facts.ok_or_else(|| fault("a send without an answer"))?;
        let Some(room) = self.rooms.get_mut(&asked.room_id) else {
            return Ok(Outcome::Refused(Refusal::NoRoom));
        };
        let verdict = judge(Action::Send, room.visibility, facts.role, false);
        if verdict == Verdict::Hidden {
            return Ok(Outcome::Refused(Refusal::NoRoom));
        }
        if let Some(known) = facts.repeats.and_then(|id| self.messages.get(&id)) {
            return Ok(Outcome::Already(RoomChange::New(known.message.clone())));
        }
        if verdict == Verdict::Forbidden {
            return Ok(Outcome::Refused(Refusal::NotMember));
        }
        if asked.reply_to.is_some() && !facts.reply_is_here {
            return Ok(Outcome::Refused(Refusal::NoReply));
        }
        let username = facts.username.clone();
        let username = username.ok_or_else(|| fault("a member without an account"))?;
        room.rev += 1;
        room.last_seq += 1;
        room.changed = true;
        let message = Arc::new(Message {
            id: asked.id,
            room_id: asked.room_id.clone(),
            seq: room.last_seq,
            rev: room.rev,
            user_id: asked.user_id.clone(),
            username,
            content: asked.content.clone(),
            kind: asked.kind,
            timestamp: asked.at,
            client_id: asked.client_id.clone(),
            reply_to: asked.reply_to,
            edited_at: None,
            deleted_at: None,
            claps: Claps::default(),
            reactions: Vec::new(),
            mentions: Vec::new(),
            previews: Vec::new(),
        });
        writes.add(asked, &message)?;
        Ok(Outcome::Committed(RoomChange::New(message)))
    }

    fn enrich(&mut self, asked: &Enrichment) -> Outcome {
        let room = self.rooms.get_mut(&asked.room_id);
        let known = self.messages.get_mut(&asked.message_id);
        let (Some(room), Some(known)) = (room, known) else {
            return Outcome::Unchanged;
        };
        let applies = known.message.room_id == asked.room_id
            && known.message.deleted_at.is_none()
            && known.content_rev == asked.content_rev
            && asked.found.is_news_to(&known.message);
        if !applies {
            return Outcome::Unchanged;
        }
        room.rev += 1;
        room.changed = true;
        known.before.get_or_insert_with(|| known.message.clone());
        let message = Arc::make_mut(&mut known.message);
        asked.found.apply_to(message);
        message.rev = room.rev;
        Outcome::Committed(RoomChange::Updated(known.message.clone()))
    }
}

/// A send as an element of the parameter of [`SENDS`].
fn question(message: &NewMessage) -> Value {
    value!([
        hex(message.id.0),
        message.room_id,
        message.user_id,
        message.client_id,
        message.reply_to.map(|id| hex(id.0)),
    ])
}

/// What is to be written: the elements of each statement's parameter.
#[derive(Default)]
struct Writes<'a> {
    messages: Vec<Value>,
    jobs: Vec<Value>,
    read: HashMap<(&'a RoomId, &'a UserId), Seq>,
    done: Vec<String>,
}

impl<'a> Writes<'a> {
    fn add(&mut self, asked: &'a NewMessage, message: &Message) -> Result<(), BackendError> {
        self.messages.push(value!([
            hex(message.id.0),
            message.room_id,
            message.seq,
            message.rev,
            message.user_id,
            message.username,
            message.kind,
            message.content,
            message.client_id,
            message.reply_to.map(|id| hex(id.0)),
            message.timestamp.as_millis(),
        ]));
        let task = value!(Task::EnrichMessage(EnrichMessage {
            room_id: message.room_id.clone(),
            message_id: message.id,
            content_rev: message.rev,
            content: message.content.clone(),
        }));
        let payload = json(&task["payload"])?;
        let at = asked.at.as_millis();
        self.jobs
            .push(value!([hex(asked.job.0), task["type"], payload, at]));
        self.read
            .insert((&asked.room_id, &asked.user_id), message.seq);
        Ok(())
    }

    async fn write(
        self,
        transaction: &mut Transaction<'_, Sqlite>,
        facts: &Facts<'_>,
    ) -> Result<(), BackendError> {
        let lease = i64::try_from(FIRST_LEASE.as_millis()).unwrap_or(i64::MAX);
        let read = self.read.into_iter();
        let read: Vec<_> = read.map(|((room, user), seq)| (room, user, seq)).collect();
        let mut enriched: Vec<Value> = Vec::new();
        let (mut mentioned, mut unmentioned) = (Vec::new(), Vec::new());
        for known in facts.messages.values() {
            let (Some(before), now) = (&known.before, &known.message) else {
                continue;
            };
            enriched.push(changed(now)?);
            mentioned.extend(mentions_only_of(now, before));
            unmentioned.extend(mentions_only_of(before, now));
        }
        let rooms = facts.rooms.iter().filter(|(_, room)| room.changed);
        let rooms: Vec<_> = rooms
            .map(|(id, room)| (id, room.rev, room.last_seq))
            .collect();
        if !self.messages.is_empty() {
            let messages = json(&self.messages)?;
            fetch(transaction, sqlx::query(WRITE).bind(messages)).await?;
            let jobs = sqlx::query(QUEUE).bind(json(&self.jobs)?).bind(lease);
            fetch(transaction, jobs).await?;
            fetch(transaction, sqlx::query(READ).bind(json(&read)?)).await?;
        }
        if !enriched.is_empty() {
            fetch(transaction, sqlx::query(ENRICH).bind(json(&enriched)?)).await?;
        }
        if !mentioned.is_empty() {
            let mentioned = json(&mentioned)?;
            fetch(transaction, sqlx::query(MENTION).bind(mentioned)).await?;
        }
        if !unmentioned.is_empty() {
            let unmentioned = json(&unmentioned)?;
            fetch(transaction, sqlx::query(UNMENTION).bind(unmentioned)).await?;
        }
        if !self.done.is_empty() {
            let done = json(&self.done)?;
            fetch(transaction, sqlx::query(jobs::FINISH).bind(done)).await?;
        }
        if !rooms.is_empty() {
            fetch(transaction, sqlx::query(MOVE).bind(json(&rooms)?)).await?;
        }
        Ok(())
    }
}

/// A message that has changed, as an element of the parameter of [`ENRICH`].
fn changed(message: &Message) -> Result<Value, BackendError> {
    let list = |list: String| (list != "[]").then_some(list);
    let mentions = list(json(&message.mentions)?);
    let previews = list(json(&message.previews)?);
    Ok(value!([hex(message.id.0), message.rev, mentions, previews]))
}

/// Who is mentioned in a message, and is not in the other one.
fn mentions_only_of<'m>(
    message: &'m Message,
    other: &'m Message,
) -> impl Iterator<Item = (&'m RoomId, &'m UserId, Seq)> {
    let mentions = message.mentions.iter();
    let mentions = mentions.filter(|user| !other.mentions.contains(user));
    mentions.map(|user| (&message.room_id, user, message.seq))
}
