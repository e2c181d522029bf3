//! Joins and resumes, as turns of the hub: membership for all who wait in one statement, history from memory, then live.
//!
//! Whoever is admitted gets, in this order and with nothing between: `room:history` at the room's revision R, the acknowledgement with
//! the same R, and from then on every later change. A link that has closed meanwhile is not admitted.

use std::sync::Arc;

use futures_util::FutureExt;
use serde_json::value::RawValue;
use tokio::sync::oneshot;

use super::{Hub, Read};
use crate::{
    domain::{
        Rev,
        error::Problem,
        presence::{Status, User},
        room::RoomView,
        timestamp::Timestamp,
    },
    ports::{
        BackendError,
        store::{Entered, Entry},
    },
    protocol::{
        packet::Packet,
        server_event::{HistoryMode, Joined},
    },
    room::{link::Link, timeline::Timeline},
};

/// Joins that one statement carries.
const ENTRIES_AT_ONCE: usize = 1_000;

/// Somebody who wants in.
pub struct Joiner {
    /// The way to the socket.
    pub link: Arc<dyn Link>,
    /// The status to show until the shared list says otherwise.
    pub status: Status,
    /// The revision that the client knows; `None` for the newest page.
    pub since: Option<Rev>,
    /// How many messages the page holds; checked.
    pub limit: usize,
    /// Whether to make the room where there is none.
    pub create: bool,
    /// The acknowledgement that the client waits for, if it does.
    pub ack: Option<i64>,
    /// Told once: admitted (then the acknowledgement has been sent), or why not.
    pub done: oneshot::Sender<Result<(), Problem>>,
}

/// A joiner who is a member, and waits for history.
pub(super) struct Admitted {
    pub(super) joiner: Joiner,
    pub(super) view: Box<RoomView>,
    /// The store has been asked since; what memory holds now is all there is.
    pub(super) asked: bool,
}

/// What a history answers: the room's revision, and what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HistoryKey {
    rev: Rev,
    since: Option<Rev>,
    limit: usize,
}

impl Admitted {
    /// The revision from which the store has to be asked before this one can be answered.
    pub(super) fn needs_store(&self, timeline: &Timeline) -> Option<Rev> {
        let since = self.joiner.since?;
        (!self.asked && (since < timeline.floor() || since > timeline.rev())).then_some(since)
    }
}

impl Hub {
    /// Asks for the memberships of everybody who waits.
    pub(super) fn ask_memberships(&mut self) {
        if self.asking_memberships || self.waiting.is_empty() {
            return;
        }
        self.asking_memberships = true;
        let rest = self
            .waiting
            .split_off(self.waiting.len().min(ENTRIES_AT_ONCE));
        let joiners = std::mem::replace(&mut self.waiting, rest);
        let at = Timestamp::now();
        let entries: Vec<Entry> = joiners
            .iter()
            .map(|joiner| Entry {
                room: self.room_id.clone(),
                user: joiner.link.account().id.clone(),
                create: joiner.create,
                at,
            })
            .collect();
        let around = self.around.clone();
        self.reads.push(
            async move {
                let answer = around.store.join(&entries).await;
                Read::Memberships(joiners, answer)
            }
            .boxed(),
        );
    }

    pub(super) fn take_memberships(
        &mut self,
        joiners: Vec<Joiner>,
        answer: Result<Vec<Entered>, BackendError>,
    ) {
        self.asking_memberships = false;
        match answer {
            Ok(entered) => {
                for (joiner, entered) in joiners.into_iter().zip(entered) {
                    match entered {
                        Entered::Member(view) => self.admitted.push(Admitted {
                            joiner,
                            view,
                            asked: false,
                        }),
                        Entered::NoRoom => {
                            let _ = joiner.done.send(Err(Problem::no_room()));
                        }
                    }
                }
            }
            Err(error) => {
                tracing::warn!(%error, room = %self.room_id, "memberships could not be read");
                for joiner in joiners {
                    let _ = joiner.done.send(Err(Problem::unavailable()));
                }
            }
        }
    }

