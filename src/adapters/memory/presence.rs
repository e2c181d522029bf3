//! Who is live where, in memory: the same rules as on Redis, without the trouble of losing it.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use indexmap::IndexMap;
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::{
    domain::{
        id::{ReplicaId, RoomId, UserId},
        presence::{Signal, Status, User},
        timestamp::Timestamp,
    },
    ports::{
        BackendError,
        presence::{LEASE, Live, Presence, Renewal, Step},
    },
};

/// What the presence ports of one system share.
pub struct PresenceList {
    state: Mutex<State>,
    lease: Duration,
    born: Instant,
}

#[derive(Default)]
struct State {
    leases: HashMap<ReplicaId, Lease>,
    users: HashMap<UserId, Person>,
    rooms: HashMap<RoomId, IndexMap<UserId, Seat>>,
}

struct Lease {
    until: Instant,
    /// Who has entries under it.
    users: HashSet<UserId>,
    /// It was begun by something else than a renewal, and the replica has not been told to announce everything.
    unannounced: bool,
}

struct Person {
    status: Status,
    vouched_by: BTreeSet<ReplicaId>,
    rooms: BTreeSet<RoomId>,
}

struct Seat {
    username: Arc<str>,
    vouched_by: BTreeSet<ReplicaId>,
}

impl Default for PresenceList {
    fn default() -> Self {
        Self::new(LEASE)
    }
}

impl PresenceList {
    /// An empty list in which a replica is believed to live for `lease` after its last renewal. It is born now.
    pub fn new(lease: Duration) -> Self {
        Self {
            state: Mutex::default(),
            lease,
            born: Instant::now(),
        }
    }
}

/// The presence port in memory.
pub struct MemoryPresence {
    list: Arc<PresenceList>,
    replica: ReplicaId,
}

impl MemoryPresence {
    /// One replica's place on a list.
    pub fn attach(list: &Arc<PresenceList>, replica: ReplicaId) -> Self {
        Self {
            list: list.clone(),
            replica,
        }
    }
}

#[async_trait]
impl Presence for MemoryPresence {
    async fn apply(&self, steps: &[Step]) -> Result<Vec<Signal>, BackendError> {
        let mut state = self.list.state.lock();
        let until = Instant::now() + self.list.lease;
        state.leases.entry(self.replica).or_insert(Lease {
            until,
            users: HashSet::new(),
            unannounced: true,
        });
        let mut signals = Vec::new();
        for step in steps {
            state.apply(self.replica, step, &mut signals);
        }
        Ok(signals)
    }

    async fn renew(&self) -> Result<Renewal, BackendError> {
        let mut state = self.list.state.lock();
        let now = Instant::now();
        let until = now + self.list.lease;
        let lease = state.leases.entry(self.replica).or_insert(Lease {
            until,
            users: HashSet::new(),
            unannounced: true,
        });
        lease.until = until;
        let announce = std::mem::take(&mut lease.unannounced);
        let dead: Vec<ReplicaId> = state
            .leases
            .iter()
            .filter(|(_, lease)| lease.until <= now)
            .map(|(replica, _)| *replica)
            .collect();
        let mut signals = Vec::new();
        for replica in dead {
            state.bury(replica, &mut signals);
        }
        Ok(Renewal { announce, signals })
    }

    async fn live(&self, rooms: &[RoomId], limit: usize) -> Result<Vec<Live>, BackendError> {
        let settled = self.list.born.elapsed() >= self.list.lease;
        let state = self.list.state.lock();
        let live = rooms.iter().map(|room| {
            let seats = state.rooms.get(room);
            let users = seats.into_iter().flatten().take(limit);
            Live {
                users: users
                    .map(|(user, seat)| user_of(user, &seat.username, state.status(user)))
                    .collect(),
                count: seats.map_or(0, IndexMap::len),
                settled,
            }
        });
        Ok(live.collect())
    }

    async fn statuses(&self, users: &[UserId]) -> Result<Vec<Status>, BackendError> {
        let state = self.list.state.lock();
        Ok(users.iter().map(|user| state.status(user)).collect())
    }

    async fn leave(&self) -> Result<Vec<Signal>, BackendError> {
        let mut signals = Vec::new();
        self.list.state.lock().bury(self.replica, &mut signals);
        Ok(signals)
    }

    async fn hand_over(&self, grace: Duration) -> Result<(), BackendError> {
        if let Some(lease) = self.list.state.lock().leases.get_mut(&self.replica) {
            lease.until = Instant::now() + grace;
        }
        Ok(())
    }
}

