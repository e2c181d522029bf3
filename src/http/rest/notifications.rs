//! Notifications.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::super::{
    caller::{Backend, Caller},
    problem::{Answer, Body, InQuery},
    router::Shared,
};
use crate::{
    domain::notification::Notification,
    protocol::{
        client_event::check_limit,
        rest::{
            NotificationsAnswer, NotificationsQuery, NotifyRequest, ReadNotificationsAnswer,
            ReadNotificationsRequest,
        },
    },
};

pub(super) fn routes() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(notifications, notify))
        .routes(routes!(read_notifications))
}

/// The caller's notifications, the newest first. They are kept for 90 days.
#[utoipa::path(get, operation_id = "listNotifications", path = "/api/notifications", tag = "notifications", params(NotificationsQuery),
    responses((status = 200, body = NotificationsAnswer)))]
async fn notifications(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    InQuery(query): InQuery<NotificationsQuery>,
) -> Answer<Json<NotificationsAnswer>> {
    let limit = check_limit(query.limit)?;
    let page = shared
        .chat
        .notifications(&caller.id, query.cursor, limit)
        .await?;
    let last = page.notifications.last().map(|last| last.id);
    Ok(Json(NotificationsAnswer {
        notifications: page.notifications,
        unread: page.unread,
        next_cursor: last.filter(|_| page.has_more),
    }))
}

/// Mark the caller's notifications as read, up to one. Their other devices are told by `notifications:read`.
#[utoipa::path(post, operation_id = "readNotifications", path = "/api/notifications/read", tag = "notifications", request_body = ReadNotificationsRequest,
    responses((status = 200, body = ReadNotificationsAnswer)))]
async fn read_notifications(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    Body(request): Body<ReadNotificationsRequest>,
) -> Answer<Json<ReadNotificationsAnswer>> {
    let read = shared
        .chat
        .read_notifications(&caller.id, request.up_to)
        .await?;
    Ok(Json(ReadNotificationsAnswer {
        unread: read.unread,
    }))
}

/// Notify a user in a backend's own words (kind `custom`). The bearer is the server's API key.
#[utoipa::path(post, operation_id = "notifyUser", path = "/api/notifications", tag = "notifications", security(("serverKey" = [])), request_body = NotifyRequest,
    responses((status = 201, description = "Kept, and on its way to the user's sockets.", body = Notification), (status = 404, description = "There is no such user, or there is no SERVER_API_KEY")))]
async fn notify(
    State(shared): State<Arc<Shared>>,
    _backend: Backend,
    Body(request): Body<NotifyRequest>,
) -> Answer<(StatusCode, Json<Notification>)> {
    let (to, title, body) = request.check()?;
    let notification = shared.chat.notify(&to, title, body).await?;
    Ok((StatusCode::CREATED, Json(notification)))
}
