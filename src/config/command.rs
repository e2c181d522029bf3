//! The command line: what the program does.

use clap::{Parser, Subcommand};

use super::Settings;
use crate::{
    admin::Admin,
    doctor::{Asked, Doctor},
};

/// Rooms of people whose messages stay, over Socket.IO.
#[derive(Debug, Parser)]
#[command(name = "belfry", version, about)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How.
    #[command(flatten)]
    pub settings: Settings,
}

/// What the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a server replica, with a worker inside
    Serve {
        /// Leave the jobs to others
        #[arg(long)]
        no_worker: bool,
    },
    /// Run a worker alone
    Worker,
    /// Bring the store's schema up to date (serve does so too)
    Migrate,
    /// Look after what is in the store, beside whoever serves it
    Admin {
        /// What
        #[command(subcommand)]
        what: Admin,
    },
    /// Say what is wrong with settings, stores, this machine and the proxy in front, and what to do
    Doctor(Doctor),
    /// Ask a server whether it is alive, for whoever restarts it: 0 if it is, within 2 s
    Health(Asked),
    /// Ask a server whether people may come, for whoever sends them: 0 if they may, within 2 s
    Ready(Asked),
    /// Print a token that is signed with the configured secret
    Token {
        /// The user's id
        #[arg(long)]
        sub: String,
        /// The user's name
        #[arg(long)]
        name: String,
        /// How long it is good: 30s, 15m, 1h, 7d
        #[arg(long, default_value = "1h")]
        ttl: String,
    },
}

/// The same commands, whose usage is always what they take: clap's own counts every setting that the environment has as asked for.
pub fn with_plain_usage(mut command: clap::Command) -> clap::Command {
    command.build();
    plainly(command)
}

fn plainly(mut command: clap::Command) -> clap::Command {
    let usage = command.render_usage().to_string();
    let names: Vec<String> = command
        .get_subcommands()
        .map(|below| below.get_name().to_owned())
        .collect();
    for name in names {
        command = command.mut_subcommand(name, plainly);
    }
    match usage.strip_prefix("Usage: ") {
        Some(usage) => command.override_usage(usage.to_owned()),
        None => command,
    }
}
