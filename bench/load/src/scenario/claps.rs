//! `claps`: everybody claps for one message, each again as soon as the last clap is acknowledged, while other messages go
//! through the same room on a timetable. Are the totals exact, how many events does it cost, and how late are the others?

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use clap::Args;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::account::{self, Cpu};
use crate::client::{self, Client, Receiver};
use crate::crowd::{cpu_report, room_id};
use crate::fleet::{self, Failure, Run};
use crate::latency::Latency;
use crate::options::{Common, Dialect};
use crate::packet::{self, Scanner};
use crate::rest::Rest;
use crate::room_stream::RoomStream;
use crate::scenario;
use crate::stamp::Stamp;

const HANDS: usize = 32;
const LAST_ANSWERS: Duration = Duration::from_secs(10);
/// One user's claps on one message stop here.
const CLAPS_MAX: u64 = 50;

#[derive(Args, Debug)]
pub struct ClapStorm {
    #[command(flatten)]
    common: Common,
    /// Distinct users who clap, all live in one room.
    #[arg(long, default_value_t = 1000)]
    clients: usize,
    /// How long they clap.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Other messages a second, of one more user.
    #[arg(long, default_value_t = 20.0)]
    others: f64,
    /// Characters of each of these.
    #[arg(long, default_value_t = 100)]
    content: usize,
}

struct Clapper {
    run: Arc<Run>,
    scan: Scanner,
    client: Rc<Client>,
    target: Arc<OnceLock<String>>,
    stream: RefCell<RoomStream>,
    heard: Cell<bool>,
    sent_at: Cell<u64>,
    acked: Cell<u64>,
    mine: Cell<u64>,
    waiting: Cell<bool>,
    refused: RefCell<Option<String>>,
    /// When the events about the message came.
    events: RefCell<Vec<u64>>,
    delivery: Rc<RefCell<Latency>>,
    ack_latency: Rc<RefCell<Latency>>,
}

impl Receiver for Clapper {
    fn event(&self, name: &str, rest: &str) {
        let mut stream = self.stream.borrow_mut();
        match name {
            "room:history" if !self.heard.replace(true) => {
                let json = rest.strip_prefix(',').and_then(|it| it.strip_suffix(']'));
                let history = json.and_then(|json| serde_json::from_str(json).ok());
                stream.start(&history.unwrap_or(Value::Null));
            }
            "message:new" => {
                let Some(stamp) = stream.message(&self.scan, rest) else {
                    return;
                };
                let (start, end) = self.run.window();
                if (start..end).contains(&stamp.at) {
                    let late = self.run.now().saturating_sub(stamp.at);
                    self.delivery.borrow_mut().record(late);
                }
            }
            "message:clapped" => {
                stream.change(&self.scan, rest);
                self.events.borrow_mut().push(self.run.now());
            }
            "message:updated" | "message:deleted" | "message:reacted" | "room:updated" => {
                stream.change(&self.scan, rest);
            }
            _ => {}
        }
    }

    fn ack(&self, _: u64, args: &str) {
        // The speaker's messages are acknowledged as well.
        if !self.waiting.replace(false) {
            return;
        }
        if !packet::is_ok(args) {
            self.refused.replace(Some(args.to_owned()));
            return;
        }
        let now = self.run.now();
        self.acked.set(self.acked.get() + 1);
        let answer: Option<Value> = serde_json::from_str(args).ok();
        let mine = answer.and_then(|answer| answer[0]["claps"]["mine"].as_u64());
        self.mine.set(mine.unwrap_or(u64::MAX));
        self.ack_latency
            .borrow_mut()
            .record(now - self.sent_at.get());
        if now < self.run.window().1 {
            self.clap();
        }
    }
}

impl Clapper {
    fn clap(&self) {
        let Some(target) = self.target.get() else {
            return;
        };
        self.sent_at.set(self.run.now());
        self.waiting.set(true);
        self.client
            .emit("message:clap", &format!("{{\"messageId\":\"{target}\"}}"));
    }
}

#[derive(Default)]
struct Part {
    delivery: Latency,
    ack: Latency,
    acked: u64,
    claps: u64,
    unanswered: usize,
    cut: usize,
    breaks: u64,
    wrong: usize,
    refused: Vec<String>,
    most_a_second: usize,
    events: usize,
}

