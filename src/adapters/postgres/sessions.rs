//! Refresh tokens, the sessions that ended, and the signing secret.

use async_trait::async_trait;
use uuid::Uuid;

use super::{
    Again, Lane, PostgresStore, fault,
    rows::{Columns, account_columns, first},
};
use crate::{
    domain::{id::UserId, presence::EndedSession, timestamp::Timestamp},
    metrics::Operation,
    ports::{
        BackendError,
        store::{ENDED_KEPT, FORGOTTEN_AT_ONCE, NextToken, RefreshToken, Rotation, SessionStore},
    },
};

const KEEP: &str = "INSERT INTO refresh_tokens (hash, family, user_id, expires_at) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (hash) DO NOTHING";
/// The update lets one of several calls through: the others wait for its row and then find it used.
const ROTATE: &str = concat!(
    "WITH used AS ( \
         UPDATE refresh_tokens SET used_at = $2 \
         WHERE hash = $1 AND used_at IS NULL AND revoked_at IS NULL AND expires_at > $2 RETURNING family, user_id \
     ), kept AS ( \
         INSERT INTO refresh_tokens (hash, family, user_id, expires_at) SELECT $3, family, user_id, $4 FROM used \
     ) SELECT ",
    account_columns!(),
    ", used.family FROM used JOIN users u ON u.id = used.user_id"
);
/// A token that was used before: its account, its family, and whether it was this call's `next` that took its place.
const USED: &str = concat!(
    "SELECT ",
    account_columns!(),
    ", t.family, EXISTS ( \
         SELECT FROM refresh_tokens n WHERE n.hash = $3 AND n.family = t.family AND n.revoked_at IS NULL \
     ) FROM refresh_tokens t JOIN users u ON u.id = t.user_id \
     WHERE t.hash = $1 AND t.used_at IS NOT NULL AND t.expires_at > $2"
);
const END: &str = "SELECT family, user_id FROM end_session($1, $2, $3)";
const ENDED: &str = "SELECT family, user_id, logged_out, at FROM ended_sessions WHERE at >= $1";
/// Each replica forgets now and then: `SKIP LOCKED`, so that two who do so at once share the work.
const FORGET: &str = "WITH old AS ( \
         SELECT hash FROM refresh_tokens WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED \
     ), gone AS ( \
         DELETE FROM refresh_tokens t USING old WHERE t.hash = old.hash RETURNING 1 \
     ), past AS ( \
         SELECT family FROM ended_sessions WHERE at < $3 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED \
     ), forgotten AS ( \
         DELETE FROM ended_sessions e USING past WHERE e.family = past.family \
     ) SELECT count(*) FROM gone";

const SECRET: &str = "WITH kept AS ( \
         INSERT INTO settings (key, value) VALUES ('signing_secret', $1) ON CONFLICT DO NOTHING RETURNING value \
     ) SELECT value FROM kept UNION ALL SELECT value FROM settings WHERE key = 'signing_secret'";

#[async_trait]
impl SessionStore for PostgresStore {
    async fn keep_refresh_token(&self, token: &RefreshToken) -> Result<(), BackendError> {
        let rows = self.limited(
            Operation::Sessions,
            self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(KEEP)
                    .bind(&token.hash[..])
                    .bind(token.family)
                    .bind(token.user.as_str())
                    .bind(token.expires_at.to_datetime())
            }),
        );
        rows.await.map(drop)
    }

    async fn rotate_refresh_token(
        &self,
        old: &[u8; 32],
        next: &NextToken,
        now: Timestamp,
    ) -> Result<Rotation, BackendError> {
        self.limited(Operation::Sessions, async {
            let rows = self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(ROTATE)
                    .bind(&old[..])
                    .bind(now.to_datetime())
                    .bind(&next.hash[..])
                    .bind(next.expires_at.to_datetime())
            });
            if let Some(row) = rows.await?.first() {
                let mut columns = Columns::of(row);
                return Ok(Rotation::Rotated(columns.account()?, columns.take()?));
            }
            let rows = self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(USED)
                    .bind(&old[..])
                    .bind(now.to_datetime())
                    .bind(&next.hash[..])
            });
            let rows = rows.await?;
            let Some(row) = rows.first() else {
                return Ok(Rotation::Refused);
            };
            let mut columns = Columns::of(row);
            let account = columns.account()?;
            let family: Uuid = columns.take()?;
            // Only a repeat of this very call, after its connection broke, finds its own new token there.
            if columns.take()? {
                return Ok(Rotation::Rotated(account, family));
            }
            let ended = self.end(old, false, now).await?;
            Ok(ended.map_or(Rotation::Refused, Rotation::Reused))
        })
        .await
    }

    async fn end_session(
        &self,
        hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<EndedSession>, BackendError> {
        self.limited(Operation::Sessions, self.end(hash, true, now))
            .await
    }

    async fn ended_since(&self, since: Timestamp) -> Result<Vec<EndedSession>, BackendError> {
        let rows = self.limited(
            Operation::Sessions,
            self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(ENDED).bind(since.to_datetime())
            }),
        );
        let rows = rows.await?;
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
        let past = expired_before.to_datetime() - ENDED_KEPT;
        let rows = self.limited(
            Operation::Sessions,
            self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(FORGET)
                    .bind(expired_before.to_datetime())
                    .bind(FORGOTTEN_AT_ONCE)
                    .bind(past)
            }),
        );
        let gone: i64 = first(&rows.await?)?;
        Ok(gone.unsigned_abs())
    }

    async fn signing_secret(&self, candidate: &[u8]) -> Result<Vec<u8>, BackendError> {
        self.limited(Operation::Sessions, async {
            // A second look, if the first one's snapshot was older than the other call's commit.
            for _ in 0..2 {
                let rows = self.rows(Lane::Rest, Again::Safe, || {
                    sqlx::query(SECRET).bind(candidate)
                });
                let rows = rows.await?;
                if !rows.is_empty() {
                    return first(&rows);
                }
            }
            Err(fault("the signing secret comes and goes"))
        })
        .await
    }
}

impl PostgresStore {
    /// Ends the family of a token for good; `None` when the token is not known.
    async fn end(
        &self,
        hash: &[u8; 32],
        logged_out: bool,
        now: Timestamp,
    ) -> Result<Option<EndedSession>, BackendError> {
        let rows = self.rows(Lane::Rest, Again::Safe, || {
            sqlx::query(END)
                .bind(&hash[..])
                .bind(logged_out)
                .bind(now.to_datetime())
        });
        let rows = rows.await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let mut columns = Columns::of(row);
        Ok(Some(EndedSession {
            family: columns.take()?,
            user_id: columns.parse(UserId::parse)?,
            logged_out,
            at: now,
        }))
    }
}
