//! What a worker makes of a message's text.

use std::sync::Arc;

use super::{
    Rev,
    change::RoomChange,
    id::{JobId, MessageId, RoomId, UserId},
    message::{Message, Preview},
    moderation::{Measure, Ruling},
};

/// What a worker found in one text of a message: applied only while that text still stands and the message is not deleted.
#[derive(Debug, Clone, PartialEq)]
pub struct Enrichment {
    /// The job that did it: its row goes with the commit, applied or not. None while the same job has more to bring.
    pub finishes: Option<JobId>,
    /// The message's room.
    pub room_id: RoomId,
    /// The message.
    pub message_id: MessageId,
    /// The revision that gave the message the text that was read. A masked text is still of the revision of the one that it stands for.
    pub content_rev: Rev,
    /// What was found.
    pub found: Found,
}

/// One kind of finding; each is a change, and takes a `rev`, of its own.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// What reading the text alone tells.
    Reading {
        /// Members whom the text names; none are as if nobody had looked for them.
        mentions: Vec<UserId>,
        /// What the operator's rules say of it. One that is applied is noted with it.
        ruling: Option<Ruling>,
    },
    /// Links that the text holds; none are as if nobody had looked for them.
    Previews(Vec<Preview>),
}

impl Found {
    /// Members whom the text names, where no rule says anything.
    pub fn mentions(mentions: Vec<UserId>) -> Self {
        Self::Reading {
            mentions,
            ruling: None,
        }
    }

    /// Whether it can change no message.
    pub fn is_nothing(&self) -> bool {
        match self {
            Self::Reading { mentions, ruling } => mentions.is_empty() && ruling.is_none(),
            Self::Previews(list) => list.is_empty(),
        }
    }

    /// What the operator's rules say of the text.
    pub fn ruling(&self) -> Option<&Ruling> {
        match self {
            Self::Reading { ruling, .. } => ruling.as_ref(),
            Self::Previews(_) => None,
        }
    }

    /// Whether the message is deleted by it.
    pub fn removes(&self) -> bool {
        let ruling = self.ruling();
        ruling.is_some_and(|ruling| ruling.measure == Measure::Remove)
    }

    /// The text that the message gets by it.
    pub fn masks(&self) -> Option<&str> {
        match &self.ruling()?.measure {
            Measure::Mask(content) => Some(content),
            Measure::Remove => None,
        }
    }

    /// Whether the message, which is not deleted, does not carry all of it already. A preview is carried also by one that says
    /// more about its link.
    pub fn is_news_to(&self, message: &Message) -> bool {
        match self {
            Self::Reading { mentions, .. } => {
                self.removes()
                    || self.masks().is_some_and(|masked| message.content != masked)
                    || mentions.iter().any(|user| !message.mentions.contains(user))
            }
            Self::Previews(list) => list
                .iter()
                .any(|preview| !message.previews.iter().any(|there| there.covers(preview))),
        }
    }

    /// Puts it into the message, in the place of what there was of its kind; what was not found stays. Of a message that is removed
    /// stays what stays of a deleted one.
    pub fn apply_to(&self, message: &mut Message) {
        match self {
            Self::Reading {
                ruling:
                    Some(Ruling {
                        measure: Measure::Remove,
                        at,
                        ..
                    }),
                ..
            } => {
                message.content.clear();
                message.mentions.clear();
                message.previews.clear();
                message.deleted_at = Some(*at);
            }
            Self::Reading { mentions, .. } => {
                if !mentions.is_empty() {
                    message.mentions.clone_from(mentions);
                }
                if let Some(masked) = self.masks() {
                    masked.clone_into(&mut message.content);
                }
            }
            Self::Previews(list) => message.previews.clone_from(list),
        }
    }

    /// How the room is told of it, with the message after it.
    pub fn told(&self, message: Arc<Message>) -> RoomChange {
        match self.removes() {
            true => RoomChange::Deleted(message),
            false => RoomChange::Updated(message),
        }
    }
}
