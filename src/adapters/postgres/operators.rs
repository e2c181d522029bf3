//! What operators ask.

use async_trait::async_trait;
use uuid::Uuid;

use super::{
    Again, Lane, PostgresStore, fault,
    rows::{Columns, counted_room, person_columns, room_columns},
};
use crate::{
    domain::{
        account::username_key,
        id::{RoomId, UserId},
        presence::EndedSession,
        room::search_key,
        timestamp::Timestamp,
    },
    metrics::Operation,
    ports::{
        BackendError,
        store::{
            AllRoomsQuery, DAY_COUNTED, Figure, Figures, JOBS_COUNTED, OpenSession, OperatorStore,
            PeopleQuery, Person, RoomOrder, RoomState, Sure, lowest_id,
        },
    },
};

const PEOPLE: &str = concat!(
    "SELECT ",
    person_columns!(),
    " FROM users u WHERE u.username_key > coalesce($1, '') \
     AND ($2::text IS NULL OR strpos(u.username_key, $2) > 0 OR strpos(u.display_key, $3) > 0) \
     AND ($4::boolean IS NULL OR (u.password IS NOT NULL) = $4) \
     AND ($5::timestamptz IS NULL OR u.last_seen_at IS NULL OR u.last_seen_at < $5) \
     ORDER BY u.username_key LIMIT $6"
);
const PERSON: &str = concat!(
    "SELECT ",
    person_columns!(),
    " FROM users u WHERE u.id = $1 OR u.username_key = $2 ORDER BY u.id = $1 DESC LIMIT 1"
);
/// No index leads from users to tokens: whoever looks is an operator, and a scan of the table of log-ins ends in time.
const SESSIONS: &str = "SELECT family, max(expires_at) FROM refresh_tokens \
     WHERE user_id = $1 AND used_at IS NULL AND revoked_at IS NULL AND expires_at > $2 GROUP BY family LIMIT 1000";
const END: &str = "SELECT e.family FROM ( \
         SELECT DISTINCT ON (family) hash FROM refresh_tokens \
         WHERE user_id = $1 AND used_at IS NULL AND revoked_at IS NULL AND expires_at > $2 ORDER BY family, hash LIMIT 1000 \
     ) t CROSS JOIN LATERAL end_session(t.hash, true, $2) e";
const NOTE: &str = "INSERT INTO ended_sessions (family, user_id, logged_out, at) VALUES ($1, $2, true, $3) ON CONFLICT DO NOTHING";
const PASSWORD: &str = "UPDATE users SET password = $2 WHERE id = $1 RETURNING id";

macro_rules! all_rooms {
    ($order:literal) => {
        concat!(
            "SELECT ",
            room_columns!(),
            ", r.last_message_at FROM (SELECT ",
            counted_room!(),
            ", (SELECT m.created_at FROM messages m WHERE m.room_id = r.id AND m.seq = r.last_seq) AS last_message_at \
             FROM rooms r) r WHERE r.deleted_at IS NULL AND ($1::text IS NULL OR r.id = $1) \
             AND ($2::text IS NULL OR strpos(lower(r.id), $2) > 0 OR strpos(r.name_key, $2) > 0) ORDER BY ",
            $order,
            "r.id LIMIT $3 OFFSET $4"
        )
    };
}
const BY_ID: &str = all_rooms!("");
const BY_MEMBERS: &str = all_rooms!("r.member_count DESC, ");
const BY_MESSAGES: &str = all_rooms!("r.last_seq DESC, ");
const BY_ACTIVITY: &str = all_rooms!("r.last_message_at DESC NULLS LAST, ");

const OWNER: &str = "SELECT m.user_id FROM members m JOIN rooms r ON r.id = m.room_id \
     WHERE m.room_id = $1 AND m.role = 'owner' AND r.deleted_at IS NULL ORDER BY m.user_id LIMIT 1";
/// Below so many rows a table is counted; above, its statistics say about how many there are.
const ESTIMATED_FROM: i64 = 200_000;
/// Messages are numbered without a gap, so the rooms know how many there are.
const FIGURES: &str = "WITH guess AS ( \
         SELECT reltuples::bigint AS users FROM pg_class WHERE oid = 'users'::regclass \
     ), rooms_now AS ( \
         SELECT count(*) AS rooms, coalesce(sum(last_seq), 0)::bigint AS messages FROM rooms WHERE deleted_at IS NULL \
     ) SELECT g.users > $4, CASE WHEN g.users > $4 THEN g.users ELSE (SELECT count(*) FROM users) END, r.rooms, r.messages, \
     (SELECT count(*) FROM (SELECT FROM messages WHERE id >= $1 LIMIT $2 + 1) d), \
     (SELECT count(*) FROM (SELECT FROM jobs WHERE state IN ('waiting', 'pending') LIMIT $3 + 1) w), \
     (SELECT count(*) FROM (SELECT FROM jobs WHERE state = 'active' LIMIT $3 + 1) a), \
     (SELECT count(*) FROM (SELECT FROM jobs WHERE state = 'dead' LIMIT $3 + 1) x), \
     pg_database_size(current_database()), \
     (SELECT coalesce(max(version), 0)::bigint FROM _sqlx_migrations WHERE success) \
     FROM guess g CROSS JOIN rooms_now r";

