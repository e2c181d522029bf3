//! `avalanche`: a server dies under all its clients, and they go to the others. Are all back soon, and is anything missed?
//!
//! Who starts this program kills the first server when it is `ready`; see [`crate::signal`].

use clap::Args;
use serde_json::json;

use crate::fleet::Failure;
use crate::options::Common;
use crate::returning::{self, Homes, Plan, Trouble};
use crate::scenario;
use crate::stored;

#[derive(Args, Debug)]
pub struct Avalanche {
    #[command(flatten)]
    common: Common,
    /// Those who listen, all on the first server; in each room one more writes, on the last.
    #[arg(long, default_value_t = 2000)]
    clients: usize,
    #[arg(long, default_value_t = 20)]
    rooms: usize,
    /// Messages a second in each room.
    #[arg(long, default_value_t = 2.0)]
    rate: f64,
    /// Characters of each message.
    #[arg(long, default_value_t = 100)]
    content: usize,
}

/// Runs the scenario; returns whether everything was as promised.
pub fn run(options: &Avalanche) -> Result<bool, Failure> {
    if options.common.urls.len() < 2 {
        return Err("an avalanche needs two servers".into());
    }
    let plan = Plan {
        clients: options.clients,
        rooms: options.rooms,
        rate: options.rate,
        content_len: options.content,
        trouble: Trouble::Outside,
        homes: Homes::ListenersOnFirst,
    };
    let mut outcome = returning::run(&plan, &options.common)?;
    let mut survivors = options.common.clone();
    survivors.urls.remove(0);
    let differences = stored::compare(&survivors, plan.rooms, &outcome.acked);
    outcome.faults.extend(differences);
    let fallen = &outcome.report["cutByServer"];
    if *fallen != json!(options.clients) {
        let text = format!(
            "{fallen} connections ended, not the {} of the first server",
            options.clients
        );
        outcome.faults.push(text);
    }
    eprintln!(
        "avalanche: {} % of {} clients back, the last {} ms after its first possible reconnect; {} % delivered",
        outcome.report["backPercent"],
        plan.clients,
        outcome.report["joinedMs"]["max"],
        outcome.report["deliveredPercent"],
    );
    Ok(scenario::print(
        "avalanche",
        outcome.report,
        &outcome.faults,
    ))
}
