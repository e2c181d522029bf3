//! Durable changes of rooms: what is asked of the store, and what came of it.

use std::{collections::HashMap, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    Rev,
    id::{ClientId, JobId, MessageId, RoomId, UserId},
    message::{Message, MessageKind, Preview},
    timestamp::Timestamp,
};

/// A change that somebody asks for; it takes the room's next `rev` when it is committed.
///
/// Each carries its own ids, so that asking again after an unknown outcome changes nothing twice.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A new message, with the job that enriches it.
    Send(NewMessage),
    /// What a worker found in a message.
    Enrich(Enrichment),
}

impl Change {
    /// The room that it changes.
    pub fn room(&self) -> &RoomId {
        match self {
            Self::Send(message) => &message.room_id,
            Self::Enrich(found) => &found.room_id,
        }
    }
}

/// A message to be sent. Its text has been checked.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMessage {
    /// Made by the sender's replica: the same on a retry of the same call.
    pub id: MessageId,
    /// Where to.
    pub room_id: RoomId,
    /// From whom.
    pub user_id: UserId,
    /// The text.
    pub content: String,
    /// What it is.
    pub kind: MessageKind,
    /// The client's idempotency key.
    pub client_id: Option<ClientId>,
    /// The message that it answers, which must be in the same room.
    pub reply_to: Option<MessageId>,
    /// When the replica took it.
    pub at: Timestamp,
    /// The id of the job to be stored with it.
    pub job: JobId,
}

/// What a worker found in one text of a message: applied only while that text still stands and the message is not deleted.
#[derive(Debug, Clone, PartialEq)]
pub struct Enrichment {
    /// The job that did it: its row goes with the commit, applied or not. None while the same job has more to bring.
    pub finishes: Option<JobId>,
    /// The message's room.
    pub room_id: RoomId,
    /// The message.
    pub message_id: MessageId,
    /// The revision that gave the message the text that was read.
    pub content_rev: Rev,
    /// What was found.
    pub found: Found,
}

/// One kind of finding; each is a change, and takes a `rev`, of its own.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// Members whom the text names.
    Mentions(Vec<UserId>),
    /// Links that the text holds.
    Previews(Vec<Preview>),
}

impl Found {
    /// Whether the message does not carry all of it already. A preview is carried also by one that says more about its link.
    pub fn is_news_to(&self, message: &Message) -> bool {
        match self {
            Self::Mentions(list) => list.iter().any(|user| !message.mentions.contains(user)),
            Self::Previews(list) => list
                .iter()
                .any(|preview| !message.previews.iter().any(|there| there.covers(preview))),
        }
    }

    /// Puts it into the message, in the place of what there was of its kind.
    pub fn apply_to(&self, message: &mut Message) {
        match self {
            Self::Mentions(list) => message.mentions.clone_from(list),
            Self::Previews(list) => message.previews.clone_from(list),
        }
    }
}

/// For each change of a batch, the index of the one that answers for it: mostly its own.
///
/// For a send that is the first one of the same `clientId` (of one user in one room) or of the same id; the later ones are
/// repeats of it, whatever became of it. For a finding it is the last one of the same kind in the same text of the same message;
/// the earlier ones are out of date before anybody saw them, and change nothing.
pub fn answering(changes: &[Change]) -> Vec<usize> {
    let mut answering: Vec<usize> = (0..changes.len()).collect();
    let mut by_id = HashMap::new();
    let mut by_client = HashMap::new();
    for (index, change) in changes.iter().enumerate() {
        let Change::Send(message) = change else {
            continue;
        };
        let first = *by_id.entry(message.id).or_insert(index);
        let first = match &message.client_id {
            Some(client) if first == index => *by_client
                .entry((&message.room_id, &message.user_id, client))
                .or_insert(index),
            _ => first,
        };
        answering[index] = answering[first];
    }
    let mut last = HashMap::new();
    for (index, change) in changes.iter().enumerate().rev() {
        let Change::Enrich(found) = change else {
            continue;
        };
        let kind = std::mem::discriminant(&found.found);
        answering[index] = *last
            .entry((found.message_id, found.content_rev, kind))
            .or_insert(index);
    }
    answering
}

/// What became of a [`Change`].
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Committed, with the next `rev`; the message as it is now.
    Committed(Arc<Message>),
    /// Had been committed before (the same `clientId`, or the same call again); the message as it is now.
    Repeated(Arc<Message>),
    /// Nothing to change; no `rev` was taken.
    Unchanged,
    /// Not allowed; no `rev` was taken.
    Refused(Refusal),
}

/// Why a change was not made. Judged in the transaction itself, so no cache can be out of date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such room, or the asker may not know of it.
    NoRoom,
    /// The room can be seen, but only members may do this.
    NotMember,
    /// The message answered is not in this room.
    NoReply,
}

/// A committed change as the room is told of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "message", rename_all = "camelCase")]
pub enum RoomChange {
    /// `message:new`
    New(Arc<Message>),
    /// `message:updated`
    Updated(Arc<Message>),
}

impl RoomChange {
    /// The revision that it took.
    pub fn rev(&self) -> Rev {
        self.message().rev
    }

    /// The room that it changed.
    pub fn room(&self) -> &RoomId {
        &self.message().room_id
    }

    /// The message that it is about, in its state after the change.
    pub fn message(&self) -> &Arc<Message> {
        match self {
            Self::New(message) | Self::Updated(message) => message,
        }
    }
}
