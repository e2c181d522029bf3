//! The HTTP side: opening a session, polls and posts, and the beginning of a websocket.

use std::{future::poll_fn, sync::Arc, task::Poll, time::Duration};

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    response::{IntoResponse, Response},
};
use engineioxide_core::{Packet, ProtocolVersion, Sid, Str, TransportType};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;
use tungstenite::handshake::derive_accept_key;

use super::{DisconnectReason, Engine, Handler, Session, session::Busy, websocket};
use crate::sockets::{crowd::Seat, transport::Connection};

/// How long the body of a POST may take.
const BODY: Duration = Duration::from_secs(10);
/// How long a poll waits that begins while the session is on its way to a websocket.
const WHILE_UPGRADING: Duration = Duration::from_millis(100);

/// What a client is told that asks for something else than the protocol knows.
#[derive(Debug, Clone, Copy)]
enum Refusal {
    UnknownTransport,
    UnknownSession,
    BadMethod,
    Mismatch,
    Version,
    Bad,
    TooLarge,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (code, message) = match self {
            Self::UnknownTransport => (0, "Transport unknown"),
            Self::UnknownSession => (1, "Session ID unknown"),
            Self::BadMethod => (2, "Bad handshake method"),
            Self::Mismatch | Self::Bad => (3, "Bad request"),
            Self::Version => (5, "Unsupported protocol version"),
            Self::TooLarge => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        };
        let body = format!("{{\"code\":{code},\"message\":\"{message}\"}}");
        let json = HeaderValue::from_static("application/json");
        (
            StatusCode::BAD_REQUEST,
            [(header::CONTENT_TYPE, json)],
            body,
        )
            .into_response()
    }
}

/// Answers any request of the protocol. One that may open a session has its [`Seat`] among its extensions.
pub async fn answer<H: Handler>(
    engine: Arc<Engine<H>>,
    connection: Option<Connection>,
    mut request: Request,
) -> Response {
    let seat = request
        .extensions_mut()
        .remove::<Seat>()
        .unwrap_or_default();
    let asked = Asked::read(request.uri().query().unwrap_or_default());
    let answered = match asked {
        Err(refusal) => Err(refusal),
        Ok(Asked {
            sid,
            websocket: true,
        }) if request.method() == Method::GET => {
            begin_websocket(engine, sid, connection, seat, request)
        }
        Ok(Asked {
            websocket: true, ..
        }) => Err(Refusal::Bad),
        Ok(Asked { sid: None, .. }) if request.method() == Method::GET => {
            let session = engine.open(TransportType::Polling, connection, seat);
            Ok(payload(
                engine.open_packet(session.id, TransportType::Polling),
            ))
        }
        Ok(Asked { sid: None, .. }) => Err(Refusal::BadMethod),
        Ok(Asked { sid: Some(sid), .. }) => match (engine.session(sid), request.method()) {
            (None, _) => Err(Refusal::UnknownSession),
            (Some(session), _) if session.is_websocket() => Err(Refusal::Mismatch),
            (Some(session), &Method::GET) => poll(&session).await,
            (Some(session), &Method::POST) => post(&session, request.into_body()).await,
            _ => Err(Refusal::Bad),
        },
    };
    answered.unwrap_or_else(IntoResponse::into_response)
}

struct Asked {
    sid: Option<Sid>,
    websocket: bool,
}

impl Asked {
    fn read(query: &str) -> Result<Self, Refusal> {
        let value = |name: &str| {
            query
                .split('&')
                .find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name))
                .map(|(_, value)| value)
        };
        if value("EIO") != Some("4") {
            return Err(Refusal::Version);
        }
        let websocket = match value("transport") {
            Some("websocket") => true,
            Some("polling") => false,
            _ => return Err(Refusal::UnknownTransport),
        };
        let sid = value("sid").map(str::parse).transpose();
        let sid = sid.map_err(|_| Refusal::UnknownSession)?;
        Ok(Self { sid, websocket })
    }
}

fn payload(text: impl Into<Body>) -> Response {
    let plain = HeaderValue::from_static("text/plain; charset=UTF-8");
    ([(header::CONTENT_TYPE, plain)], text.into()).into_response()
}