impl State {
    fn apply(&mut self, here: ReplicaId, step: &Step, signals: &mut Vec<Signal>) {
        match step {
            Step::Connect { user, .. } => {
                self.vouch(here, user);
            }
            Step::Disconnect { user, rooms } => {
                self.disconnect(here, user, rooms, signals);
                if let Some(lease) = self.leases.get_mut(&here) {
                    lease.users.remove(user);
                }
            }
            Step::Enter {
                room,
                user,
                username,
            } => self.enter(here, room, user, username, signals),
            Step::Leave { room, user, .. } => self.leave(here, room, user, signals),
            Step::Choose { user, status } => {
                let person = self.vouch(here, user);
                if person.status != *status {
                    person.status = *status;
                    let rooms = person.rooms.iter().cloned().collect();
                    tell_status(user, *status, rooms, signals);
                }
            }
        }
    }

    fn vouch(&mut self, here: ReplicaId, user: &UserId) -> &mut Person {
        if let Some(lease) = self.leases.get_mut(&here) {
            lease.users.insert(user.clone());
        }
        let person = self.users.entry(user.clone()).or_insert_with(|| Person {
            status: Status::Online,
            vouched_by: BTreeSet::new(),
            rooms: BTreeSet::new(),
        });
        person.vouched_by.insert(here);
        person
    }

    fn enter(
        &mut self,
        here: ReplicaId,
        room: &RoomId,
        user: &UserId,
        username: &Arc<str>,
        signals: &mut Vec<Signal>,
    ) {
        let person = self.vouch(here, user);
        let status = person.status;
        if person.rooms.insert(room.clone()) {
            signals.push(Signal::Joined {
                room_id: room.clone(),
                user: user_of(user, username, status),
            });
        }
        let seats = self.rooms.entry(room.clone()).or_default();
        let seat = seats.entry(user.clone()).or_insert_with(|| Seat {
            username: username.clone(),
            vouched_by: BTreeSet::new(),
        });
        seat.username = username.clone();
        seat.vouched_by.insert(here);
    }

    fn leave(&mut self, here: ReplicaId, room: &RoomId, user: &UserId, signals: &mut Vec<Signal>) {
        let Some(seats) = self.rooms.get_mut(room) else {
            return;
        };
        let Some(seat) = seats.get_mut(user) else {
            return;
        };
        if !seat.vouched_by.remove(&here) || !seat.vouched_by.is_empty() {
            return;
        }
        signals.push(Signal::Left {
            room_id: room.clone(),
            user_id: user.clone(),
            username: seat.username.clone(),
        });
        seats.swap_remove(user);
        if seats.is_empty() {
            self.rooms.remove(room);
        }
        if let Some(person) = self.users.get_mut(user) {
            person.rooms.remove(room);
        }
    }

    fn disconnect(
        &mut self,
        here: ReplicaId,
        user: &UserId,
        left: &[RoomId],
        signals: &mut Vec<Signal>,
    ) {
        let Some(person) = self.users.get(user) else {
            return;
        };
        let live: Vec<RoomId> = person.rooms.iter().cloned().collect();
        for room in &live {
            self.leave(here, room, user, signals);
        }
        let Some(person) = self.users.get_mut(user) else {
            return;
        };
        if person.vouched_by.remove(&here) && person.vouched_by.is_empty() {
            self.users.remove(user);
            let told: indexmap::IndexSet<_> = left.iter().cloned().chain(live).collect();
            tell_status(user, Status::Offline, told.into_iter().collect(), signals);
        }
    }

    fn bury(&mut self, replica: ReplicaId, signals: &mut Vec<Signal>) {
        let Some(lease) = self.leases.remove(&replica) else {
            return;
        };
        for user in lease.users {
            self.disconnect(replica, &user, &[], signals);
        }
    }

    fn status(&self, user: &UserId) -> Status {
        self.users
            .get(user)
            .map_or(Status::Offline, |person| person.status)
    }
}

/// A status that no room sees is told to nobody.
fn tell_status(user: &UserId, status: Status, rooms: Vec<RoomId>, signals: &mut Vec<Signal>) {
    if !rooms.is_empty() {
        signals.push(Signal::Status {
            user_id: user.clone(),
            status,
            last_seen: (status == Status::Offline).then(Timestamp::now),
            rooms,
        });
    }
}

fn user_of(id: &UserId, username: &Arc<str>, status: Status) -> User {
    User {
        id: id.clone(),
        username: username.clone(),
        display_name: None,
        status,
        last_seen: None,
    }
}
