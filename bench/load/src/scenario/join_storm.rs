//! `join-storm`: everybody is connected and joins one room at the same moment. How long until all are in?
//!
//! A join is done when its acknowledgement and its `room:history`, with a full page of earlier messages, have both come. At
//! the end one message shows that all of them are really in.

use std::cell::{Cell, RefCell};
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
use crate::latency::Latency;
use crate::options::Common;
use crate::packet::{self, Scanner};
use crate::scenario;
use crate::stamp::Stamp;

const HANDS: usize = 32;
const ALL_IN_LIMIT: Duration = Duration::from_secs(120);
const LIVE_LIMIT: Duration = Duration::from_secs(30);

#[derive(Args, Debug)]
pub struct JoinStorm {
    #[command(flatten)]
    common: Common,
    #[arg(long, default_value_t = 1000)]
    clients: usize,
    /// Messages that the room holds already; a join brings at most 50 of them.
    #[arg(long, default_value_t = 50)]
    history: usize,
    /// Characters of each message.
    #[arg(long, default_value_t = 100)]
    content: usize,
}

struct Joiner {
    run: Arc<Run>,
    scan: Scanner,
    started: Cell<u64>,
    acked: Cell<Option<u64>>,
    history: Cell<Option<u64>>,
    refused: RefCell<Option<String>>,
    in_history: Cell<usize>,
    live: Cell<usize>,
    others: Cell<u64>,
}

impl Receiver for Joiner {
    fn event(&self, name: &str, rest: &str) {
        match name {
            "room:history" => {
                self.history.set(Some(self.run.now()));
                self.in_history.set(self.scan.count_contents(rest));
            }
            "message:new" => self.live.set(self.live.get() + 1),
            _ => self.others.set(self.others.get() + 1),
        }
    }

    fn ack(&self, _: u64, args: &str) {
        if !packet::is_ok(args) {
            self.refused.replace(Some(args.to_owned()));
        }
        self.acked.set(Some(self.run.now()));
    }
}

impl Joiner {
    fn done(&self) -> Option<u64> {
        Some(self.acked.get()?.max(self.history.get()?))
    }
}

#[derive(Default)]
struct Part {
    join: Latency,
    ack: Latency,
    last: u64,
    out: usize,
    refused: Vec<String>,
    short: usize,
    deaf: usize,
    others: u64,
}

/// Runs the scenario; returns whether everything was as promised.
pub fn run(options: &JoinStorm) -> Result<bool, Failure> {
    let common = &options.common;
    let (parts, (cpu, seconds, rss)) = fleet::run(
        common.threads(),
        |thread, run| async move {
            part(thread, run, options)
                .await
                .unwrap_or_else(|why| fleet::give_up(why))
        },
        |run| async move {
            seed(&run, options)
                .await
                .unwrap_or_else(|why| fleet::give_up(why));
            run.in_step().await;
            let before = Cpu::now(&common.pids, &common.store_pids);
            let start = run.now();
            run.set_window(start, u64::MAX);
            run.in_step().await;
            run.in_step().await;
            let seconds = (run.now() - start) as f64 / 1e6;
            let used = Cpu::now(&common.pids, &common.store_pids).since(before);
            run.in_step().await;
            (used, seconds, account::peak_rss_mib(&common.pids))
        },
    )?;
    let mut all = Part::default();
    for part in parts {
        all.join.merge(&part.join);
        all.ack.merge(&part.ack);
        all.last = all.last.max(part.last);
        all.out += part.out;
        all.refused.extend(part.refused);
        all.short += part.short;
        all.deaf += part.deaf;
        all.others += part.others;
    }
    let mut faults = Vec::new();
    let mut fault = |bad: bool, text: String| {
        if bad {
            faults.push(text)
        }
    };
    fault(
        all.out > 0,
        format!("{} clients were not in after 120 s", all.out),
    );
    fault(
        !all.refused.is_empty(),
        format!(
            "{} joins refused: {}",
            all.refused.len(),
            all.refused.first().map_or("", |s| s)
        ),
    );
    fault(
        all.short > 0,
        format!("{} histories did not hold the page", all.short),
    );
    fault(
        all.deaf > 0,
        format!(
            "{} clients did not receive the message afterwards once",
            all.deaf
        ),
    );
    let report = json!({
        "clients": options.clients, "history": options.history, "content": options.content,
        "allInMs": all.last as f64 / 1000.0, "joinMs": all.join.report(), "ackMs": all.ack.report(),
        "otherEvents": all.others, "cpu": cpu_report(&cpu, seconds),
        "serverCpuSeconds": cpu.server, "storeCpuSeconds": cpu.store, "serverPeakRssMib": rss.round(),
    });
    eprintln!(
        "join-storm: {} clients in after {} ms; one join p50 {} ms, p99 {} ms",
        options.clients, report["allInMs"], report["joinMs"]["p50"], report["joinMs"]["p99"]
    );
    let serde_json::Value::Object(report) = report else {
        unreachable!("json! of braces is an object")
    };
    Ok(scenario::print("join-storm", report, &faults))
}

