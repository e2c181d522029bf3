//! A room itself is changed, or ends.

use std::sync::Arc;

use super::{
    super::{fault, rows::hex},
    facts::{Facts, RoomFacts},
    in_state, is_hidden, refusal_of,
    writes::Writes,
};
use crate::{
    domain::{
        change::{Outcome, Refusal, RoomChange, RoomDeletion, RoomUpdate},
        id::{RoomId, UserId},
        permission::Action,
        room::search_key,
    },
    ports::BackendError,
};

impl<'a> Facts<'a> {
    pub(super) fn update_room(
        &mut self,
        asked: &'a RoomUpdate,
        writes: &mut Writes<'a>,
    ) -> Result<Outcome, BackendError> {
        let actions = asked.actions();
        let facts = match self.changeable(&asked.room_id, &asked.user_id, actions) {
            Ok(facts) => facts,
            Err(why) => return Ok(Outcome::Refused(why)),
        };
        let rev = facts.rev + 1;
        let whole = self.whole_rooms.get(&asked.room_id);
        let before = &whole.ok_or_else(|| fault("a room without a row"))?.room;
        let mut after = before.clone();
        if let Some(name) = &asked.name {
            after.name.clone_from(name);
        }
        if let Some(topic) = &asked.topic {
            after.topic.clone_from(topic);
        }
        after.visibility = asked.visibility.unwrap_or(before.visibility);
        let changed = after != *before;
        let visibility_changed = after.visibility != before.visibility;
        let facts = self.rooms.get_mut(&asked.room_id);
        let facts = facts.ok_or_else(|| fault("a room without facts"))?;
        if changed {
            facts.advance();
            writes.room(serde_json::json!([
                after.id,
                after.name,
                search_key(&after.name),
                after.topic,
                after.visibility,
                rev,
                i64::from(visibility_changed),
            ]));
        }
        (after.rev, after.last_seq) = (facts.rev, facts.last_seq);
        Ok(in_state(changed, RoomChange::Room(Arc::new(after))))
    }

    pub(super) fn delete_room(
        &mut self,
        asked: &'a RoomDeletion,
        writes: &mut Writes<'a>,
    ) -> Result<Outcome, BackendError> {
        let closed = |rev| RoomChange::Closed {
            room_id: asked.room_id.clone(),
            rev,
        };
        if let Some(whole) = self.whole_rooms.get(&asked.room_id)
            && whole.deletion == Some(asked.id)
        {
            return Ok(Outcome::Already(closed(whole.room.rev)));
        }
        let actions = [Action::DeleteRoom].into_iter();
        Ok(
            match self.changeable(&asked.room_id, &asked.user_id, actions) {
                Err(why) => Outcome::Refused(why),
                Ok(facts) => {
                    let rev = facts.advance();
                    let at = asked.at.as_millis();
                    writes.end(serde_json::json!([asked.room_id, at, hex(asked.id)]));
                    Outcome::Committed(closed(rev))
                }
            },
        )
    }

    /// The room, if the user may do all that.
    fn changeable(
        &mut self,
        room: &'a RoomId,
        user: &'a UserId,
        mut actions: impl Iterator<Item = Action>,
    ) -> Result<&mut RoomFacts, Refusal> {
        let role = self.role(room, user);
        let facts = self.rooms.get_mut(room).ok_or(Refusal::NoRoom)?;
        if is_hidden(facts.visibility, role) {
            return Err(Refusal::NoRoom);
        }
        match actions.find_map(|action| refusal_of(action, facts.visibility, role, false)) {
            Some(why) => Err(why),
            None => Ok(facts),
        }
    }
}
