//! Cache, queue, bus, presence and rate limits inside one process, for a server that runs alone.
//!
//! A bus and a presence list can be shared by several handles, as replicas share Redis; production attaches one.

mod bus;
mod cache;
mod limits;
mod presence;
mod queue;

pub use self::{
    bus::{MemoryBus, MemoryNetwork},
    cache::MemoryCache,
    limits::MemoryLimits,
    presence::{MemoryPresence, PresenceList},
    queue::MemoryQueue,
};
