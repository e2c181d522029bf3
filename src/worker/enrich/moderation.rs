//! The operator's rules, kept: what they say of a text, and who is told of what was done.

use std::borrow::Cow;

use super::Enricher;
use crate::{
    domain::{
        change::RoomChange,
        job::EnrichMessage,
        moderation::{Measure, Ruling},
        timestamp::Timestamp,
    },
    jobs::JobError,
    ports::store::Moderated,
    protocol::server_event::personal,
};

/// What the rules say of the text; without rules nothing, at no cost. The store is asked only for rules about repeats, once for all.
pub(super) async fn ruling(
    enricher: &Enricher,
    text: &EnrichMessage,
) -> Result<Option<Ruling>, JobError> {
    let rules = &enricher.rules;
    if rules.is_empty() {
        return Ok(None);
    }
    let reading = rules.read(&text.content);
    let longest = rules.repeats().map(|repeats| repeats.within).max();
    let ages = match (longest, text.seq, &text.user_id) {
        (Some(longest), Some(seq), Some(user)) => {
            let forms = reading.forms();
            let store = &enricher.store;
            let ages = store.repeats(&text.room_id, seq, user, &forms, longest);
            ages.await?
        }
        _ => Vec::new(),
    };
    let repeated: Vec<bool> = rules
        .repeats()
        .map(|repeats| repeats.are_in(&ages))
        .collect();
    Ok(reading.judge(&repeated, Timestamp::now()))
}

/// What is left of the text for everything else that is looked for in it.
pub(super) fn left_of<'t>(
    text: &'t EnrichMessage,
    ruling: Option<&Ruling>,
) -> Cow<'t, EnrichMessage> {
    let content = match ruling.map(|ruling| &ruling.measure) {
        None => return Cow::Borrowed(text),
        Some(Measure::Mask(content)) => content.clone(),
        Some(Measure::Remove) => String::new(),
    };
    Cow::Owned(EnrichMessage {
        content,
        ..text.clone()
    })
}

/// Tells those who moderate the room of what was done, and is in the log by now. Best effort.
pub(super) async fn tell(
    enricher: &Enricher,
    text: &EnrichMessage,
    ruling: Ruling,
    done: &RoomChange,
) {
    let Some(message) = done.message() else {
        return;
    };
    let moderated = Moderated {
        room_id: message.room_id.clone(),
        message_id: message.id,
        seq: message.seq,
        content_rev: text.content_rev,
        user_id: message.user_id.clone(),
        action: ruling.measure.action(),
        reason: ruling.reason,
        at: ruling.at,
    };
    match enricher.store.moderators(&message.room_id).await {
        Ok(moderators) => enricher.telling.tell(
            moderators
                .iter()
                .map(|user| personal(user, "message:moderated", &moderated))
                .collect(),
        ),
        Err(error) => error.log("moderators were not told of a message"),
    }
}