    /// Admits everybody whom memory can answer; starts the first read if there is no memory yet.
    pub(super) async fn admit_ready(&mut self) {
        if self.admitted.is_empty() {
            return;
        }
        if self.starting {
            return;
        }
        let Some(timeline) = &self.timeline else {
            self.start();
            return;
        };
        let (ready, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.admitted)
            .into_iter()
            .partition(|admitted| admitted.needs_store(timeline).is_none());
        self.admitted = waiting;
        if ready.is_empty() {
            return;
        }
        // Everything applied so far goes to those who are live before anybody joins at its revision.
        self.flush().await;
        self.admit(ready);
    }

    fn admit(&mut self, ready: Vec<Admitted>) {
        let Some(timeline) = self.timeline.take() else {
            return;
        };
        let ready: Vec<_> = ready
            .into_iter()
            .filter(|admitted| admitted.joiner.link.is_open())
            .collect();
        for Admitted { joiner, .. } in &ready {
            self.arrived(&joiner.link, joiner.status);
        }
        let online = self.online_now();
        let online_count = self.roster.count();
        let typists = self.typists();
        for Admitted {
            joiner, mut view, ..
        } in ready
        {
            view.room.rev = timeline.rev();
            view.room.last_seq = timeline.last_seq();
            if let Some(standing) = &mut view.standing {
                standing.unread = (timeline.last_seq() - standing.last_read_seq).max(0);
            }
            let history = self.history_for(&timeline, &joiner, &view);
            let joined = Joined {
                ok: true,
                room: &view,
                rev: timeline.rev(),
                online: &online,
                online_count,
                typing: &typists,
            };
            let link = joiner.link;
            let sent = link.send(&history)
                && joiner
                    .ack
                    .is_none_or(|ack| link.send(&Packet::answer(ack, &joined)));
            if sent {
                self.around.metrics.joins.inc();
                self.members.insert(link.id(), link);
            } else if !self.members.contains_key(&link.id()) {
                self.departed(&link);
            }
            let _ = joiner.done.send(Ok(()));
        }
        self.timeline = Some(timeline);
    }

    /// The history for one joiner; encoded once for all who join at the same revision with the same question.
    fn history_for(&mut self, timeline: &Timeline, joiner: &Joiner, view: &RoomView) -> Packet {
        let key = HistoryKey {
            rev: timeline.rev(),
            since: joiner.since,
            limit: joiner.limit,
        };
        if let Some((known, packet)) = &self.history_packet
            && *known == key
        {
            return packet.clone();
        }
        let packet = match joiner.since.map(|since| (since, timeline.since(since))) {
            None => self.page_of(timeline, HistoryMode::Page, joiner.limit, None),
            Some((since, Some(messages))) => {
                let room = timeline
                    .room_changed_after(since)
                    .then(|| view.room.clone());
                self.history(timeline.rev(), HistoryMode::Delta, messages, false, room)
            }
            Some((_, None)) => self.page_of(
                timeline,
                HistoryMode::Reset,
                joiner.limit,
                Some(view.room.clone()),
            ),
        };
        self.history_packet = Some((key, packet.clone()));
        packet
    }

    /// The people live in the room as JSON, once for everybody who joins in this turn.
    fn online_now(&self) -> Box<RawValue> {
        let people: Vec<&User> = self.roster.shown();
        serde_json::value::to_raw_value(&people).unwrap_or_else(|error| {
            tracing::error!(%error, "the people of a room could not be encoded");
            RawValue::NULL.to_owned()
        })
    }

    pub(super) fn refuse_admitted(&mut self, problem: &Problem) {
        for admitted in std::mem::take(&mut self.admitted) {
            let _ = admitted.joiner.done.send(Err(problem.clone()));
        }
    }

    /// The store did not answer: those who resume from further back than memory reaches cannot be served now.
    pub(super) fn refuse_resumes(&mut self) {
        let (refused, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.admitted)
            .into_iter()
            .partition(|admitted| admitted.asked);
        self.admitted = kept;
        for admitted in refused {
            let _ = admitted.joiner.done.send(Err(Problem::unavailable()));
        }
    }
}
