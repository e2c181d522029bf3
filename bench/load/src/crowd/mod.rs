//! The engine under `fanout` and `durable`: clients in rooms, some of which send, measured over a window and then verified.
//!
//! Order of things: connect, join, let the noise of the joins pass, warm up, measure, stop sending, wait until everything
//! accepted has arrived everywhere, compare.

mod member;
mod outcome;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::json;

pub use outcome::{Outcome, cpu_report, per_million};

use crate::account::{self, Cpu};
use crate::client;
use crate::crowd::member::Member;
use crate::crowd::outcome::{Part, Tally};
use crate::fleet::{self, Failure, Run};
use crate::options::{Common, Dialect};
use crate::packet::Scanner;
use crate::patience;
use crate::room_stream::RoomStream;
use crate::sender::{Pace, Sender};

/// How many clients connect or join at once on one thread.
const HANDS: usize = 32;

/// Who is there, and how they send.
#[derive(Clone, Debug)]
pub struct Plan {
    pub clients: usize,
    pub senders: usize,
    pub rooms: usize,
    /// Only the last so many clients are live in the room; those who write are members who do not listen.
    pub watchers: Option<usize>,
    pub pace: Pace,
    /// Messages a second of all senders together on a timetable, instead of a closed loop.
    pub open_loop: Option<f64>,
    pub content_len: usize,
    pub warm_up: Duration,
    pub measured: Duration,
}

impl Plan {
    /// The room of a client, from 0. Neighbours share a room, so that each room has people on every server and thread.
    pub fn room(&self, client: usize) -> usize {
        client * self.rooms / self.clients
    }

    /// The senders are spread over the order of joining, over servers and over threads.
    fn is_sender(&self, client: usize) -> bool {
        if self.watchers.is_some() {
            return client < self.senders;
        }
        let stride = self.clients / self.senders;
        let nth = client / stride;
        nth < self.senders && client == nth * stride + nth % stride
    }

    fn is_live(&self, client: usize) -> bool {
        self.watchers
            .is_none_or(|watchers| client >= self.clients - watchers)
    }
}

/// The id of a room of the benchmark.
pub fn room_id(room: usize) -> String {
    format!("bench-{room}")
}

/// Runs the plan against the servers.
pub fn run(plan: &Plan, common: &Common) -> Result<Outcome, Failure> {
    if plan.senders == 0
        || plan.senders > plan.clients
        || plan.rooms == 0
        || plan.rooms > plan.clients
    {
        return Err(
            "there must be at least one sender and one room, and no more of either than clients"
                .into(),
        );
    }
    let totals = Totals::new(plan.rooms);
    let (parts, cpu) = fleet::run(
        common.threads(),
        |thread, run| {
            let totals = &totals;
            async move {
                part(thread, run, plan, common, totals)
                    .await
                    .unwrap_or_else(|why| fleet::give_up(why))
            }
        },
        |run| conduct(run, plan, common),
    )?;
    Ok(outcome::conclude(plan, common, parts, cpu))
}

/// Acknowledged messages of each room, known to all threads when all senders have stopped.
struct Totals {
    acked: Vec<AtomicU64>,
    sums: Vec<AtomicU64>,
}

impl Totals {
    fn new(rooms: usize) -> Totals {
        Totals {
            acked: (0..rooms).map(|_| AtomicU64::new(0)).collect(),
            sums: (0..rooms).map(|_| AtomicU64::new(0)).collect(),
        }
    }
}

async fn part(
    thread: usize,
    run: Arc<Run>,
    plan: &Plan,
    common: &Common,
    totals: &Totals,
) -> Result<Part, Failure> {
    let tally = Rc::new(RefCell::new(Tally::default()));
    let scan = Rc::new(Scanner::default());
    let members: Vec<Rc<Member>> = stream::iter(common.clients_of(thread, plan.clients))
        .map(|index| enter(index, &run, plan, common, &scan, &tally))
        .buffered(HANDS)
        .try_collect()
        .await?;
    run.in_step().await;
    stream::iter(&members)
        .map(|member| join(member, common))
        .buffered(HANDS)
        .try_collect::<Vec<()>>()
        .await?;
    let packets = || tally.borrow().packets;
    patience::quiet(packets).await;
    run.in_step().await;
    // The conductor sets the window between these two steps.
    run.in_step().await;
    let senders: Vec<&Rc<Member>> = members
        .iter()
        .filter(|member| member.sender.is_some())
        .collect();
    start(&senders, plan);
    run.sleep_until(run.window().1).await;

    let answered = || {
        senders
            .iter()
            .map(|m| m.sender.as_ref().map_or(0, |s| s.borrow().unanswered()))
            .sum::<usize>()
    };
    patience::wait_while(packets, || answered() > 0).await;
    for member in &senders {
        let Some(sender) = &member.sender else {
            continue;
        };
        let sender = sender.borrow();
        totals.acked[member.room].fetch_add(
            sender.acked.iter().filter(|a| **a).count() as u64,
            Ordering::Relaxed,
        );
        totals.sums[member.room].fetch_add(sender.sum(), Ordering::Relaxed);
    }
    run.in_step().await;
    let expected = |room: usize| totals.acked[room].load(Ordering::Relaxed);
    let behind = |m: &Rc<Member>| {
        m.live && !m.client.is_closed() && m.stream.borrow().received < expected(m.room)
    };
    patience::wait_while(packets, || members.iter().any(behind)).await;

    let mut part = Part {
        tally: Tally::default(),
        acked: BTreeMap::new(),
        refusals: Vec::new(),
        unanswered: answered(),
        cut: 0,
        incomplete: 0,
        breaks: 0,
        catch_ups: 0,
        orders: vec![HashSet::new(); plan.rooms],
    };
    for (index, member) in common.clients_of(thread, plan.clients).zip(&members) {
        let stream = member.stream.borrow();
        part.cut += usize::from(member.client.is_closed());
        if member.live {
            let sum = totals.sums[member.room].load(Ordering::Relaxed);
            part.incomplete +=
                usize::from(stream.received != expected(member.room) || stream.sum != sum);
            part.breaks += stream.breaks;
            part.catch_ups += stream.catch_ups;
            part.orders[member.room].insert(stream.order);
        }
        if let Some(sender) = &member.sender {
            let sender = sender.borrow();
            part.refusals.extend(sender.refused.clone());
            part.acked.insert(index, sender.acked.clone());
        }
    }
    part.tally = std::mem::take(&mut *tally.borrow_mut());
    Ok(part)
}

