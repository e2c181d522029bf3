//! Cache, queue, bus, presence, rate limits and calls inside one process, for a server that runs alone.
//!
//! A bus and a presence list can be shared by several handles, as replicas share Redis; production attaches one.

mod bus;
mod cache;
mod calls;
mod limits;
mod presence;
mod queue;

pub use self::{
    bus::{MemoryBus, MemoryNetwork},
    cache::MemoryCache,
    calls::MemoryCalls,
    limits::MemoryLimits,
    presence::{MemoryPresence, PresenceList},
    queue::MemoryQueue,
};
