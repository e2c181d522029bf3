//! What came of a batch, as it is written: a statement each for everything of a kind.

use std::collections::HashMap;

use serde_json::{Value, json as value};
use sqlx::{Sqlite, Transaction};
use uuid::Uuid;

use super::{
    super::{
        fetch, jobs,
        rows::{hex, json, now},
    },
    facts::{Facts, MessageFacts},
};
use crate::{
    domain::{
        Seq,
        change::{Enrichment, NewMessage},
        id::{JobId, MessageId, RoomId, UserId},
        job::{ENRICH, EnrichMessage},
        message::Message,
        moderation::Ruling,
        timestamp::Timestamp,
    },
    ports::{BackendError, store::FIRST_LEASE},
};

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
/// A text that stays is not said again.
const CHANGE: &str = "UPDATE messages SET rev = e.rev, content_rev = e.content_rev, content = coalesce(e.content, messages.content), \
         edited_at = e.edited_at, deleted_at = e.deleted_at, claps_total = e.claps_total, \
         reactions = e.reactions, mentions = e.mentions, previews = e.previews \
     FROM (SELECT unhex(value ->> 0) AS id, value ->> 1 AS rev, value ->> 2 AS content_rev, value ->> 3 AS content, \
             value ->> 4 AS edited_at, value ->> 5 AS deleted_at, value ->> 6 AS claps_total, \
             value ->> 7 AS reactions, value ->> 8 AS mentions, value ->> 9 AS previews \
         FROM json_each(?1)) e \
     WHERE messages.id = e.id";
/// Of `[room, user, seq]`s.
const MENTION: &str = "INSERT INTO mentions (room_id, user_id, seq) \
     SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING";
const UNMENTION: &str = "DELETE FROM mentions WHERE (room_id, user_id, seq) IN ( \
         SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1))";
const MOVE: &str = "UPDATE rooms SET rev = s.rev, last_seq = s.seq \
     FROM (SELECT value ->> 0 AS room, value ->> 1 AS rev, value ->> 2 AS seq FROM json_each(?1)) s WHERE rooms.id = s.room";
/// Of `[message, user, count]`s.
const CLAP: &str = "INSERT INTO claps (message_id, user_id, count) \
     SELECT unhex(value ->> 0), value ->> 1, value ->> 2 FROM json_each(?1) WHERE true \
     ON CONFLICT DO UPDATE SET count = excluded.count";
/// Of `[message, user, emoji]`s.
const REACT: &str = "INSERT INTO reactions (message_id, user_id, emoji) \
     SELECT unhex(value ->> 0), value ->> 1, value ->> 2 FROM json_each(?1)";
const UNREACT: &str = "DELETE FROM reactions WHERE (message_id, user_id, emoji) IN ( \
         SELECT unhex(value ->> 0), value ->> 1, value ->> 2 FROM json_each(?1))";
const UPDATE_ROOMS: &str = "UPDATE rooms SET name = s.name, name_key = s.name_key, topic = s.topic, visibility = s.visibility, \
         changed_rev = s.rev, access_rev = access_rev + s.access \
     FROM (SELECT value ->> 0 AS room, value ->> 1 AS name, value ->> 2 AS name_key, value ->> 3 AS topic, \
             value ->> 4 AS visibility, value ->> 5 AS rev, value ->> 6 AS access FROM json_each(?1)) s \
     WHERE rooms.id = s.room";
const END_ROOMS: &str = "UPDATE rooms SET deleted_at = s.at, deletion = s.deletion, access_rev = access_rev + 1 \
     FROM (SELECT value ->> 0 AS room, value ->> 1 AS at, unhex(value ->> 2) AS deletion FROM json_each(?1)) s \
     WHERE rooms.id = s.room";
/// Of texts that a rule has done something to.
const NOTE: &str = "INSERT INTO moderation (room_id, content_rev, seq, message_id, user_id, action, reason, at) \
     SELECT value ->> 0, value ->> 1, value ->> 2, unhex(value ->> 3), value ->> 4, value ->> 5, value ->> 6, value ->> 7 \
     FROM json_each(?1) WHERE true \
     ON CONFLICT DO UPDATE SET action = excluded.action, reason = excluded.reason, at = excluded.at";
const MAKE: &str = concat!(
    "INSERT INTO batches (id, at) SELECT unhex(value), ",
    now!(),
    " FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING"
);
/// More at a time than come in with one batch.
const FORGET: &str = concat!(
    "DELETE FROM batches WHERE id IN (SELECT id FROM batches WHERE at < ",
    now!(),
    " - 3600000 ORDER BY at LIMIT 1024)"
);

/// The elements of each statement's parameter.
#[derive(Default)]
pub(super) struct Writes<'a> {
    messages: Vec<Value>,
    jobs: Vec<Value>,
    read: HashMap<(&'a RoomId, &'a UserId), Seq>,
    done: Vec<String>,
    claps: Vec<Value>,
    reactions: Vec<Value>,
    reactions_gone: Vec<Value>,
    rooms: Vec<Value>,
    ends: Vec<Value>,
    moderated: Vec<Value>,
    made: Vec<String>,
}

impl<'a> Writes<'a> {
    /// A new message, with its job; its author has read up to it.
    pub(super) fn add(
        &mut self,
        asked: &'a NewMessage,
        message: &Message,
    ) -> Result<(), BackendError> {
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
        self.read
            .insert((&asked.room_id, &asked.user_id), message.seq);
        self.queue(asked.job, message, asked.at)
    }

