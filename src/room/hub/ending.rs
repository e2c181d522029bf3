//! The end of a room: everybody live is told as the last thing, and taken out; nobody is let in again.

use tokio::time::Instant;

use super::Hub;
use crate::{
    domain::{Rev, change::RoomChange, error::Problem},
    protocol::server_event::change_packet,
};

impl Hub {
    /// The room is said to have ended with that revision. Those before it get the time that any hole gets.
    pub(super) fn take_end(&mut self, rev: Rev) {
        self.ends_at = self.ends_at.max(Some(rev));
        self.acquaintances.doubt(&self.room_id);
        self.stands_at = self.stands_at.max(rev);
        self.watch_for_holes();
    }

    /// Ends the room once nothing before its end is waited for. What is missing then, the end makes good: nothing is left to know.
    pub(super) async fn end_if_due(&mut self) {
        let Some(rev) = self.ends_at.filter(|_| !self.has_ended) else {
            return;
        };
        let is_next = self
            .timeline
            .as_ref()
            .is_none_or(|timeline| timeline.rev() + 1 >= rev);
        let is_due = is_next || self.hole_at.is_some_and(|at| at <= Instant::now());
        if is_due {
            self.end(rev).await;
        }
    }

    async fn end(&mut self, rev: Rev) {
        self.flush().await;
        self.has_ended = true;
        self.hole_at = None;
        self.early.clear();
        let packet = change_packet(&RoomChange::Closed {
            room_id: self.room_id.clone(),
            rev,
        });
        for (_, member) in std::mem::take(&mut self.members) {
            member.link.send(&packet);
            member.link.left(&self.room_id);
            self.departed(&member.link);
        }
        self.typing.clear();
        self.occupancy_at = None;
        for joiner in std::mem::take(&mut self.waiting) {
            let _ = joiner.done.send(Err(Problem::no_room()));
        }
        self.refuse_admitted(&Problem::no_room());
    }
}