/// Runs the scenario; returns whether everything was as promised.
pub fn run(options: &ClapStorm) -> Result<bool, Failure> {
    let common = &options.common;
    let target = Arc::new(OnceLock::new());
    let (parts, (cpu, rss, total)) = fleet::run(
        common.threads(),
        |thread, run| {
            let target = target.clone();
            async move {
                part(thread, run, options, target)
                    .await
                    .unwrap_or_else(|why| fleet::give_up(why))
            }
        },
        |run| async move {
            conduct(run, options)
                .await
                .unwrap_or_else(|why| fleet::give_up(why))
        },
    )?;
    let mut all = Part::default();
    for part in parts {
        all.delivery.merge(&part.delivery);
        all.ack.merge(&part.ack);
        all.acked += part.acked;
        all.claps += part.claps;
        all.unanswered += part.unanswered;
        all.cut += part.cut;
        all.breaks += part.breaks;
        all.wrong += part.wrong;
        all.refused.extend(part.refused);
        all.most_a_second = all.most_a_second.max(part.most_a_second);
        all.events = all.events.max(part.events);
    }
    let faults = faults(&all, total);
    let seconds = options.seconds;
    let report = json!({
        "clients": options.clients, "seconds": seconds, "others": options.others,
        "clapsPerSecond": (all.acked as f64 / seconds).round(), "total": total,
        "eventsPerSecond": (all.events as f64 / seconds * 10.0).round() / 10.0, "mostEventsInOneSecond": all.most_a_second,
        "ackMs": all.ack.report(), "deliveryMs": all.delivery.report(),
        "cpu": cpu_report(&cpu, seconds), "serverPeakRssMib": rss.round(),
    });
    eprintln!(
        "claps: {} acknowledged a second, total {total}; {} events a second; other messages p99 {} ms",
        report["clapsPerSecond"], report["eventsPerSecond"], report["deliveryMs"]["p99"]
    );
    let Value::Object(report) = report else {
        unreachable!("json! of braces is an object")
    };
    Ok(scenario::print("claps", report, &faults))
}

fn faults(all: &Part, total: u64) -> Vec<String> {
    let mut faults = Vec::new();
    let mut fault = |bad: bool, text: String| {
        if bad {
            faults.push(text)
        }
    };
    fault(
        total != all.claps,
        format!("the total is {total}, acknowledged were {}", all.claps),
    );
    fault(
        all.wrong > 0,
        format!("{} people were told another count than theirs", all.wrong),
    );
    fault(all.cut > 0, format!("{} clients were cut", all.cut));
    fault(
        all.unanswered > 0,
        format!("{} claps were never acknowledged", all.unanswered),
    );
    let refusal = all.refused.first().map_or("", |text| text);
    let refused = all.refused.len();
    fault(refused > 0, format!("{refused} were refused: {refusal}"));
    fault(
        all.breaks > 0,
        format!("{} times a rev or seq was not the next one", all.breaks),
    );
    faults
}

async fn conduct(run: Arc<Run>, options: &ClapStorm) -> Result<(Cpu, f64, u64), Failure> {
    let common = &options.common;
    let clock = || Cpu::now(&common.pids, &common.store_pids);
    run.in_step().await;
    let start = run.now() + 200_000;
    run.set_window(start, start + (options.seconds * 1e6) as u64);
    run.in_step().await;
    run.sleep_until(start).await;
    let before = clock();
    run.sleep_until(run.window().1).await;
    let used = clock().since(before);
    run.in_step().await;
    let mut rest = Rest::connect(common, Some(0)).await?;
    let path = format!("/api/rooms/{}/messages?after=0&limit=1", room_id(0));
    let page: Page = rest.get(&path).await?;
    let total = page.messages.first().map_or(0, |first| first.claps.total);
    Ok((used, account::peak_rss_mib(&common.pids), total))
}

#[derive(Deserialize)]
struct Page {
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    claps: Claps,
}

#[derive(Deserialize)]
struct Claps {
    total: u64,
}

