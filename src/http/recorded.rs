//! Requests that are recorded: by method and route, never by what stands in their path or query.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, StatusCode};

use super::{caller::bearer, router::Shared};
use crate::{domain::trace::TraceParent, telemetry::trace};

/// Answers a request of the API at a place in a trace: below what its `traceparent` names, if it has one. The caller's word that the
/// request is to be recorded counts only with the server's own key: proxies hand on what strangers have written.
pub(super) async fn request(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let Some(route) = route.filter(|route| route.as_str().starts_with("/api")) else {
        return next.run(request).await;
    };
    let parent = parent(request.headers());
    let believed = parent.is_some() && is_backend(&shared, request.headers());
    let (method, route) = (request.method().clone(), route.clone());
    let scope = shared
        .chat
        .tracer()
        .begin_request(parent, believed, || format!("{method} {}", route.as_str()));
    let answering = async {
        let answer = next.run(request).await;
        trace::note(|span| {
            let status = answer.status();
            span.set("http.request.method", method.to_string());
            span.set("http.route", route.as_str().to_owned());
            span.set("http.response.status_code", i64::from(status.as_u16()));
            if status == StatusCode::SERVICE_UNAVAILABLE {
                span.failed("unavailable");
            } else if status.is_server_error() {
                span.failed("internal");
            }
        });
        answer
    };
    scope.run(answering).await
}

fn parent(headers: &HeaderMap) -> Option<TraceParent> {
    let mut values = headers.get_all("traceparent").iter();
    let parent = values.next()?.to_str().ok()?.parse().ok()?;
    // More than one is none, as W3C says.
    values.next().is_none().then_some(parent)
}

fn is_backend(shared: &Shared, headers: &HeaderMap) -> bool {
    bearer(headers).is_some_and(|key| shared.chat.knows_backend(key) == Some(true))
}
