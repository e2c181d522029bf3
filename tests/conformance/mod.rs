//! One suite a port, run over every adapter: a change of one backend cannot pass without the other.

mod bus;
mod cache;
mod presence;
mod queue;
mod store;
