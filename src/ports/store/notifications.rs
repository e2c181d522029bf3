//! Notifications of users.

use async_trait::async_trait;

use super::BackendError;
use crate::domain::{
    Rev,
    id::{MessageId, NotificationId, RoomId, UserId},
    notification::{Notification, NotificationKind},
    timestamp::Timestamp,
};

/// Notifications. What one says of a message is read from the message: an edited one shows its new text, a deleted one none, and
/// who may no longer see the room sees neither.
#[async_trait]
pub trait NotificationStore: Send + Sync {
    /// Keeps notifications and answers with those that are new, as their users see them, in no order. A user has at most one about a
    /// message; it is kept only while the message has the text that was read, is not deleted and the user is a member of its room.
    /// Asking again changes nothing.
    async fn notify(
        &self,
        new: &[NewNotification],
    ) -> Result<Vec<(UserId, Notification)>, BackendError>;

    /// The user's, the newest first, older than `before`, at most `limit`; and how many are unread in all.
    async fn notifications(
        &self,
        user: &UserId,
        before: Option<NotificationId>,
        limit: i64,
    ) -> Result<NotificationPage, BackendError>;

    /// Marks the user's as read up to this one, and never fewer than before. Answers how many are unread then. One about a message is
    /// also read when the room has been read up to the message.
    async fn read_notifications(
        &self,
        user: &UserId,
        up_to: NotificationId,
    ) -> Result<i64, BackendError>;

    /// Removes notifications older than that, at most `limit`; answers how many.
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
}

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
