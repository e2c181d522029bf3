//! Rooms: making them, and reading them as their members see them.

use async_trait::async_trait;
use sqlx::{Sqlite, Transaction};

use super::{
    SqliteStore, commit, fault, fetch,
    rows::{Columns, counted_room, json, room_columns, standing_columns},
};
use crate::{
    domain::{
        id::{RoomId, UserId},
        room::{RoomView, Visibility, search_key},
    },
    metrics::Operation,
    ports::{
        BackendError,
        store::{NewRoom, RoomQuery, RoomScope, RoomStore, Standpoint},
    },
};

/// The room that `$which` picks, as `?2` sees it.
macro_rules! room {
    ($which:literal) => {
        concat!(
            "SELECT ",
            room_columns!(),
            ", ",
            standing_columns!(),
            " FROM (SELECT ",
            counted_room!(),
            " FROM rooms r WHERE ",
            $which,
            " AND r.deleted_at IS NULL) r LEFT JOIN members m ON m.room_id = r.id AND m.user_id = ?2"
        )
    };
}
const ROOM: &str = room!("r.id = ?1");
const DIRECT: &str = room!("r.direct_key = ?1");

/// Whether `rooms r` is there, and holds the text that is looked for.
macro_rules! fits {
    () => {
        "r.deleted_at IS NULL AND (?3 IS NULL OR instr(lower(r.id), ?3) > 0 OR instr(r.name_key, ?3) > 0)"
    };
}
/// One walk through the asker's memberships, in the order of rooms: per room a look by key into each of the other tables.
const MINE: &str = concat!(
    "SELECT ",
    room_columns!(),
    ", ",
    standing_columns!(),
    " FROM members m JOIN (SELECT ",
    counted_room!(),
    " FROM rooms r) r ON r.id = m.room_id WHERE m.user_id = ?1 AND m.room_id > coalesce(?2, '') AND ",
    fits!(),
    " ORDER BY m.room_id LIMIT ?4"
);
const PUBLIC: &str = concat!(
    "SELECT ",
    room_columns!(),
    ", ",
    standing_columns!(),
    " FROM (SELECT ",
    counted_room!(),
    " FROM rooms r WHERE r.visibility = 'public' AND r.id > coalesce(?2, '') AND ",
    fits!(),
    " ORDER BY r.id LIMIT ?4) r LEFT JOIN members m ON m.room_id = r.id AND m.user_id = ?1 ORDER BY r.id"
);

/// A new room; nothing for an id, or two people's room, that is or was taken.
const CREATE: &str = "INSERT INTO rooms (id, name, name_key, topic, visibility, created_by, created_at, direct_key) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING RETURNING id";
const OWN: &str = "INSERT INTO members (room_id, user_id, role, joined_at, last_read_seq) VALUES (?1, ?2, 'owner', ?3, 0)";
const PAIR: &str = "SELECT id FROM users WHERE id IN (?1, ?2)";
const MEET: &str = "INSERT INTO members (room_id, user_id, role, joined_at, last_read_seq) \
     SELECT ?1, id, 'member', ?4, 0 FROM users WHERE id IN (?2, ?3)";

const REVISIONS: &str = "SELECT id, rev, access_rev, deleted_at IS NOT NULL FROM rooms \
     WHERE id IN (SELECT value FROM json_each(?1))";

#[async_trait]
impl RoomStore for SqliteStore {
    async fn create_room(&self, room: &NewRoom) -> Result<Option<RoomView>, BackendError> {
        self.limited(Operation::Rooms, async {
            let mut transaction = self.begin().await?;
            let made = create(&mut transaction, room).await?;
            commit(transaction).await?;
            Ok(made.then(|| room.as_made()))
        })
        .await
    }

    async fn room(&self, id: &RoomId, asker: &UserId) -> Result<Option<RoomView>, BackendError> {
        let query = sqlx::query(ROOM).bind(id.as_str()).bind(asker.as_str());
        let rows = self.limited(Operation::Rooms, self.read(query)).await?;
        rows.first().map(|row| Columns::of(row).view()).transpose()
    }

    async fn rooms(&self, query: &RoomQuery) -> Result<Vec<RoomView>, BackendError> {
        let sql = match query.scope {
            RoomScope::Mine => MINE,
            RoomScope::Public => PUBLIC,
        };
        let query = sqlx::query(sql)
            .bind(query.asker.as_str())
            .bind(query.after.as_ref().map(RoomId::as_str))
            .bind(query.text.as_deref().map(search_key))
            .bind(query.limit.max(0));
        let rows = self.limited(Operation::Rooms, self.read(query)).await?;
        rows.iter().map(|row| Columns::of(row).view()).collect()
    }

    async fn revisions(&self, rooms: &[RoomId]) -> Result<Vec<Standpoint>, BackendError> {
        let query = sqlx::query(REVISIONS).bind(json(rooms)?);
        let rows = self.limited(Operation::Rooms, self.read(query)).await?;
        let standpoints = rows.iter().map(|row| {
            let mut columns = Columns::of(row);
            Ok(Standpoint {
                room: columns.parse(RoomId::parse)?,
                rev: columns.take()?,
                access_rev: columns.take()?,
                deleted: columns.take()?,
            })
        });
        standpoints.collect()
    }

    async fn direct_room(
        &self,
        room: &NewRoom,
        other: &UserId,
    ) -> Result<Option<RoomView>, BackendError> {
        let (asker, key) = (&room.created_by, room.direct_key(other));
        let look = || sqlx::query(DIRECT).bind(&*key).bind(asker.as_str());
        self.limited(Operation::Rooms, async {
            // Mostly it is there.
            let mut found = self.read(look()).await?;
            if found.is_empty() {
                let mut transaction = self.begin().await?;
                let pair = sqlx::query(PAIR).bind(asker.as_str()).bind(other.as_str());
                let there = fetch(&mut transaction, pair).await?.len();
                if there < if asker == other { 1 } else { 2 } {
                    return Ok(None);
                }
                if insert(&mut transaction, room, Visibility::Direct, Some(&key)).await? {
                    let meet = sqlx::query(MEET)
                        .bind(room.id.as_str())
                        .bind(asker.as_str())
                        .bind(other.as_str())
                        .bind(room.at.as_millis());
                    fetch(&mut transaction, meet).await?;
                }
                found = fetch(&mut transaction, look()).await?;
                commit(transaction).await?;
            }
            match found.first() {
                Some(row) => Columns::of(row).view().map(Some),
                None => Err(fault("the id of a new direct room is taken")),
            }
        })
        .await
    }
}

/// Makes a room with its owner; false when the id is or was taken.
pub(super) async fn create(
    transaction: &mut Transaction<'_, Sqlite>,
    room: &NewRoom,
) -> Result<bool, BackendError> {
    let made = insert(transaction, room, room.visibility, None).await?;
    if made {
        let own = sqlx::query(OWN)
            .bind(room.id.as_str())
            .bind(room.created_by.as_str())
            .bind(room.at.as_millis());
        fetch(transaction, own).await?;
    }
    Ok(made)
}

async fn insert(
    transaction: &mut Transaction<'_, Sqlite>,
    room: &NewRoom,
    visibility: Visibility,
    direct_key: Option<&str>,
) -> Result<bool, BackendError> {
    let insert = sqlx::query(CREATE)
        .bind(room.id.as_str())
        .bind(&*room.name)
        .bind(search_key(&room.name))
        .bind(room.topic.as_deref())
        .bind(visibility.as_str())
        .bind(room.created_by.as_str())
        .bind(room.at.as_millis())
        .bind(direct_key);
    Ok(!fetch(transaction, insert).await?.is_empty())
}
