//! The descriptions, for programs and for people.

mod openapi;
mod reference;
mod schema_view;
mod socket_view;

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::header,
    response::{Html, IntoResponse, Response},
};
use serde_json::Value;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{Http, HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) use self::openapi::completed;
use super::{page, router::Shared, status};
use crate::protocol::{codes, rest::ProblemDetails};

#[derive(OpenApi)]
#[openapi(
    info(title = "Belfry over REST", license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")),
    servers((url = "/", description = "The server that this document comes from.")),
    modifiers(&Words),
    security(("bearer" = [])),
    paths(status::health, status::ready, status::metrics, page::described),
    components(schemas(ProblemDetails)),
    tags(
        (name = "accounts", description = "Coming in and going: accounts with passwords, guests, and sessions. None of it is needed by people who bring tokens of an issuer that this server trusts."),
        (name = "people", description = "Who people are, and who is here."),
        (name = "rooms", description = "Finding, seeing, making, changing and ending rooms."),
        (name = "members", description = "Who belongs to a room, and what they may do in it."),
        (name = "messages", description = "Reading and sending messages, and what the operator's rules have done to them."),
        (name = "notifications", description = "What a user should know of, whether they were there or not."),
        (name = "jobs", description = "Work that outlives the request that asked for it."),
        (name = "publish", description = "For a backend of the operator's own, with the server's key."),
        (name = "admin", description = "For operators, with the server's key."),
        (name = "operation", description = "How the server is doing, for load balancers and monitoring."),
        (name = "descriptions", description = "These descriptions, and the web client."),
    )
)]
pub(super) struct Description;

/// What is said of the whole, and how a caller shows who they are.
struct Words;

impl Modify for Words {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        openapi.info.description = Some(format!(
            "Rooms of people whose messages stay. JSON in camelCase; timestamps are RFC 3339 in UTC with milliseconds. What is not there is left out of an \
             answer. Unknown fields of a request are ignored, and a field that may be left out may be null. What happens while one is connected comes over the socket: `/api/asyncapi.json`.\n\n\
             Failures are RFC 9457 problem details whose `code` is stable:\n\n{}\n\n\
             A path that is not there answers `not_found`; a method that a path does not take gets 405, `invalid_argument` and `Allow`.",
            codes::as_markdown()
        ));
        let bearer = |words: &str| {
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some(words))
        };
        let user: Http = bearer("An access token: the server's own (of a log-in, good for 15 minutes), or one of an issuer that the operator trusts. The same as for the Socket.IO handshake.")
            .bearer_format("JWT")
            .build();
        let key: Http = bearer("The server's key, `SERVER_API_KEY`: for backends and operators. On a server without one its paths answer `not_found`.").build();
        let components = openapi.components.get_or_insert_with(Default::default);
        components.add_security_scheme("bearer", SecurityScheme::Http(user));
        components.add_security_scheme("serverKey", SecurityScheme::Http(key));
    }
}

/// The paths of the descriptions, which are described as well.
pub(super) fn routes() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(openapi))
        .routes(routes!(asyncapi))
        .routes(routes!(page))
        .routes(routes!(style))
}

/// The description of REST: this document.
#[utoipa::path(get, operation_id = "getOpenApi", path = "/api/openapi.json", tag = "descriptions", security(()),
    responses((status = 200, description = "OpenAPI 3.1", body = Value)))]
async fn openapi(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(shared.openapi.clone())
}

/// The description of the socket.
#[utoipa::path(get, operation_id = "getAsyncApi", path = "/api/asyncapi.json", tag = "descriptions", security(()),
    responses((status = 200, description = "AsyncAPI 3", body = Value)))]
async fn asyncapi(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(shared.asyncapi.clone())
}

/// Both descriptions as one page to read.
#[utoipa::path(get, operation_id = "getDocs", path = "/api/docs", tag = "descriptions", security(()),
    responses((status = 200, description = "The page", body = String, content_type = "text/html")))]
async fn page(State(shared): State<Arc<Shared>>) -> Html<String> {
    Html(reference::page(&shared.openapi, &shared.asyncapi).into_string())
}

/// How that page looks.
#[utoipa::path(get, operation_id = "getDocsStyle", path = "/api/docs.css", tag = "descriptions", security(()),
    responses((status = 200, description = "A style sheet", body = String, content_type = "text/css")))]
async fn style() -> Response {
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (kind, include_str!("style.css")).into_response()
}
