//! The Socket.IO handshake and the packets of each connection: from transport to [inbox](super::inbox) and back.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use dashmap::DashMap;
use engineioxide_core::Str;
use parking_lot::Mutex;
use serde::Deserialize;
use socketioxide_core::{
    Value,
    packet::PacketData,
    parser::{Parse, ParseConfig, ParseError, ParserState},
};
use socketioxide_parser_common::CommonParser;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::{
    crowd::Seat,
    engine::{DisconnectReason, Handler, Session, Settings, Sid},
    inbox::{Inbox, Limits},
    link::{BEHIND_TIME, Cut, SocketLink},
    transport::Connection,
};
use crate::{
    chat::Chat,
    domain::{
        error::{Code, Problem},
        id::SocketId,
        timestamp::Timestamp,
    },
    metrics::Metrics,
    protocol::packet::Packet,
    room::link::Link,
};

/// The most bytes of one message from a client: room for a text of 8,000 characters, escaped, and then some.
pub const INCOMING_MAX: usize = 256 * 1024;
/// Packets that the transport holds for one socket.
const QUEUE_MAX: usize = 4_096;
/// Bytes that are read from a websocket at once, kept as long as it is open. A larger message gets what it needs while it comes.
const READ_AHEAD: usize = 512;
/// The most bytes of a namespace that is refused by its name.
const NAMESPACE_MAX: usize = 128;
/// How long after the answer to a heartbeat the next one goes out. With the [`BEHIND_TIME`] that its answer may take, whoever is gone
/// without a word is noticed in less than the 15 s for which nobody may stay online.
pub const PING_INTERVAL: Duration = Duration::from_secs(3);
/// How long between two looks at all sockets.
const LOOKS: Duration = Duration::from_millis(500);
/// How long a connection may take to say who it is.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// One client's session.
pub type Socket = Session<Gateway>;

/// Takes every connection's packets.
pub struct Gateway {
    chat: Arc<Chat>,
    metrics: Arc<Metrics>,
    limits: Limits,
    parse: ParseConfig,
    sockets: DashMap<Sid, Place>,
    next_id: AtomicU64,
    closing: AtomicBool,
}

/// A transport session, and where it runs now.
struct Place {
    connection: Option<Connection>,
    is_websocket: bool,
    socket: Weak<Socket>,
    /// Given back when the session ends.
    _seat: Seat,
}

/// What the transport keeps for each of its sessions.
#[derive(Default)]
pub struct Slot {
    phase: Mutex<Phase>,
    parser: ParserState,
}

#[derive(Default)]
enum Phase {
    /// Has not said who it is.
    #[default]
    Strange,
    /// Its token is being checked.
    Arriving,
    /// In.
    In(Arc<Inbox>),
    /// The transport is gone.
    Gone,
}

impl Slot {
    pub(super) fn inbox(&self) -> Option<Arc<Inbox>> {
        match &*self.phase.lock() {
            Phase::In(inbox) => Some(inbox.clone()),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
struct Auth {
    token: String,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway")
            .field("sockets", &self.sockets.len())
            .finish_non_exhaustive()
    }
}

impl Gateway {
    /// A gateway to the use cases.
    pub fn new(chat: Arc<Chat>, metrics: Arc<Metrics>, limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            chat,
            metrics,
            limits,
            parse: ParseConfig {
                max_incoming_binary_buf_size: INCOMING_MAX,
                max_incoming_binaries: 16,
                packet_completion_timeout: Duration::from_secs(10),
            },
            sockets: DashMap::new(),
            next_id: AtomicU64::new(1),
            closing: AtomicBool::new(false),
        })
    }

    /// How the transport is to be set up.
    pub fn transport_settings() -> Settings {
        Settings {
            ping_interval: PING_INTERVAL,
            ping_timeout: BEHIND_TIME,
            upgrade_timeout: HANDSHAKE,
            closing_timeout: BEHIND_TIME,
            incoming_max: INCOMING_MAX,
            queue_max: QUEUE_MAX,
            read_ahead: READ_AHEAD,
        }
    }

    /// A poll of an established session came over this connection: packets leave in its answer.
    pub fn polls_over(&self, sid: &str, connection: &Connection) {
        if let Ok(sid) = sid.parse::<Sid>() {
            self.runs_over(sid, connection, false);
        }
    }

    fn runs_over(&self, sid: Sid, connection: &Connection, is_websocket: bool) {
        let socket = {
            let Some(mut place) = self.sockets.get_mut(&sid) else {
                return;
            };
            if place.is_websocket {
                return;
            }
            place.is_websocket = is_websocket;
            if is_websocket {
                self.metrics.sockets.sessions.upgraded();
            }
            place.connection = Some(connection.clone());
            place.socket.upgrade()
        };
        // Only now, with the map let go of: whoever holds a phase may want the map.
        let inbox = socket.and_then(|socket| socket.data.inbox());
        if let Some(inbox) = inbox {
            inbox.link().moved(connection.clone());
        }
    }

