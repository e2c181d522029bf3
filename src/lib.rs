//! Belfry: rooms of people whose messages stay, over Socket.IO.

pub mod adapters;
pub mod chat;
pub mod commit;
pub mod domain;
pub mod http;
pub mod metrics;
pub mod ports;
pub mod protocol;
pub mod room;
pub mod sockets;
