//! Messages: reading them. A reading of two statements is one read transaction, and so one snapshot.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;

use super::{
    Query, SqliteStore, fetch,
    rows::{Columns, counted_room, hex, json, message_columns, room_columns},
    translate,
};
use crate::{
    domain::{
        Rev,
        change::{Change, Outcome},
        id::{MessageId, RoomId, UserId},
        message::{Message, Mine},
        room::Room,
    },
    metrics::Operation,
    ports::{
        BackendError,
        store::{Changes, MessageStore, Page, Place},
    },
};

const ROOM: &str = concat!(
    "SELECT ",
    room_columns!(),
    ", r.changed_rev FROM (SELECT ",
    counted_room!(),
    " FROM rooms r WHERE r.id = ?1 AND r.deleted_at IS NULL) r"
);

/// The messages that the inner statement picks, ascending.
macro_rules! messages {
    ($picked:literal) => {
        concat!(
            "SELECT ",
            message_columns!(),
            " FROM (",
            $picked,
            ") m ORDER BY m.seq"
        )
    };
}
const NEWEST: &str =
    messages!("SELECT * FROM messages WHERE room_id = ?1 ORDER BY seq DESC LIMIT ?2");
const BEFORE: &str =
    messages!("SELECT * FROM messages WHERE room_id = ?1 AND seq < ?3 ORDER BY seq DESC LIMIT ?2");
const AFTER: &str =
    messages!("SELECT * FROM messages WHERE room_id = ?1 AND seq > ?3 ORDER BY seq LIMIT ?2");
const AROUND: &str = messages!(
    "SELECT * FROM (SELECT * FROM messages WHERE room_id = ?1 AND seq <= ?3 ORDER BY seq DESC LIMIT ?2) UNION ALL \
     SELECT * FROM (SELECT * FROM messages WHERE room_id = ?1 AND seq > ?3 ORDER BY seq LIMIT ?4)"
);
/// Those that are unchanged are among the newest, no more than revisions were taken since; the others have an index.
const CHANGES: &str = messages!(
    "SELECT * FROM ( \
         SELECT * FROM ( \
             SELECT * FROM messages WHERE room_id = ?1 ORDER BY seq DESC \
             LIMIT (SELECT max(min(?2, rev - ?3), 0) FROM rooms WHERE id = ?1) \
         ) WHERE rev = first_rev AND rev > ?3 \
         UNION ALL SELECT * FROM ( \
             SELECT * FROM messages WHERE room_id = ?1 AND rev > first_rev AND rev > ?3 ORDER BY rev DESC LIMIT ?2 \
     )) ORDER BY rev DESC LIMIT ?2"
);

const ROOMS_OF: &str = "SELECT m.id, m.room_id FROM json_each(?1) k JOIN messages m ON m.id = unhex(k.value) \
     JOIN rooms r ON r.id = m.room_id AND r.deleted_at IS NULL";
const MINE: &str = "SELECT user_id, message_id, sum(count), json_group_array(emoji) FILTER (WHERE emoji IS NOT NULL) FROM ( \
         SELECT user_id, message_id, count, NULL AS emoji FROM claps \
         WHERE message_id IN (SELECT unhex(value) FROM json_each(?2)) AND user_id IN (SELECT value FROM json_each(?1)) \
         UNION ALL \
         SELECT user_id, message_id, 0, emoji FROM reactions \
         WHERE message_id IN (SELECT unhex(value) FROM json_each(?2)) AND user_id IN (SELECT value FROM json_each(?1)) \
     ) GROUP BY user_id, message_id";

#[async_trait]
impl MessageStore for SqliteStore {
    async fn commit(&self, changes: &[Change]) -> Result<Vec<Outcome>, BackendError> {
        self.limited(Operation::Commit, self.commit_batch(changes))
            .await
    }

