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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{MessageId, RoomId};

    /// As the version before reads a ticket.
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Before {
        content: String,
        content_rev: Rev,
    }

    fn text(trace: Option<TraceContext>) -> EnrichMessage {
        EnrichMessage {
            room_id: RoomId::parse("lobby").unwrap(),
            message_id: MessageId::fresh(),
            content_rev: 7,
            content: "hello".into(),
            seq: None,
            user_id: None,
            reply_to: None,
            trace,
        }
    }

    #[test]
    fn a_ticket_carries_its_trace_past_those_who_know_of_none() {
        let traced = text(Some(TraceContext { trace: 5, span: 7 }));
        let json = serde_json::to_string(&traced).unwrap();
        assert_eq!(
            serde_json::from_str::<EnrichMessage>(&json).unwrap(),
            traced
        );
        let before: Before = serde_json::from_str(&json).unwrap();
        assert_eq!((before.content.as_str(), before.content_rev), ("hello", 7));
    }

    #[test]
    fn a_ticket_of_the_version_before_is_read_and_so_is_one_with_a_trace_that_makes_no_sense() {
        let untraced = text(None);
        let json = serde_json::to_string(&untraced).unwrap();
        assert!(!json.contains("trace"), "{json}");
        for odd in ["null", "7", "\"what\"", "{}", "\"00-0-0-01\""] {
            let json = json.replace("{\"roomId\"", &format!("{{\"trace\":{odd},\"roomId\""));
            assert!(json.contains("trace"));
            let read: EnrichMessage = serde_json::from_str(&json).unwrap();
            assert_eq!(read, untraced, "{json}");
        }
        assert_eq!(
            serde_json::from_str::<EnrichMessage>(&json).unwrap(),
            untraced
        );
    }
}