    /// The job that enriches a message's text, which is of the message's `rev`.
    pub(super) fn queue(
        &mut self,
        job: JobId,
        message: &Message,
        at: Timestamp,
    ) -> Result<(), BackendError> {
        let payload = json(&EnrichMessage {
            room_id: message.room_id.clone(),
            message_id: message.id,
            content_rev: message.rev,
            content: message.content.clone(),
            seq: Some(message.seq),
            user_id: Some(message.user_id.clone()),
            reply_to: message.reply_to,
            trace: None,
        })?;
        self.jobs
            .push(value!([hex(job.0), ENRICH, payload, at.as_millis()]));
        Ok(())
    }

    /// The job that is done with a finding.
    pub(super) fn finish(&mut self, found: &Enrichment) {
        self.done.extend(found.finishes.map(|job| hex(job.0)));
    }

    /// What a rule has done to a message.
    pub(super) fn note(&mut self, asked: &Enrichment, ruling: &Ruling, message: &Message) {
        self.moderated.push(value!([
            message.room_id,
            asked.content_rev,
            message.seq,
            hex(message.id.0),
            message.user_id,
            ruling.measure.action(),
            ruling.reason,
            ruling.at.as_millis(),
        ]));
    }

    /// A user's new count.
    pub(super) fn clap(&mut self, message: MessageId, user: &UserId, count: i64) {
        self.claps.push(value!([hex(message.0), user, count]));
    }

    /// An emoji that is put under a message, or taken away.
    pub(super) fn react(&mut self, (message, user, emoji): (MessageId, &UserId, &str), on: bool) {
        let list = match on {
            true => &mut self.reactions,
            false => &mut self.reactions_gone,
        };
        list.push(value!([hex(message.0), user, emoji]));
    }

    /// An element for [`UPDATE_ROOMS`].
    pub(super) fn room(&mut self, room: Value) {
        self.rooms.push(room);
    }

    /// An element for [`END_ROOMS`].
    pub(super) fn end(&mut self, room: Value) {
        self.ends.push(room);
    }

    /// The id of a change that must not be made again.
    pub(super) fn make(&mut self, id: Uuid) {
        self.made.push(hex(id));
    }

    pub(super) async fn write(
        self,
        transaction: &mut Transaction<'_, Sqlite>,
        facts: &Facts<'_>,
    ) -> Result<(), BackendError> {
        let read = self.read.into_iter();
        let read: Vec<_> = read.map(|((room, user), seq)| (room, user, seq)).collect();
        let mut changed: Vec<Value> = Vec::new();
        let (mut mentioned, mut unmentioned) = (Vec::new(), Vec::new());
        for known in facts.messages.values() {
            let (Some(before), now) = (&known.before, &known.message) else {
                continue;
            };
            changed.push(change(known, before)?);
            mentioned.extend(mentions_only_of(now, before));
            unmentioned.extend(mentions_only_of(before, now));
        }
        let rooms = facts.rooms.iter().filter(|(_, room)| room.changed);
        let rooms: Vec<_> = rooms
            .map(|(id, room)| (id, room.rev, room.last_seq))
            .collect();

        each(transaction, WRITE, &self.messages).await?;
        if !self.jobs.is_empty() {
            let lease = i64::try_from(FIRST_LEASE.as_millis()).unwrap_or(i64::MAX);
            let jobs = sqlx::query(QUEUE).bind(json(&self.jobs)?).bind(lease);
            fetch(transaction, jobs).await?;
        }
        each(transaction, READ, &read).await?;
        each(transaction, CHANGE, &changed).await?;
        each(transaction, MENTION, &mentioned).await?;
        each(transaction, UNMENTION, &unmentioned).await?;
        each(transaction, jobs::FINISH, &self.done).await?;
        each(transaction, CLAP, &self.claps).await?;
        each(transaction, REACT, &self.reactions).await?;
        each(transaction, UNREACT, &self.reactions_gone).await?;
        each(transaction, UPDATE_ROOMS, &self.rooms).await?;
        each(transaction, END_ROOMS, &self.ends).await?;
        each(transaction, NOTE, &self.moderated).await?;
        each(transaction, MAKE, &self.made).await?;
        if !self.made.is_empty() {
            fetch(transaction, sqlx::query(FORGET)).await?;
        }
        each(transaction, MOVE, &rooms).await
    }
}

/// Runs a statement for a list; not at all if that is empty.
async fn each<T: serde::Serialize>(
    transaction: &mut Transaction<'_, Sqlite>,
    statement: &'static str,
    list: &[T],
) -> Result<(), BackendError> {
    if !list.is_empty() {
        fetch(transaction, sqlx::query(statement).bind(json(list)?)).await?;
    }
    Ok(())
}

/// A message that has changed, as an element of the parameter of [`CHANGE`].
fn change(known: &MessageFacts, before: &Message) -> Result<Value, BackendError> {
    let message = &known.message;
    let list = |list: String| (list != "[]").then_some(list);
    Ok(value!([
        hex(message.id.0),
        message.rev,
        known.content_rev,
        (message.content != before.content).then_some(&message.content),
        message.edited_at.map(Timestamp::as_millis),
        message.deleted_at.map(Timestamp::as_millis),
        message.claps.total,
        list(json(&message.reactions)?),
        list(json(&message.mentions)?),
        list(json(&message.previews)?),
    ]))
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
