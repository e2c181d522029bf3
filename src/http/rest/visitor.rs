//! What this server sees of who asks: for `belfry doctor`, which judges the proxies in between by it.

use std::sync::Arc;

use axum::{
    Json,
    extract::ConnectInfo,
    http::{HeaderMap, header},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::super::{
    caller::Backend, client_address::ClientAddress, problem::Answer, router::Shared,
};
use crate::{protocol::rest::VisitorAnswer, sockets::transport::Connection};

pub(super) fn routes() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new().routes(routes!(visitor))
}

/// What this server sees of whoever asks: to find out what proxies in between do to addresses. Takes the server's key.
#[utoipa::path(get, operation_id = "getVisitor", path = "/api/admin/visitor", tag = "admin", security(("serverKey" = [])),
    responses((status = 200, description = "What is seen", body = VisitorAnswer), (status = 404, description = "There is no SERVER_API_KEY")))]
async fn visitor(
    Backend: Backend,
    ClientAddress(address): ClientAddress,
    ConnectInfo(connection): ConnectInfo<Connection>,
    headers: HeaderMap,
) -> Answer<Json<VisitorAnswer>> {
    let all = |name: &str| {
        let lines = headers.get_all(name).iter();
        lines
            .map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned())
            .collect::<Vec<_>>()
    };
    Ok(Json(VisitorAnswer {
        address: address.to_string(),
        peer: connection.peer().ip().to_canonical().to_string(),
        forwarded_for: all("x-forwarded-for"),
        forwarded_proto: all("x-forwarded-proto").pop(),
        host: all(header::HOST.as_str()).pop(),
    }))
}
