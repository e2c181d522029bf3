//! Notifications: what a user should know of even when they were not looking.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    id::{MessageId, NotificationId, RoomId},
    timestamp::Timestamp,
};

/// What it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum NotificationKind {
    /// A message names the user, or everybody who is here.
    Mention,
    /// A message answers one of the user's.
    Reply,
    /// A message in a direct room.
    Direct,
    /// Somebody made the user a member of a room.
    Invite,
    /// A backend's own, or a job's.
    Custom,
}

impl NotificationKind {
    /// The word on the wire and in the stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mention => "mention",
            Self::Reply => "reply",
            Self::Direct => "direct",
            Self::Invite => "invite",
            Self::Custom => "custom",
        }
    }

    /// The kind of that word.
    pub fn parse(word: &str) -> Option<Self> {
        [
            Self::Mention,
            Self::Reply,
            Self::Direct,
            Self::Invite,
            Self::Custom,
        ]
        .into_iter()
        .find(|it| it.as_str() == word)
    }
}

/// A notification as its user sees it: `notification`, and what `GET /api/notifications` lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// Fixed for good; later ones sort later.
    pub id: NotificationId,
    /// What it is about.
    pub kind: NotificationKind,
    /// In which room.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub room_id: Option<RoomId>,
    /// Which message.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub message_id: Option<MessageId>,
    /// A line for people.
    pub title: String,
    /// The beginning of the message's text as it is now, or the backend's words.
    pub body: String,
    /// When.
    pub created_at: Timestamp,
}