/// Waits for something to send, or for the session to move to a websocket or to end.
async fn poll<H: Handler>(session: &Arc<Session<H>>) -> Result<Response, Refusal> {
    const NOOP: &str = "6";
    let polling = match session.begin_poll() {
        Ok(polling) => polling,
        Err(Busy::Websocket) => return Err(Refusal::Mismatch),
        Err(Busy::Poll) => {
            session.close(DisconnectReason::MultipleHttpPollingError);
            return Err(Refusal::Bad);
        }
    };
    let most = session.engine.settings.incoming_max;
    if session.is_upgrading() {
        // A client that polls again meanwhile must not do so without a pause.
        tokio::time::sleep(WHILE_UPGRADING).await;
    }
    let text = poll_fn(|cx| {
        session.writer.register(cx.waker());
        match session.take_payload(most) {
            Some(text) => Poll::Ready(text),
            None if session.is_upgrading() => Poll::Ready(NOOP.into()),
            None => Poll::Pending,
        }
    });
    let text = text.await;
    polling.answer();
    Ok(payload(text))
}

async fn post<H: Handler>(session: &Arc<Session<H>>, body: Body) -> Result<Response, Refusal> {
    let bytes = timeout(BODY, to_bytes(body, session.engine.settings.incoming_max)).await;
    let bytes = bytes
        .map_err(|_| Refusal::Bad)?
        .map_err(|_| Refusal::TooLarge)?;
    let Ok(text) = std::str::from_utf8(&bytes) else {
        session.close(DisconnectReason::PacketParsingError);
        return Err(Refusal::Bad);
    };
    let handler = &session.engine.handler;
    for packet in text.split('\u{1e}') {
        if session.is_closed() {
            return Err(Refusal::UnknownSession);
        }
        match Packet::parse(ProtocolVersion::V4, Str::copy_from_slice(packet)) {
            Ok(Packet::Message(text)) => handler.on_message(text, session.clone()),
            Ok(Packet::Binary(data)) => handler.on_binary(data, session.clone()),
            Ok(Packet::Ping | Packet::Pong) => session.is_alive(),
            Ok(Packet::Close) => {
                session.close(DisconnectReason::TransportClose);
                break;
            }
            Ok(_) => return Err(Refusal::Bad),
            Err(_) => {
                session.close(DisconnectReason::PacketParsingError);
                return Err(Refusal::Bad);
            }
        }
    }
    Ok(payload("ok"))
}

fn begin_websocket<H: Handler>(
    engine: Arc<Engine<H>>,
    sid: Option<Sid>,
    connection: Option<Connection>,
    seat: Seat,
    mut request: Request,
) -> Result<Response, Refusal> {
    let accept = accept_key(request.headers()).ok_or(Refusal::Bad)?;
    let session = match sid.map(|sid| engine.session(sid)) {
        Some(None) => return Err(Refusal::UnknownSession),
        Some(Some(session)) if session.is_websocket() => return Err(Refusal::Bad),
        Some(Some(session)) => Some(session),
        None => None,
    };
    let upgrade = hyper::upgrade::on(&mut request);
    // Nothing of the request is kept: its buffer is 16 kB.
    drop(request);
    tokio::spawn(async move {
        match upgrade.await {
            Ok(stream) => {
                let stream = TokioIo::new(stream);
                match session {
                    Some(session) => websocket::take_over(session, stream, connection).await,
                    None => {
                        let session = engine.open(TransportType::Websocket, connection, seat);
                        websocket::open(session, stream).await;
                    }
                }
            }
            Err(error) => tracing::debug!(%error, "a websocket did not come about"),
        }
    });
    let headers = [
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::CONNECTION, HeaderValue::from_static("Upgrade")),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ];
    Ok((StatusCode::SWITCHING_PROTOCOLS, headers).into_response())
}

fn accept_key(headers: &HeaderMap) -> Option<HeaderValue> {
    let upgrade = headers.get(header::UPGRADE)?.to_str().ok()?;
    if !upgrade.eq_ignore_ascii_case("websocket") {
        return None;
    }
    if headers.get(header::SEC_WEBSOCKET_VERSION)? != "13" {
        return None;
    }
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
    derive_accept_key(key.as_bytes()).parse().ok()
}