#[async_trait]
impl OperatorStore for PostgresStore {
    async fn people(&self, query: &PeopleQuery) -> Result<Vec<Person>, BackendError> {
        let text = query.text.as_deref();
        let rows = self.rows(Lane::Rest, Again::Safe, || {
            sqlx::query(PEOPLE)
                .bind(query.after.as_deref())
                .bind(text.map(username_key))
                .bind(text.map(search_key))
                .bind(query.password)
                .bind(query.not_seen_since.map(Timestamp::to_datetime))
                .bind(query.limit.max(0))
        });
        let rows = self.limited(Operation::Operators, rows).await?;
        rows.iter().map(|row| Columns::of(row).person()).collect()
    }

    async fn person(&self, id: &str, username_key: &str) -> Result<Option<Person>, BackendError> {
        let rows = self.rows(Lane::Rest, Again::Safe, || {
            sqlx::query(PERSON).bind(id).bind(username_key)
        });
        let rows = self.limited(Operation::Operators, rows).await?;
        rows.first()
            .map(|row| Columns::of(row).person())
            .transpose()
    }

    async fn sessions_of(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<OpenSession>, BackendError> {
        let rows = self.rows(Lane::Rest, Again::Safe, || {
            sqlx::query(SESSIONS)
                .bind(user.as_str())
                .bind(now.to_datetime())
        });
        let rows = self.limited(Operation::Operators, rows).await?;
        let sessions = rows.iter().map(|row| {
            let mut columns = Columns::of(row);
            Ok(OpenSession {
                family: columns.take()?,
                expires_at: columns.time()?,
            })
        });
        sessions.collect()
    }

    async fn end_sessions_of(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<EndedSession>, BackendError> {
        self.limited(Operation::Operators, async {
            let rows = self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(END).bind(user.as_str()).bind(now.to_datetime())
            });
            let rows = rows.await?;
            let families = rows.iter().map(|row| Columns::of(row).take());
            let mut families = families.collect::<Result<Vec<Uuid>, BackendError>>()?;
            if families.is_empty() {
                let none = Uuid::now_v7();
                let note = self.rows(Lane::Rest, Again::Safe, || {
                    sqlx::query(NOTE)
                        .bind(none)
                        .bind(user.as_str())
                        .bind(now.to_datetime())
                });
                note.await?;
                families.push(none);
            }
            let ended = families.into_iter().map(|family| EndedSession {
                family,
                user_id: user.clone(),
                logged_out: true,
                at: now,
            });
            Ok(ended.collect())
        })
        .await
    }

    async fn set_password(&self, user: &UserId, hash: &str) -> Result<bool, BackendError> {
        let rows = self.rows(Lane::Rest, Again::Safe, || {
            sqlx::query(PASSWORD).bind(user.as_str()).bind(hash)
        });
        Ok(!self.limited(Operation::Operators, rows).await?.is_empty())
    }

    async fn all_rooms(&self, query: &AllRoomsQuery) -> Result<Vec<RoomState>, BackendError> {
        let sql = match query.order {
            RoomOrder::Id => BY_ID,
            RoomOrder::Members => BY_MEMBERS,
            RoomOrder::Messages => BY_MESSAGES,
            RoomOrder::Activity => BY_ACTIVITY,
        };
        let text = query.text.as_deref().map(search_key);
        let rows = self.rows(Lane::Rest, Again::Safe, || {
            sqlx::query(sql)
                .bind(query.only.as_ref().map(RoomId::as_str))
                .bind(&text)
                .bind(query.limit.max(0))
                .bind(query.skip.max(0))
        });
        let rows = self.limited(Operation::Operators, rows).await?;
        let rooms = rows.iter().map(|row| {
            let mut columns = Columns::of(row);
            Ok(RoomState {
                room: columns.room()?,
                last_message_at: columns.maybe_time()?,
            })
        });
        rooms.collect()
    }

    async fn owner_of(&self, room: &RoomId) -> Result<Option<UserId>, BackendError> {
        let rows = self.rows(Lane::Rest, Again::Safe, || {
            sqlx::query(OWNER).bind(room.as_str())
        });
        let rows = self.limited(Operation::Operators, rows).await?;
        let owner = rows.first();
        owner
            .map(|row| Columns::of(row).parse(UserId::parse))
            .transpose()
    }

    async fn figures(&self, now: Timestamp) -> Result<Figures, BackendError> {
        let day = Timestamp::from_millis(now.as_millis() - 24 * 60 * 60 * 1_000);
        let rows = self.rows(Lane::Rest, Again::Safe, || {
            sqlx::query(FIGURES)
                .bind(lowest_id(day))
                .bind(DAY_COUNTED)
                .bind(JOBS_COUNTED)
                .bind(ESTIMATED_FROM)
        });
        let rows = self.limited(Operation::Operators, rows).await?;
        let row = rows.first().ok_or_else(|| fault("no figures"))?;
        let mut columns = Columns::of(row);
        let sure = match columns.take()? {
            true => Sure::About,
            false => Sure::Exact,
        };
        Ok(Figures {
            users: Figure {
                count: columns.take()?,
                sure,
            },
            rooms: Figure::exact(columns.take()?),
            messages: Figure::exact(columns.take()?),
            messages_last_day: Figure::bounded(columns.take()?, DAY_COUNTED),
            jobs_waiting: Figure::bounded(columns.take()?, JOBS_COUNTED),
            jobs_active: Figure::bounded(columns.take()?, JOBS_COUNTED),
            jobs_dead: Figure::bounded(columns.take()?, JOBS_COUNTED),
            bytes: columns.take()?,
            schema: columns.take()?,
        })
    }
}
