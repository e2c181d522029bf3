//! The tests of Belfry as a library: each port's conformance suite over every adapter behind it, and properties of the core.
//!
//! One binary, so that it links once. Postgres and Redis come from `scripts/with-services`.

// A test that cannot go on may simply panic, in the parts that are no test themselves as well.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod conformance;
mod previews;
mod redis_outage;
mod room;
mod sockets;
mod support;
mod telemetry;
mod worker;
