//! Every revision once and in order: changes as they come, holes closed by the store.
//!
//! A change that comes early waits for the one before it, [`PATIENCE`] at most: small inversions between replicas are normal. A hole
//! that stays is closed by one look at the store, which carries everybody live in the room to a later revision by one
//! `room:history`. So is a revision that the comparison with the store tells of and that nobody published.

use std::{sync::Arc, time::Duration};

use futures_util::FutureExt;
use rand::RngExt;
use tokio::time::Instant;

use super::{Hub, Read};
use crate::{
    domain::{Rev, change::RoomChange, id::SocketId, message::Message},
    ports::{BackendError, store::Changes},
    protocol::{
        client_event::PAGE_DEFAULT,
        packet::Packet,
        server_event::{HistoryMode, RoomHistory, change_packet},
    },
    room::timeline::{Carried, DELTA_MAX, Timeline},
};

/// How long an early change waits for the one before it.
const PATIENCE: Duration = Duration::from_millis(20);
/// Early changes that are kept; beyond, the store tells them.
const EARLY_MAX: usize = 1_024;
/// Packets handed to one socket before the next one's turn, and before other tasks get theirs.
const PACKETS_AT_ONCE: usize = 16;

impl Hub {
    /// Takes changes from this replica's writer or from another replica, in any order, any number of times.
    pub(super) async fn take_changes(&mut self, changes: Vec<RoomChange>) {
        for change in changes {
            let rev = change.rev();
            match &mut self.timeline {
                Some(timeline) if rev <= timeline.rev() => {}
                Some(timeline) if rev == timeline.rev() + 1 => {
                    timeline.apply(&change);
                    self.outgoing.push(change_packet(&change));
                }
                _ => {
                    if self.early.len() >= EARLY_MAX {
                        self.early.pop_last();
                    }
                    self.early.insert(rev, change);
                }
            }
        }
        self.take_early();
        if self.outgoing.len() >= PACKETS_AT_ONCE {
            self.flush().await;
        }
    }

    /// The store says that the room stands at `rev`. Also the moment to look for links that have closed.
    pub(super) fn take_standpoint(&mut self, rev: Rev) {
        self.stands_at = self.stands_at.max(rev);
        self.watch_for_holes();
        let gone: Vec<SocketId> = self
            .members
            .values()
            .filter(|link| !link.is_open())
            .map(|link| link.id())
            .collect();
        gone.into_iter().for_each(|socket| self.remove(socket));
    }

    /// The store told everything after a revision: closes the hole, and answers those who resume from further back.
    pub(super) async fn take_store_changes(
        &mut self,
        answer: Result<Option<Changes>, BackendError>,
    ) {
        self.asking_changes = false;
        let Some(timeline) = &mut self.timeline else {
            return;
        };
        match answer {
            Ok(Some(changes)) => {
                let room = changes.room.clone();
                let room_changed = changes.room_changed;
                let from = timeline.rev();
                match timeline.absorb(changes) {
                    Carried::Nowhere => {}
                    Carried::By(messages) => {
                        let rev = timeline.rev();
                        self.around.metrics.holes_closed.inc();
                        let history = RoomHistory {
                            room_id: self.room_id.clone(),
                            rev,
                            mode: HistoryMode::Delta,
                            messages,
                            has_more: false,
                            room: (room_changed > from).then_some(room),
                        };
                        self.outgoing.push(Packet::event("room:history", &history));
                        self.flush().await;
                    }
                    Carried::TooFar => self.start(),
                }
                self.hole_at = None;
                self.take_early();
                self.flush().await;
            }
            Ok(None) => self.hole_at = None,
            Err(error) => {
                tracing::warn!(%error, room = %self.room_id, "a hole stays open");
                self.refuse_resumes();
                let wait = Duration::from_millis(rand::rng().random_range(100..=300));
                self.hole_at = self.hole_at.map(|_| Instant::now() + wait);
            }
        }
    }

