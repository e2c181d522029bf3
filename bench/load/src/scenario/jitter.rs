//! `jitter`: everybody's connection is cut again and again while one room goes on. Is anything missed, and how long until
//! what was missed is there?

use std::time::Duration;

use clap::Args;

use crate::fleet::Failure;
use crate::options::Common;
use crate::returning::{self, Homes, Plan, Trouble};
use crate::scenario;
use crate::stored;

#[derive(Args, Debug)]
pub struct Jitter {
    #[command(flatten)]
    common: Common,
    /// Those who listen in one room, and whose connections are cut; one more writes.
    #[arg(long, default_value_t = 2000)]
    clients: usize,
    /// Messages altogether.
    #[arg(long, default_value_t = 120)]
    messages: u32,
    /// Messages a second.
    #[arg(long, default_value_t = 2.0)]
    rate: f64,
    /// The age in seconds at which a connection is cut.
    #[arg(long, default_value_t = 15.0)]
    cut_every: f64,
    /// Seconds until the client begins to connect again.
    #[arg(long, default_value_t = 2.0)]
    offline: f64,
    /// Characters of each message.
    #[arg(long, default_value_t = 100)]
    content: usize,
}

/// Runs the scenario; returns whether everything was as promised.
pub fn run(options: &Jitter) -> Result<bool, Failure> {
    let plan = Plan {
        clients: options.clients,
        rooms: 1,
        rate: options.rate,
        content_len: options.content,
        trouble: Trouble::Cuts {
            every: Duration::from_secs_f64(options.cut_every),
            offline: Duration::from_secs_f64(options.offline),
            messages: options.messages,
        },
        homes: Homes::Spread,
    };
    let mut outcome = returning::run(&plan, &options.common)?;
    let differences = stored::compare(&options.common, plan.rooms, &outcome.acked);
    outcome.faults.extend(differences);
    eprintln!(
        "jitter: {} % of {} messages delivered to {} clients over {} cuts; replay p50 {} ms, p99 {} ms",
        outcome.report["deliveredPercent"],
        outcome.report["messages"],
        plan.clients,
        outcome.report["cuts"],
        outcome.report["replayMs"]["p50"],
        outcome.report["replayMs"]["p99"],
    );
    Ok(scenario::print("jitter", outcome.report, &outcome.faults))
}
