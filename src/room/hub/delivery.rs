//! Every revision once and in order: changes as they come, holes closed by the store.
//!
//! A change that comes early waits for the one before it, [`PATIENCE`] at most: small inversions between replicas are normal. A hole
//! that stays is closed by one look at the store, which carries everybody live in the room to a later revision by one
//! `room:history`. So is a revision that the comparison with the store tells of and that nobody published.

use std::{collections::HashSet, time::Duration};

use futures_util::FutureExt;
use rand::RngExt;
use tokio::time::Instant;

use super::{
    Hub, Member, Read,
    history::{History, Packets},
    joining::Admitted,
    own::Own,
};
use crate::{
    domain::{
        Rev, Seq,
        change::RoomChange,
        error::Problem,
        id::{SocketId, UserId},
        timestamp::Timestamp,
    },
    ports::{
        BackendError,
        store::{Changes, Standpoint},
    },
    protocol::{packet::Burst, server_event::change_packet},
    room::timeline::{Carried, DELTA_MAX, Timeline},
};

/// How long an early change waits for the one before it.
const PATIENCE: Duration = Duration::from_millis(20);
/// Early changes that are kept; beyond, the store tells them.
const EARLY_MAX: usize = 1_024;
/// Members to whom a history is handed before other tasks get their turn.
pub(super) const MEMBERS_AT_ONCE: usize = 64;
/// Packets handed to one socket before the next one's turn, and before other tasks get theirs.
const PACKETS_AT_ONCE: usize = 64;

/// Since when a change is on its way.
pub(super) enum Since {
    /// By this process.
    Here(std::time::Instant),
    /// A new message of another, since that took it, by its clock: the only stamp that comes with it. Where that clock is ahead, no
    /// time has passed.
    Elsewhere(Timestamp),
}

impl Since {
    fn of(change: &RoomChange, committed: Option<std::time::Instant>) -> Option<Self> {
        match (committed, change) {
            (Some(at), _) => Some(Self::Here(at)),
            (None, RoomChange::New(message)) => Some(Self::Elsewhere(message.timestamp)),
            (None, _) => None,
        }
    }
}

impl Hub {
    /// Takes changes from this replica's writer or from another replica, in any order, any number of times.
    pub(super) async fn take_changes(
        &mut self,
        changes: Vec<RoomChange>,
        committed: Option<std::time::Instant>,
    ) {
        if self.has_ended {
            return;
        }
        for change in changes {
            let rev = change.rev();
            match &self.timeline {
                Some(timeline) if rev <= timeline.rev() => {}
                Some(timeline) if rev == timeline.rev() + 1 => self.apply(&change, committed),
                _ => {
                    if let RoomChange::Closed { rev, .. } = change {
                        self.take_end(rev);
                    }
                    if self.early.len() >= EARLY_MAX {
                        self.early.pop_last();
                    }
                    self.early.insert(rev, (change, committed));
                }
            }
        }
        self.take_early();
        if self.outgoing.len() >= PACKETS_AT_ONCE {
            self.flush().await;
        }
    }

    /// The next revision: remembered, and told with the next [`flush`](Self::flush).
    fn apply(&mut self, change: &RoomChange, committed: Option<std::time::Instant>) {
        let Some(timeline) = &mut self.timeline else {
            return;
        };
        timeline.apply(change);
        self.recorded.applied(change.rev());
        if let Some(own) = &mut self.own {
            own.note(change);
        }
        match change {
            // The last thing that anybody is told, which the end itself does.
            RoomChange::Closed { rev, .. } => self.take_end(*rev),
            _ => {
                self.committed.extend(Since::of(change, committed));
                self.outgoing.push(change_packet(change));
            }
        }
    }

    /// Where the store says that the room stands. Also the moment to look for links that have closed.
    pub(super) fn take_standpoint(&mut self, stands: &Standpoint) {
        if stands.deleted {
            self.take_end(stands.rev);
            return;
        }
        self.access.stands_at(stands.access_rev);
        self.stands_at = self.stands_at.max(stands.rev);
        self.watch_for_holes();
        let gone: Vec<SocketId> = self
            .members
            .values()
            .map(|member| &member.link)
            .filter(|link| !link.is_open())
            .map(|link| link.id())
            .collect();
        gone.into_iter().for_each(|socket| self.remove(socket));
    }

