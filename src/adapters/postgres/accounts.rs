//! Accounts, refresh tokens, and the signing secret.

use async_trait::async_trait;
use uuid::Uuid;

use super::{
    Again, Lane, PostgresStore, fault,
    rows::{Columns, account_columns, first},
    unavailable,
};
use crate::{
    domain::{
        account::{Account, username_key, username_wishes},
        id::UserId,
        presence::EndedSession,
        timestamp::Timestamp,
    },
    ports::{
        BackendError,
        store::{AccountStore, NextToken, RefreshToken, Rotation, SessionStore},
    },
};

const ACCOUNTS: &str = concat!(
    "SELECT ",
    account_columns!(),
    " FROM users u WHERE u.id = ANY ($1)"
);
/// Takes the first name of the list that is free; nothing happens if one of id and name has just been taken by another call.
const NEW_ACCOUNT: &str = concat!(
    "INSERT INTO users AS u (id, username, username_key) \
     SELECT $1, w.name, w.key FROM unnest($2::text[], $3::text[]) WITH ORDINALITY w (name, key, nth) \
     WHERE NOT EXISTS (SELECT FROM users taken WHERE taken.username_key = w.key) ORDER BY w.nth LIMIT 1 \
     ON CONFLICT DO NOTHING RETURNING ",
    account_columns!()
);
/// How often another call may be faster with each of the names.
const NAME_TRIES: usize = 8;

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
         SELECT FROM refresh_tokens n WHERE n.hash = $3 AND n.family = t.family \
     ) FROM refresh_tokens t JOIN users u ON u.id = t.user_id \
     WHERE t.hash = $1 AND t.used_at IS NOT NULL AND t.expires_at > $2"
);
const REVOKE: &str = "UPDATE refresh_tokens SET revoked_at = $2 WHERE family = $1 AND revoked_at IS NULL RETURNING hash";
/// How many rotations may be in the way of revoking a family.
const REVOKE_TRIES: usize = 16;

const SECRET: &str = "WITH kept AS ( \
         INSERT INTO settings (key, value) VALUES ('signing_secret', $1) ON CONFLICT DO NOTHING RETURNING value \
     ) SELECT value FROM kept UNION ALL SELECT value FROM settings WHERE key = 'signing_secret'";

#[async_trait]
impl AccountStore for PostgresStore {
    async fn first_sight(&self, id: &UserId, username: &str) -> Result<Account, BackendError> {
        self.limited(async {
            for _ in 0..NAME_TRIES {
                if let Some(account) = self.accounts_of(&[id.as_str()]).await?.pop() {
                    return Ok(account);
                }
                let names = username_wishes(username);
                let keys: Vec<String> = names.iter().map(|name| username_key(name)).collect();
                let rows = self.rows(Lane::Rest, Again::Safe, || {
                    sqlx::query(NEW_ACCOUNT)
                        .bind(id.as_str())
                        .bind(&names)
                        .bind(&keys)
                });
                if let Some(row) = rows.await?.first() {
                    return Columns::of(row).account();
                }
            }
            Err(unavailable("no free username was found"))
        })
        .await
    }

    async fn accounts(&self, ids: &[UserId]) -> Result<Vec<Account>, BackendError> {
        let ids: Vec<&str> = ids.iter().map(UserId::as_str).collect();
        self.limited(self.accounts_of(&ids)).await
    }
    async fn register(
        &self,
        _: &crate::ports::store::NewAccount,
    ) -> Result<Option<Account>, BackendError> {
        Err(fault("not built yet"))
    }

    async fn password(&self, _: &str) -> Result<Option<(Account, String)>, BackendError> {
        Err(fault("not built yet"))
    }

    async fn set_display_name(
        &self,
        _: &UserId,
        _: Option<&str>,
    ) -> Result<Option<Account>, BackendError> {
        Err(fault("not built yet"))
    }

    async fn find_accounts(
        &self,
        _: &crate::ports::store::AccountQuery,
    ) -> Result<Vec<Account>, BackendError> {
        Err(fault("not built yet"))
    }

    async fn note_last_seen(&self, _: &[(UserId, Timestamp)]) -> Result<(), BackendError> {
        Err(fault("not built yet"))
    }

    async fn last_seen(&self, _: &[UserId]) -> Result<Vec<(UserId, Timestamp)>, BackendError> {
        Err(fault("not built yet"))
    }
}

#[async_trait]
impl SessionStore for PostgresStore {
    async fn keep_refresh_token(&self, token: &RefreshToken) -> Result<(), BackendError> {
        let rows = self.limited(self.rows(Lane::Rest, Again::Safe, || {
            sqlx::query(KEEP)
                .bind(&token.hash[..])
                .bind(token.family)
                .bind(token.user.as_str())
                .bind(token.expires_at.to_datetime())
        }));
        rows.await.map(drop)
    }

    async fn rotate_refresh_token(
        &self,
        old: &[u8; 32],
        next: &NextToken,
        now: Timestamp,
    ) -> Result<Rotation, BackendError> {
        self.limited(async {
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
            self.revoke(family, now).await?;
            Ok(Rotation::Reused(EndedSession {
                family,
                user_id: account.id,
                logged_out: false,
            }))
        })
        .await
    }

    async fn signing_secret(&self, candidate: &[u8]) -> Result<Vec<u8>, BackendError> {
        self.limited(async {
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

    async fn end_session(
        &self,
        _: &[u8; 32],
        _: Timestamp,
    ) -> Result<Option<crate::domain::presence::EndedSession>, BackendError> {
        Err(fault("not built yet"))
    }

    async fn ended_since(
        &self,
        _: Timestamp,
    ) -> Result<Vec<crate::domain::presence::EndedSession>, BackendError> {
        Err(fault("not built yet"))
    }

    async fn forget_tokens(&self, _: Timestamp) -> Result<u64, BackendError> {
        Err(fault("not built yet"))
    }
}

impl PostgresStore {
    async fn accounts_of(&self, ids: &[&str]) -> Result<Vec<Account>, BackendError> {
        let rows = self.rows(Lane::Rest, Again::Safe, || sqlx::query(ACCOUNTS).bind(ids));
        let rows = rows.await?;
        rows.iter().map(|row| Columns::of(row).account()).collect()
    }

    /// Revokes a family for good. A rotation under way holds the row of its old token, so this waits for it, but does not see its
    /// new one; therefore again, until nothing is left to revoke.
    async fn revoke(&self, family: Uuid, now: Timestamp) -> Result<(), BackendError> {
        for _ in 0..REVOKE_TRIES {
            let rows = self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(REVOKE).bind(family).bind(now.to_datetime())
            });
            if rows.await?.is_empty() {
                return Ok(());
            }
        }
        Err(unavailable("the family of a refresh token keeps growing"))
    }
}
