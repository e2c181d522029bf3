//! Socket.IO: the handshake, events in the order sent, and the bounded way back.
//!
//! Built on the packets of the socketioxide project, Engine.IO's and Socket.IO's. The transport below and the layer above are ours,
//! because delivery is: events of one socket are taken in order without a task each, a packet is encoded once for a whole room,
//! and a socket that does not keep up is known by name and can be cut.

pub mod crowd;
mod drain;
pub mod engine;
pub mod event;
pub mod gateway;
pub mod inbox;
pub mod link;
pub mod listening;
pub mod notice;
pub mod transport;
mod underway;
