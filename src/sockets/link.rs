//! The bounded way to one socket: what does not keep up is cut, never skipped.
//!
//! A socket is behind by the bytes that were queued for it and that its connection has not taken. It is cut when it is
//! more than [`BEHIND_BYTES`] behind, when the transport's own queue is full, or when it has not caught up for [`BEHIND_TIME`]. Checking,
//! queueing and closing happen under one lock, so after the first packet that could not be queued none is.
//!
//! What the kernels hold, on both sides, counts as taken here, though a client that has stopped reading will never see it. That is what
//! heartbeats are for, which travel behind the packets: one that is not answered within the same time ends the socket as well.

use std::{
    collections::HashSet,
    mem,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::mpsc::error::TrySendError;

use super::{
    engine::DisconnectReason,
    gateway::{PING_INTERVAL, Socket},
    transport::Connection,
};
use crate::{
    domain::{
        account::Account,
        id::{RoomId, SocketId},
    },
    metrics::Metrics,
    protocol::packet::{Burst, Packet},
    room::link::Link,
};

/// How many bytes a socket may be behind before more is queued for it.
pub const BEHIND_BYTES: u64 = 4 * 1024 * 1024;
/// So far behind what we last saw, it is time to look again.
const LOOK_BYTES: u64 = 256 * 1024;
/// How long a socket may take to catch up with what was queued at some moment, and to answer a heartbeat.
pub const BEHIND_TIME: Duration = Duration::from_secs(10);
/// Nothing is heard for so long only from those who leave a heartbeat unanswered. The transport ends them itself, but not while its
/// writer waits for a connection that takes nothing; the half second lets it come first.
const SILENCE: Duration = PING_INTERVAL
    .saturating_add(BEHIND_TIME)
    .saturating_add(Duration::from_millis(500));
/// How long a client that has been told to go may take to close the connection itself.
const LEAVING_TIME: Duration = Duration::from_secs(1);

/// Why the server has ended a connection from which the client is to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// More than [`BEHIND_BYTES`] behind.
    Bytes,
    /// The transport's queue is full.
    Packets,
    /// Has not caught up for [`BEHIND_TIME`].
    Time,
    /// A heartbeat was not answered within [`BEHIND_TIME`].
    Heartbeat,
    /// TCP had no acknowledgement for too long.
    Unacknowledged,
    /// Broke the protocol of the transport.
    Protocol,
    /// Its token has expired.
    Expired,
    /// The server is going away.
    Drain,
    /// Something of its own has failed on the server.
    Failed,
}

impl Cut {
    /// The word for it in metrics and logs.
    pub fn label(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Packets => "packets",
            Self::Time => "time",
            Self::Heartbeat => "heartbeat",
            Self::Unacknowledged => "unacknowledged",
            Self::Protocol => "protocol",
            Self::Expired => "expired",
            Self::Drain => "drain",
            Self::Failed => "failed",
        }
    }
}

/// The way to one connected socket.
pub struct SocketLink {
    id: SocketId,
    account: Arc<Account>,
    session: Option<uuid::Uuid>,
    socket: Arc<Socket>,
    open: AtomicBool,
    pace: Mutex<Pace>,
    rooms: Mutex<HashSet<RoomId>>,
    metrics: Arc<Metrics>,
}

/// How fast the connection takes what is queued.
struct Pace {
    connection: Option<Connection>,
    /// What the connection had taken before the first of our packets.
    base: u64,
    queued: u64,
    /// What the connection had taken of ours when we last looked. Looking costs a cache line that the writer keeps busy.
    seen: u64,
    /// A moment, and what had been queued then: once taken, another moment is chosen.
    mark: Option<(Instant, u64)>,
    /// A history larger than the bound, and how much has been queued with it: until it is taken the bound is so much wider, or its
    /// receiver could never come back.
    large: Option<(u64, u64)>,
    closed_at: Option<Instant>,
    /// The client has been told to go, and is given the time to take that.
    is_leaving: bool,
}

impl Pace {
    fn behind(&mut self) -> u64 {
        let written = self
            .connection
            .as_ref()
            .map(|connection| connection.written().saturating_sub(self.base));
        let taken = written.unwrap_or(self.queued);
        // The transport writes more than our packets (heartbeats, frames, HTTP heads), which must not count as ours.
        self.queued = self.queued.max(taken);
        self.seen = taken;
        if self.mark.is_some_and(|(_, queued)| taken >= queued) {
            self.mark = (self.queued > taken).then(|| (Instant::now(), self.queued));
        }
        if self.large.is_some_and(|(_, queued)| taken >= queued) {
            self.large = None;
        }
        self.queued - taken
    }

