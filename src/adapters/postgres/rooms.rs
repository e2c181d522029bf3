//! Rooms: making them, and reading them as their members see them.

use async_trait::async_trait;

use super::{
    Again, Lane, PostgresStore, fault,
    rows::{Columns, counted_room, room_columns, standing_columns},
};
use crate::{
    domain::{
        id::{RoomId, UserId},
        room::{RoomView, search_key},
    },
    metrics::Operation,
    ports::{
        BackendError,
        store::{NewRoom, RoomQuery, RoomScope, RoomStore, Standpoint},
    },
};

/// The room that `$which` picks, as `$2` sees it.
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
            " AND r.deleted_at IS NULL) r LEFT JOIN members m ON m.room_id = r.id AND m.user_id = $2"
        )
    };
}
const ROOM: &str = room!("r.id = $1");
const DIRECT: &str = room!("r.direct_key = $1");

/// Whether `rooms r` is there, and holds the text that is looked for.
macro_rules! fits {
    () => {
        "r.deleted_at IS NULL AND ($3::text IS NULL OR strpos(lower(r.id), $3) > 0 OR strpos(r.name_key, $3) > 0)"
    };
}
/// The asker's rooms, joined as sets: for thousands of them, looking up each one's count and mentions by key takes about half as long again.
const MINE: &str = concat!(
    "WITH m AS MATERIALIZED ( \
         SELECT room_id, role, last_read_seq FROM members WHERE user_id = $1 AND room_id > coalesce($2, '') \
     ), called AS MATERIALIZED ( \
         SELECT x.room_id, count(*) AS times FROM m JOIN mentions x ON x.room_id = m.room_id \
         WHERE x.user_id = $1 AND x.seq > m.last_read_seq GROUP BY x.room_id \
     ) SELECT ",
    room_columns!(),
    ", m.role, m.last_read_seq, r.last_seq - m.last_read_seq AS unread, coalesce(called.times, 0) AS unread_mentions \
     FROM m JOIN (SELECT r.*, coalesce(c.members, 0) AS member_count FROM rooms r \
         LEFT JOIN room_counts c ON c.room_id = r.id) r ON r.id = m.room_id \
     LEFT JOIN called ON called.room_id = r.id WHERE ",
    fits!(),
    " ORDER BY r.id LIMIT $4"
);
const PUBLIC: &str = concat!(
    "SELECT ",
    room_columns!(),
    ", ",
    standing_columns!(),
    " FROM (SELECT ",
    counted_room!(),
    " FROM rooms r WHERE r.visibility = 'public' AND r.id > coalesce($2, '') AND ",
    fits!(),
    " ORDER BY r.id LIMIT $4) r LEFT JOIN members m ON m.room_id = r.id AND m.user_id = $1 ORDER BY r.id"
);

/// The new rooms and their owners; nothing for an id that is or was taken.
const CREATE: &str = "WITH made AS ( \
         INSERT INTO rooms (id, name, name_key, topic, visibility, created_by, created_at) \
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[]) n (id) \
         ORDER BY n.id ON CONFLICT (id) DO NOTHING RETURNING id, created_by, created_at \
     ) INSERT INTO members (room_id, user_id, role, joined_at, last_read_seq) \
     SELECT id, created_by, 'owner', created_at, 0 FROM made RETURNING room_id";

/// A direct room and its two members, if there are both and it is not there yet. Of several calls at once the first makes it; the
/// others wait for it and make nothing.
const CREATE_DIRECT: &str = "WITH pair AS MATERIALIZED ( \
         SELECT id FROM users WHERE id IN ($6, $8) \
     ), made AS ( \
         INSERT INTO rooms (id, name, name_key, topic, visibility, direct_key, created_by, created_at) \
         SELECT $1, $2, $3, $4, 'direct', $5, $6, $7 \
         WHERE (SELECT count(*) FROM pair) = CASE WHEN $6 = $8 THEN 1 ELSE 2 END \
         ON CONFLICT DO NOTHING RETURNING id, created_at \
     ) INSERT INTO members (room_id, user_id, role, joined_at, last_read_seq) \
     SELECT made.id, pair.id, 'member', made.created_at, 0 FROM made CROSS JOIN pair ORDER BY pair.id";
