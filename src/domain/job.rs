//! Background jobs: work that outlives the request that asked for it.

use serde::{Deserialize, Serialize};

use super::{
    Rev,
    id::{JobId, MessageId, RoomId},
};

/// How often a job is handed out before it is set aside as dead. Being handed out again after a restart counts as well.
pub const MAX_ATTEMPTS: i32 = 20;

/// A job as the store, the queue and the worker know it. At least once: doing one twice changes nothing more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// Fixed for good.
    pub id: JobId,
    /// How often it has been handed out again by the store's sweep.
    pub attempts: i32,
    /// What to do, with all that is needed for it.
    pub task: Task,
}

/// What a job does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "payload")]
pub enum Task {
    /// Finds mentions and links in a message's text.
    #[serde(rename = "message.enrich")]
    EnrichMessage(EnrichMessage),
}

/// The payload of [`Task::EnrichMessage`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
}
