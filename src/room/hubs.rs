//! The live rooms of this replica: wakes a room's hub when somebody joins, and brings it what concerns it.

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use dashmap::{DashMap, Entry};
use futures_util::FutureExt;
use tokio::sync::{mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    acquaintances::Acquaintances,
    connected::{Connected, custom_packet, resync_packet},
    hub::{Hub, Joiner, Remembered, StatusNews, Turn},
    link::Link,
    recent::RecentMessages,
    sessions::EndedSessions,
    tracker::Tracker,
};
use crate::{
    domain::{
        Rev,
        change::RoomChange,
        error::Problem,
        id::{RoomId, SocketId, UserId},
        presence::{Recipients, Signal},
    },
    metrics::Metrics,
    ports::{
        bus::Bus,
        presence::Live,
        presence::Presence,
        store::{Standpoint, Store},
    },
    protocol::{
        packet::Packet,
        server_event::{RoomRead, RoomRemoved},
    },
    telemetry::trace::Trace,
};

/// Turns that may wait for a hub. Beyond, changes are left to the store to tell, and joins are `unavailable`.
const TURNS_MAX: usize = 8_192;

/// How long a hub may take to answer.
const ANSWER: Duration = Duration::from_secs(1);

/// What every hub needs from outside.
pub struct Surroundings {
    /// Memberships, and what memory does not hold.
    pub store: Arc<dyn Store>,
    /// A room's first look at itself.
    pub recent: RecentMessages,
    /// The way to the same room on other replicas.
    pub bus: Arc<dyn Bus>,
    /// Who is live over all replicas.
    pub presence: Arc<dyn Presence>,
    /// This replica's own people.
    pub tracker: Arc<Tracker>,
    /// Sessions that have ended.
    pub ended: Arc<EndedSessions>,
    /// Figures.
    pub metrics: Arc<Metrics>,
}

