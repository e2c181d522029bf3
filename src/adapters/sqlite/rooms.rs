//! Rooms and their members.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;

use super::{
    SqliteStore, commit, fault, fetch,
    rows::{Columns, account_columns, counted_room, json, room_columns, standing_columns},
};
use crate::{
    domain::{
        account::Account,
        id::{RoomId, UserId},
        room::{RoomView, search_key},
    },
    ports::{
        BackendError,
        store::{
            Entered, Entry, MemberStore, NewRoom, RoomQuery, RoomScope, RoomStore, Standpoint,
        },
    },
};

const ROOM: &str = concat!(
    "SELECT ",
    room_columns!(),
    ", ",
    standing_columns!(),
    " FROM (SELECT ",
    counted_room!(),
    " FROM rooms r WHERE r.id = ?1 AND r.deleted_at IS NULL) r \
     LEFT JOIN members m ON m.room_id = r.id AND m.user_id = ?2"
);

/// Lists the rooms that the inner statement picks.
macro_rules! listing {
    ($picked:literal) => {
        concat!(
            "SELECT ",
            room_columns!(),
            ", ",
            standing_columns!(),
            " FROM (SELECT ",
            counted_room!(),
            " FROM (",
            $picked,
            " AND r.deleted_at IS NULL AND (?2 IS NULL OR r.id > ?2) \
              AND (?3 IS NULL OR instr(lower(r.id), ?3) > 0 OR instr(r.name_key, ?3) > 0) \
              ORDER BY r.id LIMIT ?4) r) r \
             LEFT JOIN members m ON m.room_id = r.id AND m.user_id = ?1 ORDER BY r.id"
        )
    };
}
const MINE: &str = listing!(
    "SELECT r.* FROM members mine JOIN rooms r ON r.id = mine.room_id WHERE mine.user_id = ?1"
);
const PUBLIC: &str = listing!("SELECT r.* FROM rooms r WHERE r.visibility = 'public'");

/// A new room; nothing for an id that is or was taken.
const CREATE: &str = "INSERT INTO rooms (id, name, name_key, topic, visibility, created_by, created_at) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO NOTHING RETURNING id";
const OWN: &str = "INSERT INTO members (room_id, user_id, role, joined_at, last_read_seq) VALUES (?1, ?2, 'owner', ?3, 0)";

/// Lets in who may come: of `[room, user, time]`s.
const LET_IN: &str = "INSERT INTO members (room_id, user_id, role, joined_at, last_read_seq) \
     SELECT r.id, u.id, 'member', a.value ->> 2, r.last_seq FROM json_each(?1) a \
     JOIN rooms r ON r.id = a.value ->> 0 JOIN users u ON u.id = a.value ->> 1 \
     WHERE r.visibility = 'public' AND r.deleted_at IS NULL ON CONFLICT (room_id, user_id) DO NOTHING";
/// Those of `[room, user, time]`s who are members, with their place in the list.
const ENTERED: &str = concat!(
    "WITH a AS MATERIALIZED ( \
         SELECT key AS place, value ->> 0 AS room_id, value ->> 1 AS user_id FROM json_each(?1) \
     ), r AS MATERIALIZED ( \
         SELECT ",
    counted_room!(),
    " FROM rooms r WHERE r.id IN (SELECT room_id FROM a) AND r.deleted_at IS NULL \
     ) SELECT a.place, ",
    room_columns!(),
    ", ",
    standing_columns!(),
    " FROM a JOIN r ON r.id = a.room_id JOIN members m ON m.room_id = a.room_id AND m.user_id = a.user_id"
);

const REVISIONS: &str = "SELECT id, rev, access_rev FROM rooms \
     WHERE id IN (SELECT value FROM json_each(?1)) AND deleted_at IS NULL";

const NAMED: &str = concat!(
    "SELECT ",
    account_columns!(),
    " FROM users u JOIN members m ON m.user_id = u.id \
     WHERE m.room_id = ?1 AND u.username_key IN (SELECT value FROM json_each(?2))"
);

#[async_trait]
impl RoomStore for SqliteStore {
    async fn create_room(&self, room: &NewRoom) -> Result<Option<RoomView>, BackendError> {
        self.limited(async {
            let mut transaction = self.begin().await?;
            let made = create(&mut transaction, room).await?;
            commit(transaction).await?;
            Ok(made.then(|| room.as_made()))
        })
        .await
    }

    async fn room(&self, id: &RoomId, asker: &UserId) -> Result<Option<RoomView>, BackendError> {
        let query = sqlx::query(ROOM).bind(id.as_str()).bind(asker.as_str());
        let rows = self.limited(self.read(query)).await?;
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
        let rows = self.limited(self.read(query)).await?;
        rows.iter().map(|row| Columns::of(row).view()).collect()
    }

