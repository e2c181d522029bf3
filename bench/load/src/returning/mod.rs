//! The engine under `jitter`, `avalanche` and `rolling`: clients whose connections break while messages go on, who come back as a stock client
//! does and must have missed nothing.
//!
//! In each room one more client writes on a timetable. It sends what has no acknowledgement again, with the same `clientId`.

mod journey;
mod outcome;
mod speech;
mod visitor;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};

pub use outcome::Outcome;

use crate::account::{self, Cpu};
use crate::fleet::{self, Failure, Run};
use crate::options::Common;
use crate::packet::Scanner;
use crate::patience;
use crate::returning::journey::Connection;
use crate::returning::outcome::{Part, Tally};
use crate::returning::visitor::Visitor;
use crate::signal;

/// How many clients connect and join at once on one thread.
const HANDS: usize = 32;
/// What the joins cause has passed after this long.
const SETTLE_MICROS: u64 = 1_500_000;
/// How long a client may be away before it counts as lost.
const BACK_LIMIT: Duration = Duration::from_secs(60);

/// Who is there, what happens to them, and for how long.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Those who listen; one more in each room writes.
    pub clients: usize,
    pub rooms: usize,
    /// Messages a second in each room.
    pub rate: f64,
    pub content_len: usize,
    pub trouble: Trouble,
    pub homes: Homes,
}

/// What breaks the connections.
#[derive(Clone, Copy, Debug)]
pub enum Trouble {
    /// Each listener's connection is cut when it is so old, spread over time; it comes back after `offline`. It ends
    /// with the last of so many messages in each room.
    Cuts {
        every: Duration,
        offline: Duration,
        messages: u32,
    },
    /// Somebody else's doing: this program says `ready` on stdout and waits for a line on stdin that says it is done.
    Outside,
}

/// Where the clients are at first. Whoever comes back goes to the next server in turn.
#[derive(Clone, Copy, Debug)]
pub enum Homes {
    /// Over all servers.
    Spread,
    /// All listeners on the first server, those who write on the last.
    ListenersOnFirst,
}

impl Plan {
    fn people(&self) -> usize {
        self.clients + self.rooms
    }

    fn room(&self, person: usize) -> usize {
        match person.checked_sub(self.clients) {
            Some(room) => room,
            None => person * self.rooms / self.clients,
        }
    }

    fn home(&self, person: usize, servers: usize) -> usize {
        match self.homes {
            Homes::Spread => person % servers,
            Homes::ListenersOnFirst if person < self.clients => 0,
            Homes::ListenersOnFirst => servers - 1,
        }
    }
}

/// What all threads know.
#[derive(Default)]
struct Shared {
    /// How many are without their room now.
    away: AtomicUsize,
    /// Acknowledged messages of each room and the sums of their fingerprints, when nobody writes any more.
    accepted: Vec<(AtomicU64, AtomicU64)>,
}

/// Runs the plan against the servers.
pub fn run(plan: &Plan, common: &Common) -> Result<Outcome, Failure> {
    if plan.rooms == 0 || plan.rooms > plan.clients {
        return Err("there must be at least one room, and no more than clients".into());
    }
    let shared = Arc::new(Shared {
        away: AtomicUsize::new(0),
        accepted: (0..plan.rooms).map(|_| Default::default()).collect(),
    });
    let (parts, measured) = fleet::run(
        common.threads(),
        |thread, run| {
            let shared = shared.clone();
            async move {
                part(thread, run, plan, common, shared)
                    .await
                    .unwrap_or_else(|why| fleet::give_up(why))
            }
        },
        |run| {
            let shared = shared.clone();
            async move {
                conduct(run, plan, common, shared)
                    .await
                    .unwrap_or_else(|why| fleet::give_up(why))
            }
        },
    )?;
    Ok(outcome::conclude(plan, common, parts, measured))
}

