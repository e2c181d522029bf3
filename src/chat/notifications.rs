//! Notifications: listing and reading them, and those that come of no message.

use super::{Chat, people::no_user, unavailable};
use crate::{
    domain::{
        error::Problem,
        id::{NotificationId, RoomId, UserId},
        notification::Notification,
        timestamp::Timestamp,
    },
    ports::{
        BackendError,
        store::{About, NewNotification, NotificationPage, NotificationsRead},
    },
    protocol::server_event::{self, personal},
};

impl Chat {
    /// The user's notifications, the newest first, at most `limit` (checked), older than `before`.
    pub async fn notifications(
        &self,
        user: &UserId,
        before: Option<NotificationId>,
        limit: i64,
    ) -> Result<NotificationPage, Problem> {
        let page = self.parts.store.notifications(user, before, limit).await;
        page.map_err(unavailable)
    }

    /// Marks the user's notifications as read up to this one, and tells all their sockets if that changes anything.
    pub async fn read_notifications(
        &self,
        user: &UserId,
        up_to: NotificationId,
    ) -> Result<NotificationsRead, Problem> {
        let read = self.parts.store.read_notifications(user, up_to).await;
        let read = read.map_err(unavailable)?;
        if let Some(up_to) = read.up_to
            && read.moved
        {
            let event = server_event::NotificationsRead {
                up_to,
                unread: read.unread,
            };
            let told = personal(user, "notifications:read", &event);
            self.parts.telling.tell(vec![told]);
        }
        Ok(read)
    }

    /// Notifies a user in a backend's own words, which have been checked.
    pub async fn notify(
        &self,
        user: &UserId,
        title: String,
        body: String,
    ) -> Result<Notification, Problem> {
        let kept = self.keep(user, About::Custom { title, body }).await;
        kept.map_err(unavailable)?.ok_or_else(no_user)
    }

    /// Notifies somebody that they have been made a member. The membership is there whatever happens here; when the store or this
    /// process goes away in between, the user is not notified of it.
    pub(super) async fn notify_invited(&self, by: &UserId, room: &RoomId, user: &UserId) {
        let about = About::Invite {
            room_id: room.clone(),
            by: by.clone(),
        };
        if let Err(error) = self.keep(user, about).await {
            error.log("somebody was made a member and not notified of it");
        }
    }

    /// Keeps a new notification and tells the user's sockets of it; none if there is nobody to be notified (any more).
    async fn keep(
        &self,
        user: &UserId,
        about: About,
    ) -> Result<Option<Notification>, BackendError> {
        let new = NewNotification {
            id: NotificationId::fresh(),
            user_id: user.clone(),
            about,
            at: Timestamp::now(),
        };
        let kept = self.parts.store.notify(&[new]).await?;
        let Some((user, notification)) = kept.into_iter().next() else {
            return Ok(None);
        };
        let told = personal(&user, "notification", &notification);
        self.parts.telling.tell(vec![told]);
        Ok(Some(notification))
    }
}
