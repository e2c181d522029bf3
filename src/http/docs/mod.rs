//! The descriptions, for programs and for people.

use std::{fmt::Write, sync::Arc};

use axum::{Json, extract::State, response::Html};
use serde_json::Value;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{Http, HttpAuthScheme, SecurityScheme},
};

use utoipa_axum::{router::OpenApiRouter, routes};

use super::router::Shared;

#[derive(OpenApi)]
#[openapi(
    info(title = "Belfry over REST", description = "Rooms of people whose messages stay. Failures are RFC 9457 problem details."),
    modifiers(&Bearer),
    security(("bearer" = []))
)]
pub(super) struct Description;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_with(Default::default);
        components.add_security_scheme(
            "bearer",
            SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)),
        );
    }
}

/// The paths of the descriptions, which are described as well.
pub(super) fn routes() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(openapi))
        .routes(routes!(asyncapi))
        .routes(routes!(page))
}

/// The description of REST: this document.
#[utoipa::path(get, path = "/api/openapi.json", tag = "descriptions", security(()), responses((status = 200, description = "OpenAPI 3.1", body = Value)))]
async fn openapi(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(shared.openapi.clone())
}

/// The description of the socket.
#[utoipa::path(get, path = "/api/asyncapi.json", tag = "descriptions", security(()), responses((status = 200, description = "AsyncAPI", body = Value)))]
async fn asyncapi(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(shared.asyncapi.clone())
}

/// Both descriptions as one plain page: paths and events with a line each.
#[utoipa::path(get, path = "/api/docs", tag = "descriptions", security(()), responses((status = 200, body = String, content_type = "text/html")))]
async fn page(State(shared): State<Arc<Shared>>) -> Html<String> {
    let mut html = String::from(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Belfry: the descriptions</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><h1>Belfry</h1>\
         <p>For programs: <a href=\"/api/openapi.json\">OpenAPI</a> for REST, <a href=\"/api/asyncapi.json\">AsyncAPI</a> for the socket.</p>\
         <h2>REST</h2><table>",
    );
    for (path, methods) in shared.openapi["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            row(
                &mut html,
                &format!("{} {path}", method.to_uppercase()),
                operation["summary"].as_str(),
            );
        }
    }
    html.push_str("</table><h2>Socket.IO</h2><table>");
    for (name, operation) in shared.asyncapi["operations"]
        .as_object()
        .into_iter()
        .flatten()
    {
        let direction = if operation["action"] == "receive" {
            "client to server"
        } else {
            "server to client"
        };
        let event = name
            .split_once('-')
            .map_or(name.as_str(), |(_, event)| event)
            .replace('-', ":");
        row(
            &mut html,
            &format!("{event} ({direction})"),
            operation["summary"].as_str(),
        );
    }
    html.push_str("</table></html>");
    Html(html)
}

fn row(html: &mut String, what: &str, summary: Option<&str>) {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let _ = write!(
        html,
        "<tr><td><code>{}</code><td>{}",
        escape(what),
        escape(summary.unwrap_or_default())
    );
}