async fn part(
    thread: usize,
    run: Arc<Run>,
    plan: &Plan,
    common: &Common,
    shared: Arc<Shared>,
) -> Result<Part, Failure> {
    let tally = Rc::new(RefCell::new(Tally::default()));
    let scan = Rc::new(Scanner::default());
    let people: Vec<(Rc<Visitor>, Connection)> =
        stream::iter((0..plan.people()).filter(|person| person % common.threads() == thread))
            .map(|person| {
                let visitor = Visitor::new(person, &run, plan, common, &scan, &tally);
                async move {
                    let visitor = Rc::new(visitor?);
                    let connection = journey::arrive(&visitor).await?;
                    Ok::<_, Failure>((visitor, connection))
                }
            })
            .buffered(HANDS)
            .try_collect()
            .await?;
    run.in_step().await;
    // The conductor sets the beginning between these two steps.
    run.in_step().await;
    let mut visitors = Vec::with_capacity(people.len());
    for (visitor, connection) in people {
        visitor.heard(run.window().0);
        visitors.push(visitor.clone());
        if visitor.speech.is_some() {
            tokio::task::spawn_local(speech::keep_to_timetable(visitor.clone(), plan.clone()));
            tokio::task::spawn_local(speech::repeat_unavailable(visitor.clone()));
        }
        let journey = journey::go_on(visitor, connection, plan.clone(), shared.clone());
        tokio::task::spawn_local(journey);
    }
    // The conductor sets the end before this one.
    run.in_step().await;
    patience::wait_up_to(BACK_LIMIT, || shared.away.load(Ordering::Relaxed) > 0).await;
    let packets = || tally.borrow().packets;
    let unanswered = || visitors.iter().map(|it| it.unanswered()).sum::<usize>();
    patience::wait_while(packets, || unanswered() > 0).await;
    for visitor in &visitors {
        if let Some(speech) = &visitor.speech {
            let (count, sum) = speech.borrow().accepted();
            let (all, sums) = &shared.accepted[visitor.room];
            all.store(count, Ordering::Relaxed);
            sums.store(sum, Ordering::Relaxed);
        }
    }
    run.in_step().await;
    let accepted = |room: usize| {
        let (count, sum) = &shared.accepted[room];
        (count.load(Ordering::Relaxed), sum.load(Ordering::Relaxed))
    };
    let behind = |it: &Rc<Visitor>| it.stream.borrow().received < accepted(it.room).0;
    patience::wait_while(packets, || visitors.iter().any(behind)).await;
    let part = Part::count(plan, &run, &visitors, accepted);
    Ok(part.with(std::mem::take(&mut *tally.borrow_mut())))
}

async fn conduct(
    run: Arc<Run>,
    plan: &Plan,
    common: &Common,
    shared: Arc<Shared>,
) -> Result<Measured, Failure> {
    run.in_step().await;
    let start = run.now() + SETTLE_MICROS;
    run.set_window(start, u64::MAX);
    run.in_step().await;
    run.sleep_until(start).await;
    let before = Cpu::now(&common.pids, &common.store_pids);
    match plan.trouble {
        Trouble::Cuts { messages, .. } => {
            let all_said = start + (f64::from(messages) / plan.rate * 1e6) as u64;
            run.sleep_until(all_said).await;
        }
        Trouble::Outside => {
            tokio::time::sleep(Duration::from_secs(2)).await;
            signal::ready_and_wait().await?;
            // A killed server is noticed at once, but not in the same instant.
            tokio::time::sleep(Duration::from_secs(1)).await;
            let away = || shared.away.load(Ordering::Relaxed) > 0;
            patience::wait_up_to(BACK_LIMIT, away).await;
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    }
    let end = run.now();
    run.set_window(start, end);
    let cpu = Cpu::now(&common.pids, &common.store_pids).since(before);
    run.in_step().await;
    run.in_step().await;
    Ok(Measured {
        cpu,
        seconds: (end - start) as f64 / 1e6,
        rss_mib: account::peak_rss_mib(&common.pids),
    })
}

/// What the conductor has seen of the servers.
struct Measured {
    cpu: Cpu,
    seconds: f64,
    rss_mib: f64,
}
