//! Accounts, refresh tokens, and the signing secret.

use async_trait::async_trait;
use uuid::Uuid;

use super::{
    SqliteStore, commit, fault, fetch,
    rows::{Columns, account_columns, json, now},
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
    " FROM users u WHERE u.id IN (SELECT value FROM json_each(?1))"
);
/// Takes the first name of the list that is free.
const NEW_ACCOUNT: &str = concat!(
    "INSERT INTO users (id, username, username_key, created_at) \
     SELECT ?1, w.value ->> 0, w.value ->> 1, ",
    now!(),
    " FROM json_each(?2) w \
     WHERE NOT EXISTS (SELECT 1 FROM users taken WHERE taken.username_key = w.value ->> 1) ORDER BY w.key LIMIT 1 \
     RETURNING id, username, display_name"
);

const KEEP: &str = "INSERT INTO refresh_tokens (hash, family, user_id, expires_at) VALUES (?1, ?2, ?3, ?4) \
     ON CONFLICT (hash) DO NOTHING";
const TOKEN: &str = concat!(
    "SELECT ",
    account_columns!(),
    ", t.family, t.expires_at, t.used_at IS NOT NULL, t.revoked_at IS NOT NULL \
     FROM refresh_tokens t JOIN users u ON u.id = t.user_id WHERE t.hash = ?1"
);
const USE: &str = "UPDATE refresh_tokens SET used_at = ?2 WHERE hash = ?1";
const REVOKE: &str =
    "UPDATE refresh_tokens SET revoked_at = ?2 WHERE family = ?1 AND revoked_at IS NULL";

const KEEP_SECRET: &str =
    "INSERT INTO settings (key, value) VALUES ('signing_secret', ?1) ON CONFLICT DO NOTHING";
const SECRET: &str = "SELECT value FROM settings WHERE key = 'signing_secret'";

#[async_trait]
impl AccountStore for SqliteStore {
    async fn first_sight(&self, id: &UserId, username: &str) -> Result<Account, BackendError> {
        self.limited(async {
            let known = self.accounts_of(std::slice::from_ref(id)).await?.pop();
            if let Some(account) = known {
                return Ok(account);
            }
            let mut transaction = self.begin().await?;
            // Somebody may have been faster since the look before the transaction.
            let ids = json(std::slice::from_ref(id))?;
            let mut found = fetch(&mut transaction, sqlx::query(ACCOUNTS).bind(ids)).await?;
            if found.is_empty() {
                let names = username_wishes(username);
                let pairs: Vec<_> = names
                    .iter()
                    .map(|name| (name, username_key(name)))
                    .collect();
                let insert = sqlx::query(NEW_ACCOUNT)
                    .bind(id.as_str())
                    .bind(json(&pairs)?);
                found = fetch(&mut transaction, insert).await?;
            }
            commit(transaction).await?;
            match found.first() {
                Some(row) => Columns::of(row).account(),
                None => Err(unavailable("no free username was found")),
            }
        })
        .await
    }

    async fn accounts(&self, ids: &[UserId]) -> Result<Vec<Account>, BackendError> {
        self.limited(self.accounts_of(ids)).await
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
impl SessionStore for SqliteStore {
    async fn keep_refresh_token(&self, token: &RefreshToken) -> Result<(), BackendError> {
        let keep = keep(&token.hash, token.expires_at, token.family, &token.user);
        self.limited(self.write(keep)).await
    }

    async fn rotate_refresh_token(
        &self,
        old: &[u8; 32],
        next: &NextToken,
        now: Timestamp,
    ) -> Result<Rotation, BackendError> {
        self.limited(async {
            let mut transaction = self.begin().await?;
            let found = fetch(&mut transaction, sqlx::query(TOKEN).bind(&old[..])).await?;
            let Some(row) = found.first() else {
                return Ok(Rotation::Refused);
            };
            let mut columns = Columns::of(row);
            let account = columns.account()?;
            let family: Uuid = columns.take()?;
            let expires_at = columns.time()?;
            let used: bool = columns.take()?;
            let revoked: bool = columns.take()?;
            let millis = now.as_millis();
            if expires_at <= now || revoked && !used {
                return Ok(Rotation::Refused);
            }
            if used {
                let revoke = sqlx::query(REVOKE).bind(family).bind(millis);
                fetch(&mut transaction, revoke).await?;
                commit(transaction).await?;
                return Ok(Rotation::Reused(EndedSession {
                    family,
                    user_id: account.id,
                    logged_out: false,
                }));
            }
            fetch(
                &mut transaction,
                sqlx::query(USE).bind(&old[..]).bind(millis),
            )
            .await?;
            fetch(
                &mut transaction,
                keep(&next.hash, next.expires_at, family, &account.id),
            )
            .await?;
            commit(transaction).await?;
            Ok(Rotation::Rotated(account, family))
        })
        .await
    }

    async fn signing_secret(&self, candidate: &[u8]) -> Result<Vec<u8>, BackendError> {
        self.limited(async {
            let mut transaction = self.begin().await?;
            fetch(&mut transaction, sqlx::query(KEEP_SECRET).bind(candidate)).await?;
            let kept = fetch(&mut transaction, sqlx::query(SECRET)).await?;
            commit(transaction).await?;
            let row = kept.first().ok_or_else(|| fault("no signing secret"))?;
            Columns::of(row).take()
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

impl SqliteStore {
    async fn accounts_of(&self, ids: &[UserId]) -> Result<Vec<Account>, BackendError> {
        let rows = self.read(sqlx::query(ACCOUNTS).bind(json(ids)?)).await?;
        rows.iter().map(|row| Columns::of(row).account()).collect()
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