    fn connection_of(&self, sid: Sid) -> Option<Connection> {
        let place = self.sockets.get(&sid)?;
        place.connection.clone()
    }

    /// Whether new sessions are taken.
    pub fn is_open(&self) -> bool {
        !self.closing.load(Ordering::Acquire)
    }

    /// Looks after all sockets until `stop`: those whose token has expired, and those that do not keep up, are cut.
    pub async fn watch(self: Arc<Self>, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(LOOKS);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            let now = Timestamp::now();
            let mut queued = 0;
            for inbox in self.inboxes() {
                if inbox.expires_at() <= now {
                    inbox.link().send_away(Cut::Expired);
                }
                queued += inbox.link().check_pace();
            }
            self.metrics.sockets.queued_bytes.set(queued as i64);
        }
    }

    /// Everybody who is in.
    pub(super) fn inboxes(&self) -> Vec<Arc<Inbox>> {
        let inboxes = self.transports();
        inboxes
            .iter()
            .filter_map(|socket| socket.data.inbox())
            .collect()
    }

    /// The transports of everybody, in or not.
    pub(super) fn transports(&self) -> Vec<Arc<Socket>> {
        let places = self.sockets.iter();
        places.filter_map(|place| place.socket.upgrade()).collect()
    }

    /// From now on no new sessions are taken.
    pub(super) fn close_doors(&self) {
        self.closing.store(true, Ordering::Release);
    }

    /// Whether no transport is left.
    pub(super) fn is_empty(&self) -> bool {
        self.sockets.is_empty()
    }

    /// Ends every connection that there still is.
    pub(super) fn cut_connections(&self) {
        let places = self.sockets.iter();
        let left: Vec<Connection> = places
            .filter_map(|place| place.connection.clone())
            .collect();
        left.iter().for_each(Connection::cut);
    }

    /// Closes the transport unless somebody is in by then.
    fn expect_handshake(&self, socket: Arc<Socket>) {
        let metrics = self.metrics.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = socket.closed() => return,
                () = tokio::time::sleep(HANDSHAKE) => {}
            }
            let stranger = !matches!(*socket.data.phase.lock(), Phase::In(_) | Phase::Gone);
            if stranger {
                metrics.sockets.cut("handshake");
                socket.close(DisconnectReason::TransportClose);
            }
        });
    }

    fn connect(self: Arc<Self>, auth: Option<&Value>, socket: Arc<Socket>) {
        let token = match auth {
            Some(Value::Str(text, _)) => serde_json::from_str::<Auth>(text.as_str())
                .ok()
                .map(|auth| auth.token),
            _ => None,
        };
        {
            let mut phase = socket.data.phase.lock();
            if !matches!(*phase, Phase::Strange) {
                return;
            }
            *phase = Phase::Arriving;
        }
        tokio::spawn(async move {
            let caller = match token {
                Some(token) => self.chat.authenticate(&token).await,
                None => Err(Problem::new(
                    Code::Unauthenticated,
                    "Authentication failed: no token; connect with auth: { token }.",
                )),
            };
            // Before the phase is locked: see `runs_over`.
            let connection = self.connection_of(socket.id);
            let mut phase = socket.data.phase.lock();
            if !matches!(*phase, Phase::Arriving) {
                return;
            }
            if let Err(problem) = &caller {
                self.metrics
                    .sockets
                    .handshake_refused(problem.code.as_str());
            }
            match caller {
                Ok(_) if !self.is_open() => {
                    drop(phase);
                    socket.close(DisconnectReason::TransportClose);
                }
                Ok(caller) => {
                    let id = SocketId(self.next_id.fetch_add(1, Ordering::Relaxed));
                    let link = SocketLink::new(
                        id,
                        caller.account.clone(),
                        caller.session,
                        socket.clone(),
                        connection.clone(),
                        self.metrics.clone(),
                    );
                    let link = Arc::new(link);
                    link.send(&Packet::connected(&format!("{}-{}", socket.id, id.0)));
                    // From here on it gets what is its user's.
                    self.chat.came(link.clone());
                    *phase = Phase::In(Inbox::new(
                        link.clone(),
                        caller.expires_at,
                        self.chat.clone(),
                        &self.limits,
                    ));
                    drop(phase);
                    // The session may have moved in between, when there was no link to tell.
                    if let Some(now) = self.connection_of(socket.id)
                        && connection.is_none_or(|before| !before.is(&now))
                    {
                        link.moved(now);
                    }
                    // Its end may have been told between the token's check and now, when there was no socket to find.
                    if self.chat.has_ended(caller.session) {
                        link.disconnect("its session has ended");
                    }
                }
                Err(problem) if problem.code == Code::Unauthenticated => {
                    *phase = Phase::Strange;
                    // The stock client stays away after this, as it should without a good token.
                    let refusal = Packet::connect_error("", &problem.message);
                    let _ = socket.emit(refusal.frame().clone(), 1);
                }
                Err(_) => {
                    drop(phase);
                    // A closed transport makes the stock client try again by itself; a refusal would not.
                    socket.close(DisconnectReason::TransportClose);
                }
            }
        });
    }

    fn take(self: &Arc<Self>, packet: PacketData, namespace: &str, socket: &Arc<Socket>) {
        if namespace != "/" {
            if namespace.len() > NAMESPACE_MAX {
                socket.close(DisconnectReason::PacketParsingError);
            } else if matches!(packet, PacketData::Connect(_)) {
                let refusal = Packet::connect_error(namespace, "Invalid namespace");
                let _ = socket.emit(refusal.frame().clone(), 1);
            }
            return;
        }
        match packet {
            PacketData::Connect(auth) => self.clone().connect(auth.as_ref(), socket.clone()),
            PacketData::Disconnect => {
                let before = {
                    let mut phase = socket.data.phase.lock();
                    // What has ended stays so.
                    if matches!(*phase, Phase::Gone) {
                        return;
                    }
                    std::mem::take(&mut *phase)
                };
                if let Phase::In(inbox) = before {
                    inbox.close();
                    self.expect_handshake(socket.clone());
                }
            }
            PacketData::Event(value, ack) | PacketData::BinaryEvent(value, ack) => {
                match (socket.data.inbox(), value) {
                    // Sent away, but not gone yet.
                    (Some(inbox), _) if !inbox.link().is_open() => {}
                    (Some(inbox), Value::Str(text, attachments)) => {
                        inbox.receive(text.as_str(), attachments.is_some(), ack)
                    }
                    // An event before the handshake has ended is against the protocol.
                    _ => socket.close(DisconnectReason::PacketParsingError),
                }
            }
            PacketData::EventAck(..) | PacketData::BinaryAck(..) => {}
            PacketData::ConnectError(_) => socket.close(DisconnectReason::PacketParsingError),
        }
    }

    fn parsed(
        self: &Arc<Self>,
        packet: Result<socketioxide_core::packet::Packet, ParseError>,
        socket: &Arc<Socket>,
    ) {
        match packet {
            Ok(packet) => self.take(packet.inner, packet.ns.as_str(), socket),
            Err(ParseError::NeedsMoreBinaryData) => {}
            Err(error) => {
                tracing::debug!(%error, "a packet could not be read");
                socket.close(DisconnectReason::PacketParsingError);
            }
        }
    }
}