    /// From now on `connection` takes what is queued, of which `waiting` bytes have been given to none. All else has arrived: the client asks
    /// for more once it has what it asked for before, which the connection that carried it may not have counted yet. `base`: what it had
    /// taken before `waiting` was counted, so that nothing is waited for that it has taken meanwhile.
    fn move_to(&mut self, connection: Connection, base: u64, waiting: u64) {
        let queued = mem::replace(&mut self.queued, waiting);
        // What is left of what had been queued then.
        let left = |then: u64| waiting.checked_sub(queued - then).filter(|left| *left > 0);
        self.mark = match self.mark.map(|(at, then)| (at, left(then))) {
            Some((at, Some(left))) => Some((at, left)),
            _ => (waiting > 0).then(|| (Instant::now(), waiting)),
        };
        self.large = self
            .large
            .and_then(|(bytes, then)| Some((bytes, left(then)?)));
        self.base = base;
        self.seen = 0;
        self.connection = Some(connection);
    }

    fn bound(&self) -> u64 {
        BEHIND_BYTES + self.large.map_or(0, |(bytes, _)| bytes)
    }
}

impl SocketLink {
    /// A link over an open transport.
    pub fn new(
        id: SocketId,
        account: Arc<Account>,
        session: Option<uuid::Uuid>,
        socket: Arc<Socket>,
        connection: Option<Connection>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let base = connection.as_ref().map_or(0, Connection::written);
        let pace = Mutex::new(Pace {
            connection,
            base,
            queued: 0,
            seen: 0,
            mark: None,
            large: None,
            closed_at: None,
            is_leaving: false,
        });
        Self {
            id,
            account,
            session,
            socket,
            open: AtomicBool::new(true),
            pace,
            rooms: Mutex::default(),
            metrics,
        }
    }

    /// The transport has moved to another connection (polling became a websocket, or another poll).
    pub fn moved(&self, connection: Connection) {
        let mut pace = self.pace.lock();
        let base = connection.written();
        pace.move_to(connection, base, self.socket.waiting());
    }

    /// Cuts the socket if it has not kept up, is silent, or has been sent away and does not go. Tells how many bytes it is behind.
    /// To be called twice a second: it may be cut so much later than its time is up.
    pub fn check_pace(&self) -> u64 {
        let mut pace = self.pace.lock();
        let behind = pace.behind();
        let told_at = pace.closed_at.filter(|_| pace.is_leaving && behind == 0);
        if told_at.is_some_and(|at| at.elapsed() > LEAVING_TIME) {
            pace.is_leaving = false;
            drop(pace);
            self.socket.close(DisconnectReason::TransportClose);
            return behind;
        }
        let is_late = behind > 0 && pace.mark.is_some_and(|(at, _)| at.elapsed() > BEHIND_TIME);
        let stays = pace.closed_at.is_some_and(|at| at.elapsed() > BEHIND_TIME);
        let is_silent = pace
            .connection
            .as_ref()
            .is_some_and(|connection| connection.heard().elapsed() > SILENCE);
        drop(pace);
        if is_late || stays {
            self.cut(Cut::Time, "it has not kept up for 10 s");
        } else if is_silent {
            self.cut(Cut::Heartbeat, "nothing is heard from it");
        }
        behind
    }

    /// Cuts the socket: nothing more is sent, and its connection ends now.
    pub fn cut(&self, reason: Cut, why: &str) {
        let mut pace = self.pace.lock();
        self.close(&mut pace, Some(reason), why);
        let connection = pace.connection.clone();
        drop(pace);
        let is_websocket = self.socket.is_websocket();
        self.socket.close(DisconnectReason::TransportClose);
        // A connection that has carried a poll may carry somebody else's request by now, behind a proxy.
        if let Some(connection) = connection.filter(|_| is_websocket) {
            connection.cut();
        }
    }

    /// Closes the transport after what is queued; the client comes back by itself.
    pub fn send_away(&self, reason: Cut) {
        let mut pace = self.pace.lock();
        let was_open = self.close(&mut pace, Some(reason), reason.label());
        drop(pace);
        if was_open {
            self.socket.close(DisconnectReason::TransportClose);
        }
    }

    /// The figures of this process.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The rooms in which the socket is live, or about to be. Locked for moments only.
    pub fn rooms(&self) -> &Mutex<HashSet<RoomId>> {
        &self.rooms
    }

    /// The transport has closed.
    pub fn mark_closed(&self) {
        self.open.store(false, Ordering::Release);
    }

    /// The transport has closed by itself; counts it where that was not the client's doing.
    pub fn note_end(&self, reason: &DisconnectReason) {
        let mut pace = self.pace.lock();
        let given_up = pace
            .connection
            .as_ref()
            .is_some_and(Connection::was_given_up);
        let cut = match reason {
            DisconnectReason::HeartbeatTimeout => Some(Cut::Heartbeat),
            DisconnectReason::PacketParsingError | DisconnectReason::MultipleHttpPollingError => {
                Some(Cut::Protocol)
            }
            _ => given_up.then_some(Cut::Unacknowledged),
        };
        self.close(&mut pace, cut, "its transport has closed");
    }

