//! What operators ask.

use async_trait::async_trait;
use uuid::Uuid;

use super::{
    Query, SqliteStore, commit, fault, fetch,
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
            PeopleQuery, Person, RoomOrder, RoomState, lowest_id,
        },
    },
};

const PEOPLE: &str = concat!(
    "SELECT ",
    person_columns!(),
    " FROM users u WHERE u.username_key > coalesce(?1, '') \
     AND (?2 IS NULL OR instr(u.username_key, ?2) > 0 OR instr(u.display_key, ?3) > 0) \
     AND (?4 IS NULL OR (u.password IS NOT NULL) = ?4) \
     AND (?5 IS NULL OR u.last_seen_at IS NULL OR u.last_seen_at < ?5) \
     ORDER BY u.username_key LIMIT ?6"
);
const PERSON: &str = concat!(
    "SELECT ",
    person_columns!(),
    " FROM users u WHERE u.id = ?1 OR u.username_key = ?2 ORDER BY u.id = ?1 DESC LIMIT 1"
);
/// No index leads from users to tokens: whoever looks is an operator, and the table holds open log-ins alone.
const SESSIONS: &str = "SELECT family, max(expires_at) FROM refresh_tokens \
     WHERE user_id = ?1 AND used_at IS NULL AND revoked_at IS NULL AND expires_at > ?2 GROUP BY family LIMIT 1000";
const NOTE: &str = "INSERT INTO ended_sessions (family, user_id, logged_out, at) VALUES (?1, ?2, true, ?3) \
     ON CONFLICT (family) DO UPDATE SET logged_out = true, at = excluded.at";
const REVOKE: &str =
    "UPDATE refresh_tokens SET revoked_at = ?2 WHERE family = ?1 AND revoked_at IS NULL";
const PASSWORD: &str = "UPDATE users SET password = ?2 WHERE id = ?1 RETURNING id";

macro_rules! all_rooms {
    ($order:literal) => {
        concat!(
            "SELECT ",
            room_columns!(),
            ", r.last_message_at FROM (SELECT ",
            counted_room!(),
            ", (SELECT m.created_at FROM messages m WHERE m.room_id = r.id AND m.seq = r.last_seq) AS last_message_at \
             FROM rooms r) r WHERE r.deleted_at IS NULL AND (?1 IS NULL OR r.id = ?1) \
             AND (?2 IS NULL OR instr(lower(r.id), ?2) > 0 OR instr(r.name_key, ?2) > 0) ORDER BY ",
            $order,
            "r.id LIMIT ?3 OFFSET ?4"
        )
    };
}
const BY_ID: &str = all_rooms!("");
const BY_MEMBERS: &str = all_rooms!("r.member_count DESC, ");
const BY_MESSAGES: &str = all_rooms!("r.last_seq DESC, ");
const BY_ACTIVITY: &str = all_rooms!("r.last_message_at DESC NULLS LAST, ");

const OWNER: &str = "SELECT m.user_id FROM members m JOIN rooms r ON r.id = m.room_id \
     WHERE m.room_id = ?1 AND m.role = 'owner' AND r.deleted_at IS NULL ORDER BY m.user_id LIMIT 1";
/// Messages are numbered without a gap, so the rooms know how many there are.
const FIGURES: &str = "SELECT (SELECT count(*) FROM users), count(*), coalesce(sum(r.last_seq), 0), \
     (SELECT count(*) FROM (SELECT 1 FROM messages WHERE id >= ?1 LIMIT ?2 + 1)), \
     (SELECT count(*) FROM (SELECT 1 FROM jobs WHERE state IN ('waiting', 'pending') LIMIT ?3 + 1)), \
     (SELECT count(*) FROM (SELECT 1 FROM jobs WHERE state = 'active' LIMIT ?3 + 1)), \
     (SELECT count(*) FROM (SELECT 1 FROM jobs WHERE state = 'dead' LIMIT ?3 + 1)), \
     (SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()), \
     (SELECT coalesce(max(version), 0) FROM _sqlx_migrations WHERE success) \
     FROM rooms r WHERE r.deleted_at IS NULL";