/// Whether there is everybody, which says why there is no direct room.
const EVERYBODY: &str = "SELECT NOT EXISTS (SELECT FROM unnest($1::text[]) a (id) LEFT JOIN users u ON u.id = a.id WHERE u.id IS NULL)";

const REVISIONS: &str =
    "SELECT id, rev, access_rev, deleted_at IS NOT NULL FROM rooms WHERE id = ANY ($1)";

#[async_trait]
impl RoomStore for PostgresStore {
    async fn create_room(&self, room: &NewRoom) -> Result<Option<RoomView>, BackendError> {
        self.limited(Operation::Rooms, async {
            // Not again: the repeat would find the id taken, by this very call.
            let made = self.make_rooms(std::slice::from_ref(room), Again::Unsafe);
            Ok(made.await?.then(|| room.as_made()))
        })
        .await
    }

    async fn room(&self, id: &RoomId, asker: &UserId) -> Result<Option<RoomView>, BackendError> {
        self.limited(Operation::Rooms, self.one_room(ROOM, id.as_str(), asker))
            .await
    }

    async fn rooms(&self, query: &RoomQuery) -> Result<Vec<RoomView>, BackendError> {
        let sql = match query.scope {
            RoomScope::Mine => MINE,
            RoomScope::Public => PUBLIC,
        };
        let text = query.text.as_deref().map(search_key);
        let rows = self.limited(
            Operation::Rooms,
            self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(sql)
                    .bind(query.asker.as_str())
                    .bind(query.after.as_ref().map(RoomId::as_str))
                    .bind(&text)
                    .bind(query.limit)
            }),
        );
        let rows = rows.await?;
        rows.iter().map(|row| Columns::of(row).view()).collect()
    }

    async fn revisions(&self, rooms: &[RoomId]) -> Result<Vec<Standpoint>, BackendError> {
        let ids: Vec<&str> = rooms.iter().map(RoomId::as_str).collect();
        let rows = self.rows(Lane::Rest, Again::Safe, || {
            sqlx::query(REVISIONS).bind(&ids)
        });
        let rows = self.limited(Operation::Rooms, rows).await?;
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
        self.limited(Operation::Rooms, async {
            // Mostly it is there.
            if let Some(found) = self.one_room(DIRECT, &key, asker).await? {
                return Ok(Some(found));
            }
            let rows = self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(CREATE_DIRECT)
                    .bind(room.id.as_str())
                    .bind(&*room.name)
                    .bind(search_key(&room.name))
                    .bind(room.topic.as_deref())
                    .bind(&*key)
                    .bind(asker.as_str())
                    .bind(room.at.to_datetime())
                    .bind(other.as_str())
            });
            rows.await?;
            if let Some(found) = self.one_room(DIRECT, &key, asker).await? {
                return Ok(Some(found));
            }
            let pair = [asker.as_str(), other.as_str()];
            let rows = self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(EVERYBODY).bind(&pair[..])
            });
            match super::rows::first(&rows.await?)? {
                true => Err(fault("the id of a new direct room is taken")),
                false => Ok(None),
            }
        })
        .await
    }
}

impl PostgresStore {
    async fn one_room(
        &self,
        sql: &'static str,
        key: &str,
        asker: &UserId,
    ) -> Result<Option<RoomView>, BackendError> {
        let rows = self.rows(Lane::Rest, Again::Safe, || {
            sqlx::query(sql).bind(key).bind(asker.as_str())
        });
        let rows = rows.await?;
        rows.first().map(|row| Columns::of(row).view()).transpose()
    }

    /// Makes the rooms whose ids were never taken; whether any was made.
    pub(super) async fn make_rooms(
        &self,
        rooms: &[NewRoom],
        again: Again,
    ) -> Result<bool, BackendError> {
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
