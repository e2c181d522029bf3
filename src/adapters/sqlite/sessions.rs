//! Refresh tokens, the sessions that ended, and the signing secret.

use async_trait::async_trait;
use sqlx::{Sqlite, Transaction};
use uuid::Uuid;

use super::{
    SqliteStore, commit, fault, fetch,
    rows::{Columns, account_columns},
};
use crate::{
    domain::{id::UserId, presence::EndedSession, timestamp::Timestamp},
    metrics::Operation,
    ports::{
        BackendError,
        store::{ENDED_KEPT, FORGOTTEN_AT_ONCE, NextToken, RefreshToken, Rotation, SessionStore},
    },
};

const KEEP: &str = "INSERT INTO refresh_tokens (hash, family, user_id, expires_at) VALUES (?1, ?2, ?3, ?4) \
     ON CONFLICT (hash) DO NOTHING";
/// A token, and whether it is the one of hash `?2` that took its place, still good.
const TOKEN: &str = concat!(
    "SELECT ",
    account_columns!(),
    ", t.family, t.expires_at, t.used_at IS NOT NULL, t.revoked_at IS NOT NULL, EXISTS ( \
         SELECT 1 FROM refresh_tokens n WHERE n.hash = ?2 AND n.family = t.family AND n.revoked_at IS NULL \
     ) FROM refresh_tokens t JOIN users u ON u.id = t.user_id WHERE t.hash = ?1"
);
const USE: &str = "UPDATE refresh_tokens SET used_at = ?2 WHERE hash = ?1";
const REVOKE: &str =
    "UPDATE refresh_tokens SET revoked_at = ?2 WHERE family = ?1 AND revoked_at IS NULL";
const FAMILY: &str = "SELECT family, user_id FROM refresh_tokens WHERE hash = ?1";
const NOTE: &str = "INSERT INTO ended_sessions (family, user_id, logged_out, at) VALUES (?1, ?2, ?3, ?4) \
     ON CONFLICT (family) DO UPDATE SET logged_out = true, at = excluded.at \
     WHERE excluded.logged_out AND NOT ended_sessions.logged_out";
const ENDED: &str = "SELECT family, user_id, logged_out, at FROM ended_sessions WHERE at >= ?1";
const FORGET: &str = "DELETE FROM refresh_tokens WHERE hash IN ( \
         SELECT hash FROM refresh_tokens WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2 \
     ) RETURNING 1";
const FORGET_ENDED: &str = "DELETE FROM ended_sessions WHERE family IN ( \
         SELECT family FROM ended_sessions WHERE at < ?1 ORDER BY at LIMIT ?2)";

const KEEP_SECRET: &str =
    "INSERT INTO settings (key, value) VALUES ('signing_secret', ?1) ON CONFLICT DO NOTHING";
const SECRET: &str = "SELECT value FROM settings WHERE key = 'signing_secret'";

#[async_trait]
impl SessionStore for SqliteStore {
    async fn keep_refresh_token(&self, token: &RefreshToken) -> Result<(), BackendError> {
        let keep = keep(&token.hash, token.expires_at, token.family, &token.user);
        self.limited(Operation::Sessions, self.write(keep)).await
    }

    async fn rotate_refresh_token(
        &self,
        old: &[u8; 32],
        next: &NextToken,
        now: Timestamp,
    ) -> Result<Rotation, BackendError> {
        self.limited(Operation::Sessions, async {
            let mut transaction = self.begin().await?;
            let query = sqlx::query(TOKEN).bind(&old[..]).bind(&next.hash[..]);
            let found = fetch(&mut transaction, query).await?;
            let Some(row) = found.first() else {
                return Ok(Rotation::Refused);
            };
            let mut columns = Columns::of(row);
            let account = columns.account()?;
            let family: Uuid = columns.take()?;
            let expires_at = columns.time()?;
            let used: bool = columns.take()?;
            let revoked: bool = columns.take()?;
            let repeated: bool = columns.take()?;
            if expires_at <= now || revoked && !used {
                return Ok(Rotation::Refused);
            }
            if used && repeated {
                return Ok(Rotation::Rotated(account, family));
            }
            if used {
                let ended = EndedSession {
                    family,
                    user_id: account.id,
                    logged_out: false,
                    at: now,
                };
                end(&mut transaction, &ended, now).await?;
                commit(transaction).await?;
                return Ok(Rotation::Reused(ended));
            }
            let take = sqlx::query(USE).bind(&old[..]).bind(now.as_millis());
            fetch(&mut transaction, take).await?;
            let keep = keep(&next.hash, next.expires_at, family, &account.id);
            fetch(&mut transaction, keep).await?;
            commit(transaction).await?;
            Ok(Rotation::Rotated(account, family))
        })
        .await
    }

