//! Accounts.

use async_trait::async_trait;

use super::{
    Again, Lane, PostgresStore,
    rows::{Columns, account_columns},
    unavailable,
};
use crate::{
    domain::{
        account::{Account, username_key, username_wishes},
        id::UserId,
        room::search_key,
        timestamp::Timestamp,
    },
    metrics::Operation,
    ports::{
        BackendError,
        store::{AccountQuery, AccountStore, NewAccount},
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

const REGISTER: &str = concat!(
    "INSERT INTO users AS u (id, username, username_key, password) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING ",
    account_columns!()
);
/// What an earlier try of the same call made, before its connection broke.
const REGISTERED: &str = concat!(
    "SELECT ",
    account_columns!(),
    " FROM users u WHERE u.id = $1 AND u.username = $2 AND u.username_key = $3 AND u.password = $4"
);
const PASSWORD: &str = concat!(
    "SELECT ",
    account_columns!(),
    ", u.password FROM users u WHERE u.username_key = $1 AND u.password IS NOT NULL"
);
const NAME: &str = concat!(
    "UPDATE users u SET display_name = $2, display_key = $3 WHERE u.id = $1 RETURNING ",
    account_columns!()
);
const FIND: &str = concat!(
    "SELECT ",
    account_columns!(),
    " FROM users u WHERE u.username_key > coalesce($1, '') \
     AND ($2::text IS NULL OR strpos(u.username_key, $2) > 0 OR strpos(u.display_key, $3) > 0) \
     ORDER BY u.username_key LIMIT $4"
);

/// Locks in the order of ids, so that several calls at once do not wait in a circle. What the update compares is read again where
/// somebody else was faster.
const SEEN: &str = "WITH s AS MATERIALIZED ( \
         SELECT id, max(at) AS at FROM unnest($1::text[], $2::timestamptz[]) s (id, at) GROUP BY id \
     ), present AS MATERIALIZED ( \
         SELECT u.id FROM users u JOIN s ON s.id = u.id WHERE u.last_seen_at IS NULL OR u.last_seen_at < s.at \
         ORDER BY u.id FOR NO KEY UPDATE OF u \
     ) UPDATE users u SET last_seen_at = s.at FROM present JOIN s ON s.id = present.id \
     WHERE u.id = present.id AND (u.last_seen_at IS NULL OR u.last_seen_at < s.at)";
const LAST_SEEN: &str =
    "SELECT id, last_seen_at FROM users WHERE id = ANY ($1) AND last_seen_at IS NOT NULL";

#[async_trait]
impl AccountStore for PostgresStore {
    async fn first_sight(&self, id: &UserId, username: &str) -> Result<Account, BackendError> {
        self.limited(Operation::Accounts, async {
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
        self.limited(Operation::Accounts, self.accounts_of(&ids))
            .await
    }

    async fn register(&self, new: &NewAccount) -> Result<Option<Account>, BackendError> {
        let key = username_key(&new.username);
        self.limited(Operation::Accounts, async {
            for sql in [REGISTER, REGISTERED] {
                let rows = self.rows(Lane::Rest, Again::Safe, || {
                    sqlx::query(sql)
                        .bind(new.id.as_str())
                        .bind(&*new.username)
                        .bind(&key)
                        .bind(&*new.password)
                });
                if let Some(row) = rows.await?.first() {
                    return Columns::of(row).account().map(Some);
                }
            }
            Ok(None)
        })
        .await
    }

    async fn password(
        &self,
        username_key: &str,
    ) -> Result<Option<(Account, String)>, BackendError> {
        let rows = self.limited(
            Operation::Accounts,
            self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(PASSWORD).bind(username_key)
            }),
        );
        let rows = rows.await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let mut columns = Columns::of(row);
        Ok(Some((columns.account()?, columns.take()?)))
    }

    async fn set_display_name(
        &self,
        id: &UserId,
        display_name: Option<&str>,
    ) -> Result<Option<Account>, BackendError> {
        let key = display_name.map(search_key);
        let rows = self.limited(
            Operation::Accounts,
            self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(NAME)
                    .bind(id.as_str())
                    .bind(display_name)
                    .bind(&key)
            }),
        );
        let rows = rows.await?;
        let account = rows.first().map(|row| Columns::of(row).account());
        account.transpose()
    }

    async fn find_accounts(&self, query: &AccountQuery) -> Result<Vec<Account>, BackendError> {
        let text = query.text.as_deref();
        let (name, display) = (text.map(username_key), text.map(search_key));
        let rows = self.limited(
            Operation::Accounts,
            self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(FIND)
                    .bind(query.after.as_deref())
                    .bind(&name)
                    .bind(&display)
                    .bind(query.limit.max(0))
            }),
        );
        let rows = rows.await?;
        rows.iter().map(|row| Columns::of(row).account()).collect()
    }

    async fn note_last_seen(&self, seen: &[(UserId, Timestamp)]) -> Result<(), BackendError> {
        if seen.is_empty() {
            return Ok(());
        }
        let ids: Vec<&str> = seen.iter().map(|(id, _)| id.as_str()).collect();
        let times: Vec<_> = seen.iter().map(|(_, at)| at.to_datetime()).collect();
        let rows = self.limited(
            Operation::Accounts,
            self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(SEEN).bind(&ids).bind(&times)
            }),
        );
        rows.await.map(drop)
    }

    async fn last_seen(&self, ids: &[UserId]) -> Result<Vec<(UserId, Timestamp)>, BackendError> {
        let ids: Vec<&str> = ids.iter().map(UserId::as_str).collect();
        let rows = self.limited(
            Operation::Accounts,
            self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(LAST_SEEN).bind(&ids)
            }),
        );
        let rows = rows.await?;
        let seen = rows.iter().map(|row| {
            let mut columns = Columns::of(row);
            Ok((columns.parse(UserId::parse)?, columns.time()?))
        });
        seen.collect()
    }
}

impl PostgresStore {
    async fn accounts_of(&self, ids: &[&str]) -> Result<Vec<Account>, BackendError> {
        let rows = self.rows(Lane::Rest, Again::Safe, || sqlx::query(ACCOUNTS).bind(ids));
        let rows = rows.await?;
        rows.iter().map(|row| Columns::of(row).account()).collect()
    }
}
