//! Notifications of users.

use async_trait::async_trait;

use super::BackendError;
use crate::domain::{
    Rev,
    id::{MessageId, NotificationId, RoomId, UserId},
    notification::{Notification, NotificationKind},
    timestamp::Timestamp,
};

/// Notifications. What one says of a message is read from the message: an edited one shows its new text, and who may no longer see the
/// room sees none.
///
/// One about a deleted message is neither listed nor counted, and as little one of a mention that an edit took away, unless the message
/// answers the user or is in a direct room. After an edit that is so until the new text has been read for mentions.
///
/// One is unread while its id is above the user's mark. If it is about a room, it is also read for who is no member of it (any
/// more), and if it is about a message, for who has read the room up to that: no write is needed for either.
#[async_trait]
pub trait NotificationStore: Send + Sync {
    /// Keeps notifications, in one transaction, and answers with those that are kept under the given ids, as their users see them,
    /// in no order. A user has at most one about a message, the first; it is kept only while the message has the text that was read
    /// and is not deleted, and not for its author. One about a room is kept only for its members, and any only for a user that
    /// there is. An invite is not kept when another call kept the user one to that room in the hour before. Asking again with the same
    /// ids changes nothing and answers the same; asking again with others about the same message changes nothing either, and answers
    /// with none. Best with at most 1,000.
    async fn notify(
        &self,
        new: &[NewNotification],
    ) -> Result<Vec<(UserId, Notification)>, BackendError>;

    /// The user's, the newest first, older than `before`, at most `limit`; and how many are unread in all: counted among the
    /// newest [`COUNTED_MAX`].
    async fn notifications(
        &self,
        user: &UserId,
        before: Option<NotificationId>,
        limit: i64,
    ) -> Result<NotificationPage, BackendError>;

    /// Marks the user's as read up to this one, and never fewer than before. An id beyond the newest is taken for that one; it need
    /// not be of a notification.
    async fn read_notifications(
        &self,
        user: &UserId,
        up_to: NotificationId,
    ) -> Result<NotificationsRead, BackendError>;

    /// Removes notifications older than that, by the times in their ids, at most `limit`; answers how many.
    async fn forget_notifications(
        &self,
        before: Timestamp,
        limit: i64,
    ) -> Result<u64, BackendError>;

    /// Who wrote each of the messages that exist, in no order.
    async fn authors_of(
        &self,
        messages: &[MessageId],
    ) -> Result<Vec<(MessageId, UserId)>, BackendError>;

    /// Those of the rooms that are direct, each with its members, in no order. Neither ever changes.
    async fn direct_rooms(
        &self,
        rooms: &[RoomId],
    ) -> Result<Vec<(RoomId, Vec<UserId>)>, BackendError>;
}

/// Among how many of a user's newest notifications the unread ones are counted: the cost of an answer has a bound, whatever nobody
/// ever reads.
pub const COUNTED_MAX: i64 = 1_000;

/// A notification to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotification {
    /// Fixed for good.
    pub id: NotificationId,
    /// Whose.
    pub user_id: UserId,
    /// What about.
    pub about: About,
    /// When.
    pub at: Timestamp,
}

/// What a notification is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// A message.
    Message {
        /// Mention, reply or direct.
        kind: NotificationKind,
        /// The message's room.
        room_id: RoomId,
        /// The message.
        message_id: MessageId,
        /// The revision that gave it the text that was read.
        content_rev: Rev,
    },
    /// A membership that somebody else gave.
    Invite {
        /// The room.
        room_id: RoomId,
        /// Who gave it.
        by: UserId,
    },
    /// A backend's own words.
    Custom {
        /// A line.
        title: String,
        /// The words.
        body: String,
    },
}

impl About {
    /// The kind of such a notification.
    pub fn kind(&self) -> NotificationKind {
        match self {
            Self::Message { kind, .. } => *kind,
            Self::Invite { .. } => NotificationKind::Invite,
            Self::Custom { .. } => NotificationKind::Custom,
        }
    }
}

/// A page of notifications.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NotificationPage {
    /// The newest first.
    pub notifications: Vec<Notification>,
    /// How many of all are unread.
    pub unread: i64,
    /// Whether there are older ones.
    pub has_more: bool,
}

/// How far a user has read their notifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotificationsRead {
    /// The newest one that they have marked as read; none if there never was one.
    pub up_to: Option<NotificationId>,
    /// How many are unread, as [`NotificationStore::notifications`] counts them.
    pub unread: i64,
    /// Whether the mark has moved by this call.
    pub moved: bool,
}
