//! Rooms and their members.

use std::collections::HashMap;

use async_trait::async_trait;

use super::{
    Again, Lane, PostgresStore, fault,
    rows::{Columns, account_columns, counted_room, room_columns, standing_columns},
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
    " FROM rooms r WHERE r.id = $1 AND r.deleted_at IS NULL) r \
     LEFT JOIN members m ON m.room_id = r.id AND m.user_id = $2"
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
            " AND r.deleted_at IS NULL AND ($2::text IS NULL OR r.id > $2) \
              AND ($3::text IS NULL OR strpos(lower(r.id), $3) > 0 OR strpos(r.name_key, $3) > 0) \
              ORDER BY r.id LIMIT $4) r) r \
             LEFT JOIN members m ON m.room_id = r.id AND m.user_id = $1 ORDER BY r.id"
        )
    };
}
const MINE: &str = listing!(
    "SELECT r.* FROM members mine JOIN rooms r ON r.id = mine.room_id WHERE mine.user_id = $1"
);
const PUBLIC: &str = listing!("SELECT r.* FROM rooms r WHERE r.visibility = 'public'");

/// The new rooms and their owners; nothing for an id that is or was taken.
const CREATE: &str = "WITH made AS ( \
         INSERT INTO rooms (id, name, name_key, topic, visibility, created_by, created_at) \
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[]) n (id) \
         ORDER BY n.id ON CONFLICT (id) DO NOTHING RETURNING id, created_by, created_at \
     ) INSERT INTO members (room_id, user_id, role, joined_at, last_read_seq) \
     SELECT id, created_by, 'owner', created_at, 0 FROM made RETURNING room_id";

/// Lets in who may come, all in one statement, and answers with the place in the list for each of them.
///
/// A conflict is another call that let the same user in since this statement began: the empty update gives back its row.
const JOIN: &str = concat!(
    "WITH asked AS MATERIALIZED ( \
         SELECT a.place, a.user_id, a.at, r.id AS room_id, r.last_seq, m.role, m.last_read_seq \
         FROM unnest($1::text[], $2::text[], $3::timestamptz[]) WITH ORDINALITY a (room_id, user_id, at, place) \
         JOIN rooms r ON r.id = a.room_id AND r.deleted_at IS NULL \
         JOIN users u ON u.id = a.user_id \
         LEFT JOIN members m ON m.room_id = r.id AND m.user_id = a.user_id \
         WHERE m.role IS NOT NULL OR r.visibility = 'public' \
     ), entered AS ( \
         INSERT INTO members (room_id, user_id, role, joined_at, last_read_seq) \
         SELECT DISTINCT ON (room_id, user_id) room_id, user_id, 'member', at, last_seq FROM asked \
         WHERE role IS NULL ORDER BY room_id, user_id, place \
         ON CONFLICT (room_id, user_id) DO UPDATE SET role = members.role RETURNING room_id, user_id, role, last_read_seq \
     ), present AS MATERIALIZED ( \
         SELECT room_id, user_id, role, last_read_seq FROM asked WHERE role IS NOT NULL \
         UNION SELECT room_id, user_id, role, last_read_seq FROM entered \
     ), counted AS MATERIALIZED ( \
         SELECT ",
    counted_room!(),
    ", (SELECT count(*) FROM entered e WHERE e.room_id = r.id) AS newcomers FROM rooms r WHERE r.id = ANY ($1) \
     ), r AS MATERIALIZED ( \
         SELECT id, name, topic, visibility, created_by, created_at, rev, last_seq, \
             member_count + newcomers AS member_count FROM counted \
     ) SELECT a.place, ",
    room_columns!(),
    ", ",
    standing_columns!(),
    " FROM asked a JOIN r ON r.id = a.room_id JOIN present m ON m.room_id = a.room_id AND m.user_id = a.user_id"
);

const REVISIONS: &str =
    "SELECT id, rev, access_rev FROM rooms WHERE id = ANY ($1) AND deleted_at IS NULL";

const NAMED: &str = concat!(
    "SELECT ",
    account_columns!(),
    " FROM users u JOIN members m ON m.user_id = u.id WHERE m.room_id = $1 AND u.username_key = ANY ($2)"
);

#[async_trait]
impl RoomStore for PostgresStore {
    async fn create_room(&self, room: &NewRoom) -> Result<Option<RoomView>, BackendError> {
        self.limited(async {
            // Not again: the repeat would find the id taken, by this very call.
            let made = self.make_rooms(std::slice::from_ref(room), Again::Unsafe);
            Ok(made.await?.then(|| room.as_made()))
        })
        .await
    }

    async fn room(&self, id: &RoomId, asker: &UserId) -> Result<Option<RoomView>, BackendError> {
        let rows = self.limited(self.rows(Lane::Rest, Again::Safe, || {
            sqlx::query(ROOM).bind(id.as_str()).bind(asker.as_str())
        }));
        let rows = rows.await?;
        rows.first().map(|row| Columns::of(row).view()).transpose()
    }

