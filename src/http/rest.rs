//! The REST paths.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    caller::Caller,
    problem::{Answer, Body, InPath, InQuery},
    router::Shared,
};
use crate::{
    chat::{accounts::Session, rooms::RoomWish, tokens::ACCESS_SECONDS},
    domain::{
        error::Problem,
        id::RoomId,
        presence::{Status, User},
        room::RoomView,
    },
    ports::store::{Place, RoomScope},
    protocol::{
        client_event::{Draft, check_limit},
        rest::{
            ChangesQuery, GuestRequest, MessageAnswer, MessagesAnswer, MessagesQuery,
            PresenceAnswer, ProblemDetails, RefreshRequest, RoomRequest, RoomsAnswer, RoomsQuery,
            Scope, SessionAnswer,
        },
        server_event::RoomHistory,
    },
};

/// All paths below `/api`, with their description.
pub fn routes() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(guest))
        .routes(routes!(refresh))
        .routes(routes!(rooms, create_room))
        .routes(routes!(room))
        .routes(routes!(messages, send))
        .routes(routes!(changes))
        .routes(routes!(presence))
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

/// The caller's rooms, or all public ones.
#[utoipa::path(get, path = "/api/rooms", tag = "rooms", params(RoomsQuery),
    responses((status = 200, body = RoomsAnswer), (status = "default", body = ProblemDetails, content_type = "application/problem+json")))]
async fn rooms(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    InQuery(query): InQuery<RoomsQuery>,
) -> Answer<Json<RoomsAnswer>> {
    let limit = check_limit(query.limit)?;
    let scope = match query.scope.unwrap_or_default() {
        Scope::Mine => RoomScope::Mine,
        Scope::Public => RoomScope::Public,
    };
    let text = query.q.filter(|text| !text.is_empty());
    if text
        .as_ref()
        .is_some_and(|text| text.contains('\0') || text.chars().count() > 100)
    {
        return Err(Problem::invalid("`q` is at most 100 characters.").into());
    }
    let list = shared
        .chat
        .rooms(&caller.id, scope, text, query.cursor, limit)
        .await?;
    Ok(Json(RoomsAnswer {
        rooms: list.rooms,
        next_cursor: list.next,
    }))
}

/// Make a room.
#[utoipa::path(post, path = "/api/rooms", tag = "rooms", request_body = RoomRequest,
    responses((status = 201, body = RoomView), (status = "default", body = ProblemDetails, content_type = "application/problem+json")))]
async fn create_room(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    Body(request): Body<RoomRequest>,
) -> Answer<(StatusCode, Json<RoomView>)> {
    let RoomRequest {
        id,
        name,
        topic,
        visibility,
    } = request;
    let room = shared
        .chat
        .create_room(
            &caller.id,
            RoomWish {
                id,
                name,
                topic,
                visibility,
            },
        )
        .await?;
    Ok((StatusCode::CREATED, Json(room)))
}

/// One room.
#[utoipa::path(get, path = "/api/rooms/{id}", tag = "rooms", params(("id" = String, Path)),
    responses((status = 200, body = RoomView), (status = "default", body = ProblemDetails, content_type = "application/problem+json")))]
async fn room(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    InPath(id): InPath<RoomId>,
) -> Answer<Json<RoomView>> {
    Ok(Json(shared.chat.room(&caller.id, &id).await?))
}

/// A page of a room's history.
#[utoipa::path(get, path = "/api/rooms/{id}/messages", tag = "messages", params(("id" = String, Path), MessagesQuery),
    responses((status = 200, body = MessagesAnswer), (status = "default", body = ProblemDetails, content_type = "application/problem+json")))]
async fn messages(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    InPath(id): InPath<RoomId>,
    InQuery(query): InQuery<MessagesQuery>,
) -> Answer<Json<MessagesAnswer>> {
    let limit = check_limit(query.limit)?;
    let place = match (query.before, query.after, query.around) {
        (None, None, None) => Place::Newest,
        (Some(seq), None, None) if seq >= 0 => Place::Before(seq),
        (None, Some(seq), None) if seq >= 0 => Place::After(seq),
        (None, None, Some(seq)) if seq >= 0 => Place::Around(seq),
        _ => {
            return Err(Problem::invalid(
                "At most one of `before`, `after` and `around`, each 0 or above.",
            )
            .into());
        }
    };
    let page = shared.chat.page(&id, &caller.id, place, limit).await?;
    Ok(Json(MessagesAnswer {
        messages: page.messages,
        has_more: page.has_more,
        rev: page.rev,
    }))
}

/// Send a message.
#[utoipa::path(post, path = "/api/rooms/{id}/messages", tag = "messages", params(("id" = String, Path)), request_body = Draft,
    responses((status = 201, body = MessageAnswer), (status = 200, description = "A repeat: the message that the first send made.", body = MessageAnswer),
        (status = "default", body = ProblemDetails, content_type = "application/problem+json")))]
async fn send(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    InPath(id): InPath<RoomId>,
    Body(draft): Body<Draft>,
) -> Answer<(StatusCode, Json<MessageAnswer>)> {
    let sent = shared.chat.send(&caller.id, id, draft)?.sent().await?;
    let status = if sent.repeated {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    Ok((
        status,
        Json(MessageAnswer {
            message: sent.message,
        }),
    ))
}

/// What changed in a room since a revision: the answer of a resume.
#[utoipa::path(get, path = "/api/rooms/{id}/changes", tag = "messages", params(("id" = String, Path), ChangesQuery),
    responses((status = 200, body = RoomHistory), (status = "default", body = ProblemDetails, content_type = "application/problem+json")))]
async fn changes(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    InPath(id): InPath<RoomId>,
    InQuery(query): InQuery<ChangesQuery>,
) -> Answer<Json<RoomHistory>> {
    if query.since < 0 {
        return Err(Problem::invalid("`since` is a revision, 0 or above.").into());
    }
    Ok(Json(
        shared.chat.changes(&id, &caller.id, query.since).await?,
    ))
}

/// Who is live in a room.
#[utoipa::path(get, path = "/api/rooms/{id}/presence", tag = "people", params(("id" = String, Path)),
    responses((status = 200, body = PresenceAnswer), (status = "default", body = ProblemDetails, content_type = "application/problem+json")))]
async fn presence(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    InPath(id): InPath<RoomId>,
) -> Answer<Json<PresenceAnswer>> {
    let (online, online_count) = shared.chat.online(&id, &caller.id).await?;
    Ok(Json(PresenceAnswer {
        online,
        online_count,
    }))
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
