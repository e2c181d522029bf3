//! Socket.IO: the handshake, events in the order sent, and the bounded way back.
//!
//! Built on the transport ([`engineioxide`]) and the packet codec of the socketioxide project. The layer above them is ours,
//! because delivery is: events of one socket are taken in order without a task each, a packet is encoded once for a whole room,
//! and a socket that does not keep up is known by name and can be cut.

mod drain;
pub mod gateway;
pub mod inbox;
pub mod link;
pub mod listening;
pub mod transport;
mod underway;