    async fn rooms(&self, query: &RoomQuery) -> Result<Vec<RoomView>, BackendError> {
        let sql = match query.scope {
            RoomScope::Mine => MINE,
            RoomScope::Public => PUBLIC,
        };
        let text = query.text.as_deref().map(search_key);
        let rows = self.limited(self.rows(Lane::Rest, Again::Safe, || {
            sqlx::query(sql)
                .bind(query.asker.as_str())
                .bind(query.after.as_ref().map(RoomId::as_str))
                .bind(&text)
                .bind(query.limit)
        }));
        let rows = rows.await?;
        rows.iter().map(|row| Columns::of(row).view()).collect()
    }

    async fn revisions(&self, rooms: &[RoomId]) -> Result<Vec<Standpoint>, BackendError> {
        let ids: Vec<&str> = rooms.iter().map(RoomId::as_str).collect();
        let rows = self.rows(Lane::Rest, Again::Safe, || {
            sqlx::query(REVISIONS).bind(&ids)
        });
        let rows = self.limited(rows).await?;
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
impl MemberStore for PostgresStore {
    async fn join(&self, entries: &[Entry]) -> Result<Vec<Entered>, BackendError> {
        self.limited(async {
            let mut entered: Vec<Entered> = Vec::new();
            entered.resize_with(entries.len(), || Entered::NoRoom);
            let everyone: Vec<usize> = (0..entries.len()).collect();
            self.let_in(entries, &everyone, &mut entered).await?;
            // Not there, or there since the statement began: make the room, or find that somebody else did, and try again.
            let absent =
                |&place: &usize| entries[place].create && matches!(entered[place], Entered::NoRoom);
            let founders: Vec<usize> = everyone.into_iter().filter(absent).collect();
            if !founders.is_empty() {
                let mut rooms: HashMap<&RoomId, NewRoom> = HashMap::new();
                for entry in founders.iter().map(|&place| &entries[place]) {
                    rooms.entry(&entry.room).or_insert_with(|| entry.new_room());
                }
                let rooms: Vec<NewRoom> = rooms.into_values().collect();
                self.make_rooms(&rooms, Again::Safe).await?;
                self.let_in(entries, &founders, &mut entered).await?;
            }
            Ok(entered)
        })
        .await
    }

    async fn members_named(
        &self,
        room: &RoomId,
        names: &[String],
    ) -> Result<Vec<Account>, BackendError> {
        let rows = self.limited(self.rows(Lane::Rest, Again::Safe, || {
            sqlx::query(NAMED).bind(room.as_str()).bind(names)
        }));
        let rows = rows.await?;
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

impl PostgresStore {
    /// Joins those of `entries` that `places` names, as far as they may, and notes it in `entered`.
    async fn let_in(
        &self,
        entries: &[Entry],
        places: &[usize],
        entered: &mut [Entered],
    ) -> Result<(), BackendError> {
        let of = |&place: &usize| &entries[place];
        let rooms: Vec<&str> = places.iter().map(|p| of(p).room.as_str()).collect();
        let users: Vec<&str> = places.iter().map(|p| of(p).user.as_str()).collect();
        let times: Vec<_> = places.iter().map(|p| of(p).at.to_datetime()).collect();
        let rows = self.rows(Lane::Rest, Again::Safe, || {
            sqlx::query(JOIN).bind(&rooms).bind(&users).bind(&times)
        });
        for row in &rows.await? {
            let mut columns = Columns::of(row);
            let nth: i64 = columns.take()?;
            let place = usize::try_from(nth - 1)
                .ok()
                .and_then(|nth| places.get(nth));
            let place = place.ok_or_else(|| fault("an answer to nothing"))?;
            entered[*place] = Entered::Member(Box::new(columns.view()?));
        }
        Ok(())
    }

    /// Makes the rooms whose ids were never taken; whether any was made.
    async fn make_rooms(&self, rooms: &[NewRoom], again: Again) -> Result<bool, BackendError> {
        let ids: Vec<&str> = rooms.iter().map(|room| room.id.as_str()).collect();
        let names: Vec<&str> = rooms.iter().map(|room| &*room.name).collect();
        let keys: Vec<String> = names.iter().map(|name| search_key(name)).collect();
        let topics: Vec<Option<&str>> = rooms.iter().map(|room| room.topic.as_deref()).collect();
        let visibilities: Vec<&str> = rooms.iter().map(|room| room.visibility.as_str()).collect();
        let owners: Vec<&str> = rooms.iter().map(|room| room.created_by.as_str()).collect();
        let times: Vec<_> = rooms.iter().map(|room| room.at.to_datetime()).collect();
        let rows = self.rows(Lane::Rest, again, || {
            sqlx::query(CREATE)
                .bind(&ids)
                .bind(&names)
                .bind(&keys)
                .bind(&topics)
                .bind(&visibilities)
                .bind(&owners)
                .bind(&times)
        });
        Ok(!rows.await?.is_empty())
    }
}