async fn enter(
    index: usize,
    run: &Arc<Run>,
    plan: &Plan,
    common: &Common,
    scan: &Rc<Scanner>,
    tally: &Rc<RefCell<Tally>>,
) -> Result<Rc<Member>, Failure> {
    let connected = client::connect(common.url(index), &common.token(index)?).await?;
    let sender = plan.is_sender(index).then(|| {
        Sender::new(
            index,
            room_id(plan.room(index)),
            plan.content_len,
            plan.pace,
        )
    });
    let member = Rc::new(Member {
        run: run.clone(),
        room: plan.room(index),
        live: plan.is_live(index),
        client: connected.client(),
        scan: scan.clone(),
        tally: tally.clone(),
        stream: RefCell::new(RoomStream::new(common.dialect)),
        history: RefCell::new(None),
        sender: sender.map(RefCell::new),
        closed_loop: plan.open_loop.is_none(),
    });
    connected.listen(member.clone());
    Ok(member)
}

async fn join(member: &Rc<Member>, common: &Common) -> Result<(), Failure> {
    let answer = member
        .client
        .request("join:room", &json!(room_id(member.room)).to_string())
        .await?;
    if member.history.borrow().is_none() {
        return Err("the acknowledgement of a join came before its room:history".into());
    }
    if common.dialect != Dialect::Peer
        && answer["rev"].as_u64() != Some(member.stream.borrow().rev())
    {
        return Err(
            format!("a join was acknowledged with another rev than its history: {answer}").into(),
        );
    }
    if !member.live {
        // Who leaves stays a member, and so may write.
        let room = json!(room_id(member.room)).to_string();
        member.client.request("leave:room", &room).await?;
    }
    Ok(())
}

fn start(senders: &[&Rc<Member>], plan: &Plan) {
    for (nth, member) in senders.iter().enumerate() {
        let Some(sender) = &member.sender else {
            continue;
        };
        match plan.open_loop {
            None => sender.borrow_mut().fill(&member.client, member.run.now()),
            Some(rate) => {
                let interval = plan.senders as f64 / rate * 1e6;
                let offset = interval * nth as f64 / senders.len() as f64;
                tokio::task::spawn_local(keep_to_timetable(Rc::clone(member), interval, offset));
            }
        }
    }
}

/// Sends at fixed times whatever the server does; a message is stamped with the time at which it was due.
async fn keep_to_timetable(member: Rc<Member>, interval: f64, offset: f64) {
    let Some(sender) = &member.sender else { return };
    let begin = member.run.now() as f64 + offset;
    let (start, end) = member.run.window();
    for turn in 0.. {
        let due = (begin + interval * f64::from(turn)) as u64;
        if due >= end || sender.borrow().refused.is_some() {
            return;
        }
        member.run.sleep_until(due).await;
        let now = member.run.now();
        if (start..end).contains(&due) {
            member
                .tally
                .borrow_mut()
                .lag
                .record(now.saturating_sub(due));
        }
        sender.borrow_mut().send(&member.client, due);
    }
}

async fn conduct(run: Arc<Run>, plan: &Plan, common: &Common) -> (Cpu, f64) {
    let clock = || Cpu::now(&common.pids, &common.store_pids);
    run.in_step().await;
    run.in_step().await;
    let start = run.now() + plan.warm_up.as_micros() as u64;
    run.set_window(start, start + plan.measured.as_micros() as u64);
    run.in_step().await;
    run.sleep_until(start).await;
    let before = clock();
    run.sleep_until(run.window().1).await;
    let used = clock().since(before);
    run.in_step().await;
    (used, account::peak_rss_mib(&common.pids))
}
