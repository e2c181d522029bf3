//! While the store is away: members whom it has named lately are let into a room that is live here, and what the room remembers is told.
//!
//! Nobody is let in whose membership nobody can tell, nor anybody while there is a hint that somebody has lost the right to be here.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    Hub,
    access::Judged,
    joining::{Admitted, Joiner},
};
use crate::{
    domain::{Rev, error::Problem, message::Message, room::RoomView},
    ports::BackendError,
};

/// How often the store's silence about those who are live is taken for its word that they are members.
const MEET_EVERY: Duration = Duration::from_secs(60);

/// The newest messages that a live room remembers.
#[derive(Debug, Clone)]
pub struct Remembered {
    /// Ascending by `seq`, without what is anybody's own.
    pub messages: Vec<Arc<Message>>,
    /// Whether there are older ones.
    pub has_more: bool,
    /// Where the room stands here.
    pub rev: Rev,
}

impl Hub {
    /// The store has named a member.
    pub(super) fn meet(&self, joiner: &Joiner, view: &RoomView) {
        if let Some(standing) = view.standing {
            let user = &joiner.link.account().id;
            let at = self.memberships_asked_at;
            self.acquaintances.met(&self.room_id, user, standing, at);
        }
    }

    /// The store has just said where the room stands. Where it tells of nobody who has gone, all who are live are members still.
    pub(super) fn meet_again(&mut self) {
        let due = self.met_at.is_none_or(|at| at.elapsed() >= MEET_EVERY);
        if !due || !self.access.is_settled() || self.has_ended {
            return;
        }
        let now = Instant::now();
        self.met_at = Some(now);
        let live = self.members.values();
        let users = live.map(|member| member.link.account().id.clone());
        self.acquaintances.still(&self.room_id, users, now);
    }

    /// The store did not answer to those who want in.
    pub(super) fn admit_acquainted(
        &mut self,
        joiners: Vec<Joiner>,
        judged: Judged,
        error: &BackendError,
    ) {
        let away = matches!(error, BackendError::Unavailable { .. });
        let sure = away && self.access.is_settled() && judged >= self.access.hints();
        let ends = self.has_ended || self.ends_at.is_some();
        let room = self.timeline.as_ref().map(|timeline| timeline.room());
        for joiner in joiners {
            let user = &joiner.link.account().id;
            let standing = self.acquaintances.standing(&self.room_id, user);
            match (&room, standing) {
                (Some(room), Some(standing)) if sure && !ends => {
                    let view = RoomView {
                        room: room.clone(),
                        standing: Some(standing),
                    };
                    self.admitted
                        .push(Admitted::of(joiner, Box::new(view), judged));
                }
                _ => {
                    let _ = joiner.done.send(Err(Problem::unavailable()));
                }
            }
        }
    }

    /// What the room could tell a newcomer.
    pub(super) fn remembered(&self, limit: usize) -> Option<Remembered> {
        let ends = self.has_ended || self.ends_at.is_some();
        let timeline = self.timeline.as_ref().filter(|_| !ends)?;
        let (messages, has_more) = timeline.page(limit);
        Some(Remembered {
            messages,
            has_more,
            rev: timeline.rev(),
        })
    }
}
