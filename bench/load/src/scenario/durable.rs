//! `durable`: many people write in many rooms, or in one that hardly anybody watches. How many messages a second are acknowledged, and are they all in the store?

use std::time::Duration;

use clap::Args;

use crate::crowd::{self, Plan};
use crate::fleet::Failure;
use crate::options::Common;
use crate::scenario;
use crate::sender::Pace;
use crate::stored;

#[derive(Args, Debug)]
pub struct Durable {
    #[command(flatten)]
    common: Common,
    /// Distinct users; all of them write.
    #[arg(long, default_value_t = 512)]
    senders: usize,
    /// Rooms, over which the senders are spread evenly.
    #[arg(long, default_value_t = 64)]
    rooms: usize,
    /// Let the senders write without listening, to so many further clients who listen; for one room only.
    #[arg(long, conflicts_with = "rooms")]
    watchers: Option<usize>,
    /// Messages of one sender that may wait for their acknowledgement at once.
    #[arg(long, default_value_t = 1)]
    in_flight: usize,
    /// Length of the measured window.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Time before it, in which the same is done but not counted.
    #[arg(long, default_value_t = 3.0)]
    warm_up: f64,
    /// Characters of each message.
    #[arg(long, default_value_t = 100)]
    content: usize,
}

/// Runs the scenario; returns whether everything was as promised.
pub fn run(options: &Durable) -> Result<bool, Failure> {
    let plan = Plan {
        clients: options.senders + options.watchers.unwrap_or(0),
        senders: options.senders,
        rooms: options.watchers.map_or(options.rooms, |_| 1),
        watchers: options.watchers,
        pace: Pace {
            in_flight: options.in_flight,
            await_echo: false,
        },
        open_loop: None,
        content_len: options.content,
        warm_up: Duration::from_secs_f64(options.warm_up),
        measured: Duration::from_secs_f64(options.seconds),
    };
    let mut outcome = crowd::run(&plan, &options.common)?;
    outcome
        .faults
        .extend(stored::compare(&options.common, plan.rooms, &outcome.acked));
    eprintln!(
        "durable: {} acknowledged messages/s of {} senders in {} rooms; acknowledgement p50 {} ms, p99 {} ms",
        outcome.report["messagesPerSecond"],
        plan.senders,
        plan.rooms,
        outcome.report["ackMs"]["p50"],
        outcome.report["ackMs"]["p99"],
    );
    Ok(scenario::print("durable", outcome.report, &outcome.faults))
}
