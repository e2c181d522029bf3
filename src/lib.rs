//! Belfry: rooms of people whose messages stay, over Socket.IO.

pub mod adapters;
pub mod domain;
pub mod ports;
