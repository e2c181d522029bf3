//! Notifications: what a user should know of even when they were not looking.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    id::{MessageId, NotificationId, RoomId},
    timestamp::Timestamp,
};

/// How much of a message's text a notification shows, in characters.
pub const BODY_MAX: usize = 200;
/// The most characters of the title of a backend's own.
pub const CUSTOM_TITLE_MAX: usize = 200;
/// The most characters of the body of a backend's own.
pub const CUSTOM_BODY_MAX: usize = 2_000;

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
    /// Fixed for good; later ones sort later, as far as the clocks of the servers agree.
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
    /// The beginning of the message's text as it is now (200 characters), or the backend's words.
    pub body: String,
    /// When.
    pub created_at: Timestamp,
}

/// What a notification is about, as it is when somebody looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matter {
    /// A message, with its text or the beginning of it; empty if it has been deleted.
    Message {
        /// Its author's name.
        author: String,
        /// The room's name; none for a direct one, whose name says nothing new.
        room: Option<String>,
        /// The text.
        text: String,
    },
    /// A membership.
    Invite {
        /// The name of who gave it.
        by: String,
        /// The room's name.
        room: String,
    },
    /// A backend's own words.
    Custom {
        /// The line.
        title: String,
        /// The rest.
        body: String,
    },
    /// A room that the user may not see any more, or something in it.
    Hidden,
}

impl Matter {
    /// The title and the body.
    pub fn words(self, kind: NotificationKind) -> (String, String) {
        match self {
            Self::Message { author, room, text } => {
                let place = room.map(|name| format!(" in {name}")).unwrap_or_default();
                let title = match kind {
                    NotificationKind::Mention => format!("{author} mentioned you{place}"),
                    NotificationKind::Reply => format!("{author} replied to you{place}"),
                    _ => author,
                };
                (title, text.chars().take(BODY_MAX).collect())
            }
            Self::Invite { by, room } => (format!("{by} added you to {room}"), String::new()),
            Self::Custom { title, body } => (title, body),
            Self::Hidden => (
                "From a room that is no longer open to you".into(),
                String::new(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(room: Option<&str>, text: &str) -> Matter {
        Matter::Message {
            author: "Ada".into(),
            room: room.map(Into::into),
            text: text.into(),
        }
    }

    #[test]
    fn words_say_who_and_where() {
        let of = |kind, matter: Matter| matter.words(kind).0;
        let (mention, reply, direct) = (
            NotificationKind::Mention,
            NotificationKind::Reply,
            NotificationKind::Direct,
        );
        let general = || message(Some("General"), "x");
        assert_eq!(of(mention, general()), "Ada mentioned you in General");
        assert_eq!(of(reply, general()), "Ada replied to you in General");
        assert_eq!(of(mention, message(None, "x")), "Ada mentioned you");
        assert_eq!(of(direct, message(None, "x")), "Ada");
        let invite = Matter::Invite {
            by: "Ada".into(),
            room: "General".into(),
        };
        assert_eq!(
            of(NotificationKind::Invite, invite),
            "Ada added you to General"
        );
    }

    #[test]
    fn the_body_is_the_beginning_of_the_text() {
        let long = "\u{1F980}".repeat(BODY_MAX + 1);
        let (_, body) = message(None, &long).words(NotificationKind::Direct);
        assert_eq!(body, "\u{1F980}".repeat(BODY_MAX));
    }
}
