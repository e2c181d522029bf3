//! A `room:history` before it is encoded, and its packets: one for all for whom it reads the same.

use std::{collections::HashMap, sync::Arc};

use crate::{
    domain::{
        Rev,
        id::{MessageId, RoomId},
        message::{Message, Mine},
        room::Room,
    },
    protocol::{
        client_event::PAGE_DEFAULT,
        packet::Packet,
        server_event::{HistoryMode, RoomHistory},
    },
    room::timeline::Timeline,
};

/// How many questions are remembered with their packets, which may be large.
const PACKETS_MAX: usize = 8;

/// What a join asks: since when, and for how many messages.
pub(super) type Question = (Option<Rev>, usize);

/// What a history tells.
pub(super) struct History {
    mode: HistoryMode,
    pub(super) messages: Vec<Arc<Message>>,
    has_more: bool,
    room: Option<Room>,
    /// Whether anything under its messages may be somebody's own.
    pub(super) is_applauded: bool,
}

/// How one reader sees a history.
pub(super) enum Seen<'a> {
    /// As everybody does who has nothing of their own under its messages.
    AsOthers,
    /// With what is theirs.
    With(&'a HashMap<MessageId, Mine>),
    /// What is theirs is not known, and not told.
    Unknown,
}

/// The packets of histories at one revision that are the same for many, by what was asked and whether what is one's own is known.
#[derive(Default)]
pub(super) struct Packets {
    rev: Rev,
    kept: Vec<(Option<Question>, bool, Packet)>,
}

impl Packets {
    /// The packet for one reader; encoded for them alone only if something in it is theirs.
    pub(super) fn packet(
        &mut self,
        room: &RoomId,
        rev: Rev,
        question: Option<Question>,
        history: &History,
        seen: Seen<'_>,
    ) -> Packet {
        let is_known = match seen {
            Seen::With(own) => {
                return history.encoded(room, rev, |message| {
                    Arc::new(message.seen_with(own.get(&message.id)))
                });
            }
            Seen::AsOthers => true,
            Seen::Unknown => false,
        };
        if self.rev != rev {
            self.rev = rev;
            self.kept.clear();
        }
        let kept = self
            .kept
            .iter()
            .find(|(asked, known, _)| *asked == question && *known == is_known);
        if let Some((_, _, packet)) = kept {
            return packet.clone();
        }
        let packet = history.encoded(room, rev, |message| {
            if is_known {
                Arc::new(message.seen_with(None))
            } else {
                message.clone()
            }
        });
        if self.kept.len() >= PACKETS_MAX {
            self.kept.remove(0);
        }
        self.kept.push((question, is_known, packet.clone()));
        packet
    }
}

impl History {
    /// The answer to a join.
    pub(super) fn answering(timeline: &Timeline, (since, limit): Question) -> Self {
        let Some(since) = since else {
            return Self::page(timeline, HistoryMode::Page, limit);
        };
        match timeline.since(since) {
            Some(messages) => Self::delta(
                messages,
                timeline.room_changed_after(since).then(|| timeline.room()),
            ),
            None => Self::page(timeline, HistoryMode::Reset, limit),
        }
    }

    /// Exactly what has changed.
    pub(super) fn delta(messages: Vec<Arc<Message>>, room: Option<Room>) -> Self {
        Self::of(HistoryMode::Delta, messages, false, room)
    }

    /// The newest messages, for those who knew others.
    pub(super) fn reset(timeline: &Timeline) -> Self {
        Self::page(timeline, HistoryMode::Reset, PAGE_DEFAULT as usize)
    }

    fn page(timeline: &Timeline, mode: HistoryMode, limit: usize) -> Self {
        let (messages, has_more) = timeline.page(limit);
        let room = (mode == HistoryMode::Reset).then(|| timeline.room());
        Self::of(mode, messages, has_more, room)
    }

    fn of(
        mode: HistoryMode,
        messages: Vec<Arc<Message>>,
        has_more: bool,
        room: Option<Room>,
    ) -> Self {
        let is_applauded = messages.iter().any(|message| message.is_applauded());
        Self {
            mode,
            messages,
            has_more,
            room,
            is_applauded,
        }
    }

    fn encoded(
        &self,
        room: &RoomId,
        rev: Rev,
        seen: impl FnMut(&Arc<Message>) -> Arc<Message>,
    ) -> Packet {
        let history = RoomHistory {
            room_id: room.clone(),
            rev,
            mode: self.mode,
            messages: self.messages.iter().map(seen).collect(),
            has_more: self.has_more,
            room: self.room.clone(),
        };
        Packet::event("room:history", &history)
    }
}
