//! The hub of a live room: one task that takes turns, and never waits for I/O within one.
//!
//! Reads of the store run beside the turns and come back as turns of their own, one of a kind at a time: `joining` asks for
//! the memberships of everybody who waits in one statement, `own` for what in their histories is the readers' own; `delivery` closes
//! holes and answers resumes that memory does not reach with one look; `access` finds who has lost the right to be here; `ending`
//! is the end of the room itself; `acquainted` lets members in while the store is away; `recorded` is what is traced of deliveries; `people` tells of arrivals, status and typing, `reading` of who has read how far.

mod access;
mod acquainted;
mod delivery;
mod ending;
mod history;
mod joining;
mod own;
mod people;
mod reading;
mod recorded;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, SystemTime},
};

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use indexmap::IndexMap;
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

use self::{
    access::{Access, Checked, Judged},
    delivery::Since,
    history::Packets,
    joining::Admitted,
    own::Own,
    people::Typing,
    reading::Reads,
    recorded::Recorded,
};
pub use self::{acquainted::Remembered, joining::Joiner, people::StatusNews};
use super::{
    acquaintances::Acquaintances, connected::Connected, hubs::Surroundings, link::Link,
    roster::Roster, timeline::Timeline,
};
use crate::{
    domain::{
        Rev,
        change::RoomChange,
        error::Problem,
        id::{RoomId, SocketId, UserId},
        presence::{Signal, Status},
    },
    ports::{
        BackendError,
        bus::Topic,
        presence::Live,
        store::{Changes, Entered, Standpoint},
    },
    protocol::packet::Packet,
    telemetry::trace::Trace,
};

/// How long a room that nobody is in is kept in memory.
const LINGER: Duration = Duration::from_secs(30);
/// How long a room that wakes waits to be listened to before it looks at the store. Where the bus is slower than this, what is
/// missed meanwhile is found by the comparison.
const LISTENING: Duration = Duration::from_millis(50);
/// Turns taken together, so that what they cause is done once.
const TURNS_AT_ONCE: usize = 256;

/// What a hub is told or asked.
pub(super) enum Turn {
    Join(Box<Joiner>),
    Leave {
        socket: SocketId,
        done: Option<oneshot::Sender<()>>,
    },
    /// With when this process has committed them, if it was this one.
    Changes(Vec<RoomChange>, Option<std::time::Instant>),
    Recorded(Vec<(Rev, Trace)>, SystemTime),
    Signal(Signal),
    Status(Arc<StatusNews>),
    Type {
        socket: SocketId,
        on: bool,
        done: oneshot::Sender<bool>,
    },
    Custom(Packet),
    Page {
        limit: usize,
        done: oneshot::Sender<Option<Remembered>>,
    },
    StandsAt(Standpoint),
    Live(Live, std::time::Instant),
}

/// What came back from a read that ran beside the turns.
enum Read {
    Memberships(Vec<Joiner>, Judged, Result<Vec<Entered>, BackendError>),
    Start(Result<Option<(Timeline, Own)>, BackendError>),
    Changes(Result<Option<(Rev, Changes, Own)>, BackendError>),
    Own(Own),
    Access(Result<Checked, BackendError>),
    People(Result<Live, BackendError>, std::time::Instant),
    Gone(Vec<UserId>, Result<Vec<Status>, BackendError>),
}

/// A socket that is live in the room.
struct Member {
    link: Arc<dyn Link>,
    judged: Judged,
}

/// One live room.
pub(super) struct Hub {
    room_id: RoomId,
    around: Arc<Surroundings>,
    connected: Arc<Connected>,
    acquaintances: Arc<Acquaintances>,
    /// When all who are live were last said to be still members.
    met_at: Option<Instant>,
    turns: mpsc::Receiver<Turn>,
    reads: FuturesUnordered<BoxFuture<'static, Read>>,

    timeline: Option<Timeline>,
    members: IndexMap<SocketId, Member>,
    outgoing: Vec<Packet>,
    /// Since when each change among them is on its way.
    committed: Vec<Since>,