    /// The store told everything after a revision: closes the hole, and answers those who resume from further back.
    pub(super) async fn take_store_changes(
        &mut self,
        answer: Result<Option<(Rev, Changes, Own)>, BackendError>,
    ) {
        self.asking_changes = false;
        let Some(timeline) = &mut self.timeline else {
            return;
        };
        match answer {
            Ok(Some((since, changes, own))) => {
                let room_changed = changes.room_changed;
                let from = timeline.rev();
                match timeline.absorb(since, changes) {
                    Carried::Nowhere => {}
                    Carried::By(messages) => {
                        let room = (room_changed > from).then(|| timeline.room());
                        let history = History::delta(messages, room);
                        let rev = timeline.rev();
                        // Nobody said whose claps and emoji came on the way.
                        self.own = None;
                        self.carry_everybody(rev, history, &own).await;
                    }
                    Carried::TooFar => self.start(),
                }
                self.hole_at = None;
                self.take_early();
                self.flush().await;
            }
            // The room has ended. The comparison, or the news on its way, tells at which revision.
            Ok(None) => self.look_again(),
            Err(error) => {
                error.log("a hole in a room's revisions stays open");
                self.refuse_resumes();
                self.look_again();
            }
        }
    }

    /// The room's first look at itself, or a new one because too much had changed.
    pub(super) async fn take_start(
        &mut self,
        answer: Result<Option<(Timeline, Own)>, BackendError>,
    ) {
        self.starting = false;
        match answer {
            Ok(Some((fresh, own))) => {
                let known = self.timeline.as_ref().map(Timeline::rev);
                if known.is_none_or(|rev| fresh.rev() > rev) {
                    let history = known.map(|_| History::reset(&fresh));
                    let rev = fresh.rev();
                    self.timeline = Some(fresh);
                    self.own = None;
                    if let Some(history) = history {
                        self.carry_everybody(rev, history, &own).await;
                    }
                }
                self.hole_at = None;
                self.take_early();
                self.flush().await;
            }
            Ok(None) => {
                self.refuse_admitted(&Problem::no_room());
                self.look_again();
            }
            Err(error) => {
                error.log("a room could not be read");
                self.refuse_admitted(&Problem::unavailable());
                self.look_again();
            }
        }
    }

    /// Asks again after a moment, if anything is still missing.
    fn look_again(&mut self) {
        let wait = Duration::from_millis(rand::rng().random_range(100..=300));
        self.hole_at = self.hole_at.map(|_| Instant::now() + wait);
    }

    /// Hands everybody live in the room one history, which carries them to `rev`; to each with what is their own.
    async fn carry_everybody(&mut self, rev: Rev, history: History, own: &Own) {
        self.flush().await;
        self.around.metrics.rooms.holes_closed.inc();
        let mut shared = Packets::default();
        let mut gone = Vec::new();
        for (at, (socket, member)) in self.members.iter().enumerate() {
            let user = &member.link.account().id;
            let packet = shared.packet(
                &self.room_id,
                rev,
                None,
                &history,
                own.seen_by(user, &history),
            );
            if !member.link.send(&packet) {
                gone.push(*socket);
            }
            if at % MEMBERS_AT_ONCE == MEMBERS_AT_ONCE - 1 {
                tokio::task::yield_now().await;
            }
        }
        self.around
            .metrics
            .rooms
            .deliveries
            .inc_by(self.members.len() as u64);
        gone.into_iter().for_each(|socket| self.remove(socket));
    }

    /// Asks the store where a hole has stayed too long, or where somebody resumes from further back than memory reaches.
    pub(super) fn ask_store_if_due(&mut self) {
        if self.asking_changes || self.starting || self.ends_at.is_some() {
            return;
        }
        let Some(timeline) = &self.timeline else {
            return;
        };
        let lowest = self
            .admitted
            .iter()
            .filter_map(|admitted| admitted.needs_store(timeline))
            .min();
        let hole_due = self.hole_at.is_some_and(|at| at <= Instant::now());
        let Some(since) = lowest.or(hole_due.then_some(timeline.rev())) else {
            return;
        };
        let stands_at = timeline.rev();
        let since = timeline.reach_back(since.min(stands_at));
        self.admitted
            .iter_mut()
            .for_each(|admitted| admitted.asked = true);
        self.asking_changes = true;
        let around = self.around.clone();
        let room = self.room_id.clone();
        let live = self.live_users();
        self.reads.push(
            async move {
                let read = async {
                    let changes = around.store.changes(&room, since, DELTA_MAX as i64);
                    let Some(changes) = changes.await? else {
                        return Ok(None);
                    };
                    // Those who are live know what is theirs under the rest.
                    let later = changes
                        .messages
                        .iter()
                        .filter(|message| message.rev > stands_at);
                    let own = Own::read(&*around.store, live, later, Seq::MAX).await;
                    Ok(Some((since, changes, own)))
                };
                Read::Changes(read.await)
            }
            .boxed(),
        );
    }

