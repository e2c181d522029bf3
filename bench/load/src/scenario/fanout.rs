//! `fanout`: many people in one room, a few of whom write. How many deliveries a second, and how late?

use std::time::Duration;

use clap::Args;

use crate::crowd::{self, Plan};
use crate::fleet::Failure;
use crate::options::Common;
use crate::scenario;
use crate::sender::Pace;
use crate::stored;

#[derive(Args, Debug)]
pub struct Fanout {
    #[command(flatten)]
    common: Common,
    /// Distinct users, all in one room.
    #[arg(long, default_value_t = 1000)]
    clients: usize,
    #[arg(long, default_value_t = 10)]
    senders: usize,
    /// Messages of one sender that may be under way at once, in the closed loop.
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
    /// Send the next message on the acknowledgement alone, without waiting for one's own delivery too.
    #[arg(long)]
    ack_only: bool,
    /// Send this many messages a second on a timetable; latency counts from the time when a message was due.
    #[arg(long, value_name = "RATE")]
    open_loop: Option<f64>,
}

/// Runs the scenario; returns whether everything was as promised.
pub fn run(options: &Fanout) -> Result<bool, Failure> {
    let plan = Plan {
        clients: options.clients,
        senders: options.senders,
        rooms: 1,
        watchers: None,
        pace: Pace {
            in_flight: options.in_flight,
            await_echo: !options.ack_only && options.open_loop.is_none(),
        },
        open_loop: options.open_loop,
        content_len: options.content,
        warm_up: Duration::from_secs_f64(options.warm_up),
        measured: Duration::from_secs_f64(options.seconds),
    };
    let mut outcome = crowd::run(&plan, &options.common)?;
    outcome
        .faults
        .extend(stored::compare(&options.common, plan.rooms, &outcome.acked));
    let figure = |name: &str| outcome.report[name].as_f64().unwrap_or(0.0);
    eprintln!(
        "fanout: {:.0} deliveries/s of {:.0} messages/s to {} clients; delivery p50 {} ms, p99 {} ms",
        figure("deliveriesPerSecond"),
        figure("messagesPerSecond"),
        plan.clients,
        outcome.report["deliveryMs"]["p50"],
        outcome.report["deliveryMs"]["p99"],
    );
    Ok(scenario::print("fanout", outcome.report, &outcome.faults))
}
