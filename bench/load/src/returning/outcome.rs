//! What the threads have counted about clients that come back, put together into one report and a list of faults.

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use serde_json::{Map, Value, json};

use crate::crowd::{cpu_report, per_million};
use crate::fleet::Run;
use crate::latency::Latency;
use crate::options::{Common, Dialect};
use crate::returning::visitor::Visitor;
use crate::returning::{Measured, Plan};

/// What a run has shown.
pub struct Outcome {
    /// The figures, as the JSON object to print.
    pub report: Map<String, Value>,
    /// Per sending client, for each of its messages, whether it was acknowledged.
    pub acked: BTreeMap<usize, Vec<bool>>,
    /// What was not as promised, in words; empty is good.
    pub faults: Vec<String>,
}

/// What one thread counts as it happens.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) packets: u64,
    pub(super) delivery: Latency,
    pub(super) ack: Latency,
    /// From the start of a reconnect until its history was there.
    pub(super) replay: Latency,
    /// From the start of a reconnect until the join was acknowledged.
    pub(super) joined: Latency,
    pub(super) cuts: u64,
    pub(super) cut_by_server: u64,
    pub(super) failed_attempts: u64,
}

/// What one thread hands back.
#[derive(Default)]
pub(super) struct Part {
    tally: Tally,
    silence: Latency,
    acked: BTreeMap<usize, Vec<bool>>,
    refusals: Vec<String>,
    lost: Vec<String>,
    repeats: u64,
    unanswered: usize,
    incomplete: usize,
    received: u64,
    expected: u64,
    breaks: u64,
    first_breaks: Vec<String>,
    catch_ups: u64,
    orders: BTreeMap<usize, HashSet<u64>>,
}

impl Part {
    pub(super) fn count(
        plan: &Plan,
        run: &Run,
        visitors: &[Rc<Visitor>],
        accepted: impl Fn(usize) -> (u64, u64),
    ) -> Part {
        let mut part = Part::default();
        for visitor in visitors {
            let stream = visitor.stream.borrow();
            let (count, sum) = accepted(visitor.room);
            part.incomplete += usize::from(stream.received != count || stream.sum != sum);
            part.received += stream.received;
            part.expected += count;
            part.breaks += stream.breaks;
            let person = visitor.person;
            let told = stream.first_break.iter();
            part.first_breaks
                .extend(told.map(|how| format!("client {person}: {how}")));
            part.catch_ups += stream.catch_ups;
            part.lost.extend(visitor.lost.borrow().clone());
            let orders = part.orders.entry(visitor.room).or_default();
            orders.insert(stream.order);
            if visitor.person < plan.clients {
                part.silence.record(visitor.longest_silence());
            }
            if let Some(speech) = &visitor.speech {
                let speech = speech.borrow();
                part.refusals.extend(speech.refused.clone());
                part.repeats += speech.repeats;
                part.unanswered += speech.unanswered();
                part.acked.insert(visitor.person, speech.acked.clone());
            }
        }
        debug_assert!(run.window().1 != u64::MAX, "the run has ended");
        part
    }

    pub(super) fn with(self, tally: Tally) -> Part {
        Part { tally, ..self }
    }

    fn merge(&mut self, other: Part) {
        self.tally.delivery.merge(&other.tally.delivery);
        self.tally.ack.merge(&other.tally.ack);
        self.tally.replay.merge(&other.tally.replay);
        self.tally.joined.merge(&other.tally.joined);
        self.tally.cuts += other.tally.cuts;
        self.tally.cut_by_server += other.tally.cut_by_server;
        self.tally.failed_attempts += other.tally.failed_attempts;
        self.silence.merge(&other.silence);
        self.acked.extend(other.acked);
        self.refusals.extend(other.refusals);
        self.lost.extend(other.lost);
        self.repeats += other.repeats;
        self.unanswered += other.unanswered;
        self.incomplete += other.incomplete;
        self.received += other.received;
        self.expected += other.expected;
        self.breaks += other.breaks;
        self.first_breaks.extend(other.first_breaks);
        self.catch_ups += other.catch_ups;
        for (room, orders) in other.orders {
            self.orders.entry(room).or_default().extend(orders);
        }
    }

    fn most_orders(&self) -> usize {
        self.orders.values().map(HashSet::len).max().unwrap_or(0)
    }

    fn faults(&self, ordered: bool) -> Vec<String> {
        let first = |texts: &[String]| texts.first().cloned().unwrap_or_default();
        let told = [
            (
                self.lost.len(),
                format!(
                    "{} clients did not come back: {}",
                    self.lost.len(),
                    first(&self.lost)
                ),
            ),
            (
                self.refusals.len(),
                format!(
                    "{} writers were refused: {}",
                    self.refusals.len(),
                    first(&self.refusals)
                ),
            ),
            (
                self.unanswered,
                format!("{} messages were never acknowledged", self.unanswered),
            ),
            (
                self.incomplete,
                format!(
                    "{} clients did not receive every accepted message once",
                    self.incomplete
                ),
            ),
            (
                self.breaks as usize,
                format!(
                    "{} times a rev or seq was not the next one, or a resume was no delta ({})",
                    self.breaks,
                    first(&self.first_breaks)
                ),
            ),
            (
                self.most_orders().saturating_sub(1) * usize::from(ordered),
                format!("one room was seen in {} orders", self.most_orders()),
            ),
        ];
        let bad = told.into_iter().filter(|(count, _)| *count > 0);
        bad.map(|(_, text)| text).collect()
    }
}

pub(super) fn conclude(
    plan: &Plan,
    common: &Common,
    parts: Vec<Part>,
    measured: Measured,
) -> Outcome {
    let mut all = Part::default();
    parts.into_iter().for_each(|part| all.merge(part));
    let Measured {
        cpu,
        seconds,
        rss_mib,
    } = measured;
    let server = |figure: Value| {
        if common.pids.is_empty() {
            Value::Null
        } else {
            figure
        }
    };
    let returned = all.tally.joined.count();
    let left = all.tally.cuts + all.tally.cut_by_server;
    let report = json!({
        "clients": plan.clients, "rooms": plan.rooms, "rate": plan.rate, "content": plan.content_len, "seconds": seconds,
        "messages": all.acked.values().flatten().filter(|acked| **acked).count(),
        "delivered": all.received, "deliveredPercent": percent(all.received, all.expected),
        "cuts": all.tally.cuts, "cutByServer": all.tally.cut_by_server, "returned": returned,
        "backPercent": percent(left.saturating_sub(all.lost.len() as u64), left),
        "failedAttempts": all.tally.failed_attempts, "repeatedSends": all.repeats, "catchUps": all.catch_ups,
        "replayMs": all.tally.replay.report(), "joinedMs": all.tally.joined.report(),
        "silenceMs": all.silence.report(), "deliveryMs": all.tally.delivery.report(), "ackMs": all.tally.ack.report(),
        "ordersSeen": all.most_orders(), "cpu": cpu_report(&cpu, seconds),
        "serverCpuSecondsPerMillionDeliveries": server(per_million(cpu.server, all.received)),
        "serverPeakRssMib": server(json!(rss_mib.round())),
    });
    let Value::Object(report) = report else {
        unreachable!("json! of braces is an object")
    };
    Outcome {
        report,
        faults: all.faults(common.dialect != Dialect::Peer),
        acked: all.acked,
    }
}

/// With three digits behind the point, and 100 only for all of them.
fn percent(part: u64, whole: u64) -> Value {
    if whole == 0 {
        return Value::Null;
    }
    json!((part as f64 / whole as f64 * 1e5).floor() / 1e3)
}
