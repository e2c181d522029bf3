//! What a worker found goes into its message.

use super::facts::Facts;
use crate::domain::change::{Enrichment, Outcome, RoomChange};

impl Facts<'_> {
    pub(super) fn enrich(&mut self, asked: &Enrichment) -> Outcome {
        let room = self.rooms.get_mut(&asked.room_id);
        let known = self.messages.get_mut(&asked.message_id);
        let (Some(room), Some(known)) = (room, known) else {
            return Outcome::Unchanged;
        };
        let applies = known.message.room_id == asked.room_id
            && known.message.deleted_at.is_none()
            && known.content_rev == asked.content_rev
            && asked.found.is_news_to(&known.message);
        if !applies {
            return Outcome::Unchanged;
        }
        let message = known.change();
        asked.found.apply_to(message);
        message.rev = room.advance();
        Outcome::Committed(RoomChange::Updated(known.message.clone()))
    }
}
