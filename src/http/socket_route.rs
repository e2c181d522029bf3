//! The socket's path: which pages may use it, how many sessions an address may have, and over which connection each runs.

use std::sync::Arc;

use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    http::Method,
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::any,
};

use super::{client_address::Client, origins::Origins, problem::Failure};
use crate::{
    domain::error::{Code, Problem},
    sockets::{
        crowd::Crowd,
        engine::{self, Engine},
        gateway::Gateway,
        notice::Notice,
        transport::Connection,
    },
};

/// What stands before the socket.
pub(super) struct Guard {
    pub(super) gateway: Arc<Gateway>,
    /// Other origins whose pages may come.
    pub(super) origins: Origins,
    /// Sessions by the client's address, behind whichever proxy.
    pub(super) crowd: Arc<Crowd>,
    pub(super) strangers: Notice,
}

/// The socket, at its two spellings.
pub(super) fn routes(guard: Guard) -> Router {
    let engine = Engine::start(guard.gateway.clone(), Gateway::transport_settings());
    Router::new()
        .route("/socket.io/", any(socket))
        .route("/socket.io", any(socket))
        .with_state(engine)
        .layer(from_fn_with_state(Arc::new(guard), watch))
}

async fn socket(
    State(engine): State<Arc<Engine<Gateway>>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: Request,
) -> Response {
    engine::answer(engine, Some(connection), request).await
}

/// Turns strangers' pages away, lets the gateway know over which connection a session runs, and keeps new sessions out where there
/// are enough, or where the server is going away.
async fn watch(
    State(guard): State<Arc<Guard>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(client) = request.extensions().get::<Client>().cloned() else {
        return Failure(Problem::internal()).into_response();
    };
    let host = client.host.as_deref();
    if !guard.origins.admits(request.headers(), host, client.https) {
        if guard.strangers.is_due().is_some() {
            tracing::info!(
                origin = request
                    .headers()
                    .get("origin")
                    .and_then(|origin| origin.to_str().ok()),
                host,
                "a page of another origin was kept off the socket; if it is yours, name it in CORS_ORIGINS"
            );
        }
        return refused().into_response();
    }
    let query = request.uri().query().unwrap_or_default();
    let sid = query.split('&').find_map(|pair| pair.strip_prefix("sid="));
    match sid {
        Some(sid) => {
            let websocket = query.split('&').any(|pair| pair == "transport=websocket");
            if *request.method() == Method::GET && !websocket {
                guard.gateway.polls_over(sid, &connection);
            }
        }
        None if !guard.gateway.is_open() => {
            return Failure(Problem::unavailable()).into_response();
        }
        None => match guard.crowd.enter(client.address) {
            Ok(seat) => {
                // The engine takes it out, and the session keeps it.
                request.extensions_mut().insert(seat);
            }
            Err(_) => return too_many().into_response(),
        },
    }
    next.run(request).await
}

/// What a page of another origin is told.
fn refused() -> Failure {
    Problem::new(
        Code::Forbidden,
        "Pages of this origin may not use this server; its operator names those that may in CORS_ORIGINS.",
    )
    .into()
}

/// What somebody is told whose address has as much here as it may.
pub(super) fn too_many() -> Failure {
    Problem::rate_limited(
        "There are too many connections from this address; close some, or come back a little later.",
        Some(std::time::Duration::from_secs(10)),
    )
    .into()
}