    /// The room's first look at itself, or a new one because too much had changed.
    pub(super) async fn take_start(&mut self, answer: Result<Option<Timeline>, BackendError>) {
        self.starting = false;
        match answer {
            Ok(Some(fresh)) => {
                let known = self.timeline.as_ref().map(Timeline::rev);
                if known.is_none_or(|rev| fresh.rev() > rev) {
                    if known.is_some() {
                        self.around.metrics.holes_closed.inc();
                        let packet =
                            self.page_of(&fresh, HistoryMode::Reset, PAGE_DEFAULT as usize, None);
                        self.outgoing.push(packet);
                    }
                    self.timeline = Some(fresh);
                }
                self.hole_at = None;
                self.take_early();
                self.flush().await;
            }
            Ok(None) => self.refuse_admitted(&crate::domain::error::Problem::no_room()),
            Err(error) => {
                tracing::warn!(%error, room = %self.room_id, "the room could not be read");
                self.refuse_admitted(&crate::domain::error::Problem::unavailable());
                let wait = Duration::from_millis(rand::rng().random_range(100..=300));
                self.hole_at = self.hole_at.map(|_| Instant::now() + wait);
            }
        }
    }

    /// Asks the store where a hole has stayed too long, or where somebody resumes from further back than memory reaches.
    pub(super) fn ask_store_if_due(&mut self) {
        if self.asking_changes || self.starting {
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
        let since = since.min(timeline.rev());
        self.admitted
            .iter_mut()
            .for_each(|admitted| admitted.asked = true);
        self.asking_changes = true;
        let around = self.around.clone();
        let room = self.room_id.clone();
        self.reads.push(
            async move { Read::Changes(around.store.changes(&room, since, DELTA_MAX as i64).await) }.boxed(),
        );
    }

    /// Reads the room's newest messages.
    pub(super) fn start(&mut self) {
        if self.starting {
            return;
        }
        self.starting = true;
        let around = self.around.clone();
        let room = self.room_id.clone();
        self.reads.push(
            async move {
                let recent = around.recent.now(&room).await;
                Read::Start(
                    recent.map(|recent| recent.map(|recent| Timeline::from_recent(&recent))),
                )
            }
            .boxed(),
        );
    }

    /// A `room:history` of the newest messages.
    pub(super) fn page_of(
        &self,
        timeline: &Timeline,
        mode: HistoryMode,
        limit: usize,
        room: Option<crate::domain::room::Room>,
    ) -> Packet {
        let (messages, has_more) = timeline.page(limit);
        self.history(timeline.rev(), mode, messages, has_more, room)
    }

    pub(super) fn history(
        &self,
        rev: Rev,
        mode: HistoryMode,
        messages: Vec<Arc<Message>>,
        has_more: bool,
        room: Option<crate::domain::room::Room>,
    ) -> Packet {
        Packet::event(
            "room:history",
            &RoomHistory {
                room_id: self.room_id.clone(),
                rev,
                mode,
                messages,
                has_more,
                room,
            },
        )
    }

    /// Hands what has gathered to everybody live in the room. Those who do not keep up are no longer in it.
    pub(super) async fn flush(&mut self) {
        while !self.outgoing.is_empty() {
            let rest = if self.outgoing.len() > PACKETS_AT_ONCE {
                self.outgoing.split_off(PACKETS_AT_ONCE)
            } else {
                Vec::new()
            };
            let packets = std::mem::replace(&mut self.outgoing, rest);
            let mut gone = Vec::new();
            for (socket, link) in &self.members {
                if !packets.iter().all(|packet| link.send(packet)) {
                    gone.push(*socket);
                }
            }
            self.around
                .metrics
                .deliveries
                .inc_by((packets.len() * self.members.len()) as u64);
            gone.into_iter().for_each(|socket| self.remove(socket));
            if !self.outgoing.is_empty() {
                tokio::task::yield_now().await;
            }
        }
    }

    fn take_early(&mut self) {
        if let Some(timeline) = &mut self.timeline {
            while let Some(entry) = self.early.first_entry() {
                let rev = timeline.rev();
                if *entry.key() > rev + 1 {
                    break;
                }
                let change = entry.remove();
                if change.rev() == rev + 1 {
                    timeline.apply(&change);
                    self.outgoing.push(change_packet(&change));
                }
            }
        }
        self.watch_for_holes();
    }

    fn watch_for_holes(&mut self) {
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
