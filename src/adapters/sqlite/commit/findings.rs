//! What a worker found goes into its message.

use super::{facts::Facts, writes::Writes};
use crate::domain::change::{Enrichment, Outcome};

impl<'a> Facts<'a> {
    pub(super) fn enrich(&mut self, asked: &'a Enrichment, writes: &mut Writes<'a>) -> Outcome {
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
        if asked.found.removes() {
            known.content_rev = known.message.rev;
        }
        if let Some(ruling) = asked.found.ruling() {
            writes.note(asked, ruling, &known.message);
        }
        Outcome::Committed(asked.found.told(known.message.clone()))
    }
}