    async fn page(
        &self,
        room: &RoomId,
        place: Place,
        limit: i64,
    ) -> Result<Option<Page>, BackendError> {
        // One more than fits tells whether there is more. A negative limit would be none.
        let limit = limit.max(0);
        let (below, above) = place.reach(limit);
        let (below, above) = (below.saturating_add(1), above.saturating_add(1));
        let query = |sql| sqlx::query(sql).bind(room.as_str());
        let query = match place {
            Place::Newest => query(NEWEST).bind(below),
            Place::Before(seq) => query(BEFORE).bind(below).bind(seq),
            Place::After(seq) => query(AFTER).bind(above).bind(seq),
            Place::Around(seq) => query(AROUND).bind(below).bind(seq).bind(above),
        };
        let read = self
            .limited(Operation::Messages, self.room_with_messages(room, query))
            .await?;
        Ok(read.map(|read| Page::of(read.room, place, limit, read.messages)))
    }

    async fn changes(
        &self,
        room: &RoomId,
        since: Rev,
        limit: i64,
    ) -> Result<Option<Changes>, BackendError> {
        let since = since.max(0);
        let limit = limit.max(0);
        let query = sqlx::query(CHANGES)
            .bind(room.as_str())
            .bind(limit.saturating_add(1))
            .bind(since);
        let read = self
            .limited(Operation::Messages, self.room_with_messages(room, query))
            .await?;
        Ok(read.map(|read| Changes::of(read.room, read.room_changed, since, limit, read.messages)))
    }

    async fn rooms_of(
        &self,
        messages: &[MessageId],
    ) -> Result<Vec<(MessageId, RoomId)>, BackendError> {
        let ids = hexes(messages)?;
        let rows = self.read(sqlx::query(ROOMS_OF).bind(ids));
        let rows = self.limited(Operation::Messages, rows).await?;
        let found = rows.iter().map(|row| {
            let mut columns = Columns::of(row);
            Ok((MessageId(columns.take()?), columns.parse(RoomId::parse)?))
        });
        found.collect()
    }

    async fn mine(
        &self,
        users: &[UserId],
        messages: &[MessageId],
    ) -> Result<Vec<(UserId, MessageId, Mine)>, BackendError> {
        let query = sqlx::query(MINE).bind(json(users)?).bind(hexes(messages)?);
        let rows = self.limited(Operation::Messages, self.read(query)).await?;
        let found = rows.iter().map(|row| {
            let mut columns = Columns::of(row);
            let user = columns.parse(UserId::parse)?;
            let message = MessageId(columns.take()?);
            let mine = Mine {
                claps: columns.take()?,
                emoji: columns.list()?,
            };
            Ok((user, message, mine))
        });
        found.collect()
    }
}

struct Read {
    room: Room,
    room_changed: Rev,
    messages: Vec<Message>,
}

impl SqliteStore {
    async fn room_with_messages(
        &self,
        room: &RoomId,
        messages: Query<'_>,
    ) -> Result<Option<Read>, BackendError> {
        let mut snapshot = self.readers.begin().await.map_err(translate)?;
        let found = fetch(&mut snapshot, sqlx::query(ROOM).bind(room.as_str())).await?;
        let Some(row) = found.first() else {
            return Ok(None);
        };
        let mut columns = Columns::of(row);
        let (room, room_changed) = (columns.room()?, columns.take()?);
        let rows = fetch(&mut snapshot, messages).await?;
        snapshot.rollback().await.map_err(translate)?;
        Ok(Some(Read {
            room,
            room_changed,
            messages: rows.iter().map(message).collect::<Result<_, _>>()?,
        }))
    }
}

fn message(row: &SqliteRow) -> Result<Message, BackendError> {
    Columns::of(row).message()
}

/// Ids as a parameter for `json_each`.
fn hexes(messages: &[MessageId]) -> Result<String, BackendError> {
    let ids: Vec<_> = messages.iter().map(|id| hex(id.0)).collect();
    json(&ids)
}