#[async_trait]
impl OperatorStore for SqliteStore {
    async fn people(&self, query: &PeopleQuery) -> Result<Vec<Person>, BackendError> {
        let text = query.text.as_deref();
        let rows = self.read(
            sqlx::query(PEOPLE)
                .bind(query.after.as_deref())
                .bind(text.map(username_key))
                .bind(text.map(search_key))
                .bind(query.password)
                .bind(query.not_seen_since.map(Timestamp::as_millis))
                .bind(query.limit.max(0)),
        );
        let rows = self.limited(Operation::Operators, rows).await?;
        rows.iter().map(|row| Columns::of(row).person()).collect()
    }

    async fn person(&self, id: &str, username_key: &str) -> Result<Option<Person>, BackendError> {
        let rows = self.read(sqlx::query(PERSON).bind(id).bind(username_key));
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
        let rows = self
            .limited(Operation::Operators, self.read(sessions(user, now)))
            .await?;
        rows.iter().map(|row| session(Columns::of(row))).collect()
    }

    async fn end_sessions_of(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<EndedSession>, BackendError> {
        self.limited(Operation::Operators, async {
            let mut transaction = self.begin().await?;
            let rows = fetch(&mut transaction, sessions(user, now)).await?;
            let families = rows.iter().map(|row| Ok(session(Columns::of(row))?.family));
            let mut families = families.collect::<Result<Vec<_>, BackendError>>()?;
            if families.is_empty() {
                families.push(Uuid::now_v7());
            }
            let mut ended = Vec::new();
            for family in families {
                let note = sqlx::query(NOTE)
                    .bind(family)
                    .bind(user.as_str())
                    .bind(now.as_millis());
                fetch(&mut transaction, note).await?;
                let revoke = sqlx::query(REVOKE).bind(family).bind(now.as_millis());
                fetch(&mut transaction, revoke).await?;
                ended.push(EndedSession {
                    family,
                    user_id: user.clone(),
                    logged_out: true,
                    at: now,
                });
            }
            commit(transaction).await?;
            Ok(ended)
        })
        .await
    }

    async fn set_password(&self, user: &UserId, hash: &str) -> Result<bool, BackendError> {
        self.limited(Operation::Operators, async {
            let mut transaction = self.begin().await?;
            let query = sqlx::query(PASSWORD).bind(user.as_str()).bind(hash);
            let rows = fetch(&mut transaction, query).await?;
            commit(transaction).await?;
            Ok(!rows.is_empty())
        })
        .await
    }

    async fn all_rooms(&self, query: &AllRoomsQuery) -> Result<Vec<RoomState>, BackendError> {
        let sql = match query.order {
            RoomOrder::Id => BY_ID,
            RoomOrder::Members => BY_MEMBERS,
            RoomOrder::Messages => BY_MESSAGES,
            RoomOrder::Activity => BY_ACTIVITY,
        };
        let rows = self.read(
            sqlx::query(sql)
                .bind(query.only.as_ref().map(RoomId::as_str))
                .bind(query.text.as_deref().map(search_key))
                .bind(query.limit.max(0))
                .bind(query.skip.max(0)),
        );
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
        let query = sqlx::query(OWNER).bind(room.as_str());
        let rows = self.limited(Operation::Operators, self.read(query)).await?;
        let owner = rows.first();
        owner
            .map(|row| Columns::of(row).parse(UserId::parse))
            .transpose()
    }

    async fn figures(&self, now: Timestamp) -> Result<Figures, BackendError> {
        let day = Timestamp::from_millis(now.as_millis() - 24 * 60 * 60 * 1_000);
        let query = sqlx::query(FIGURES)
            .bind(lowest_id(day))
            .bind(DAY_COUNTED)
            .bind(JOBS_COUNTED);
        let rows = self.limited(Operation::Operators, self.read(query)).await?;
        let row = rows.first().ok_or_else(|| fault("no figures"))?;
        let mut columns = Columns::of(row);
        Ok(Figures {
            users: Figure::exact(columns.take()?),
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

fn sessions(user: &UserId, now: Timestamp) -> Query<'_> {
    sqlx::query(SESSIONS)
        .bind(user.as_str())
        .bind(now.as_millis())
}

fn session(mut columns: Columns<'_>) -> Result<OpenSession, BackendError> {
    Ok(OpenSession {
        family: columns.take()?,
        expires_at: columns.time()?,
    })
}