impl Handler for Gateway {
    type Data = Slot;

    fn on_connect(
        self: Arc<Self>,
        socket: Arc<Socket>,
        connection: Option<Connection>,
        seat: Seat,
    ) {
        let is_websocket = socket.is_websocket();
        self.metrics.sockets.sessions.opened(is_websocket);
        self.sockets.insert(
            socket.id,
            Place {
                connection,
                is_websocket,
                socket: Arc::downgrade(&socket),
                _seat: seat,
            },
        );
        self.expect_handshake(socket);
    }

    fn on_upgrade(&self, socket: &Arc<Socket>, connection: Option<Connection>) {
        if let Some(connection) = connection {
            self.runs_over(socket.id, &connection, true);
        }
    }

    fn on_disconnect(&self, socket: Arc<Socket>, reason: DisconnectReason) {
        if let Some((_, place)) = self.sockets.remove(&socket.id) {
            let figures = &self.metrics.sockets.sessions;
            figures.closed(place.is_websocket, reason.label());
        }
        let before = std::mem::replace(&mut *socket.data.phase.lock(), Phase::Gone);
        if let Phase::In(inbox) = before {
            inbox.link().note_end(&reason);
            inbox.close();
        }
    }

    fn on_message(self: &Arc<Self>, text: Str, socket: Arc<Socket>) {
        let packet = CommonParser.decode_str(&self.parse, &socket.data.parser, text);
        self.parsed(packet, &socket);
    }

    fn on_binary(self: &Arc<Self>, data: Bytes, socket: Arc<Socket>) {
        let packet = CommonParser.decode_bin(&self.parse, &socket.data.parser, data);
        self.parsed(packet, &socket);
    }
}

#[cfg(test)]
mod tests {
    use std::mem::size_of;

    use super::*;

    /// Ten thousand idle sockets are ten thousand of each of these: what grows here is to be weighed, and written into the table of
    /// `docs/benchmarks.md`.
    #[test]
    fn what_every_socket_has_stays_small() {
        assert!(size_of::<Socket>() <= 352, "{}", size_of::<Socket>());
        assert!(
            size_of::<SocketLink>() <= 320,
            "{}",
            size_of::<SocketLink>()
        );
        assert!(size_of::<Inbox>() <= 256, "{}", size_of::<Inbox>());
        assert!(size_of::<Place>() <= 32, "{}", size_of::<Place>());
    }
}
