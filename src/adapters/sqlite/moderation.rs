//! The log of moderation, and who reads it. Its entries are made by the commit.

use std::time::Duration;

use async_trait::async_trait;

use super::{
    SqliteStore, fault,
    rows::{Columns, json},
};
use crate::{
    domain::{
        Rev, Seq,
        id::{MessageId, RoomId, UserId},
    },
    ports::{
        BackendError,
        store::{MODERATORS_MAX, Moderated, ModerationAction, ModerationStore, REPEATS_AMONG},
    },
};

const LOG: &str = "SELECT x.room_id, x.message_id, x.seq, x.content_rev, x.user_id, x.action, x.reason, x.at \
     FROM moderation x JOIN rooms r ON r.id = x.room_id AND r.deleted_at IS NULL \
     WHERE x.room_id = ?1 AND x.content_rev < ?2 ORDER BY x.content_rev DESC LIMIT ?3";
const REPEATS: &str = "SELECT count(*) FROM messages m \
     JOIN messages present ON present.room_id = m.room_id AND present.seq = ?2 \
     WHERE m.room_id = ?1 AND m.seq < ?2 AND m.seq >= ?2 - ?3 AND m.user_id = ?4 \
         AND m.content IN (SELECT value FROM json_each(?5)) AND m.created_at >= present.created_at - ?6";
/// Each role by an index of its own.
const MODERATORS: &str = "SELECT m.user_id FROM ( \
         SELECT user_id FROM members WHERE room_id = ?1 AND role = 'owner' \
         UNION ALL SELECT user_id FROM members WHERE room_id = ?1 AND role = 'moderator' \
     ) m WHERE EXISTS (SELECT 1 FROM rooms WHERE id = ?1 AND deleted_at IS NULL) LIMIT ?2";

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
        let rows = self.limited(self.read(query)).await?;
        let log = rows.iter().map(|row| {
            let mut columns = Columns::of(row);
            Ok(Moderated {
                room_id: columns.parse(RoomId::parse)?,
                message_id: MessageId(columns.take()?),
                seq: columns.take()?,
                content_rev: columns.take()?,
                user_id: columns.parse(UserId::parse)?,
                action: columns.word(ModerationAction::parse)?,
                reason: columns.take()?,
                at: columns.time()?,
            })
        });
        log.collect()
    }

    async fn repeats(
        &self,
        room: &RoomId,
        seq: Seq,
        user: &UserId,
        texts: &[&str],
        within: Duration,
    ) -> Result<i64, BackendError> {
        let query = sqlx::query(REPEATS)
            .bind(room.as_str())
            .bind(seq)
            .bind(REPEATS_AMONG)
            .bind(user.as_str())
            .bind(json(texts)?)
            .bind(i64::try_from(within.as_millis()).unwrap_or(i64::MAX));
        let rows = self.limited(self.read(query)).await?;
        let row = rows.first().ok_or_else(|| fault("no row"))?;
        Columns::of(row).take()
    }

    async fn moderators(&self, room: &RoomId) -> Result<Vec<UserId>, BackendError> {
        let query = sqlx::query(MODERATORS)
            .bind(room.as_str())
            .bind(MODERATORS_MAX);
        let rows = self.limited(self.read(query)).await?;
        let users = rows.iter();
        users
            .map(|row| Columns::of(row).parse(UserId::parse))
            .collect()
    }
}
