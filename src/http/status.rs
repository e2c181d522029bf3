//! Health, readiness and figures.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;
use tokio::time::timeout;

use super::router::Shared;
#[cfg_attr(
    not(doc),
    allow(unused_imports, reason = "named by the descriptions alone")
)]
use crate::protocol::rest::{HealthAnswer, NotReadyAnswer, ReadyAnswer};
use crate::{
    metrics::Metrics,
    ports::{bus::Bus, queue::Queue, store::Store},
};

/// How long the store, and the queue, may take to answer.
const ANSWER: Duration = Duration::from_secs(1);

/// How a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// Why work should go elsewhere.
    pub not_ready: Option<&'static str>,
    /// Whether the store answers.
    pub store: bool,
    /// Whether Redis does, or there is none.
    pub redis: bool,
}

/// How a process is. Without a queue it can do without Redis.
pub(super) async fn parts(
    is_draining: bool,
    store: &dyn Store,
    queue: Option<&dyn Queue>,
    bus: &dyn Bus,
) -> Parts {
    let store = matches!(timeout(ANSWER, store.ping()).await, Ok(Ok(())));
    let queue = match queue {
        Some(queue) => matches!(timeout(ANSWER, queue.backlog()).await, Ok(Ok(_))),
        None => true,
    };
    let not_ready = match (is_draining, store, queue) {
        (true, ..) => Some("draining"),
        (_, false, _) => Some("database"),
        (_, _, false) => Some("queue"),
        _ => None,
    };
    Parts {
        not_ready,
        store,
        redis: bus.is_up(),
    }
}

/// Readiness, for whoever asks.
pub(super) fn answer(parts: Parts) -> Response {
    if let Some(why) = parts.not_ready {
        return not_ready(why);
    }
    let degraded: &[&str] = if parts.redis { &[] } else { &["redis"] };
    Json(json!({ "status": "ok", "degraded": degraded })).into_response()
}

/// The process is up.
#[utoipa::path(get, operation_id = "getHealth", path = "/health", tag = "operation", security(()), responses((status = 200, body = HealthAnswer)))]
pub(super) async fn health() -> Json<serde_json::Value> {
    Json(json!({ "status": "ok" }))
}

/// Whether traffic should come here: for load balancers. The server takes up to a second to ask its database.
#[utoipa::path(get, operation_id = "getReady", path = "/ready", tag = "operation", security(()),
    responses((status = 200, body = ReadyAnswer), (status = 503, description = "Starting, going away, or without its database", body = NotReadyAnswer)))]
pub(super) async fn ready(State(shared): State<Arc<Shared>>) -> Response {
    if shared.draining.load(Ordering::Acquire) {
        return not_ready("draining");
    }
    answer(parts(false, &*shared.store, None, &*shared.bus).await)
}

/// Traffic should go elsewhere.
pub(super) fn not_ready(why: &str) -> Response {
    (
        StatusCode::SERVICE_UNAVAILABLE,
        Json(json!({ "status": "unavailable", "reason": why })),
    )
        .into_response()
}

/// Figures for Prometheus.
#[utoipa::path(get, operation_id = "getMetrics", path = "/metrics", tag = "operation", security(()),
    responses((status = 200, description = "Prometheus text", body = String, content_type = "text/plain"), (status = 404, description = "With METRICS_ADDR they are there alone")))]
pub(super) async fn metrics(State(shared): State<Arc<Shared>>) -> Response {
    figures(&shared.metrics)
}

pub(super) fn figures(metrics: &Metrics) -> Response {
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], metrics.render()).into_response()
}
