//! One suite a port, run over every adapter: a change of one backend cannot pass without the other.

pub(crate) mod bus;
pub(crate) mod cache;
pub(crate) mod calls;
pub(crate) mod limits;
pub(crate) mod presence;
pub(crate) mod queue;
pub(crate) mod store;