    waiting: Vec<Joiner>,
    admitted: Vec<Admitted>,
    asking_memberships: bool,
    memberships_asked_at: Instant,
    starting: bool,
    asking_changes: bool,
    history_packets: Packets,
    own: Option<Own>,
    asking_own: bool,

    access: Access,
    ends_at: Option<Rev>,
    has_ended: bool,

    early: BTreeMap<Rev, (RoomChange, Option<std::time::Instant>)>,
    recorded: Recorded,
    stands_at: Rev,
    hole_at: Option<Instant>,

    roster: Roster,
    typing: HashMap<UserId, Typing>,
    have_read: Reads,
    occupancy_told: usize,
    occupancy_at: Option<Instant>,
    empty_since: Option<Instant>,
}

impl Hub {
    pub(super) fn new(
        room_id: RoomId,
        around: Arc<Surroundings>,
        connected: Arc<Connected>,
        acquaintances: Arc<Acquaintances>,
        turns: mpsc::Receiver<Turn>,
    ) -> Self {
        Self {
            room_id,
            around,
            connected,
            acquaintances,
            met_at: None,
            turns,
            reads: FuturesUnordered::new(),
            timeline: None,
            members: IndexMap::new(),
            outgoing: Vec::new(),
            committed: Vec::new(),
            waiting: Vec::new(),
            admitted: Vec::new(),
            asking_memberships: false,
            memberships_asked_at: Instant::now(),
            starting: false,
            asking_changes: false,
            history_packets: Packets::default(),
            own: None,
            asking_own: false,
            access: Access::default(),
            ends_at: None,
            has_ended: false,
            early: BTreeMap::new(),
            recorded: Recorded::default(),
            stands_at: 0,
            hole_at: None,
            roster: Roster::default(),
            typing: HashMap::new(),
            have_read: Reads::default(),
            occupancy_told: 0,
            occupancy_at: None,
            empty_since: None,
        }
    }

    pub(super) fn room_id(&self) -> &RoomId {
        &self.room_id
    }

    pub(super) fn has_no_turns(&self) -> bool {
        self.turns.is_empty()
    }

    /// Takes turns until nobody has been in the room for a while.
    pub(super) async fn run(&mut self) {
        // Listen before looking: what is published after the first read of the store is heard.
        let listening = self.around.bus.subscribe(Topic::Room(self.room_id.clone()));
        let _ = tokio::time::timeout(LISTENING, listening).await;
        let around = self.around.clone();
        let room = self.room_id.clone();
        let asked_at = std::time::Instant::now();
        self.reads.push(
            async move {
                let live = around
                    .presence
                    .live(std::slice::from_ref(&room), super::roster::LARGE)
                    .await;
                let live = live.map(|mut rooms| rooms.pop().unwrap_or_default());
                Read::People(live, asked_at)
            }
            .boxed(),
        );
        loop {
            let wake_at = self.next_deadline();
            tokio::select! {
                turn = self.turns.recv() => {
                    let Some(turn) = turn else { return };
                    self.take(turn).await;
                    for _ in 1..TURNS_AT_ONCE {
                        let Ok(turn) = self.turns.try_recv() else { break };
                        self.take(turn).await;
                    }
                }
                Some(read) = self.reads.next(), if !self.reads.is_empty() => self.take_read(read).await,
                () = tokio::time::sleep_until(wake_at) => {}
            }
            self.flush().await;
            self.settle_deadlines();
            self.go_on().await;
            if self.is_over() {
                // Whoever comes now must not wait until it is confirmed.
                let topic = Topic::Room(self.room_id.clone());
                let _ = self.around.bus.unsubscribe(&topic).now_or_never();
                return;
            }
        }
    }

    /// The hub has failed: nobody in it may stay deaf. They come back by themselves.
    pub(super) fn cut_everybody(&mut self) {
        for (_, member) in self.members.drain(..) {
            member.link.cut("its room has failed");
            self.around
                .tracker
                .leave(&self.room_id, member.link.account());
        }
    }

    /// Ends the hub and gives back the turns that it will not take.
    pub(super) async fn close(mut self) -> Vec<Turn> {
        self.turns.close();
        let mut rest: Vec<Turn> = self
            .waiting
            .into_iter()
            .map(|joiner| Turn::Join(Box::new(joiner)))
            .collect();
        while let Some(turn) = self.turns.recv().await {
            rest.push(turn);
        }
        rest
    }

