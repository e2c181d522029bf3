//! Who has read how far: gathered for a moment, so that somebody who scrolls is one packet and not many.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

use super::Hub;
use crate::{
    domain::{Seq, id::UserId},
    protocol::{packet::Packet, server_event::RoomRead},
};

/// How long positions are gathered.
const GATHER: Duration = Duration::from_millis(100);

/// Positions that have not been told yet, the newest of each user.
#[derive(Default)]
pub(super) struct Reads {
    up_to: HashMap<UserId, Seq>,
    at: Option<Instant>,
}

impl Reads {
    /// When they are to be told.
    pub(super) fn told_at(&self) -> Option<Instant> {
        self.at
    }

    /// The user is no member any more.
    pub(super) fn forget(&mut self, user: &UserId) {
        self.up_to.remove(user);
    }
}

impl Hub {
    pub(super) fn take_read_mark(&mut self, user: UserId, seq: Seq) {
        let up_to = self.have_read.up_to.entry(user).or_insert(seq);
        *up_to = (*up_to).max(seq);
        self.have_read
            .at
            .get_or_insert_with(|| Instant::now() + GATHER);
    }

    pub(super) fn settle_reads(&mut self, now: Instant) {
        if self.have_read.at.is_none_or(|at| at > now) {
            return;
        }
        self.have_read.at = None;
        for (user, last_read_seq) in std::mem::take(&mut self.have_read.up_to) {
            let read = RoomRead {
                room_id: &self.room_id,
                user_id: &user,
                last_read_seq,
            };
            self.tell_read(&user, &Packet::event("room:read", &read));
        }
    }

    /// To the room unless it is large, and to the reader's own sockets wherever they are; each once.
    fn tell_read(&self, reader: &UserId, packet: &Packet) {
        let to_room = !self.roster.is_large();
        if to_room {
            self.tell_but(None, packet);
        }
        for link in self.connected.of(reader) {
            if !to_room || !self.members.contains_key(&link.id()) {
                link.send(packet);
            }
        }
    }
}
