//! People clap.

use super::{facts::Facts, in_state, is_hidden, refusal_of, writes::Writes};
use crate::domain::{
    change::{Applause, ClapsOf, Outcome, Refusal, RoomChange},
    message::CLAPS_MAX,
    permission::Action,
};

impl<'a> Facts<'a> {
    pub(super) fn clap(&mut self, asked: &'a Applause, writes: &mut Writes<'a>) -> Outcome {
        let room = self.rooms.get_mut(&asked.room_id);
        let known = self.messages.get_mut(&asked.message_id);
        let (Some(room), Some(known)) = (room, known) else {
            return Outcome::Refused(Refusal::NoMessage);
        };
        let people = asked.by.iter().map(|one| {
            let role = self.roles.get(&(&asked.room_id, &one.user_id)).copied();
            let key = (asked.message_id, &one.user_id);
            (one, role, self.claps.get(&key).copied().unwrap_or_default())
        });
        let visibility = room.visibility;
        let seeing: Vec<_> = people
            .filter(|(_, role, _)| !is_hidden(visibility, *role))
            .collect();
        if seeing.is_empty() || known.message.room_id != asked.room_id {
            return Outcome::Refused(Refusal::NoMessage);
        }
        if self.made.contains(&asked.id) {
            let by = seeing.iter().filter(|(_, _, count)| *count > 0);
            let by = by.map(|(one, _, count)| ClapsOf {
                user_id: one.user_id.clone(),
                count: *count,
            });
            return Outcome::Already(RoomChange::Clapped {
                message: known.message.clone(),
                by: by.collect(),
            });
        }
        let (mut by, mut refusals, mut added) = (Vec::new(), Vec::new(), 0);
        for (one, role, before) in seeing {
            if let Some(why) = refusal_of(Action::Applaud, visibility, role, false) {
                refusals.push(why);
                continue;
            }
            let count = (before + one.count.clamp(0, CLAPS_MAX)).min(CLAPS_MAX);
            if count > before && known.message.deleted_at.is_none() {
                added += count - before;
                writes.clap(asked.message_id, &one.user_id, count);
            }
            by.push(ClapsOf {
                user_id: one.user_id.clone(),
                count,
            });
        }
        if by.is_empty() {
            let member = refusals.contains(&Refusal::Forbidden);
            return Outcome::Refused(match member {
                true => Refusal::Forbidden,
                false => Refusal::NotMember,
            });
        }
        if known.message.deleted_at.is_some() {
            return Outcome::Refused(Refusal::Deleted);
        }
        if added > 0 {
            writes.make(asked.id);
            let message = known.change();
            message.rev = room.advance();
            message.claps.total += added;
        }
        let message = known.message.clone();
        in_state(added > 0, RoomChange::Clapped { message, by })
    }
}