/// One user beyond the joiners fills the room and goes away again.
async fn seed(run: &Arc<Run>, options: &JoinStorm) -> Result<(), Failure> {
    let writer = writer(run, options).await?;
    for turn in 0..options.history {
        send(&writer, options, turn).await?;
    }
    writer
        .request("leave:room", &json!(room_id(0)).to_string())
        .await?;
    writer.close();
    Ok(())
}

async fn writer(run: &Arc<Run>, options: &JoinStorm) -> Result<Rc<Client>, Failure> {
    let connected = client::connect(
        options.common.url(0),
        &options.common.token(options.clients)?,
    )
    .await?;
    let client = connected.client();
    connected.listen(Rc::new(joiner(run)));
    client
        .request("join:room", &json!(room_id(0)).to_string())
        .await?;
    Ok(client)
}

async fn send(writer: &Client, options: &JoinStorm, turn: usize) -> Result<(), Failure> {
    let content = Stamp {
        sender: options.clients as u32,
        turn: turn as u32,
        at: 0,
    }
    .content(options.content);
    let message =
        json!({ "roomId": room_id(0), "content": content, "clientId": format!("seed-{turn}") });
    writer
        .request("message:send", &message.to_string())
        .await
        .map(drop)
}

fn joiner(run: &Arc<Run>) -> Joiner {
    Joiner {
        run: run.clone(),
        scan: Scanner::default(),
        started: Cell::new(0),
        acked: Cell::new(None),
        history: Cell::new(None),
        refused: RefCell::new(None),
        in_history: Cell::new(0),
        live: Cell::new(0),
        others: Cell::new(0),
    }
}

async fn part(thread: usize, run: Arc<Run>, options: &JoinStorm) -> Result<Part, Failure> {
    let common = &options.common;
    let joiners: Vec<(Rc<Client>, Rc<Joiner>)> =
        stream::iter(common.clients_of(thread, options.clients))
            .map(|index| {
                let run = &run;
                async move {
                    let connected =
                        client::connect(common.url(index), &common.token(index)?).await?;
                    let (client, joiner) = (connected.client(), Rc::new(joiner(run)));
                    connected.listen(joiner.clone());
                    Ok::<_, Failure>((client, joiner))
                }
            })
            .buffered(HANDS)
            .try_collect()
            .await?;
    run.in_step().await;
    // The conductor has read the clocks between these two steps.
    run.in_step().await;
    let start = run.window().0;
    let room = json!(room_id(0)).to_string();
    for (client, joiner) in &joiners {
        joiner.started.set(run.now());
        client.emit("join:room", &room);
    }
    wait_for(ALL_IN_LIMIT, || {
        joiners.iter().all(|(_, joiner)| joiner.done().is_some())
    })
    .await;
    run.in_step().await;
    if thread == 0 {
        let writer = writer(&run, options).await?;
        send(&writer, options, options.history).await?;
    }
    wait_for(LIVE_LIMIT, || {
        joiners.iter().all(|(_, joiner)| joiner.live.get() > 0)
    })
    .await;
    run.in_step().await;

    let mut part = Part::default();
    for (_, joiner) in &joiners {
        match joiner.done() {
            None => part.out += 1,
            Some(done) => {
                part.join.record(done - joiner.started.get());
                part.ack
                    .record(joiner.acked.get().unwrap_or(done) - joiner.started.get());
                part.last = part.last.max(done - start);
            }
        }
        part.refused.extend(joiner.refused.borrow().clone());
        part.short += usize::from(joiner.in_history.get() != options.history.min(50));
        part.deaf += usize::from(joiner.live.get() != 1);
        part.others += joiner.others.get();
    }
    Ok(part)
}

async fn wait_for(limit: Duration, condition: impl Fn() -> bool) {
    let begin = tokio::time::Instant::now();
    while !condition() && begin.elapsed() < limit {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
