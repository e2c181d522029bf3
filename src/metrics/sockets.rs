//! Sockets and what is below them: connections, sessions of the transport, handshakes, cuts, and what waits to be taken.

use prometheus_client::metrics::{counter::Counter, family::Family, gauge::Gauge};

use super::{Label, catalog::Catalog, counters};

/// The sockets of this process.
#[derive(Debug)]
pub struct SocketFigures {
    /// Connected now.
    pub connected: Gauge,
    /// TCP connections to where clients come.
    pub connections: ConnectionFigures,
    /// Sessions of the transport that are open now, by `transport`.
    pub sessions: EngineFigures,
    /// Handshakes that were refused, by `code`.
    handshakes_refused: Family<Label, Counter>,
    /// Sockets and connections that were cut, by reason.
    cut: Family<Label, Counter>,
    /// Bytes that wait in this process for sockets that have not taken them yet, a shared packet counted once for each.
    pub queued_bytes: Gauge,
}

impl SocketFigures {
    pub(super) fn of(catalog: &mut Catalog) -> Self {
        Self {
            connected: catalog.gauge("sockets", "Connected sockets"),
            connections: ConnectionFigures::of(catalog),
            sessions: EngineFigures::of(catalog),
            handshakes_refused: catalog.add(
                "handshakes_refused",
                &["code"],
                "Handshakes of the socket that were refused, by the code of the refusal",
                counters("code", ["unauthenticated", "unavailable"]),
            ),
            cut: catalog.add(
                "links_cut",
                &["reason"],
                "Sockets and connections that were cut, by reason",
                counters(
                    "reason",
                    [
                        "bytes",
                        "packets",
                        "time",
                        "heartbeat",
                        "unacknowledged",
                        "protocol",
                        "expired",
                        "drain",
                        "failed",
                        "handshake",
                    ],
                ),
            ),
            queued_bytes: catalog.gauge(
                "queued_bytes",
                "Bytes queued for sockets that have not taken them",
            ),
        }
    }

    /// Counts a cut. `reason` is a label: one of few, written in the code.
    pub fn cut(&self, reason: &'static str) {
        self.cut.get_or_create(&[("reason", reason)]).inc();
    }

    /// Counts a refused handshake. `code` is a label: one of few, written in the code.
    pub fn handshake_refused(&self, code: &'static str) {
        let label = [("code", code)];
        self.handshakes_refused.get_or_create(&label).inc();
    }
}

/// TCP connections to where clients come.
#[derive(Debug, Clone, Default)]
pub struct ConnectionFigures {
    /// Open now.
    pub open: Gauge,
    /// Accepted since the start.
    pub accepted: Counter,
    /// Could not be accepted, most likely for want of descriptors.
    pub failed: Counter,
}

/// Sessions of the transport below the socket.
#[derive(Debug)]
pub struct EngineFigures {
    polling: Gauge,
    websocket: Gauge,
    opened: Family<Label, Counter>,
    closed: Family<Label, Counter>,
}

impl ConnectionFigures {
    fn of(catalog: &mut Catalog) -> Self {
        Self {
            open: catalog.gauge(
                "tcp_connections",
                "TCP connections of clients that are open",
            ),
            accepted: catalog.counter(
                "tcp_accepted",
                "TCP connections of clients that were accepted",
            ),
            failed: catalog.counter(
                "tcp_accept_failures",
                "Times that no connection could be accepted, most likely for want of descriptors",
            ),
        }
    }
}

impl EngineFigures {
    fn of(catalog: &mut Catalog) -> Self {
        let open: Family<Label, Gauge> = catalog.add(
            "engine_sessions",
            &["transport"],
            "Sessions of the transport that are open, by how their packets travel",
            Family::default(),
        );
        Self {
            polling: open.get_or_create_owned(&[("transport", "polling")]),
            websocket: open.get_or_create_owned(&[("transport", "websocket")]),
            opened: catalog.add(
                "engine_sessions_opened",
                &["transport"],
                "Sessions of the transport that were opened, by how they began",
                counters("transport", ["polling", "websocket"]),
            ),
            closed: catalog.add(
                "engine_sessions_closed",
                &["reason"],
                "Sessions of the transport that have ended, by reason",
                counters(
                    "reason",
                    [
                        "transport_close",
                        "transport_error",
                        "heartbeat",
                        "protocol",
                        "two_polls",
                    ],
                ),
            ),
        }
    }

    fn by(&self, is_websocket: bool) -> &Gauge {
        if is_websocket {
            &self.websocket
        } else {
            &self.polling
        }
    }

    /// A session was opened.
    pub fn opened(&self, is_websocket: bool) {
        self.by(is_websocket).inc();
        let transport = if is_websocket { "websocket" } else { "polling" };
        let label = [("transport", transport)];
        self.opened.get_or_create(&label).inc();
    }

    /// A session has moved from polling to a websocket.
    pub fn upgraded(&self) {
        self.polling.dec();
        self.websocket.inc();
    }

    /// A session has ended. `reason` is a label: one of few, written in the code.
    pub fn closed(&self, is_websocket: bool, reason: &'static str) {
        self.by(is_websocket).dec();
        self.closed.get_or_create(&[("reason", reason)]).inc();
    }
}
