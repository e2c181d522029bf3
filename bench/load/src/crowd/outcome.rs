//! What the threads have counted, put together into one report and a list of faults.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Value, json};

use crate::account::Cpu;
use crate::crowd::Plan;
use crate::latency::Latency;
use crate::options::{Common, Dialect};

/// What a run has shown.
pub struct Outcome {
    /// The figures, as the JSON object to print.
    pub report: serde_json::Map<String, Value>,
    /// Per sending client, for each of its messages, whether it was acknowledged.
    pub acked: BTreeMap<usize, Vec<bool>>,
    /// What was not as promised, in words; empty is good.
    pub faults: Vec<String>,
}

/// What one thread has counted.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) delivery: Latency,
    pub(super) ack: Latency,
    pub(super) lag: Latency,
    pub(super) deliveries_in_window: u64,
    pub(super) acks_in_window: u64,
    pub(super) packets: u64,
}

/// What one thread hands back.
pub(super) struct Part {
    pub(super) tally: Tally,
    pub(super) acked: BTreeMap<usize, Vec<bool>>,
    pub(super) refusals: Vec<String>,
    pub(super) unanswered: usize,
    pub(super) cut: usize,
    pub(super) incomplete: usize,
    pub(super) breaks: u64,
    pub(super) catch_ups: u64,
    pub(super) orders: Vec<HashSet<u64>>,
}

pub(super) fn conclude(
    plan: &Plan,
    common: &Common,
    parts: Vec<Part>,
    (cpu, rss): (Cpu, f64),
) -> Outcome {
    let mut all = Tally::default();
    let mut acked = BTreeMap::new();
    let (mut cut, mut incomplete, mut unanswered, mut breaks, mut catch_ups) = (0, 0, 0, 0, 0);
    let mut refusals = Vec::new();
    let mut orders = vec![HashSet::new(); plan.rooms];
    for part in parts {
        all.delivery.merge(&part.tally.delivery);
        all.ack.merge(&part.tally.ack);
        all.lag.merge(&part.tally.lag);
        all.deliveries_in_window += part.tally.deliveries_in_window;
        all.acks_in_window += part.tally.acks_in_window;
        cut += part.cut;
        incomplete += part.incomplete;
        unanswered += part.unanswered;
        breaks += part.breaks;
        catch_ups += part.catch_ups;
        refusals.extend(part.refusals);
        acked.extend(part.acked);
        orders
            .iter_mut()
            .zip(part.orders)
            .for_each(|(all, some)| all.extend(some));
    }
    let most_orders = orders.iter().map(HashSet::len).max().unwrap_or(0);
    let seconds = plan.measured.as_secs_f64();
    let per_second = |count: u64| (count as f64 / seconds).round();

    let mut faults = Vec::new();
    let mut fault = |bad: bool, text: String| {
        if bad {
            faults.push(text)
        }
    };
    fault(cut > 0, format!("{cut} clients were cut"));
    fault(
        !refusals.is_empty(),
        format!(
            "{} senders were refused: {}",
            refusals.len(),
            refusals.first().map_or("", |s| s)
        ),
    );
    fault(
        unanswered > 0,
        format!("{unanswered} messages were never acknowledged"),
    );
    fault(
        incomplete > 0,
        format!("{incomplete} clients did not receive every accepted message once"),
    );
    fault(
        breaks > 0,
        format!("{breaks} times a rev or seq was not the next one"),
    );
    fault(
        common.dialect != Dialect::Peer && most_orders > 1,
        format!("one room was seen in {most_orders} orders"),
    );

    let report = json!({
        "clients": plan.clients, "senders": plan.senders, "rooms": plan.rooms, "inFlight": plan.pace.in_flight,
        "awaitEcho": plan.pace.await_echo, "openLoop": plan.open_loop, "content": plan.content_len, "seconds": seconds,
        "messagesPerSecond": per_second(all.acks_in_window),
        "deliveriesPerSecond": per_second(all.deliveries_in_window),
        "deliveryMs": all.delivery.report(), "deliveryDistributionMs": plan.open_loop.map(|_| all.delivery.distribution()),
        "ackMs": all.ack.report(), "sendLagMs": all.lag.report(),
        "ordersSeen": most_orders, "catchUps": catch_ups,
        "cpu": cpu_report(&cpu, seconds),
        "serverCpuSecondsPerMillionDeliveries": per_million(cpu.server, all.deliveries_in_window),
        "serverCpuSecondsPerMillionMessages": per_million(cpu.server, all.acks_in_window),
        "serverPeakRssMib": rss.round(),
    });
    let Value::Object(report) = report else {
        unreachable!("json! of braces is an object")
    };
    Outcome {
        report,
        acked,
        faults,
    }
}

/// CPU seconds for a million of them.
pub fn per_million(seconds: f64, count: u64) -> Value {
    if count == 0 {
        Value::Null
    } else {
        json!((seconds / count as f64 * 1e9).round() / 1e3)
    }
}

/// Average numbers of busy cores over `seconds`.
pub fn cpu_report(cpu: &Cpu, seconds: f64) -> Value {
    let cores = |used: f64| (used / seconds * 100.0).round() / 100.0;
    json!({
        "serverCores": cores(cpu.server), "storeCores": cores(cpu.store), "loadCores": cores(cpu.load),
        "otherCores": cores(cpu.others()), "stolenCores": cores(cpu.stolen),
    })
}
