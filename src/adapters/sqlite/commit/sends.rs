//! A message is sent.

use std::sync::Arc;

use super::{super::fault, facts::Facts, writes::Writes};
use crate::{
    domain::{
        change::{NewMessage, Outcome, Refusal, RoomChange},
        permission::{Action, Verdict, judge},
    },
    ports::BackendError,
};

impl<'a> Facts<'a> {
    pub(super) fn send(
        &mut self,
        index: usize,
        asked: &'a NewMessage,
        writes: &mut Writes<'a>,
    ) -> Result<Outcome, BackendError> {
        let facts = self.sends.get(&index);
        let facts = facts.ok_or_else(|| fault("a send without an answer"))?;
        let Some(room) = self.rooms.get_mut(&asked.room_id) else {
            return Ok(Outcome::Refused(Refusal::NoRoom));
        };
        let verdict = judge(Action::Send, room.visibility, facts.role, false);
        if verdict == Verdict::Hidden {
            return Ok(Outcome::Refused(Refusal::NoRoom));
        }
        if let Some(known) = facts.repeats.and_then(|id| self.messages.get(&id)) {
            return Ok(Outcome::Already(RoomChange::New(known.message.clone())));
        }
        if verdict == Verdict::Forbidden {
            return Ok(Outcome::Refused(Refusal::NotMember));
        }
        if asked.reply_to.is_some() && !facts.reply_is_here {
            return Ok(Outcome::Refused(Refusal::NoReply));
        }
        let username = facts.username.clone();
        let username = username.ok_or_else(|| fault("a member without an account"))?;
        room.last_seq += 1;
        let rev = room.advance();
        let message = Arc::new(asked.sent(room.last_seq, rev, username));
        writes.add(asked, &message)?;
        Ok(Outcome::Committed(RoomChange::New(message)))
    }
}
