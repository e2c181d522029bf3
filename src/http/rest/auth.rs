//! Coming in: sessions and what they are given for.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::super::{
    client_address::ClientAddress,
    problem::{Answer, Body},
    router::Shared,
};
use crate::{
    chat::{sessions::Session, tokens::ACCESS_SECONDS},
    protocol::rest::{Credentials, GuestRequest, RefreshRequest, SessionAnswer},
};

pub(super) fn routes() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(log_in))
        .routes(routes!(guest))
        .routes(routes!(refresh))
        .routes(routes!(log_out))
}

/// Make an account with a password, and log in.
///
/// The name is refused where it could be taken for another one: characters that cannot be seen, scripts mixed, ASCII in other letters.
/// Accounts are limited by address: over the limit 429, with the time to wait.
#[utoipa::path(post, operation_id = "register", path = "/api/auth/register", tag = "accounts", request_body = Credentials, security(()),
    responses((status = 201, body = SessionAnswer), (status = 409, description = "The name is taken"), (status = 403, description = "This server makes no accounts by itself (`REGISTRATION=closed`)")))]
async fn register(
    State(shared): State<Arc<Shared>>,
    ClientAddress(from): ClientAddress,
    Body(Credentials { username, password }): Body<Credentials>,
) -> Answer<(StatusCode, Json<SessionAnswer>)> {
    let opened = shared.chat.register(&username, &password, from).await?;
    Ok((StatusCode::CREATED, Json(session(&shared, opened).await)))
}

/// Log in with a password.
///
/// Failures are limited by account and by address: over the limit 429, with the time to wait.
#[utoipa::path(post, operation_id = "logIn", path = "/api/auth/login", tag = "accounts", request_body = Credentials, security(()),
    responses((status = 200, body = SessionAnswer), (status = 401, description = "The name or the password is wrong"), (status = 429, description = "Too many failed attempts at this account, or from this address")))]
async fn log_in(
    State(shared): State<Arc<Shared>>,
    ClientAddress(from): ClientAddress,
    Body(Credentials { username, password }): Body<Credentials>,
) -> Answer<Json<SessionAnswer>> {
    let opened = shared.chat.log_in(&username, &password, from).await?;
    Ok(Json(session(&shared, opened).await))
}

/// Come in without a password.
///
/// Accounts, guests included, are limited by address: over the limit 429, with the time to wait.
#[utoipa::path(post, operation_id = "enterAsGuest", path = "/api/auth/guest", tag = "accounts", request_body = GuestRequest, security(()),
    responses((status = 200, body = SessionAnswer), (status = 403, description = "This server takes no guests (`GUESTS=off`)")))]
async fn guest(
    State(shared): State<Arc<Shared>>,
    ClientAddress(from): ClientAddress,
    Body(request): Body<GuestRequest>,
) -> Answer<Json<SessionAnswer>> {
    let opened = shared.chat.guest(&request.username, from).await?;
    Ok(Json(session(&shared, opened).await))
}

/// A new session for an old one's refresh token.
#[utoipa::path(post, operation_id = "refreshSession", path = "/api/auth/refresh", tag = "accounts", request_body = RefreshRequest, security(()),
    responses((status = 200, body = SessionAnswer), (status = 401, description = "The token is unknown, too old, or was used before: log in again")))]
async fn refresh(
    State(shared): State<Arc<Shared>>,
    Body(request): Body<RefreshRequest>,
) -> Answer<Json<SessionAnswer>> {
    let opened = shared.chat.refresh(&request.refresh_token).await?;
    Ok(Json(session(&shared, opened).await))
}

/// Log out: the session ends, and all sockets of its user are cut.
///
/// Its access tokens are refused from then on, on every replica within 2 s. An unknown token is answered alike.
#[utoipa::path(post, operation_id = "logOut", path = "/api/auth/logout", tag = "accounts", request_body = RefreshRequest, security(()),
    responses((status = 204)))]
async fn log_out(
    State(shared): State<Arc<Shared>>,
    Body(request): Body<RefreshRequest>,
) -> Answer<StatusCode> {
    shared.chat.log_out(&request.refresh_token).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn session(shared: &Shared, session: Session) -> SessionAnswer {
    SessionAnswer {
        user: shared.chat.signed_in(&session.account).await,
        access_token: session.access_token,
        refresh_token: session.refresh_token,
        expires_in: ACCESS_SECONDS,
    }
}
