//! Who is here: sockets coming and going, statuses, and who is live in a room.

use std::sync::Arc;

use super::{Chat, unavailable};
use crate::{
    domain::{
        error::Problem,
        id::{RoomId, UserId},
        permission::Action,
        presence::{Status, User},
    },
    room::{link::Link, roster::LARGE},
};

impl Chat {
    /// A socket of the user has connected.
    pub fn came(&self, link: Arc<dyn Link>) {
        self.parts.tracker.connect(link.account());
        self.parts.hubs.came(link);
        self.parts.metrics.sockets.inc();
    }

    /// A socket of the user has gone; `rooms` are those in which it was live.
    pub fn went(&self, link: &dyn Link, rooms: Vec<RoomId>) {
        let user = &link.account().id;
        self.parts.hubs.went(user, link.id());
        self.parts.tracker.disconnect(user, rooms);
        self.parts.metrics.sockets.dec();
    }

    /// The user chose a status on some device; the last choice counts.
    pub fn choose_status(&self, user: &UserId, status: Status) {
        self.parts.tracker.choose(user, status);
    }

    /// Who is live in a room: at most 200 of them, and how many there are.
    pub async fn online(
        &self,
        room: &RoomId,
        asker: &UserId,
    ) -> Result<(Vec<User>, usize), Problem> {
        self.allowed(Action::Read, room, asker).await?;
        let live = self
            .parts
            .presence
            .live(std::slice::from_ref(room), LARGE)
            .await
            .map_err(unavailable)?;
        Ok(live
            .into_iter()
            .next()
            .map(|live| (live.users, live.count))
            .unwrap_or_default())
    }
}
