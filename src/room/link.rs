//! The way to one socket, as rooms see it.

use std::sync::Arc;

use crate::{
    domain::{
        account::Account,
        id::{RoomId, SocketId},
    },
    protocol::packet::{Burst, Packet},
};

/// The way to one socket. Bounded: a socket that does not keep up is cut, never skipped.
///
/// Packets arrive in the order in which `send` was called. Once cut, nothing is sent any more, and the client comes back by
/// itself with `since`.
pub trait Link: Send + Sync + 'static {
    /// Which socket.
    fn id(&self) -> SocketId;

    /// Whose.
    fn account(&self) -> &Arc<Account>;

    /// The log-in that opened it, if that was one of ours.
    fn session(&self) -> Option<uuid::Uuid>;

    /// Queues a packet without waiting. False when the link is cut, by this call or before.
    fn send(&self, packet: &Packet) -> bool;

    /// Queues packets that go to many receivers together, as [`send`](Self::send) does with each.
    fn send_all(&self, burst: &Burst) -> bool {
        burst.packets().iter().all(|packet| self.send(packet))
    }

    /// Whether packets still go out.
    fn is_open(&self) -> bool;

    /// The room has let the socket in: it counts among those in which the socket is live.
    fn entered(&self, room: &RoomId);

    /// The room has taken the socket out without being asked to: it counts no more.
    fn left(&self, room: &RoomId);

    /// Ends the connection now; the client comes back by itself.
    fn cut(&self, why: &str);

    /// Ends the connection after what is queued, and tells the client not to come back as it is. Nothing more is taken from it.
    fn disconnect(&self, why: &str);
}