/// The live rooms.
pub struct Hubs {
    rooms: DashMap<RoomId, mpsc::Sender<Turn>>,
    surroundings: Arc<Surroundings>,
    connected: Arc<Connected>,
    acquaintances: Arc<Acquaintances>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Hubs {
    /// No live room yet. Hubs end with `stop`.
    pub fn new(surroundings: Surroundings, stop: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            rooms: DashMap::new(),
            surroundings: Arc::new(surroundings),
            connected: Arc::default(),
            acquaintances: Arc::default(),
            tasks: TaskTracker::new(),
            stop,
        })
    }

    /// Lets somebody in, in a turn of the room's hub, which answers through [`Joiner::done`]. Wakes the room if need be.
    pub fn join(self: &Arc<Self>, room: &RoomId, joiner: Joiner) {
        let mut turn = Turn::Join(Box::new(joiner));
        loop {
            let turns = self.wake(room);
            match turns.try_send(turn) {
                Ok(()) => return,
                Err(mpsc::error::TrySendError::Full(Turn::Join(joiner))) => {
                    let _ = joiner.done.send(Err(Problem::unavailable()));
                    return;
                }
                Err(mpsc::error::TrySendError::Full(_)) => return,
                Err(mpsc::error::TrySendError::Closed(back)) => {
                    self.rooms
                        .remove_if(room, |_, known| known.same_channel(&turns));
                    turn = back;
                }
            }
        }
    }

    /// Takes a socket out of a live room; ends when the room's hub has done so. `unavailable` when that is not within 1 s.
    pub async fn leave(&self, room: &RoomId, socket: SocketId) -> Result<(), Problem> {
        let (done, left) = oneshot::channel();
        let done = Some(done);
        self.ask(room, Turn::Leave { socket, done }, left)
            .await
            .map(|_| ())
    }

    /// The same for a socket that has gone: nothing is waited for, and what is lost the next comparison makes good.
    pub fn left_behind(&self, room: &RoomId, socket: SocketId) {
        self.turn(room, Turn::Leave { socket, done: None });
    }

    /// A live member starts or stops writing. False when the socket is not live in the room.
    pub async fn typing(&self, room: &RoomId, socket: SocketId, on: bool) -> Result<bool, Problem> {
        let (done, typed) = oneshot::channel();
        let typed = self
            .ask(room, Turn::Type { socket, on, done }, typed)
            .await?;
        Ok(typed.unwrap_or(false))
    }

    /// The newest messages of a live room as it remembers them, at most `limit`; `None` when it is not live here, or has not begun.
    pub async fn page(&self, room: &RoomId, limit: usize) -> Option<Remembered> {
        let (done, page) = oneshot::channel();
        let answered = self.ask(room, Turn::Page { limit, done }, page).await;
        answered.ok().flatten().flatten()
    }

    /// Members whom the store has named lately.
    pub fn acquaintances(&self) -> &Acquaintances {
        &self.acquaintances
    }

    /// Waits for the answer to a turn; none when the room is not live here, or its hub has ended.
    async fn ask<T>(
        &self,
        room: &RoomId,
        turn: Turn,
        answer: oneshot::Receiver<T>,
    ) -> Result<Option<T>, Problem> {
        let Some(turns) = self.rooms.get(room).map(|turns| turns.clone()) else {
            return Ok(None);
        };
        let asked = async {
            if turns.send(turn).await.is_err() {
                return None;
            }
            answer.await.ok()
        };
        tokio::time::timeout(ANSWER, asked)
            .await
            .map_err(|_| Problem::unavailable())
    }

    /// Tells a room of its committed changes, ascending by `rev`. What does not reach the hub is found by the comparison.
    pub fn changes(&self, room: &RoomId, changes: Vec<RoomChange>) {
        self.turn(room, Turn::Changes(changes, None));
    }

    /// The same of changes that this process has just committed.
    pub fn committed(&self, room: &RoomId, changes: Vec<RoomChange>) {
        self.turn(room, Turn::Changes(changes, Some(Instant::now())));
    }

    /// Tells a room that changes of it are recorded, before it is told of these.
    pub fn recorded(&self, room: &RoomId, places: Vec<(Rev, Trace)>) {
        self.turn(room, Turn::Recorded(places, SystemTime::now()));
    }

    /// A socket has come, and gets what is its user's from now on.
    pub fn came(&self, link: Arc<dyn Link>) {
        self.connected.came(link);
    }

    /// A socket has gone.
    pub fn went(&self, user: &UserId, socket: SocketId) {
        self.connected.went(user, socket);
    }

    /// Tells every socket here that personal events may have been missed.
    pub fn resync(&self) {
        self.surroundings.metrics.rooms.resyncs.inc();
        self.connected.tell_everybody(&resync_packet());
    }

    /// Tells of a signal where it concerns somebody on this replica: the one entrance for those of this replica and of others.
    pub fn signal(&self, signal: Signal) {
        match &signal {
            Signal::Access { room_id } => self.acquaintances.doubt(room_id),
            Signal::Removed {
                room_id, user_id, ..
            } => {
                self.acquaintances.forget(room_id, user_id);
                // An answer that was asked for before must not bring them back.
                self.acquaintances.doubt(room_id);
            }
            _ => {}
        }
        match signal {
            Signal::Joined { ref room_id, .. }
            | Signal::Left { ref room_id, .. }
            | Signal::Typing { ref room_id, .. }
            | Signal::Access { ref room_id } => {
                let room_id = room_id.clone();
                self.turn(&room_id, Turn::Signal(signal));
            }
            Signal::Status {
                user_id,
                status,
                last_seen,
                rooms,
            } => {
                self.surroundings.tracker.chose(&user_id, status);
                let news = Arc::new(StatusNews::new(user_id, status, last_seen));
                for room in rooms {
                    self.turn(&room, Turn::Status(news.clone()));
                }
            }
            // A live room tells the user's sockets itself, and so in order with what else it tells them.
            Signal::Removed {
                ref room_id,
                ref user_id,
                reason,
            } if !self.rooms.contains_key(room_id) => {
                let removed = RoomRemoved { room_id, reason };
                let packet = Packet::event("room:removed", &removed);
                self.connected.tell(user_id, &packet);
            }
            Signal::Read {
                ref room_id,
                ref user_id,
                last_read_seq,
            } if !self.rooms.contains_key(room_id) => {
                let read = RoomRead {
                    room_id,
                    user_id,
                    last_read_seq,
                };
                self.connected
                    .tell(user_id, &Packet::event("room:read", &read));
            }
            Signal::Removed { ref room_id, .. } | Signal::Read { ref room_id, .. } => {
                let room_id = room_id.clone();
                self.turn(&room_id, Turn::Signal(signal));
            }
            // Where it is known already, whom it concerns has been sent away, and may have come back by another log-in.
            Signal::SessionEnded(ended) => {
                if self.surroundings.ended.note(&ended) {
                    self.connected.end(&ended);
                }
            }
            Signal::Custom { to, event, data } => {
                let Some(packet) = custom_packet(&event, data) else {
                    return;
                };
                match to {
                    Recipients::Room(room) => {
                        self.turn(&room, Turn::Custom(packet));
                    }
                    Recipients::User(user) => self.connected.tell(&user, &packet),
                    Recipients::All(_) => self.connected.tell_everybody(&packet),
                }
            }
        }
    }

    /// Tells a room where the store says that it stands.
    pub fn stands_at(&self, stands: Standpoint) {
        let room = stands.room.clone();
        self.turn(&room, Turn::StandsAt(stands));
    }

    /// Tells a room who the shared list, asked at that moment, says is live in it.
    pub fn live(&self, room: &RoomId, live: Live, asked_at: Instant) {
        self.turn(room, Turn::Live(live, asked_at));
    }

    /// The rooms that are live now.
    pub fn live_rooms(&self) -> Vec<RoomId> {
        self.rooms.iter().map(|entry| entry.key().clone()).collect()
    }

    /// Ends when every hub has; after `stop`.
    pub async fn ended(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn wake(self: &Arc<Self>, room: &RoomId) -> mpsc::Sender<Turn> {
        match self.rooms.entry(room.clone()) {
            Entry::Occupied(live) => live.get().clone(),
            Entry::Vacant(vacant) => {
                let (sender, turns) = mpsc::channel(TURNS_MAX);
                vacant.insert(sender.clone());
                self.surroundings.metrics.rooms.live.inc();
                let hub = Hub::new(
                    room.clone(),
                    self.surroundings.clone(),
                    self.connected.clone(),
                    self.acquaintances.clone(),
                    turns,
                );
                self.tasks.spawn(self.clone().keep(hub, sender.clone()));
                sender
            }
        }
    }

    /// Runs a hub until it has nobody left, then takes it off the list without losing a turn.
    ///
    /// A hub that panics takes its people's connections with it: they come back by themselves and resume, in a new hub.
    async fn keep(self: Arc<Self>, mut hub: Hub, own: mpsc::Sender<Turn>) {
        let mut panicked = false;
        loop {
            tokio::select! {
                () = self.stop.cancelled() => break,
                ended = AssertUnwindSafe(hub.run()).catch_unwind() => {
                    panicked = ended.is_err();
                    // Retire only while nothing waits, so that a join that came meanwhile is served by this hub.
                    let retired = panicked || self.rooms.remove_if(hub.room_id(), |_, known| known.same_channel(&own) && hub.has_no_turns()).is_some();
                    if retired { break }
                }
            }
        }
        self.rooms
            .remove_if(hub.room_id(), |_, known| known.same_channel(&own));
        self.surroundings.metrics.rooms.live.dec();
        let room = hub.room_id().clone();
        if panicked {
            tracing::error!(%room, "a live room failed; its people are cut and resume");
            hub.cut_everybody();
        }
        for turn in hub.close().await {
            match turn {
                Turn::Join(joiner) if panicked || self.stop.is_cancelled() => {
                    let _ = joiner.done.send(Err(Problem::unavailable()));
                }
                Turn::Join(joiner) => self.join(&room, *joiner),
                // It may concern sockets that were not live here.
                Turn::Signal(signal) if !self.stop.is_cancelled() => self.signal(signal),
                _ => {}
            }
        }
    }

    /// False when the room is not live here, or its hub has too much waiting.
    fn turn(&self, room: &RoomId, turn: Turn) -> bool {
        let turns = self.rooms.get(room).map(|turns| turns.clone());
        turns.is_some_and(|turns| turns.try_send(turn).is_ok())
    }
}