    async fn take(&mut self, turn: Turn) {
        match turn {
            Turn::Join(joiner) if self.has_ended => {
                let _ = joiner.done.send(Err(Problem::no_room()));
            }
            Turn::Join(joiner) => self.waiting.push(*joiner),
            Turn::Leave { socket, done } => {
                // What was applied before this turn goes out before it.
                self.flush().await;
                self.remove(socket);
                if let Some(done) = done {
                    let _ = done.send(());
                }
            }
            Turn::Changes(changes, committed) => self.take_changes(changes, committed).await,
            Turn::Recorded(places, since) => self.recorded.expect(places, since),
            Turn::StandsAt(stands) => {
                self.take_standpoint(&stands);
                self.meet_again();
            }
            Turn::Page { limit, done } => {
                let _ = done.send(self.remembered(limit));
            }
            Turn::Custom(packet) => self.outgoing.push(packet),
            Turn::Signal(signal) => self.take_signal(signal),
            Turn::Status(news) => self.take_status(&news),
            Turn::Type { socket, on, done } => {
                let _ = done.send(self.take_typing(socket, on));
            }
            Turn::Live(live, asked_at) => self.take_live(live, asked_at),
        }
    }

    async fn take_read(&mut self, read: Read) {
        match read {
            Read::Memberships(joiners, judged, answer) => {
                self.take_memberships(joiners, judged, answer)
            }
            Read::Own(own) => self.take_own(own),
            Read::Access(answer) => self.take_access(answer),
            Read::Start(answer) => self.take_start(answer).await,
            Read::Changes(answer) => self.take_store_changes(answer).await,
            Read::People(Ok(live), asked_at) => self.take_live(live, asked_at),
            Read::Gone(users, answer) => self.take_gone(users, answer),
            Read::People(Err(error), _) => {
                tracing::debug!(%error, room = %self.room_id, "nobody knows who is live")
            }
        }
    }

    /// Starts the reads that are due, and admits whom it can.
    async fn go_on(&mut self) {
        self.end_if_due().await;
        self.ask_memberships();
        self.ask_access_if_due();
        self.admit_ready().await;
        self.ask_store_if_due();
        let empty = self.members.is_empty()
            && self.waiting.is_empty()
            && self.admitted.is_empty()
            && !self.asking_memberships
            // Somebody's other sockets are still to be told.
            && !self.access.is_asked_about()
            && self.have_read.told_at().is_none();
        match (empty, self.empty_since) {
            (true, None) => self.empty_since = Some(Instant::now()),
            (false, _) => self.empty_since = None,
            (true, Some(_)) => {}
        }
    }

    fn is_over(&self) -> bool {
        if self.has_ended {
            return !self.asking_memberships;
        }
        let linger = if self.timeline.is_some() {
            LINGER
        } else {
            Duration::ZERO
        };
        self.empty_since
            .is_some_and(|since| since.elapsed() >= linger)
    }

    fn next_deadline(&self) -> Instant {
        let typing = self.typing.values().map(|typing| typing.until).min();
        let over = self.empty_since.map(|since| since + LINGER);
        [
            self.hole_at
                .filter(|_| !self.asking_changes && !self.starting),
            self.access.due_at(),
            self.have_read.told_at(),
            self.occupancy_at,
            typing,
            over,
        ]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or_else(|| Instant::now() + Duration::from_secs(60))
    }

    fn settle_deadlines(&mut self) {
        let now = Instant::now();
        self.settle_typing(now);
        self.settle_reads(now);
        self.settle_occupancy(now);
    }

    /// Takes a socket out, wherever it stands. Its user leaves the shared list with their last socket here.
    fn remove(&mut self, socket: SocketId) {
        self.waiting.retain(|joiner| joiner.link.id() != socket);
        self.admitted
            .retain(|admitted| admitted.joiner.link.id() != socket);
        if let Some(member) = self.members.swap_remove(&socket) {
            self.departed(&member.link);
        }
    }
}
