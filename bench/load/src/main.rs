//! `belfry-load`: drives a chat server over Socket.IO and prints what it saw, one JSON object a run.

use std::process::ExitCode;

use belfry_load::scenario::{
    avalanche, claps, durable, fanout, idle, jitter, join_storm, rolling, room_list,
};
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
    /// Everybody claps for one message while others are sent.
    Claps(claps::ClapStorm),
    /// Everybody's connection is cut again and again while messages go on.
    Jitter(jitter::Jitter),
    /// The first server is killed under all its clients, who go to the others.
    Avalanche(avalanche::Avalanche),
    /// The servers are restarted one after another while messages go on.
    Rolling(rolling::Rolling),
    /// Very many connections in rooms where nothing happens.
    Idle(idle::Idle),
    /// One user of very many rooms asks for the list of them.
    RoomList(room_list::RoomList),
}

fn main() -> ExitCode {
    let outcome = match Command::parse() {
        Command::Fanout(options) => fanout::run(&options),
        Command::Durable(options) => durable::run(&options),
        Command::JoinStorm(options) => join_storm::run(&options),
        Command::Claps(options) => claps::run(&options),
        Command::Jitter(options) => jitter::run(&options),
        Command::Avalanche(options) => avalanche::run(&options),
        Command::Rolling(options) => rolling::run(&options),
        Command::Idle(options) => idle::run(&options),
        Command::RoomList(options) => room_list::run(&options),
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
