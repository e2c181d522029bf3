//! The operator's rules: what of a text offends, and what is done about it. Pure; how often a text was said is asked for before.

mod reading;
mod rules;
mod words;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::{
    reading::Reading,
    rules::{InvalidRules, Repeats, Rules},
};
use super::timestamp::Timestamp;

/// What is done to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ModerationAction {
    /// What offends is covered.
    Mask,
    /// The text is gone, as after a deletion.
    Remove,
}

impl ModerationAction {
    /// The word on the wire and in the stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mask => "mask",
            Self::Remove => "remove",
        }
    }

    /// The action of that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Mask, Self::Remove]
            .into_iter()
            .find(|it| it.as_str() == word)
    }
}

/// What the rules say of one text of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    /// What is to be done.
    pub measure: Measure,
    /// Why, in the operator's words; not empty.
    pub reason: String,
    /// When it was judged.
    pub at: Timestamp,
}

/// What is to be done to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    /// It gets this text, in which what offends is covered.
    Mask(String),
    /// It is deleted.
    Remove,
}

impl Measure {
    /// The kind of it.
    pub fn action(&self) -> ModerationAction {
        match self {
            Self::Mask(_) => ModerationAction::Mask,
            Self::Remove => ModerationAction::Remove,
        }
    }
}
