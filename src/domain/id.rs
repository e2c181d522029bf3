//! Identifiers, checked when they are made: a value of one of these types is always well formed.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The text is not an identifier of the kind asked for; says what would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidId(&'static str);

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $max:tt, $pattern:tt, $check:expr, $rule:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = String, min_length = 1, max_length = $max, pattern = $pattern)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks the text and makes the identifier.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                let check: fn(&str) -> bool = $check;
                if check(text) { Ok(Self(Arc::from(text))) } else { Err(InvalidId($rule)) }
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

fn printable(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

text_id!(
    /// A room's name on the wire: 1 to 64 characters of `[A-Za-z0-9_-]`. Never used again after the room is deleted.
    RoomId,
    64,
    r"^[A-Za-z0-9_-]+$",
    |text| (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'),
    "a room id is 1 to 64 characters of A-Z, a-z, 0-9, _ and -"
);

text_id!(
    /// A user: 1 to 128 characters without control characters; an external token's `sub`, or made here.
    UserId,
    128,
    r"^[^\u0000-\u001F\u007F-\u009F]+$",
    |text| (1..=128).contains(&text.chars().count()) && printable(text),
    "a user id is 1 to 128 characters without control characters"
);

text_id!(
    /// What makes a send idempotent for good: 1 to 64 characters, chosen by the client, unique for one user in one room.
    ClientId,
    64,
    r"^[^\u0000-\u001F\u007F-\u009F]+$",
    |text| (1..=64).contains(&text.chars().count()) && printable(text),
    "a clientId is 1 to 64 characters without control characters"
);

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = String, format = "uuid")]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new identifier (UUIDv7: later ones sort later, roughly).
            pub fn fresh() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

uuid_id!(
    /// A message, in all rooms.
    MessageId
);
uuid_id!(
    /// A background job.
    JobId
);
uuid_id!(
    /// A notification.
    NotificationId
);

impl NotificationId {
    /// The lowest one that can be made at that moment: older ones are below it.
    pub fn first_at(at: super::timestamp::Timestamp) -> Self {
        let millis = u128::try_from(at.as_millis()).unwrap_or_default();
        // The first 48 bits of a UUIDv7 are its time.
        Self(Uuid::from_u128(millis << 80))
    }
}

uuid_id!(
    /// One running process; a restart is another replica.
    ReplicaId
);

/// One connected socket, within its replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocketId(pub u64);
