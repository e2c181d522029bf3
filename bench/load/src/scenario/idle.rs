//! `idle`: very many people are in rooms where nothing happens. What does each of them cost the server's memory?
//!
//! The server's resident memory before anybody connects is taken off. At the end one message in each room shows that
//! everybody is really in.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::json;

use crate::account::{self, Cpu};
use crate::client::{self, Client, Receiver};
use crate::crowd::{cpu_report, room_id};
use crate::fleet::{self, Failure, Run};
use crate::options::Common;
use crate::patience;
use crate::scenario;
use crate::stamp::Stamp;

const HANDS: usize = 32;
const HEARD_LIMIT: Duration = Duration::from_secs(30);
/// Memory has settled when so many samples in a row, one each half second, are within a two-hundredth of each other.
const SETTLED_SAMPLES: usize = 6;
const MOST_SAMPLES: usize = 60;

#[derive(Args, Debug)]
pub struct Idle {
    #[command(flatten)]
    common: Common,
    /// Distinct users, each with one connection.
    #[arg(long, default_value_t = 10_000)]
    clients: usize,
    /// Rooms, over which they are spread evenly.
    #[arg(long, default_value_t = 100)]
    rooms: usize,
    /// Seconds for which they stay at least, so that something else can be measured meanwhile; others may write in the rooms then, but
    /// not in the last two of them.
    #[arg(long, default_value_t = 0)]
    stay: u64,
}

struct Sitter {
    client: Rc<Client>,
    heard: Rc<Cell<usize>>,
}

struct Ear(Rc<Cell<usize>>);

impl Receiver for Ear {
    fn event(&self, name: &str, _: &str) {
        if name == "message:new" {
            self.0.set(self.0.get() + 1);
        }
    }

    fn ack(&self, _: u64, _: &str) {}
}

/// What the conductor has seen.
struct Memory {
    before_kib: f64,
    after_kib: f64,
    settled_after: f64,
    arriving: Cpu,
    sitting: Cpu,
    sitting_seconds: f64,
}

/// Runs the scenario; returns whether everything was as promised.
pub fn run(options: &Idle) -> Result<bool, Failure> {
    let (parts, memory) = fleet::run(
        options.common.threads(),
        |thread, run| async move {
            part(thread, run, options)
                .await
                .unwrap_or_else(|why| fleet::give_up(why))
        },
        |run| conduct(run, options),
    )?;
    let deaf: usize = parts.iter().map(|(deaf, _)| deaf).sum();
    let cut: usize = parts.iter().map(|(_, cut)| cut).sum();
    let told = [
        (cut, format!("{cut} clients were cut")),
        (
            deaf,
            format!("{deaf} clients did not receive the message at the end once"),
        ),
    ];
    let bad = told.into_iter().filter(|(count, _)| *count > 0);
    let faults: Vec<String> = bad.map(|(_, text)| text).collect();
    let each = (memory.after_kib - memory.before_kib) / options.clients as f64;
    let report = json!({
        "clients": options.clients, "rooms": options.rooms,
        "rssKibEach": (each * 100.0).round() / 100.0, "rssKbEach": (each * 102.4).round() / 100.0,
        "rssBeforeMib": (memory.before_kib / 1024.0).round(), "rssAfterMib": (memory.after_kib / 1024.0).round(),
        "settledAfterSeconds": memory.settled_after,
        "serverPeakRssMib": account::peak_rss_mib(&options.common.pids).round(),
        "serverCpuSeconds": memory.arriving.server, "storeCpuSeconds": memory.arriving.store,
        "cpu": cpu_report(&memory.sitting, memory.sitting_seconds),
    });
    eprintln!(
        "idle: {} kB of resident memory for each of {} clients",
        report["rssKbEach"], options.clients
    );
    let serde_json::Value::Object(report) = report else {
        unreachable!("json! of braces is an object")
    };
    Ok(scenario::print("idle", report, &faults))
}

async fn conduct(run: Arc<Run>, options: &Idle) -> Memory {
    let common = &options.common;
    let clock = || Cpu::now(&common.pids, &common.store_pids);
    let (before_kib, began) = (account::rss_kib(&common.pids), clock());
    run.in_step().await;
    run.in_step().await;
    let (sat, arrived) = (run.now(), clock());
    let mut samples = Vec::new();
    let stay = Duration::from_secs(options.stay).as_micros() as u64;
    while run.now() - sat < stay || (!settled(&samples) && samples.len() < MOST_SAMPLES) {
        tokio::time::sleep(Duration::from_millis(500)).await;
        samples.push(account::rss_kib(&common.pids));
    }
    let sitting_seconds = (run.now() - sat) as f64 / 1e6;
    let sitting = clock().since(arrived);
    run.in_step().await;
    run.in_step().await;
    Memory {
        before_kib,
        after_kib: samples.last().copied().unwrap_or(before_kib),
        settled_after: samples.len() as f64 / 2.0,
        arriving: arrived.since(began),
        sitting,
        sitting_seconds,
    }
}

fn settled(samples: &[f64]) -> bool {
    let Some(last) = samples.len().checked_sub(SETTLED_SAMPLES) else {
        return false;
    };
    let last = &samples[last..];
    let highest = last.iter().copied().fold(0.0, f64::max);
    let lowest = last.iter().copied().fold(f64::MAX, f64::min);
    highest - lowest <= highest / 200.0
}

async fn part(thread: usize, run: Arc<Run>, options: &Idle) -> Result<(usize, usize), Failure> {
    let common = &options.common;
    // The conductor has looked at the server before this step.
    run.in_step().await;
    let room = |index: usize| room_id(index * options.rooms / options.clients);
    let sitters: Vec<(usize, Sitter)> = stream::iter(common.clients_of(thread, options.clients))
        .map(|index| async move {
            let connected = client::connect(common.url(index), &common.token(index)?).await?;
            let (client, heard) = (connected.client(), Rc::new(Cell::new(0)));
            connected.listen(Rc::new(Ear(heard.clone())));
            let room = json!(room(index)).to_string();
            client.request("join:room", &room).await?;
            Ok::<_, Failure>((index, Sitter { client, heard }))
        })
        .buffered(HANDS)
        .try_collect()
        .await?;
    run.in_step().await;
    // The conductor watches the memory between these two steps.
    run.in_step().await;
    sitters.iter().for_each(|(_, sitter)| sitter.heard.set(0));
    // No message of this thread before all threads are at nought.
    run.in_step().await;
    for (index, sitter) in &sitters {
        let first_of_room = *index == 0 || room(*index) != room(index - 1);
        if first_of_room {
            let stamp = Stamp {
                sender: *index as u32,
                turn: 0,
                at: 0,
            };
            let message = json!({ "roomId": room(*index), "content": stamp.content(100) });
            let message = message.to_string();
            sitter.client.request("message:send", &message).await?;
        }
    }
    let all_heard = || sitters.iter().all(|(_, sitter)| sitter.heard.get() > 0);
    patience::wait_up_to(HEARD_LIMIT, || !all_heard()).await;
    let deaf = sitters.iter().filter(|(_, it)| it.heard.get() != 1).count();
    let cut = sitters.iter().filter(|(_, it)| it.client.is_closed());
    Ok((deaf, cut.count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_has_settled_when_it_stays_where_it_is() {
        assert!(!settled(&[1000.0; 5]));
        assert!(settled(&[1000.0; 6]));
        assert!(settled(&[
            500.0, 1000.0, 1001.0, 1002.0, 1003.0, 1004.0, 1004.0
        ]));
        assert!(!settled(&[1000.0, 1002.0, 1004.0, 1006.0, 1008.0, 1010.0]));
    }
}
