//! Taking requests off connections, with a limit for whoever does not finish one.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo, serve::Listener};
use http::{Request, Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use crate::sockets::transport::{Connection, CuttableListener, CuttableStream};

/// How long a new connection may take to send the head of its first request.
const FIRST_HEAD: Duration = Duration::from_secs(10);
/// How long a connection may be idle between requests, the next one's head included: longer than proxies keep theirs open, so that it is
/// they who close and no request meets a connection that has just gone.
const NEXT_HEAD: Duration = Duration::from_secs(75);

/// Serves until `stop`; ends when all requests have been answered. Websockets are not waited for.
pub async fn serve(mut listener: CuttableListener, router: Router, stop: CancellationToken) {
    let connections = TaskTracker::new();
    loop {
        let (stream, connection) = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        connections.spawn(serve_one(stream, connection, router.clone(), stop.clone()));
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

async fn serve_one(
    stream: CuttableStream,
    connection: Connection,
    router: Router,
    stop: CancellationToken,
) {
    let has_asked = Arc::new(AtomicBool::new(false));
    let asked = has_asked.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        asked.store(true, Ordering::Relaxed);
        answer(router.clone(), connection.clone(), request)
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(NEXT_HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut serving = std::pin::pin!(serving);
    let mut first_head = std::pin::pin!(tokio::time::sleep(FIRST_HEAD));
    let (mut looked, mut stopping) = (false, false);
    let ended = loop {
        tokio::select! {
            ended = &mut serving => break ended,
            () = &mut first_head, if !looked => {
                if !has_asked.load(Ordering::Relaxed) {
                    return tracing::debug!("a connection sent no request in time");
                }
                looked = true;
            }
            () = stop.cancelled(), if !stopping => {
                serving.as_mut().graceful_shutdown();
                stopping = true;
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection has failed");
    }
}

async fn answer(
    router: Router,
    connection: Connection,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(connection));
    router.oneshot(request).await
}