async fn part(
    thread: usize,
    run: Arc<Run>,
    options: &ClapStorm,
    target: Arc<OnceLock<String>>,
) -> Result<Part, Failure> {
    let common = &options.common;
    let delivery = Rc::new(RefCell::new(Latency::default()));
    let ack_latency = Rc::new(RefCell::new(Latency::default()));
    let enter = async |index: usize| {
        let connected = client::connect(common.url(index), &common.token(index)?).await?;
        let clapper = Rc::new(Clapper {
            run: run.clone(),
            scan: Scanner::default(),
            client: connected.client(),
            target: target.clone(),
            stream: RefCell::new(RoomStream::new(Dialect::Belfry)),
            heard: Cell::new(false),
            sent_at: Cell::new(0),
            acked: Cell::new(0),
            mine: Cell::new(0),
            waiting: Cell::new(false),
            refused: RefCell::new(None),
            events: RefCell::default(),
            delivery: delivery.clone(),
            ack_latency: ack_latency.clone(),
        });
        connected.listen(clapper.clone());
        clapper
            .client
            .request("join:room", &json!(room_id(0)).to_string())
            .await?;
        Ok::<_, Failure>(clapper)
    };
    let clappers: Vec<Rc<Clapper>> = stream::iter(common.clients_of(thread, options.clients))
        .map(&enter)
        .buffered(HANDS)
        .try_collect()
        .await?;
    let speaker = if thread == 0 {
        let speaker = enter(options.clients).await?;
        // Stamped as the others are, before the window: it is counted, and its latency is not.
        let stamp = Stamp {
            sender: options.clients as u32,
            turn: 0,
            at: 0,
        };
        let message = json!({ "roomId": room_id(0), "content": stamp.content(options.content) });
        let message = message.to_string();
        let sent = speaker.client.request("message:send", &message).await?;
        let id = sent["message"]["id"].as_str().map(str::to_owned);
        let _ = target.set(id.ok_or("a sent message without an id")?);
        Some(speaker)
    } else {
        None
    };
    // What the joins cause has passed by then.
    tokio::time::sleep(Duration::from_secs(2)).await;
    run.in_step().await;
    // The conductor sets the window between these two steps.
    run.in_step().await;
    run.sleep_until(run.window().0).await;
    clappers.iter().for_each(|clapper| clapper.clap());
    match &speaker {
        Some(speaker) => speak(&run, speaker, options).await?,
        None => run.sleep_until(run.window().1).await,
    }
    let begin = tokio::time::Instant::now();
    while clappers.iter().any(|clapper| clapper.waiting.get()) && begin.elapsed() < LAST_ANSWERS {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    run.in_step().await;

    let mut part = Part {
        delivery: delivery.borrow().clone(),
        ack: ack_latency.borrow().clone(),
        ..Part::default()
    };
    for clapper in &clappers {
        let claps = clapper.acked.get().min(CLAPS_MAX);
        part.acked += clapper.acked.get();
        part.claps += claps;
        part.wrong += usize::from(clapper.mine.get() != claps);
        part.unanswered += usize::from(clapper.waiting.get());
        part.cut += usize::from(clapper.client.is_closed());
        part.breaks += clapper.stream.borrow().breaks;
        part.refused.extend(clapper.refused.borrow().clone());
        let events = clapper.events.borrow();
        let (start, end) = run.window();
        let within = events.iter().filter(|at| (start..end).contains(*at));
        part.events = part.events.max(within.count());
        part.most_a_second = part.most_a_second.max(most_in_a_second(&events));
    }
    Ok(part)
}

/// Other messages, on a timetable whatever the server does; each carries the time at which it was due.
async fn speak(run: &Arc<Run>, speaker: &Clapper, options: &ClapStorm) -> Result<(), Failure> {
    let (start, end) = run.window();
    for turn in 1_u32.. {
        let due = start + (f64::from(turn - 1) * 1e6 / options.others) as u64;
        if due >= end {
            return Ok(());
        }
        run.sleep_until(due).await;
        let stamp = Stamp {
            sender: options.clients as u32,
            turn,
            at: due,
        };
        let message = json!({ "roomId": room_id(0), "content": stamp.content(options.content) });
        speaker.client.emit("message:send", &message.to_string());
    }
    Ok(())
}

/// The most of these moments (in microseconds, ascending) that lie within one second.
fn most_in_a_second(moments: &[u64]) -> usize {
    let mut window = VecDeque::new();
    let mut most = 0;
    for &moment in moments {
        window.push_back(moment);
        while window
            .front()
            .is_some_and(|first| moment - first >= 1_000_000)
        {
            window.pop_front();
        }
        most = most.max(window.len());
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_counted_in_any_second_not_in_seconds_of_a_clock() {
        assert_eq!(most_in_a_second(&[]), 0);
        assert_eq!(
            most_in_a_second(&[900_000, 1_100_000, 1_800_000, 2_000_000]),
            3
        );
        assert_eq!(most_in_a_second(&[0, 1_000_000, 2_000_000]), 1);
    }
}
