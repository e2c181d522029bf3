//! The way to one socket, as rooms see it.

use std::sync::Arc;

use crate::{
    domain::{account::Account, id::SocketId},
    protocol::packet::Packet,
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

    /// Whether packets still go out.
    fn is_open(&self) -> bool;
}
