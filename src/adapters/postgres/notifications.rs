//! Notifications of users.

use async_trait::async_trait;

use super::{PostgresStore, fault};
use crate::{
    domain::{
        id::{MessageId, NotificationId, UserId},
        notification::Notification,
        timestamp::Timestamp,
    },
    ports::{
        BackendError,
        store::{NewNotification, NotificationPage, NotificationStore},
    },
};

#[async_trait]
impl NotificationStore for PostgresStore {
    async fn notify(
        &self,
        _new: &[NewNotification],
    ) -> Result<Vec<(UserId, Notification)>, BackendError> {
        Err(fault("not built yet"))
    }

    async fn notifications(
        &self,
        _user: &UserId,
        _before: Option<NotificationId>,
        _limit: i64,
    ) -> Result<NotificationPage, BackendError> {
        Err(fault("not built yet"))
    }

    async fn read_notifications(
        &self,
        _user: &UserId,
        _up_to: NotificationId,
    ) -> Result<i64, BackendError> {
        Err(fault("not built yet"))
    }

    async fn forget_notifications(
        &self,
        _before: Timestamp,
        _limit: i64,
    ) -> Result<u64, BackendError> {
        Err(fault("not built yet"))
    }

    async fn authors_of(
        &self,
        _messages: &[MessageId],
    ) -> Result<Vec<(MessageId, UserId)>, BackendError> {
        Err(fault("not built yet"))
    }
}
