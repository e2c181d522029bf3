//! This replica's own people: counts sockets by user, and keeps the shared presence list in step.
//!
//! Calls never wait. The steps that they cause are applied in order by one task, which holds on to them while the list is
//! away; when the list has lost them, it announces everybody anew.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use rand::RngExt;
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{hubs::Hubs, last_seen::LastSeen};
use crate::{
    domain::{
        account::Account,
        id::{RoomId, UserId},
        presence::{Signal, Status},
    },
    ports::{
        bus::{Bus, News, Topic},
        presence::{Presence, RENEWAL, Step},
    },
};

/// Steps that may wait while the list is away; beyond, everybody is announced anew when it is back.
const STEPS_MAX: usize = 16_384;
/// After a renewal that failed: the list may be back at any moment, and time runs for those who are not announced. Up to twice as
/// long by chance.
const RENEWED_AGAIN: Duration = Duration::from_millis(500);
/// Steps applied in one call.
const STEPS_AT_ONCE: usize = 256;

/// After a drain, whoever is not on another replica by then is gone: the time in which stock clients come back.
const GRACE: Duration = Duration::from_secs(3);

/// Counts the sockets of this replica's users.
pub struct Tracker {
    here: Mutex<HashMap<UserId, Here>>,
    steps: mpsc::Sender<Step>,
    lost_steps: AtomicBool,
    is_draining: AtomicBool,
}

struct Here {
    username: Arc<str>,
    sockets: u32,
    chosen: Option<Status>,
    rooms: HashSet<RoomId>,
}

/// The other end of a [`Tracker`], to be given to [`Steps::run`].
pub struct Steps(mpsc::Receiver<Step>);

impl Tracker {
    /// A tracker of nobody, and its steps.
    pub fn new() -> (Arc<Self>, Steps) {
        let (steps, receiver) = mpsc::channel(STEPS_MAX);
        (
            Arc::new(Self {
                here: Mutex::default(),
                steps,
                lost_steps: AtomicBool::new(false),
                is_draining: AtomicBool::new(false),
            }),
            Steps(receiver),
        )
    }

    /// From now on people go because this replica does, and come back on another: the list is not told of it one by one. At the end
    /// its entries are left to the others.
    pub fn drain(&self) {
        self.is_draining.store(true, Ordering::Release);
    }

    /// A socket of the user has connected.
    pub fn connect(&self, account: &Account) {
        let mut here = self.here.lock();
        let user = here.entry(account.id.clone()).or_insert_with(|| Here {
            username: account.username.clone(),
            sockets: 0,
            chosen: None,
            rooms: HashSet::new(),
        });
        user.sockets += 1;
        if user.sockets == 1 {
            self.step(Step::Connect {
                user: account.id.clone(),
                username: account.username.clone(),
            });
        }
    }

    /// A socket of the user has gone; `rooms` are those in which it was live. True when it was the user's last one here.
    pub fn disconnect(&self, user_id: &UserId, rooms: Vec<RoomId>) -> bool {
        let mut here = self.here.lock();
        let Some(user) = here.get_mut(user_id) else {
            return false;
        };
        user.sockets -= 1;
        let last = user.sockets == 0;
        if last {
            let mut told: HashSet<RoomId> = here
                .remove(user_id)
                .map(|user| user.rooms)
                .unwrap_or_default();
            told.extend(rooms);
            self.step(Step::Disconnect {
                user: user_id.clone(),
                rooms: told.into_iter().collect(),
            });
        }
        last
    }

    /// The user's first socket here is live in the room.
    pub fn enter(&self, room: &RoomId, account: &Account) {
        let mut here = self.here.lock();
        // Without a socket left here, nobody would take the entry back.
        let Some(user) = here.get_mut(&account.id) else {
            return;
        };
        user.rooms.insert(room.clone());
        self.step(Step::Enter {
            room: room.clone(),
            user: account.id.clone(),
            username: account.username.clone(),
        });
    }

    /// The user's last socket here is live in the room no more.
    pub fn leave(&self, room: &RoomId, account: &Account) {
        let mut here = self.here.lock();
        if let Some(user) = here.get_mut(&account.id) {
            user.rooms.remove(room);
        }
        self.step(Step::Leave {
            room: room.clone(),
            user: account.id.clone(),
            username: account.username.clone(),
        });
    }

    /// The user, on some device here, chose a status.
    pub fn choose(&self, user_id: &UserId, status: Status) {
        let mut here = self.here.lock();
        if let Some(user) = here.get_mut(user_id) {
            user.chosen = Some(status);
            self.step(Step::Choose {
                user: user_id.clone(),
                status,
            });
        }
    }

    /// The user chose a status on some device anywhere: of all choices the last counts, also when everybody is announced anew.
    pub fn chose(&self, user_id: &UserId, status: Status) {
        if let Some(user) = self.here.lock().get_mut(user_id)
            && status != Status::Offline
        {
            user.chosen = Some(status);
        }
    }

