//! Notifications: listing and reading them, and those that come of no message.

use std::{sync::Arc, time::Duration};

use rand::RngExt;
use tokio_util::sync::CancellationToken;

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
        store::{About, NewNotification, NotificationPage, NotificationsRead, Store},
    },
    protocol::server_event::{self, personal},
};

/// For how many days notifications are kept.
pub const KEPT_DAYS: i64 = 90;
/// How often old ones are cleared away. Up to half longer, so that replicas do not do it together.
const CLEARING_EVERY: Duration = Duration::from_secs(3_600);
/// How many are cleared away at once, and the pause after so many.
const CLEARED_AT_ONCE: i64 = 1_000;
const CLEARING_PAUSE: Duration = Duration::from_millis(100);

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

/// Clears notifications away that are older than [`KEPT_DAYS`], now and then, until `stop`.
pub async fn clear_old(store: Arc<dyn Store>, stop: CancellationToken) {
    loop {
        let pause = CLEARING_EVERY.mul_f64(rand::rng().random_range(1.0..=1.5));
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        let kept = KEPT_DAYS * 86_400_000;
        let before = Timestamp::from_millis(Timestamp::now().as_millis() - kept);
        loop {
            let cleared = store.forget_notifications(before, CLEARED_AT_ONCE).await;
            match cleared {
                Ok(cleared) if cleared >= CLEARED_AT_ONCE as u64 => {}
                Ok(_) => break,
                Err(error) => {
                    error.log("old notifications could not be cleared away");
                    break;
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(CLEARING_PAUSE) => {}
            }
        }
    }
}
