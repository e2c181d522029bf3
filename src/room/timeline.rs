//! What a live room remembers: its revision, itself, its newest messages, and what changed last. A plain value, no I/O.
//!
//! Two views of the same messages: `latest` by place answers a page, `recent` by revision answers "what changed since R" for
//! every R at or above `floor`. A revision is applied once and in order ([`Timeline::apply`]); what the store tells after a hole
//! carries the timeline to a later one ([`Timeline::absorb`]).

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
};

use crate::{
    domain::{Rev, Seq, change::RoomChange, message::Message, room::Room},
    ports::{cache::Recent, store::Changes},
    protocol::client_event::PAGE_MAX,
};

/// How many changed messages a room remembers by revision, and the most that a resume is answered with.
pub const DELTA_MAX: usize = 500;

const LATEST_MAX: usize = PAGE_MAX as usize;

/// Where a live room stands.
#[derive(Debug, Clone)]
pub struct Timeline {
    rev: Rev,
    last_seq: Seq,
    room: Arc<Room>,
    room_changed: Rev,
    floor: Rev,
    /// A resume from below this is more than [`DELTA_MAX`] messages, and stays so: what has changed since then only grows.
    too_far: Rev,
    /// The store has been asked for what changed before this timeline began.
    reached_back: bool,
    latest: VecDeque<Arc<Message>>,
    recent: BTreeMap<Rev, Arc<Message>>,
    rev_of: HashMap<Seq, Rev>,
}

/// How far a timeline was carried by what the store told.
#[derive(Debug, Clone, PartialEq)]
pub enum Carried {
    /// It stood there already.
    Nowhere,
    /// To a later revision; these messages changed on the way, ascending by `seq`.
    By(Vec<Arc<Message>>),
    /// Not at all: more changed than the store told. It takes a page to go on from.
    TooFar,
}

impl Timeline {
    /// From a list, and the room itself as of the list's revision.
    pub fn from_recent(recent: &Recent, room: Room) -> Self {
        let mut timeline = Self {
            rev: recent.rev,
            last_seq: recent.messages.last().map_or(0, |message| message.seq),
            room: Arc::new(room),
            // Unknown: a resume from below `floor` asks the store, which knows.
            room_changed: 0,
            floor: recent.rev,
            too_far: 0,
            reached_back: false,
            latest: VecDeque::with_capacity(LATEST_MAX),
            recent: BTreeMap::new(),
            rev_of: HashMap::new(),
        };
        for message in &recent.messages {
            timeline.place(message.clone());
        }
        timeline.remember_unbroken(&recent.messages);
        timeline
    }

    /// Where the last revisions are one message's each, nothing else has changed since: they are all that a resume can ask for.
    fn remember_unbroken(&mut self, messages: &[Arc<Message>]) {
        let by_rev: BTreeMap<Rev, &Arc<Message>> = messages
            .iter()
            .map(|message| (message.rev, message))
            .collect();
        for (rev, message) in by_rev.into_iter().rev() {
            if rev != self.floor {
                break;
            }
            self.remember(message.clone());
            self.floor = rev - 1;
        }
    }

    /// The revision up to which everything is known.
    pub fn rev(&self) -> Rev {
        self.rev
    }

    /// The place of the newest message, 0 if there is none.
    pub fn last_seq(&self) -> Seq {
        self.last_seq
    }

    /// Resumes from this revision on are answered from memory.
    pub fn floor(&self) -> Rev {
        self.floor
    }

    /// Whether a resume from this revision takes the store's word: memory does not reach so far, and the store might.
    pub fn needs_store(&self, since: Rev) -> bool {
        (since < self.floor && since >= self.too_far) || since > self.rev
    }

    /// From where the store is to be asked so that a resume from `lowest` can be answered: from there, and when it was asked before,
    /// from the beginning, so that whoever comes next with an older revision does not cost another reading.
    pub fn reach_back(&self, lowest: Rev) -> Rev {
        if self.reached_back && lowest < self.floor {
            0
        } else {
            lowest
        }
    }

    /// The room itself as of this revision; how many members it has is as last heard of.
    pub fn room(&self) -> Room {
        Room {
            rev: self.rev,
            last_seq: self.last_seq,
            ..(*self.room).clone()
        }
    }

