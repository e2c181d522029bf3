//! `belfry` itself: the program with no types of jobs but its own.

use std::process::ExitCode;

use belfry::{jobs::Handlers, program};

/// Packets are made by one thread and freed by another, which costs the system's allocator a tenth of a server's time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    program::run(Handlers::new())
}
