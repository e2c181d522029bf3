//! Who somebody is, independent of whether they are here.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::id::UserId;
pub use super::username::{
    NotAName, USERNAME_MAX, username, username_from, username_key, username_wishes,
};

/// A user as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Fixed for good.
    pub id: UserId,
    /// Unique without case, 1 to 32 characters.
    pub username: Arc<str>,
    /// A name to show instead of `username`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub display_name: Option<String>,
}