    /// The status that the user chose, on whichever device, or `online`.
    pub fn status(&self, user_id: &UserId) -> Status {
        self.here
            .lock()
            .get(user_id)
            .and_then(|user| user.chosen)
            .unwrap_or_default()
    }

    /// Queued under the lock, so that steps come in the order of what they tell.
    fn step(&self, step: Step) {
        let goes = matches!(step, Step::Leave { .. } | Step::Disconnect { .. });
        if goes && self.is_draining.load(Ordering::Acquire) {
            return;
        }
        if self.steps.try_send(step).is_err() {
            self.lost_steps.store(true, Ordering::Release);
        }
    }

    fn everybody(&self) -> Vec<Step> {
        let here = self.here.lock();
        let mut steps = Vec::new();
        for (id, user) in here.iter() {
            steps.push(Step::Connect {
                user: id.clone(),
                username: user.username.clone(),
            });
            steps.extend(user.chosen.map(|status| Step::Choose {
                user: id.clone(),
                status,
            }));
            steps.extend(user.rooms.iter().map(|room| Step::Enter {
                room: room.clone(),
                user: id.clone(),
                username: user.username.clone(),
            }));
        }
        steps
    }
}

impl Steps {
    /// Keeps the shared list in step until `stop`; then leaves this replica's people to the others.
    pub async fn run(
        mut self,
        tracker: Arc<Tracker>,
        list: Arc<dyn Presence>,
        told: Telling,
        stop: CancellationToken,
    ) {
        let mut renewal = tokio::time::interval(RENEWAL);
        renewal.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut waiting: VecDeque<Step> = VecDeque::new();
        let mut away = false;
        let mut failures = 0_u32;
        let mut renewed = Instant::now();
        loop {
            let retry =
                Duration::from_millis(rand::rng().random_range(50..=100) << failures.min(4));
            tokio::select! {
                () = stop.cancelled() => break,
                _ = renewal.tick() => {
                    renewed = Instant::now();
                    match list.renew().await {
                    Ok(found) => {
                        told.tell(found.signals);
                        let lost = tracker.lost_steps.swap(false, Ordering::AcqRel);
                        if lost {
                            // What the list holds of us may be wrong in any way: off it, and on again.
                            if let Ok(signals) = list.leave().await { told.tell(signals) }
                        }
                        if found.announce || lost {
                            waiting = tracker.everybody().into();
                        }
                        away = false;
                    }
                    Err(error) => {
                        if !std::mem::replace(&mut away, true) {
                            tracing::warn!(%error, "presence is paused");
                        }
                        let chance = rand::rng().random_range(1.0..=2.0);
                        renewal.reset_after(RENEWED_AGAIN.mul_f64(chance));
                    }
                    }
                }
                Some(step) = self.0.recv(), if waiting.len() < STEPS_MAX => {
                    waiting.push_back(step);
                    while waiting.len() < STEPS_MAX && let Ok(step) = self.0.try_recv() {
                        waiting.push_back(step);
                    }
                    if failures > 0 { continue }
                }
                () = tokio::time::sleep(retry), if failures > 0 => {}
            }
            // A renewal that is due comes first: a lease must not pass while steps wait.
            while !waiting.is_empty() && renewed.elapsed() < RENEWAL {
                let at_once = waiting.len().min(STEPS_AT_ONCE);
                match list.apply(&waiting.make_contiguous()[..at_once]).await {
                    Ok(signals) => {
                        waiting.drain(..at_once);
                        failures = 0;
                        told.tell(signals);
                    }
                    Err(_) => {
                        failures += 1;
                        break;
                    }
                }
            }
            if waiting.is_empty() {
                failures = 0;
            }
        }
        if let Err(error) = list.hand_over(GRACE).await {
            tracing::warn!(%error, "presence will notice our end by our lease");
        }
    }
}

/// Tells signals to the rooms of this replica and to the others.
#[derive(Clone)]
pub struct Telling {
    /// The rooms here.
    pub hubs: Weak<Hubs>,
    /// The way to the others.
    pub bus: Arc<dyn Bus>,
    /// Where it is kept when people were last here.
    pub last_seen: LastSeen,
}

impl Telling {
    /// Tells everybody.
    pub fn tell(&self, signals: Vec<Signal>) {
        if let Some(hubs) = self.hubs.upgrade() {
            signals
                .iter()
                .cloned()
                .for_each(|signal| hubs.signal(signal));
        }
        self.tell_others(signals);
    }

    fn tell_others(&self, signals: Vec<Signal>) {
        self.last_seen.note_those_of(&signals);
        let mut by_topic: HashMap<Topic, Vec<Signal>> = HashMap::new();
        for signal in signals {
            by_topic.entry(Topic::of(&signal)).or_default().push(signal);
        }
        for (topic, signals) in by_topic {
            self.bus.publish(&topic, &News::Signals(signals));
        }
    }
}
