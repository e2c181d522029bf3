//! What the load generator and the floor server share, and the parts of the load generator.
//!
//! Everything runs on a few threads with one single-threaded runtime each; a client lives on one thread for good, so that
//! counting a delivery takes no lock. Frames are read by tungstenite and written by [`link::Link`] without waiting.

pub mod account;
pub mod client;
pub mod crowd;
pub mod fleet;
pub mod latency;
pub mod link;
pub mod options;
pub mod packet;
pub mod patience;
pub mod rest;
pub mod returning;
pub mod room_stream;
pub mod scenario;
pub mod sender;
pub mod signal;
pub mod stamp;
pub mod stored;