    /// Hands all of it to the transport, or closes the link. `bytes`: what will be written at least, since a socket must never seem
    /// further behind than it is.
    fn hand_over(&self, frames: &Bytes, packets: usize, bytes: u64) -> bool {
        let mut pace = self.pace.lock();
        if !self.is_open() {
            return false;
        }
        let fits = pace.queued - pace.seen <= LOOK_BYTES || pace.behind() <= pace.bound();
        let queued = fits.then(|| self.socket.emit(frames.clone(), packets));
        let reason = match queued {
            Some(Ok(())) => {
                pace.queued += bytes;
                if packets == 1 && bytes > LOOK_BYTES && pace.large.is_none() {
                    pace.large = Some((bytes, pace.queued));
                }
                if pace.mark.is_none() {
                    pace.mark = Some((Instant::now(), pace.queued));
                }
                return true;
            }
            Some(Err(TrySendError::Full(_))) => Cut::Packets,
            // It is gone for good; why is about to be told.
            Some(Err(TrySendError::Closed(_))) => return false,
            None => Cut::Bytes,
        };
        self.close(&mut pace, Some(reason), "it does not keep up");
        drop(pace);
        self.cut(reason, "it does not keep up");
        false
    }

    /// Under the lock under which packets are queued: after this, none is.
    fn close(&self, pace: &mut Pace, cut: Option<Cut>, why: &str) -> bool {
        let was_open = self.open.swap(false, Ordering::AcqRel);
        if was_open {
            let reason = cut.map_or("none", Cut::label);
            tracing::debug!(socket = self.id.0, reason, why, "closing a socket");
            pace.closed_at = Some(Instant::now());
            if let Some(cut) = cut {
                self.metrics.sockets.cut(cut.label());
            }
        }
        was_open
    }
}

impl Link for SocketLink {
    fn id(&self) -> SocketId {
        self.id
    }

    fn account(&self) -> &Arc<Account> {
        &self.account
    }

    fn session(&self) -> Option<uuid::Uuid> {
        self.session
    }

    fn send(&self, packet: &Packet) -> bool {
        self.hand_over(packet.frame(), 1, packet.len() as u64)
    }

    fn send_all(&self, burst: &Burst) -> bool {
        let packets = burst.packets().len();
        self.hand_over(burst.frames(), packets, burst.len() as u64)
    }

    fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    fn entered(&self, room: &RoomId) {
        let mut rooms = self.rooms.lock();
        // A socket that has gone has left its rooms, and would not leave this one.
        if self.is_open() && !rooms.contains(room) {
            rooms.insert(room.clone());
        }
    }

    fn left(&self, room: &RoomId) {
        self.rooms.lock().remove(room);
    }

    fn cut(&self, why: &str) {
        Self::cut(self, Cut::Failed, why);
    }

    fn disconnect(&self, why: &str) {
        let mut pace = self.pace.lock();
        if !self.is_open() {
            return;
        }
        // Closing at once would lose it between two polls; the stock client closes by itself, others are helped.
        let packet = Packet::disconnect();
        let told = self.socket.emit(packet.frame().clone(), 1);
        pace.queued += packet.len() as u64;
        pace.is_leaving = told.is_ok();
        self.close(&mut pace, None, why);
        drop(pace);
        if told.is_err() {
            self.cut(Cut::Packets, why);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Somebody for whom `bytes` were queued one by one, the first of them some time ago, over a connection that has counted none.
    fn behind_by(bytes: [u64; 2]) -> (Pace, Instant) {
        let [first, then] = bytes;
        let at = Instant::now();
        let pace = Pace {
            connection: Some(Connection::unused()),
            base: 0,
            queued: first + then,
            seen: 0,
            mark: Some((at, first)),
            large: Some((first, first)),
            closed_at: None,
            is_leaving: false,
        };
        (pace, at)
    }

    #[test]
    fn who_polls_again_has_what_other_connections_carried() {
        let (mut pace, _) = behind_by([20_000, 1_000]);
        pace.move_to(Connection::unused(), 0, 0);
        assert_eq!(pace.behind(), 0);
        assert_eq!((pace.mark, pace.large), (None, None));
    }

    #[test]
    fn what_no_poll_was_given_keeps_its_time() {
        let (mut pace, at) = behind_by([20_000, 1_000]);
        pace.move_to(Connection::unused(), 0, 15_000);
        assert_eq!(pace.behind(), 15_000);
        assert_eq!(pace.mark, Some((at, 14_000)));
        assert_eq!(pace.large, Some((20_000, 14_000)));
        pace.move_to(Connection::unused(), 0, 1_000);
        assert!(
            pace.mark
                .is_some_and(|(since, queued)| since > at && queued == 1_000)
        );
        assert_eq!(pace.large, None);
    }
}
