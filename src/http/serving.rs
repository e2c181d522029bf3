//! Taking requests off connections: who may have one more, TLS where it is asked for, and limits for whoever does not finish.

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
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use super::{client_address::TrustedProxies, tls::Tls};
use crate::sockets::{
    crowd::Crowd,
    transport::{Connection, CuttableListener, CuttableStream},
};

/// How long a new connection may take to send the head of its first request.
const FIRST_HEAD: Duration = Duration::from_secs(10);
/// How long a connection may be idle between requests, the next one's head included: longer than proxies keep theirs open, so that it is
/// they who close and no request meets a connection that has just gone.
const NEXT_HEAD: Duration = Duration::from_secs(75);
/// The most bytes of a request's head, its path included. What is longer is answered with 431.
const HEAD_MAX: usize = 32 * 1024;

/// What stands between the listening socket and the first request.
#[derive(Clone)]
pub struct Door {
    /// Connections by address. Those of trusted proxies are not counted: behind one are many people.
    pub crowd: Arc<Crowd>,
    /// The proxies that are trusted.
    pub proxies: TrustedProxies,
    /// TLS, where it ends here.
    pub tls: Option<Tls>,
}

impl Door {
    /// Nothing is read of a connection too many: it is closed at once, which is all that can be afforded for many of them.
    fn lets_in(&self, stream: &mut CuttableStream, connection: &Connection) -> bool {
        let peer = connection.peer().ip();
        if self.proxies.trusts(peer) {
            return true;
        }
        match self.crowd.enter(peer) {
            Ok(seat) => {
                stream.hold(seat);
                true
            }
            Err(_) => false,
        }
    }
}

/// Serves until `stop`; ends when all requests have been answered. Websockets are not waited for.
pub async fn serve(
    mut listener: CuttableListener,
    door: Door,
    router: Router,
    stop: CancellationToken,
) {
    let connections = TaskTracker::new();
    loop {
        let (mut stream, connection) = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        if !door.lets_in(&mut stream, &connection) {
            continue;
        }
        let (router, stop) = (router.clone(), stop.clone());
        match door.tls.clone() {
            None => connections.spawn(serve_one(stream, connection, router, stop)),
            Some(tls) => connections.spawn(async move {
                let accepted = tokio::select! {
                    accepted = Box::pin(tls.accept(stream)) => accepted,
                    () = stop.cancelled() => return,
                };
                match accepted {
                    Ok(stream) => {
                        connection.note_secure();
                        Box::pin(serve_one(stream, connection, router, stop)).await;
                    }
                    Err(error) => tracing::debug!(%error, "a handshake of TLS has failed"),
                }
            }),
        };
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

async fn serve_one<S>(stream: S, connection: Connection, router: Router, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let has_asked = Arc::new(AtomicBool::new(false));
    let asked = has_asked.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        asked.store(true, Ordering::Relaxed);
        answer(router.clone(), connection.clone(), request)
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(NEXT_HEAD)
        .max_buf_size(HEAD_MAX)
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
