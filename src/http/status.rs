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
    if !matches!(
        timeout(Duration::from_secs(1), shared.store.ping()).await,
        Ok(Ok(()))
    ) {
        return not_ready("database");
    }
    let degraded: Vec<&str> = if shared.bus.is_up() {
        vec![]
    } else {
        vec!["redis"]
    };
    Json(json!({ "status": "ok", "degraded": degraded })).into_response()
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
    responses((status = 200, description = "OpenMetrics", body = String, content_type = "application/openmetrics-text")))]
pub(super) async fn metrics(State(shared): State<Arc<Shared>>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], shared.metrics.render()).into_response()
}