    async fn end_session(
        &self,
        hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<EndedSession>, BackendError> {
        self.limited(Operation::Sessions, async {
            let mut transaction = self.begin().await?;
            let found = fetch(&mut transaction, sqlx::query(FAMILY).bind(&hash[..])).await?;
            let Some(row) = found.first() else {
                return Ok(None);
            };
            let mut columns = Columns::of(row);
            let ended = EndedSession {
                family: columns.take()?,
                user_id: columns.parse(UserId::parse)?,
                logged_out: true,
                at: now,
            };
            end(&mut transaction, &ended, now).await?;
            commit(transaction).await?;
            Ok(Some(ended))
        })
        .await
    }

    async fn ended_since(&self, since: Timestamp) -> Result<Vec<EndedSession>, BackendError> {
        let query = sqlx::query(ENDED).bind(since.as_millis());
        let rows = self.limited(Operation::Sessions, self.read(query)).await?;
        let ended = rows.iter().map(|row| {
            let mut columns = Columns::of(row);
            Ok(EndedSession {
                family: columns.take()?,
                user_id: columns.parse(UserId::parse)?,
                logged_out: columns.take()?,
                at: columns.time()?,
            })
        });
        ended.collect()
    }

    async fn forget_tokens(&self, expired_before: Timestamp) -> Result<u64, BackendError> {
        let before = expired_before.as_millis();
        let kept = i64::try_from(ENDED_KEPT.as_millis()).unwrap_or(i64::MAX);
        self.limited(Operation::Sessions, async {
            let mut transaction = self.begin().await?;
            let forget = sqlx::query(FORGET).bind(before).bind(FORGOTTEN_AT_ONCE);
            let gone = fetch(&mut transaction, forget).await?;
            let forget = sqlx::query(FORGET_ENDED)
                .bind(before.saturating_sub(kept))
                .bind(FORGOTTEN_AT_ONCE);
            fetch(&mut transaction, forget).await?;
            commit(transaction).await?;
            Ok(gone.len() as u64)
        })
        .await
    }

    async fn signing_secret(&self, candidate: &[u8]) -> Result<Vec<u8>, BackendError> {
        self.limited(Operation::Sessions, async {
            let mut transaction = self.begin().await?;
            fetch(&mut transaction, sqlx::query(KEEP_SECRET).bind(candidate)).await?;
            let kept = fetch(&mut transaction, sqlx::query(SECRET)).await?;
            commit(transaction).await?;
            let row = kept.first().ok_or_else(|| fault("no signing secret"))?;
            Columns::of(row).take()
        })
        .await
    }
}

fn keep<'q>(
    hash: &'q [u8; 32],
    expires_at: Timestamp,
    family: Uuid,
    user: &'q UserId,
) -> super::Query<'q> {
    sqlx::query(KEEP)
        .bind(&hash[..])
        .bind(family)
        .bind(user.as_str())
        .bind(expires_at.as_millis())
}

/// Revokes a family for good and notes that it ended.
async fn end(
    transaction: &mut Transaction<'_, Sqlite>,
    ended: &EndedSession,
    now: Timestamp,
) -> Result<(), BackendError> {
    let note = sqlx::query(NOTE)
        .bind(ended.family)
        .bind(ended.user_id.as_str())
        .bind(ended.logged_out)
        .bind(now.as_millis());
    fetch(transaction, note).await?;
    let revoke = sqlx::query(REVOKE).bind(ended.family).bind(now.as_millis());
    fetch(transaction, revoke).await.map(drop)
}
