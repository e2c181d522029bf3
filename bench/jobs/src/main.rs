//! `belfry-jobs`: Belfry's side of the benchmarks of jobs.
//!
//! `work` is a worker whose handler does nothing but note how long its job was on its way; `drain` stores jobs, lets the workers start
//! and waits until none is left; `pace` hands jobs in on a timetable. The Node side is `bench/peer/src/jobs.js`, with the same
//! words. What is found is one line of JSON, as `belfry-load` prints it.

mod drain;
mod nothing;
mod pace;
mod parts;
mod work;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// As in the program that it stands for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Works until SIGTERM, then writes what it has seen.
    Work {
        /// Where to.
        #[arg(long)]
        report: PathBuf,
    },
    /// Stores jobs, prints `ready`, and waits until all are done.
    Drain {
        #[arg(long)]
        jobs: usize,
    },
    /// Hands jobs in, one by one on a timetable.
    Pace {
        /// Jobs a second.
        #[arg(long)]
        rate: u64,
        #[arg(long)]
        seconds: u64,
        /// Seconds before those, which do not count.
        #[arg(long)]
        warm_up: u64,
    },
}

#[tokio::main]
async fn main() {
    match Cli::parse().command {
        Command::Work { report } => work::run(&report).await,
        Command::Drain { jobs } => drain::run(jobs).await,
        Command::Pace {
            rate,
            seconds,
            warm_up,
        } => pace::run(rate, seconds, warm_up).await,
    }
}
