//! `belfry-load`: drives a chat server over Socket.IO and prints what it saw, one JSON object a run.

use std::process::ExitCode;

use belfry_load::scenario::{durable, fanout, join_storm};
use clap::Parser;

/// Load generator for Belfry's benchmarks.
#[derive(Parser)]
#[command(version)]
enum Command {
    /// Many people in one room, a few of whom write.
    Fanout(fanout::Fanout),
    /// Many people write in many rooms.
    Durable(durable::Durable),
    /// Everybody joins one room at the same moment.
    JoinStorm(join_storm::JoinStorm),
}

fn main() -> ExitCode {
    let outcome = match Command::parse() {
        Command::Fanout(options) => fanout::run(&options),
        Command::Durable(options) => durable::run(&options),
        Command::JoinStorm(options) => join_storm::run(&options),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        // The figures were printed, but something was not as promised.
        Ok(false) => ExitCode::from(3),
        Err(failure) => {
            eprintln!("belfry-load: {failure}");
            ExitCode::FAILURE
        }
    }
}