    /// Reads the room's newest messages, and for those who wait to resume, what has changed since.
    pub(super) fn start(&mut self) {
        if self.starting {
            return;
        }
        self.starting = true;
        let around = self.around.clone();
        let room = self.room_id.clone();
        let live = self.live_users();
        let lowest = self.admitted.iter().filter_map(Admitted::since).min();
        self.reads.push(
            async move {
                let read = async {
                    let Some(now) = around.recent.now(&room, lowest).await? else {
                        return Ok(None);
                    };
                    let messages = now.recent.messages.iter().map(|message| &**message);
                    let own = Own::read(&*around.store, live, messages, Seq::MAX).await;
                    let mut timeline = Timeline::from_recent(&now.recent, now.room);
                    if let Some((since, changes)) = now.changes {
                        timeline.absorb(since, changes);
                    }
                    Ok(Some((timeline, own)))
                };
                Read::Start(read.await)
            }
            .boxed(),
        );
    }

    /// Everybody who is live here, each once.
    fn live_users(&self) -> HashSet<UserId> {
        self.members
            .values()
            .map(|member| member.link.account().id.clone())
            .collect()
    }

    /// Hands what has gathered to everybody live in the room. Those who do not keep up are no longer in it.
    pub(super) async fn flush(&mut self) {
        let sockets = self.members.len();
        while !self.outgoing.is_empty() {
            let rest = if self.outgoing.len() > PACKETS_AT_ONCE {
                self.outgoing.split_off(PACKETS_AT_ONCE)
            } else {
                Vec::new()
            };
            let burst = Burst::new(std::mem::replace(&mut self.outgoing, rest));
            let mut gone = Vec::new();
            for (at, (socket, Member { link, .. })) in self.members.iter().enumerate() {
                if !link.send_all(&burst) {
                    gone.push(*socket);
                }
                if at % MEMBERS_AT_ONCE == MEMBERS_AT_ONCE - 1 {
                    tokio::task::yield_now().await;
                }
            }
            self.around
                .metrics
                .rooms
                .deliveries
                .inc_by((burst.packets().len() * self.members.len()) as u64);
            gone.into_iter().for_each(|socket| self.remove(socket));
            if !self.outgoing.is_empty() {
                tokio::task::yield_now().await;
            }
        }
        self.note_deliveries();
        self.recorded.went_out(sockets);
    }

    /// Notes how long it took to bring changes here, where somebody was here to bring them to: one look at the clocks for all of them.
    fn note_deliveries(&mut self) {
        if self.committed.is_empty() {
            return;
        }
        let (here, elsewhere) = (std::time::Instant::now(), Timestamp::now());
        let metrics = &self.around.metrics;
        for since in self.committed.drain(..) {
            if self.members.is_empty() {
                continue;
            }
            match since {
                Since::Here(at) => metrics
                    .rooms
                    .delivery_seconds
                    .observe(here.duration_since(at).as_secs_f64()),
                Since::Elsewhere(at) => {
                    let time = (elsewhere.as_millis() - at.as_millis()).max(0);
                    let figure = &metrics.rooms.remote_delivery_seconds;
                    figure.observe(time as f64 / 1_000.0);
                }
            }
        }
    }

    fn take_early(&mut self) {
        while let (Some(timeline), Some(entry)) = (&self.timeline, self.early.first_entry()) {
            let rev = timeline.rev();
            if *entry.key() > rev + 1 {
                break;
            }
            let (change, committed) = entry.remove();
            if change.rev() == rev + 1 {
                self.apply(&change, committed);
            }
        }
        self.watch_for_holes();
    }

    pub(super) fn watch_for_holes(&mut self) {
        let Some(timeline) = &self.timeline else {
            return;
        };
        let hole = !self.early.is_empty() || self.stands_at > timeline.rev();
        if !hole {
            self.hole_at = None;
        } else if self.hole_at.is_none() {
            self.hole_at = Some(Instant::now() + PATIENCE);
        }
    }
}
