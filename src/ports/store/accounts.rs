//! People.

use async_trait::async_trait;

use super::BackendError;
use crate::domain::{account::Account, id::UserId, timestamp::Timestamp};

/// People.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// The account of `id`; made with `username` when it is seen for the first time. A name that is taken (without case, by
    /// [`username_key`](crate::domain::account::username_key)) gets a suffix (`ada-2`, then others), within 32 characters.
    /// Many calls at once for one id make one account, on whichever replica.
    async fn first_sight(&self, id: &UserId, username: &str) -> Result<Account, BackendError>;

    /// The accounts of those of `ids` that exist, in no order.
    async fn accounts(&self, ids: &[UserId]) -> Result<Vec<Account>, BackendError>;

    /// A new account with a password. `None` when the name is taken, without case; or the id, which must be a fresh one. The
    /// same call once more finds its own account.
    async fn register(&self, new: &NewAccount) -> Result<Option<Account>, BackendError>;

    /// The account of that name, without case, and the hash of its password; none of those that have no password.
    async fn password(&self, username_key: &str)
    -> Result<Option<(Account, String)>, BackendError>;

    /// Sets the name to be shown, or takes it away. `None` when there is no such account.
    async fn set_display_name(
        &self,
        id: &UserId,
        display_name: Option<&str>,
    ) -> Result<Option<Account>, BackendError>;

    /// Accounts, ascending by username without case, after `query.after`. A text that few names hold costs a look at all of them.
    async fn find_accounts(&self, query: &AccountQuery) -> Result<Vec<Account>, BackendError>;

    /// Notes when users' last sockets went, in one statement for all. An older moment than the one that is kept changes nothing;
    /// unknown ids are no error; of several moments for one user the latest counts.
    async fn note_last_seen(&self, seen: &[(UserId, Timestamp)]) -> Result<(), BackendError>;

    /// When the last sockets of those of `ids` went of whom it is known, in no order.
    async fn last_seen(&self, ids: &[UserId]) -> Result<Vec<(UserId, Timestamp)>, BackendError>;
}

/// An account to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// Fixed for good.
    pub id: UserId,
    /// Its name, which has been checked.
    pub username: String,
    /// The password's hash in PHC format.
    pub password: String,
}

/// Which accounts to find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountQuery {
    /// Only those whose username or display name holds this text, without case. `%` and `_` stand for themselves. No NUL.
    pub text: Option<String>,
    /// Only names above this one, as [`username_key`](crate::domain::account::username_key) makes it.
    pub after: Option<String>,
    /// At most so many.
    pub limit: i64,
}
