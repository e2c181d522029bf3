//! What the changes of a batch depend on, read at its beginning and brought up to date as they are gone through.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use indexmap::IndexSet;
use serde_json::{Value, json as value};
use sqlx::{Sqlite, Transaction, sqlite::SqliteRow};
use uuid::Uuid;

use super::super::{
    fault, fetch,
    rows::{Columns, counted_room, hex, json, message_columns, room_columns},
};
use crate::{
    domain::{
        Rev, Seq,
        change::{Change, Deed, NewMessage},
        id::{MessageId, RoomId, UserId},
        message::Message,
        room::{Role, Room, Visibility},
    },
    ports::BackendError,
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
/// Of `[room, user]`s.
const ROLES: &str = "SELECT k.key, m.role FROM json_each(?1) k \
     JOIN members m ON m.room_id = k.value ->> 0 AND m.user_id = k.value ->> 1";
/// Of `[message, user]`s.
const CLAPS: &str = "SELECT k.key, c.count FROM json_each(?1) k \
     JOIN claps c ON c.message_id = unhex(k.value ->> 0) AND c.user_id = k.value ->> 1";
/// Of `[message, user, emoji]`s.
const CHOSEN: &str = "SELECT k.key, 1 FROM json_each(?1) k \
     JOIN reactions x ON x.message_id = unhex(k.value ->> 0) AND x.user_id = k.value ->> 1 AND x.emoji = k.value ->> 2";
const MADE: &str = "SELECT k.key, 1 FROM json_each(?1) k JOIN batches b ON b.id = unhex(k.value)";
/// The deleted ones as well.
const WHOLE_ROOMS: &str = concat!(
    "SELECT r.deletion, ",
    room_columns!(),
    " FROM (SELECT ",
    counted_room!(),
    " FROM rooms r WHERE r.id IN (SELECT value FROM json_each(?1))) r"
);

pub(super) struct Facts<'a> {
    pub(super) rooms: HashMap<&'a RoomId, RoomFacts>,
    /// By place in the batch.
    pub(super) sends: HashMap<usize, SendFacts>,
    /// Messages that were there before.
    pub(super) messages: HashMap<MessageId, MessageFacts>,
    /// Of those who act.
    pub(super) roles: HashMap<(&'a RoomId, &'a UserId), Role>,
    /// Of those who clap, for what they clap for.
    pub(super) claps: HashMap<(MessageId, &'a UserId), i64>,
    /// Of the reactions that are put or taken away, those that are there.
    pub(super) chosen: HashSet<(MessageId, &'a UserId, &'a str)>,
    /// Of the ids of changes, those that have been made before.
    pub(super) made: HashSet<Uuid>,
    /// Rooms that are to be changed themselves; the deleted ones as well.
    pub(super) whole_rooms: HashMap<RoomId, WholeRoom>,
}

pub(super) struct RoomFacts {
    pub(super) visibility: Visibility,
    pub(super) rev: Rev,
    pub(super) last_seq: Seq,
    pub(super) changed: bool,
}

impl RoomFacts {
    /// Takes the next `rev`.
    pub(super) fn advance(&mut self) -> Rev {
        self.rev += 1;
        self.changed = true;
        self.rev
    }
}

pub(super) struct SendFacts {
    pub(super) role: Option<Role>,
    pub(super) username: Option<Arc<str>>,
    pub(super) repeats: Option<MessageId>,
    pub(super) reply_is_here: bool,
}

pub(super) struct MessageFacts {
    pub(super) message: Arc<Message>,
    pub(super) content_rev: Rev,
    /// As it was before the batch, if it is another now.
    pub(super) before: Option<Arc<Message>>,
}

impl MessageFacts {
    /// The message, to be changed.
    pub(super) fn change(&mut self) -> &mut Message {
        self.before.get_or_insert_with(|| self.message.clone());
        Arc::make_mut(&mut self.message)
    }
}

pub(super) struct WholeRoom {
    pub(super) room: Room,
    pub(super) deletion: Option<Uuid>,
}

/// What is to be looked up, each once.
#[derive(Default)]
struct Questions<'a> {
    sends: Vec<(usize, Value)>,
    messages: HashSet<MessageId>,
    roles: IndexSet<(&'a RoomId, &'a UserId)>,
    claps: IndexSet<(MessageId, &'a UserId)>,
    chosen: IndexSet<(MessageId, &'a UserId, &'a str)>,
    made: IndexSet<Uuid>,
    whole_rooms: BTreeSet<&'a RoomId>,
}

impl<'a> Questions<'a> {
    fn of(changes: &'a [Change], answering: &[usize]) -> Self {
        let mut asks = Self::default();
        for (index, change) in changes.iter().enumerate() {
            match change {
                Change::Send(message) if answering[index] == index => {
                    asks.sends.push((index, question(message)));
                }
                Change::Send(_) => {}
                Change::Enrich(found) => {
                    asks.messages.insert(found.message_id);
                }
                Change::Act(act) => {
                    asks.messages.insert(act.message_id);
                    asks.roles.insert((&act.room_id, &act.user_id));
                    match &act.deed {
                        Deed::Edit { job, .. } => drop(asks.made.insert(job.0)),
                        Deed::Delete => {}
                        Deed::React { emoji, .. } => {
                            let key = (act.message_id, &act.user_id, emoji.as_str());
                            asks.chosen.insert(key);
                        }
                    }
                }
                Change::Clap(applause) => {
                    asks.messages.insert(applause.message_id);
                    asks.made.insert(applause.id);
                    for one in &applause.by {
                        asks.roles.insert((&applause.room_id, &one.user_id));
                        asks.claps.insert((applause.message_id, &one.user_id));
                    }
                }
                Change::UpdateRoom(update) => {
                    asks.roles.insert((&update.room_id, &update.user_id));
                    asks.whole_rooms.insert(&update.room_id);
                }
                Change::DeleteRoom(deletion) => {
                    asks.roles.insert((&deletion.room_id, &deletion.user_id));
                    asks.whole_rooms.insert(&deletion.room_id);
                }
            }
        }
        asks
    }
}

impl<'a> Facts<'a> {
    pub(super) async fn read(
        transaction: &mut Transaction<'_, Sqlite>,
        changes: &'a [Change],
        answering: &[usize],
    ) -> Result<Self, BackendError> {
        let mut asks = Questions::of(changes, answering);
        let rooms = rooms(transaction, changes).await?;
        let sends = sends(transaction, &mut asks).await?;
        let messages = messages(transaction, &asks.messages).await?;

        let pairs: Vec<_> = asks.roles.iter().collect();
        let mut roles = HashMap::new();
        for (place, mut columns) in keyed(&answers(transaction, ROLES, &pairs).await?)? {
            let role = columns.word(Role::parse)?;
            roles.extend(asks.roles.get_index(place).map(|&pair| (pair, role)));
        }

        let pairs = asks.claps.iter();
        let pairs: Vec<_> = pairs
            .map(|(message, user)| (hex(message.0), user))
            .collect();
        let mut claps = HashMap::new();
        for (place, mut columns) in keyed(&answers(transaction, CLAPS, &pairs).await?)? {
            let count = columns.take()?;
            claps.extend(asks.claps.get_index(place).map(|&pair| (pair, count)));
        }

        let keys = asks.chosen.iter();
        let keys: Vec<_> = keys
            .map(|(message, user, emoji)| (hex(message.0), user, emoji))
            .collect();
        let mut chosen = HashSet::new();
        for (place, _) in keyed(&answers(transaction, CHOSEN, &keys).await?)? {
            chosen.extend(asks.chosen.get_index(place).copied());
        }

        let ids: Vec<_> = asks.made.iter().map(|id| hex(*id)).collect();
        let mut made = HashSet::new();
        for (place, _) in keyed(&answers(transaction, MADE, &ids).await?)? {
            made.extend(asks.made.get_index(place).copied());
        }

        let ids: Vec<_> = asks.whole_rooms.iter().collect();
        let mut whole_rooms = HashMap::new();
        for row in &answers(transaction, WHOLE_ROOMS, &ids).await? {
            let mut columns = Columns::of(row);
            let deletion = columns.take()?;
            let room = columns.room()?;
            let id = room.id.clone();
            let whole = WholeRoom { room, deletion };
            whole_rooms.insert(id, whole);
        }
        Ok(Self {
            rooms,
            sends,
            messages,
            roles,
            claps,
            chosen,
            made,
            whole_rooms,
        })
    }

    pub(super) fn role(&self, room: &RoomId, user: &UserId) -> Option<Role> {
        self.roles.get(&(room, user)).copied()
    }
}

/// Asks about a list; not at all if that is empty.
async fn answers<T: serde::Serialize>(
    transaction: &mut Transaction<'_, Sqlite>,
    statement: &'static str,
    list: &[T],
) -> Result<Vec<SqliteRow>, BackendError> {
    match list.is_empty() {
        true => Ok(Vec::new()),
        false => fetch(transaction, sqlx::query(statement).bind(json(list)?)).await,
    }
}

/// Each answer, with the place in the list of what it answers.
fn keyed(rows: &[SqliteRow]) -> Result<Vec<(usize, Columns<'_>)>, BackendError> {
    let keyed = rows.iter().map(|row| {
        let mut columns = Columns::of(row);
        let place: i64 = columns.take()?;
        let place = usize::try_from(place).map_err(|_| fault("an answer to nothing"))?;
        Ok((place, columns))
    });
    keyed.collect()
}

async fn rooms<'a>(
    transaction: &mut Transaction<'_, Sqlite>,
    changes: &'a [Change],
) -> Result<HashMap<&'a RoomId, RoomFacts>, BackendError> {
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
    Ok(rooms)
}

