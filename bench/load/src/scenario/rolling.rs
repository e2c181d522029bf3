//! `rolling`: the servers are restarted one after another while people write. Is anything lost, and how long is a client
//! without its room?
//!
//! Who starts this program restarts the servers when it is `ready`; see [`crate::signal`].

use clap::Args;

use crate::fleet::Failure;
use crate::options::Common;
use crate::returning::{self, Homes, Plan, Trouble};
use crate::scenario;
use crate::stored;

#[derive(Args, Debug)]
pub struct Rolling {
    #[command(flatten)]
    common: Common,
    /// Those who listen, over all servers; in each room one more writes.
    #[arg(long, default_value_t = 600)]
    clients: usize,
    #[arg(long, default_value_t = 12)]
    rooms: usize,
    /// Messages a second in each room: no silence can be told apart that is shorter than the time between two.
    #[arg(long, default_value_t = 20.0)]
    rate: f64,
    /// Characters of each message.
    #[arg(long, default_value_t = 100)]
    content: usize,
}

/// Runs the scenario; returns whether everything was as promised.
pub fn run(options: &Rolling) -> Result<bool, Failure> {
    let plan = Plan {
        clients: options.clients,
        rooms: options.rooms,
        rate: options.rate,
        content_len: options.content,
        trouble: Trouble::Outside,
        homes: Homes::Spread,
    };
    let mut outcome = returning::run(&plan, &options.common)?;
    let differences = stored::compare(&options.common, plan.rooms, &outcome.acked);
    outcome.faults.extend(differences);
    if outcome.report["cutByServer"].as_u64() < Some(options.clients as u64) {
        let text = format!(
            "only {} connections were cut: were all servers restarted?",
            outcome.report["cutByServer"]
        );
        outcome.faults.push(text);
    }
    eprintln!(
        "rolling: {} cuts of {} clients; the longest silence of a client: median {} ms, worst {} ms; {} % delivered",
        outcome.report["cutByServer"],
        plan.clients,
        outcome.report["silenceMs"]["p50"],
        outcome.report["silenceMs"]["max"],
        outcome.report["deliveredPercent"],
    );
    Ok(scenario::print("rolling", outcome.report, &outcome.faults))
}