    async fn revisions(&self, rooms: &[RoomId]) -> Result<Vec<Standpoint>, BackendError> {
        let query = sqlx::query(REVISIONS).bind(json(rooms)?);
        let rows = self.limited(self.read(query)).await?;
        let standpoints = rows.iter().map(|row| {
            let mut columns = Columns::of(row);
            Ok(Standpoint {
                room: columns.parse(RoomId::parse)?,
                rev: columns.take()?,
                access_rev: columns.take()?,
                deleted: false,
            })
        });
        standpoints.collect()
    }
    async fn direct_room(&self, _: &NewRoom, _: &UserId) -> Result<Option<RoomView>, BackendError> {
        Err(fault("not built yet"))
    }
}

#[async_trait]
impl MemberStore for SqliteStore {
    async fn join(&self, entries: &[Entry]) -> Result<Vec<Entered>, BackendError> {
        self.limited(async {
            let mut entered: Vec<Entered> = Vec::new();
            entered.resize_with(entries.len(), || Entered::NoRoom);
            // Most are members already, and need no write.
            let list = json(&entries.iter().map(triple).collect::<Vec<_>>())?;
            let rows = self.read(sqlx::query(ENTERED).bind(&*list)).await?;
            note(&rows, &mut entered)?;
            if entered.iter().all(|it| matches!(it, Entered::Member(_))) {
                return Ok(entered);
            }
            let mut transaction = self.begin().await?;
            for (entry, entered) in entries.iter().zip(&entered) {
                if entry.create && matches!(entered, Entered::NoRoom) {
                    create(&mut transaction, &entry.new_room()).await?;
                }
            }
            fetch(&mut transaction, sqlx::query(LET_IN).bind(&*list)).await?;
            let rows = fetch(&mut transaction, sqlx::query(ENTERED).bind(&*list)).await?;
            commit(transaction).await?;
            note(&rows, &mut entered)?;
            Ok(entered)
        })
        .await
    }

    async fn members_named(
        &self,
        room: &RoomId,
        names: &[String],
    ) -> Result<Vec<Account>, BackendError> {
        let query = sqlx::query(NAMED).bind(room.as_str()).bind(json(names)?);
        let rows = self.limited(self.read(query)).await?;
        rows.iter().map(|row| Columns::of(row).account()).collect()
    }

    async fn member(
        &self,
        _: &RoomId,
        _: &UserId,
        _: &UserId,
    ) -> Result<Option<(RoomView, Option<crate::domain::room::Role>)>, BackendError> {
        Err(fault("not built yet"))
    }

    async fn members(
        &self,
        _: &RoomId,
        _: Option<&UserId>,
        _: i64,
    ) -> Result<Vec<crate::domain::room::Member>, BackendError> {
        Err(fault("not built yet"))
    }

    async fn add_member(
        &self,
        _: &crate::ports::store::Premises,
        _: crate::domain::room::Role,
        _: crate::domain::timestamp::Timestamp,
    ) -> Result<crate::ports::store::MemberChange, BackendError> {
        Err(fault("not built yet"))
    }

    async fn set_role(
        &self,
        _: &crate::ports::store::Premises,
        _: crate::domain::room::Role,
    ) -> Result<crate::ports::store::MemberChange, BackendError> {
        Err(fault("not built yet"))
    }

    async fn remove_member(
        &self,
        _: &crate::ports::store::Premises,
    ) -> Result<crate::ports::store::MemberChange, BackendError> {
        Err(fault("not built yet"))
    }

    async fn members_among(&self, _: &RoomId, _: &[UserId]) -> Result<Vec<UserId>, BackendError> {
        Err(fault("not built yet"))
    }

    async fn mark_read(
        &self,
        _: &[crate::ports::store::ReadMark],
    ) -> Result<Vec<Option<crate::ports::store::ReadState>>, BackendError> {
        Err(fault("not built yet"))
    }
}

fn triple(entry: &Entry) -> (&str, &str, i64) {
    let at = entry.at.as_millis();
    (entry.room.as_str(), entry.user.as_str(), at)
}

fn note(rows: &[SqliteRow], entered: &mut [Entered]) -> Result<(), BackendError> {
    for row in rows {
        let mut columns = Columns::of(row);
        let place: i64 = columns.take()?;
        let place = usize::try_from(place)
            .ok()
            .and_then(|at| entered.get_mut(at));
        let place = place.ok_or_else(|| fault("an answer to nothing"))?;
        *place = Entered::Member(Box::new(columns.view()?));
    }
    Ok(())
}

async fn create(
    transaction: &mut sqlx::Transaction<'_, sqlx::Sqlite>,
    room: &NewRoom,
) -> Result<bool, BackendError> {
    let (id, owner, at) = (
        room.id.as_str(),
        room.created_by.as_str(),
        room.at.as_millis(),
    );
    let insert = sqlx::query(CREATE)
        .bind(id)
        .bind(&*room.name)
        .bind(search_key(&room.name))
        .bind(room.topic.as_deref())
        .bind(room.visibility.as_str())
        .bind(owner)
        .bind(at);
    let made = !fetch(transaction, insert).await?.is_empty();
    if made {
        fetch(transaction, sqlx::query(OWN).bind(id).bind(owner).bind(at)).await?;
    }
    Ok(made)
}
