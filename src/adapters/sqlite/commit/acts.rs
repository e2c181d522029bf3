//! Somebody edits, deletes or reacts.

use super::{facts::Facts, is_hidden, refusal_of, writes::Writes};
use crate::{
    domain::{
        change::{Act, Deed, Outcome, Refusal},
        message::{EMOJI_MAX, Message, Reaction},
    },
    ports::BackendError,
};

impl<'a> Facts<'a> {
    pub(super) fn act(
        &mut self,
        asked: &'a Act,
        writes: &mut Writes<'a>,
    ) -> Result<Outcome, BackendError> {
        let role = self.role(&asked.room_id, &asked.user_id);
        let room = self.rooms.get_mut(&asked.room_id);
        let known = self.messages.get_mut(&asked.message_id);
        let (Some(room), Some(known)) = (room, known) else {
            return Ok(Outcome::Refused(Refusal::NoMessage));
        };
        let visibility = room.visibility;
        if known.message.room_id != asked.room_id || is_hidden(visibility, role) {
            return Ok(Outcome::Refused(Refusal::NoMessage));
        }
        let already = |message: &_| Ok(Outcome::Already(asked.told(Clone::clone(message))));
        if let Deed::Edit { job, .. } = &asked.deed
            && self.made.contains(&job.0)
        {
            return already(&known.message);
        }
        let own = known.message.user_id == asked.user_id;
        if let Some(why) = refusal_of(asked.deed.action(), visibility, role, own) {
            return Ok(Outcome::Refused(why));
        }
        let deleted = known.message.deleted_at.is_some();
        match &asked.deed {
            Deed::Delete if deleted => return already(&known.message),
            _ if deleted => return Ok(Outcome::Refused(Refusal::Deleted)),
            Deed::Delete => {}
            Deed::Edit { content, .. } => {
                if known.message.content == *content {
                    return already(&known.message);
                }
            }
            Deed::React { emoji, on } => {
                let key = (asked.message_id, &asked.user_id, emoji.as_str());
                if self.chosen.contains(&key) == *on {
                    return already(&known.message);
                }
                if *on && !has_place_for(&known.message, emoji) {
                    return Ok(Outcome::Refused(Refusal::TooManyEmoji));
                }
                react(known.change(), emoji, *on);
                writes.react(key, *on);
            }
        }
        let rev = room.advance();
        if !matches!(asked.deed, Deed::React { .. }) {
            known.content_rev = rev;
        }
        let message = known.change();
        message.rev = rev;
        asked.rewrite(message);
        if let Deed::Edit { job, .. } = &asked.deed {
            writes.queue(*job, &known.message, asked.at)?;
            writes.make(job.0);
        }
        Ok(Outcome::Committed(asked.told(known.message.clone())))
    }
}

fn has_place_for(message: &Message, emoji: &str) -> bool {
    let reactions = &message.reactions;
    reactions.len() < EMOJI_MAX || reactions.iter().any(|it| it.emoji == emoji)
}

/// Counts one more or one less.
fn react(message: &mut Message, emoji: &str, on: bool) {
    let reactions = &mut message.reactions;
    let there = reactions.iter().position(|it| it.emoji == emoji);
    match (there, on) {
        (Some(at), true) => reactions[at].count += 1,
        (Some(at), false) => reactions[at].count -= 1,
        (None, true) => reactions.push(Reaction {
            emoji: emoji.to_owned(),
            count: 1,
            mine: None,
        }),
        (None, false) => {}
    }
    reactions.retain(|it| it.count > 0);
}
