//! The jobs that every message brings with it.

use serde::{Deserialize, Serialize};

use super::super::{
    Rev, Seq,
    id::{MessageId, RoomId, UserId},
    trace::{TraceContext, if_readable},
};

/// The type that reads a message's text: mentions, notifications, moderation, links.
pub const ENRICH: &str = "message.enrich";
/// The type that fetches what a message's links lead to.
pub const PREVIEW: &str = "message.preview";

/// The payload of [`ENRICH`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnrichMessage {
    /// The message's room.
    pub room_id: RoomId,
    /// The message.
    pub message_id: MessageId,
    /// The revision that gave the message this text.
    pub content_rev: Rev,
    /// The text to look through.
    pub content: String,
    /// The message's place. None in a job that a replica of the version before has stored; such a one notifies nobody.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seq: Option<Seq>,
    /// Whose message it is; none as above.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user_id: Option<UserId>,
    /// The message that it answers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reply_to: Option<MessageId>,
    /// Where the commit stands in a trace, if that is recorded. In tickets alone, and none in those of the version before.
    #[serde(
        skip_serializing_if = "Option::is_none",
        default,
        deserialize_with = "if_readable"
    )]
    pub trace: Option<TraceContext>,
}

/// The payload of [`PREVIEW`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreviewLinks {
    /// The message's room.
    pub room_id: RoomId,
    /// The message.
    pub message_id: MessageId,
    /// The revision that gave the message the text that held the links.
    pub content_rev: Rev,
    /// The links, each once, in the order of the text.
    pub urls: Vec<String>,
}
