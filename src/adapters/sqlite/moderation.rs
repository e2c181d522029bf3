//! The log of moderation, and who reads it. Its entries are made by the commit.

use std::time::Duration;

use async_trait::async_trait;

use super::{
    SqliteStore, commit, fetch,
    rows::{Columns, json},
};
use crate::{
    domain::{
        Rev, Seq,
        id::{RoomId, UserId},
        timestamp::Timestamp,
    },
    metrics::Operation,
    ports::{
        BackendError,
        store::{MODERATORS_MAX, Moderated, ModerationStore, REPEATS_AMONG, age_of},
    },
};

const LOG: &str = "SELECT x.room_id, x.message_id, x.seq, x.content_rev, x.user_id, x.action, x.reason, x.at \
     FROM moderation x JOIN rooms r ON r.id = x.room_id AND r.deleted_at IS NULL \
     WHERE x.room_id = ?1 AND x.content_rev < ?2 ORDER BY x.content_rev DESC LIMIT ?3";
const REPEATS: &str = "SELECT present.created_at - m.created_at FROM messages m \
     JOIN messages present ON present.room_id = m.room_id AND present.seq = ?2 \
     WHERE m.room_id = ?1 AND m.seq < ?2 AND m.seq >= ?2 - ?3 AND m.user_id = ?4 \
         AND m.content IN (SELECT value FROM json_each(?5)) AND m.created_at >= present.created_at - ?6";
/// Over the members of one room: it is asked only when something was done.
const MODERATORS: &str = "SELECT m.user_id FROM rooms r JOIN members m ON m.room_id = r.id AND m.role IN ('owner', 'moderator') \
     WHERE r.id = ?1 AND r.deleted_at IS NULL LIMIT ?2";
const FORGET: &str = "DELETE FROM moderation WHERE (room_id, content_rev) IN ( \
         SELECT room_id, content_rev FROM moderation WHERE at < ?1 ORDER BY at LIMIT ?2 \
     ) RETURNING 1";

#[async_trait]
impl ModerationStore for SqliteStore {
    async fn moderation(
        &self,
        room: &RoomId,
        before: Option<Rev>,
        limit: i64,
    ) -> Result<Vec<Moderated>, BackendError> {
        let query = sqlx::query(LOG)
            .bind(room.as_str())
            .bind(before.unwrap_or(Rev::MAX))
            .bind(limit.max(0));
        let rows = self
            .limited(Operation::Moderation, self.read(query))
            .await?;
        rows.iter()
            .map(|row| Columns::of(row).moderated())
            .collect()
    }

    async fn repeats(
        &self,
        room: &RoomId,
        seq: Seq,
        user: &UserId,
        texts: &[String],
        within: Duration,
    ) -> Result<Vec<Duration>, BackendError> {
        let query = sqlx::query(REPEATS)
            .bind(room.as_str())
            .bind(seq)
            .bind(REPEATS_AMONG)
            .bind(user.as_str())
            .bind(json(texts)?)
            .bind(i64::try_from(within.as_millis()).unwrap_or(i64::MAX));
        let rows = self
            .limited(Operation::Moderation, self.read(query))
            .await?;
        let ages = rows.iter().map(|row| Columns::of(row).take());
        ages.map(|age| age.map(age_of)).collect()
    }

    async fn moderators(&self, room: &RoomId) -> Result<Vec<UserId>, BackendError> {
        let query = sqlx::query(MODERATORS)
            .bind(room.as_str())
            .bind(MODERATORS_MAX);
        let rows = self
            .limited(Operation::Moderation, self.read(query))
            .await?;
        let users = rows.iter();
        users
            .map(|row| Columns::of(row).parse(UserId::parse))
            .collect()
    }

    async fn forget_moderation(&self, before: Timestamp, limit: i64) -> Result<u64, BackendError> {
        let query = sqlx::query(FORGET)
            .bind(before.as_millis())
            .bind(limit.max(0));
        self.limited(Operation::Moderation, async {
            let mut transaction = self.begin().await?;
            let gone = fetch(&mut transaction, query).await?.len();
            commit(transaction).await?;
            Ok(gone as u64)
        })
        .await
    }
}
