//! Accounts.

use async_trait::async_trait;

use super::{
    SqliteStore, commit, fetch,
    rows::{Columns, account_columns, json, now},
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

const REGISTER: &str = concat!(
    "INSERT INTO users (id, username, username_key, password, created_at) VALUES (?1, ?2, ?3, ?4, ",
    now!(),
    ") ON CONFLICT DO NOTHING RETURNING id, username, display_name"
);
/// What the same call made before.
const REGISTERED: &str = concat!(
    "SELECT ",
    account_columns!(),
    " FROM users u WHERE u.id = ?1 AND u.username = ?2 AND u.username_key = ?3 AND u.password = ?4"
);
const PASSWORD: &str = concat!(
    "SELECT ",
    account_columns!(),
    ", u.password FROM users u WHERE u.username_key = ?1 AND u.password IS NOT NULL"
);
const NAME: &str = "UPDATE users SET display_name = ?2, display_key = ?3 WHERE id = ?1 RETURNING id, username, display_name";
const FIND: &str = concat!(
    "SELECT ",
    account_columns!(),
    " FROM users u WHERE u.username_key > coalesce(?1, '') \
     AND (?2 IS NULL OR instr(u.username_key, ?2) > 0 OR instr(u.display_key, ?3) > 0) \
     ORDER BY u.username_key LIMIT ?4"
);

/// Of `[user, time]`s.
const SEEN: &str = "UPDATE users SET last_seen_at = s.at \
     FROM (SELECT value ->> 0 AS id, max(value ->> 1) AS at FROM json_each(?1) GROUP BY value ->> 0) s \
     WHERE users.id = s.id AND (users.last_seen_at IS NULL OR users.last_seen_at < s.at)";
const LAST_SEEN: &str = "SELECT id, last_seen_at FROM users \
     WHERE id IN (SELECT value FROM json_each(?1)) AND last_seen_at IS NOT NULL";

#[async_trait]
impl AccountStore for SqliteStore {
    async fn first_sight(&self, id: &UserId, username: &str) -> Result<Account, BackendError> {
        self.limited(Operation::Accounts, async {
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
        self.limited(Operation::Accounts, self.accounts_of(ids))
            .await
    }

    async fn register(&self, new: &NewAccount) -> Result<Option<Account>, BackendError> {
        let query = |sql| {
            sqlx::query(sql)
                .bind(new.id.as_str())
                .bind(&*new.username)
                .bind(username_key(&new.username))
                .bind(&*new.password)
        };
        self.limited(Operation::Accounts, async {
            let mut transaction = self.begin().await?;
            let mut rows = fetch(&mut transaction, query(REGISTER)).await?;
            if rows.is_empty() {
                rows = fetch(&mut transaction, query(REGISTERED)).await?;
            }
            commit(transaction).await?;
            let account = rows.first().map(|row| Columns::of(row).account());
            account.transpose()
        })
        .await
    }

    async fn password(
        &self,
        username_key: &str,
    ) -> Result<Option<(Account, String)>, BackendError> {
        let query = sqlx::query(PASSWORD).bind(username_key);
        let rows = self.limited(Operation::Accounts, self.read(query)).await?;
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
        let query = sqlx::query(NAME)
            .bind(id.as_str())
            .bind(display_name)
            .bind(display_name.map(search_key));
        self.limited(Operation::Accounts, async {
            let mut transaction = self.begin().await?;
            let rows = fetch(&mut transaction, query).await?;
            commit(transaction).await?;
            let account = rows.first().map(|row| Columns::of(row).account());
            account.transpose()
        })
        .await
    }

    async fn find_accounts(&self, query: &AccountQuery) -> Result<Vec<Account>, BackendError> {
        let text = query.text.as_deref();
        let query = sqlx::query(FIND)
            .bind(query.after.as_deref())
            .bind(text.map(username_key))
            .bind(text.map(search_key))
            .bind(query.limit.max(0));
        let rows = self.limited(Operation::Accounts, self.read(query)).await?;
        rows.iter().map(|row| Columns::of(row).account()).collect()
    }

    async fn note_last_seen(&self, seen: &[(UserId, Timestamp)]) -> Result<(), BackendError> {
        if seen.is_empty() {
            return Ok(());
        }
        let seen = seen.iter().map(|(id, at)| (id, at.as_millis()));
        let seen = json(&seen.collect::<Vec<_>>())?;
        self.limited(
            Operation::Accounts,
            self.write(sqlx::query(SEEN).bind(seen)),
        )
        .await
    }

    async fn last_seen(&self, ids: &[UserId]) -> Result<Vec<(UserId, Timestamp)>, BackendError> {
        let query = sqlx::query(LAST_SEEN).bind(json(ids)?);
        let rows = self.limited(Operation::Accounts, self.read(query)).await?;
        let seen = rows.iter().map(|row| {
            let mut columns = Columns::of(row);
            Ok((columns.parse(UserId::parse)?, columns.time()?))
        });
        seen.collect()
    }
}

impl SqliteStore {
    async fn accounts_of(&self, ids: &[UserId]) -> Result<Vec<Account>, BackendError> {
        let rows = self.read(sqlx::query(ACCOUNTS).bind(json(ids)?)).await?;
        rows.iter().map(|row| Columns::of(row).account()).collect()
    }
}
