//! Coming in: sessions and what they are given for.

use std::sync::Arc;

use axum::{Json, extract::State};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::super::{
    problem::{Answer, Body},
    router::Shared,
};
use crate::{
    chat::{accounts::Session, tokens::ACCESS_SECONDS},
    domain::presence::{Status, User},
    protocol::rest::{GuestRequest, ProblemDetails, RefreshRequest, SessionAnswer},
};

pub(super) fn routes() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(guest))
        .routes(routes!(refresh))
}

/// Come in without a password.
#[utoipa::path(post, path = "/api/auth/guest", tag = "accounts", request_body = GuestRequest, security(()),
    responses((status = 200, body = SessionAnswer), (status = "default", body = ProblemDetails, content_type = "application/problem+json")))]
async fn guest(
    State(shared): State<Arc<Shared>>,
    Body(request): Body<GuestRequest>,
) -> Answer<Json<SessionAnswer>> {
    Ok(Json(session(shared.chat.guest(&request.username).await?)))
}

/// A new session for an old one's refresh token.
#[utoipa::path(post, path = "/api/auth/refresh", tag = "accounts", request_body = RefreshRequest, security(()),
    responses((status = 200, body = SessionAnswer), (status = "default", body = ProblemDetails, content_type = "application/problem+json")))]
async fn refresh(
    State(shared): State<Arc<Shared>>,
    Body(request): Body<RefreshRequest>,
) -> Answer<Json<SessionAnswer>> {
    Ok(Json(session(
        shared.chat.refresh(&request.refresh_token).await?,
    )))
}

fn session(session: Session) -> SessionAnswer {
    let account = session.account;
    SessionAnswer {
        user: User {
            id: account.id.clone(),
            username: account.username.clone(),
            display_name: account.display_name.clone(),
            status: Status::Offline,
            last_seen: None,
        },
        access_token: session.access_token,
        refresh_token: session.refresh_token,
        expires_in: ACCESS_SECONDS,
    }
}