/// Also notes which messages they repeat.
async fn sends(
    transaction: &mut Transaction<'_, Sqlite>,
    asks: &mut Questions<'_>,
) -> Result<HashMap<usize, SendFacts>, BackendError> {
    let mut sends = HashMap::new();
    let questions: Vec<&Value> = asks.sends.iter().map(|(_, question)| question).collect();
    for (place, mut columns) in keyed(&answers(transaction, SENDS, &questions).await?)? {
        let (index, _) = (asks.sends.get(place)).ok_or_else(|| fault("an answer to nothing"))?;
        let facts = SendFacts {
            role: columns.maybe_word(Role::parse)?,
            username: columns.take::<Option<&str>>()?.map(Arc::from),
            repeats: columns.take::<Option<Uuid>>()?.map(MessageId),
            reply_is_here: columns.take()?,
        };
        asks.messages.extend(facts.repeats);
        sends.insert(*index, facts);
    }
    Ok(sends)
}

async fn messages(
    transaction: &mut Transaction<'_, Sqlite>,
    ids: &HashSet<MessageId>,
) -> Result<HashMap<MessageId, MessageFacts>, BackendError> {
    let mut messages = HashMap::new();
    let ids: Vec<_> = ids.iter().map(|id| hex(id.0)).collect();
    for row in &answers(transaction, MESSAGES, &ids).await? {
        let mut columns = Columns::of(row);
        let message = Arc::new(columns.message()?);
        let facts = MessageFacts {
            content_rev: columns.take()?,
            before: None,
            message: message.clone(),
        };
        messages.insert(message.id, facts);
    }
    Ok(messages)
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
