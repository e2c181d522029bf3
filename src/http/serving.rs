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
use http::{Request, Response, StatusCode};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use super::{
    client_address::TrustedProxies,
    headers::{self, Kind},
    problem::Failure,
    tls::Tls,
};
use crate::{
    domain::error::Problem,
    sockets::{
        crowd::Crowd,
        transport::{Connection, CuttableListener, CuttableStream},
    },
};

/// How long a new connection may take to send the head of its first request.
const FIRST_HEAD: Duration = Duration::from_secs(10);
/// How long a connection may be idle between requests, the next one's head included: longer than proxies usually keep theirs to a server
/// open (nginx 60 s, Traefik 90 s, Caddy 2 minutes), so that it is they who close and no request meets a connection that has just gone.
const NEXT_HEAD: Duration = Duration::from_secs(130);
/// The most bytes of a request's head, its first line included. What is longer is answered with 431.
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
        // Reads run ahead of this, so that it alone would let up to twice as much pass.
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
    if head_size(&request) > HEAD_MAX {
        return Ok(too_long());
    }
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(connection));
    router.oneshot(request).await
}

/// The bytes of a request's head, as one writes it that wastes none.
fn head_size<B>(request: &Request<B>) -> usize {
    const FIRST_LINE: usize = "  HTTP/1.1\r\n".len();
    const HEADER: usize = ": \r\n".len();
    const END: usize = "\r\n".len();
    let uri = request.uri();
    let path = uri.path_and_query().map_or(0, |path| path.as_str().len());
    let place = uri.authority().map_or(0, |place| place.as_str().len());
    let headers = request.headers().iter();
    let headers: usize = headers
        .map(|(name, value)| name.as_str().len() + value.len() + HEADER)
        .sum();
    request.method().as_str().len() + path + place + FIRST_LINE + headers + END
}

fn too_long() -> Response<Body> {
    let problem = Problem::invalid("The request's head is longer than 32 KiB.");
    let mut response = Failure(problem).with_status(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    headers::put(Kind::Data, response.headers_mut());
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
        net::TcpListener,
        time::{Instant, advance},
    };

    const ASKED: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

    /// A connection to a server that says `here`.
    async fn connected() -> DuplexStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let there = listener.local_addr().unwrap();
        let (mut listener, _client) = (
            CuttableListener::new(listener),
            tokio::net::TcpStream::connect(there).await.unwrap(),
        );
        // Only who it is from; what is said goes over a pipe, which has no clock of its own.
        let (_, connection) = listener.accept().await;
        let (client, server) = duplex(4_096);
        let router = Router::new().route("/", get(|| async { "here" }));
        tokio::spawn(serve_one(
            server,
            connection,
            router,
            CancellationToken::new(),
        ));
        client
    }

    async fn answers(client: &mut DuplexStream) -> bool {
        if client.write_all(ASKED).await.is_err() {
            return false;
        }
        let mut heard = Vec::new();
        let mut some = [0; 1_024];
        while !heard.ends_with(b"here") {
            match client.read(&mut some).await {
                Ok(0) | Err(_) => return false,
                Ok(length) => heard.extend_from_slice(&some[..length]),
            }
        }
        true
    }

    #[tokio::test]
    async fn a_connection_is_kept_for_longer_than_any_usual_proxy_keeps_it_and_not_for_ever() {
        let mut client = connected().await;
        assert!(answers(&mut client).await);
        tokio::time::pause();
        // Caddy's two minutes are the longest.
        advance(Duration::from_secs(125)).await;
        assert!(answers(&mut client).await);
        let idle = Instant::now();
        assert_eq!(client.read(&mut [0; 1]).await.unwrap_or_default(), 0);
        assert!((128..135).contains(&idle.elapsed().as_secs()));
    }
}