    /// Whether the room itself is known to have changed after `since`.
    pub fn room_changed_after(&self, since: Rev) -> bool {
        self.room_changed > since
    }

    /// Takes the change with the next revision. The caller has checked that it is the next.
    pub fn apply(&mut self, change: &RoomChange) {
        debug_assert_eq!(change.rev(), self.rev + 1);
        self.rev = change.rev();
        let Some(message) = change.message() else {
            self.room_changed = self.rev;
            if let RoomChange::Room(room) = change {
                self.room = room.clone();
            }
            return;
        };
        self.last_seq = self.last_seq.max(message.seq);
        self.place(message.clone());
        self.remember(message.clone());
        while self.recent.len() > DELTA_MAX {
            self.forget_lowest();
        }
    }

    /// Takes what the store told of everything after `since`, which is some revision at or below this timeline's.
    ///
    /// Moves the revision forward if the store stood later, and the floor down if the store was asked from below it.
    pub fn absorb(&mut self, since: Rev, changes: Changes) -> Carried {
        if changes.floor > since {
            self.too_far = self.too_far.max(changes.floor);
        }
        if changes.floor > self.rev {
            return Carried::TooFar;
        }
        self.reached_back |= since < self.floor;
        let from = self.rev;
        self.room_changed = self.room_changed.max(changes.room_changed);
        self.last_seq = self.last_seq.max(changes.room.last_seq);
        let stands_at = changes.room.rev;
        if stands_at >= self.rev {
            self.room = Arc::new(changes.room);
        }
        let messages: Vec<_> = changes.messages.into_iter().map(Arc::new).collect();
        let mut delta = Vec::new();
        for message in messages {
            // What is known here at a later revision is newer than what the store told.
            if message.rev <= from
                && self
                    .rev_of
                    .get(&message.seq)
                    .is_some_and(|known| *known >= message.rev)
            {
                continue;
            }
            if message.rev > from {
                delta.push(message.clone());
                self.place(message.clone());
            }
            self.remember(message);
        }
        self.floor = self.floor.min(changes.floor);
        self.rev = self.rev.max(stands_at);
        if self.rev == from {
            Carried::Nowhere
        } else {
            Carried::By(delta)
        }
    }

    /// The newest `limit` messages, ascending, and whether there are older ones.
    pub fn page(&self, limit: usize) -> (Vec<Arc<Message>>, bool) {
        let skip = self.latest.len().saturating_sub(limit);
        let messages: Vec<_> = self.latest.iter().skip(skip).cloned().collect();
        let has_more = messages.first().is_some_and(|first| first.seq > 1);
        (messages, has_more)
    }

    /// Every message that changed after `since`, ascending by `seq`; `None` where memory does not reach so far.
    pub fn since(&self, since: Rev) -> Option<Vec<Arc<Message>>> {
        if since < self.floor || since > self.rev {
            return None;
        }
        let mut messages: Vec<_> = self
            .recent
            .range(since + 1..)
            .map(|(_, message)| message.clone())
            .collect();
        messages.sort_unstable_by_key(|message| message.seq);
        Some(messages)
    }

    fn place(&mut self, message: Arc<Message>) {
        let Some(newest) = self.latest.back().map(|newest| newest.seq) else {
            self.latest.push_back(message);
            return;
        };
        if message.seq == newest + 1 {
            self.latest.push_back(message);
            if self.latest.len() > LATEST_MAX {
                self.latest.pop_front();
            }
        } else if message.seq <= newest {
            let back = (newest - message.seq) as usize;
            if let Some(at) = (self.latest.len()).checked_sub(back + 1) {
                self.latest[at] = message;
            }
        } else {
            // A stretch is missing in between; the page starts again behind it.
            self.latest.clear();
            self.latest.push_back(message);
        }
    }

    fn remember(&mut self, message: Arc<Message>) {
        if let Some(old) = self.rev_of.insert(message.seq, message.rev) {
            self.recent.remove(&old);
        }
        self.recent.insert(message.rev, message);
    }

    fn forget_lowest(&mut self) {
        if let Some((rev, message)) = self.recent.pop_first() {
            self.rev_of.remove(&message.seq);
            self.floor = self.floor.max(rev);
            self.too_far = self.too_far.max(rev);
        }
    }
}
