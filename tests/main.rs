//! The tests of Belfry as a library: each port's conformance suite over every adapter behind it, and properties of the core.
//!
//! One binary, so that it links once. Postgres and Redis come from `scripts/with-services`.

mod conformance;
mod redis_outage;
mod support;
