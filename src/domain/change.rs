//! Durable changes of rooms: what is asked of the store, and what came of it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use super::finding::{Enrichment, Found};
use super::{
    Rev, Seq,
    id::{ClientId, JobId, MessageId, RoomId, UserId},
    message::{Claps, Message, MessageKind},
    permission::Action,
    room::{Room, Visibility},
    timestamp::Timestamp,
};

/// A change that somebody asks for; it takes the room's next `rev` when it is committed.
///
/// Each can be asked for again after an unknown outcome, with the same ids, and changes nothing twice.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A new message, with the job that enriches it.
    Send(NewMessage),
    /// What a worker found in a message.
    Enrich(Enrichment),
    /// Something that somebody does with a message that is there.
    Act(Act),
    /// Claps of several people for one message, gathered.
    Clap(Applause),
    /// Another name, topic or visibility of the room.
    UpdateRoom(RoomUpdate),
    /// The end of the room.
    DeleteRoom(RoomDeletion),
}

impl Change {
    /// The room that it changes.
    pub fn room(&self) -> &RoomId {
        match self {
            Self::Send(message) => &message.room_id,
            Self::Enrich(found) => &found.room_id,
            Self::Act(act) => &act.room_id,
            Self::Clap(applause) => &applause.room_id,
            Self::UpdateRoom(update) => &update.room_id,
            Self::DeleteRoom(deletion) => &deletion.room_id,
        }
    }

    /// The message that it changes, if that has to be there before.
    pub(super) fn target(&self) -> Option<MessageId> {
        match self {
            Self::Send(_) | Self::UpdateRoom(_) | Self::DeleteRoom(_) => None,
            Self::Enrich(found) => Some(found.message_id),
            Self::Act(act) => Some(act.message_id),
            Self::Clap(applause) => Some(applause.message_id),
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

impl NewMessage {
    /// The message that it has become, in its place.
    pub fn sent(&self, seq: Seq, rev: Rev, username: Arc<str>) -> Message {
        Message {
            id: self.id,
            room_id: self.room_id.clone(),
            seq,
            rev,
            user_id: self.user_id.clone(),
            username,
            content: self.content.clone(),
            kind: self.kind,
            timestamp: self.at,
            client_id: self.client_id.clone(),
            reply_to: self.reply_to,
            edited_at: None,
            deleted_at: None,
            claps: Claps::default(),
            reactions: Vec::new(),
            mentions: Vec::new(),
            previews: Vec::new(),
        }
    }
}

/// Something that somebody does with a message that is there. Whether they may is judged in the commit, by
/// [`permission`](super::permission).
#[derive(Debug, Clone, PartialEq)]
pub struct Act {
    /// The message's room.
    pub room_id: RoomId,
    /// The message.
    pub message_id: MessageId,
    /// Who does it.
    pub user_id: UserId,
    /// When the replica took it.
    pub at: Timestamp,
    /// What.
    pub deed: Deed,
}

impl Act {
    /// Gives the message the text that it has after this; a reaction leaves it as it is.
    pub fn rewrite(&self, message: &mut Message) {
        match &self.deed {
            Deed::Edit { content, .. } => {
                message.content.clone_from(content);
                message.edited_at = Some(self.at);
            }
            Deed::Delete => {
                message.content.clear();
                message.deleted_at = Some(self.at);
            }
            Deed::React { .. } => return,
        }
        message.mentions.clear();
        message.previews.clear();
    }

    /// How the room is told of it, with the message after it.
    pub fn told(&self, message: Arc<Message>) -> RoomChange {
        match &self.deed {
            Deed::Edit { .. } => RoomChange::Updated(message),
            Deed::Delete => RoomChange::Deleted(message),
            Deed::React { emoji, on } => RoomChange::Reacted {
                message,
                user_id: self.user_id.clone(),
                emoji: emoji.clone(),
                on: *on,
            },
        }
    }
}

/// What is done with a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// Another text. Mentions and previews go with the old one; the job finds those of the new one.
    Edit {
        /// The new text, which has been checked.
        content: String,
        /// The id of the job to be stored with it.
        job: JobId,
    },
    /// The text, mentions and previews go; the place, claps and reactions stay.
    Delete,
    /// An emoji of one's own is put under the message, or taken away.
    React {
        /// Which; it has been checked.
        emoji: String,
        /// Put, or taken away.
        on: bool,
    },
}

impl Deed {
    /// What has to be allowed for it.
    pub fn action(&self) -> Action {
        match self {
            Self::Edit { .. } => Action::Edit,
            Self::Delete => Action::Delete,
            Self::React { .. } => Action::Applaud,
        }
    }
}

/// Claps of several people for one message.
#[derive(Debug, Clone, PartialEq)]
pub struct Applause {
    /// The batch: committed once, however often it is asked for.
    pub id: uuid::Uuid,
    /// The message's room.
    pub room_id: RoomId,
    /// The message.
    pub message_id: MessageId,
    /// How much each person adds, above 0; each person once. What goes beyond [`CLAPS_MAX`](super::message::CLAPS_MAX) is ignored.
    pub by: Vec<ClapsOf>,
    /// When the replica gathered it.
    pub at: Timestamp,
}

/// A person's claps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClapsOf {
    /// Who.
    pub user_id: UserId,
    /// How many.
    #[schema(minimum = 1, maximum = 50)]
    pub count: i64,
}

/// Another name, topic or visibility. What is none stays. All have been checked.
#[derive(Debug, Clone, PartialEq)]
pub struct RoomUpdate {
    /// Which room.
    pub room_id: RoomId,
    /// Who wants it.
    pub user_id: UserId,
    /// The new name.
    pub name: Option<String>,
    /// The new topic, or none any more.
    pub topic: Option<Option<String>>,
    /// Public or private; another one makes `access_rev` rise.
    pub visibility: Option<Visibility>,
}

impl RoomUpdate {
    /// What has to be allowed for it, all of it; nothing, if nothing is asked for.
    pub fn actions(&self) -> impl Iterator<Item = Action> {
        let words = self.name.is_some() || self.topic.is_some();
        let visibility = self.visibility.is_some();
        let actions = [
            words.then_some(Action::Rename),
            visibility.then_some(Action::SetVisibility),
        ];
        actions.into_iter().flatten()
    }
}

/// The end of a room: nobody finds it any more, and its id is never used again.
#[derive(Debug, Clone, PartialEq)]
pub struct RoomDeletion {
    /// Told apart from somebody else's: a repeat of the same one is no [`Refusal::NoRoom`].
    pub id: uuid::Uuid,
    /// Which room.
    pub room_id: RoomId,
    /// Who wants it.
    pub user_id: UserId,
    /// When.
    pub at: Timestamp,
}

/// What became of a [`Change`].
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Committed, with the next `rev`.
    Committed(RoomChange),
    /// So already: the same call (or `clientId`) again, or nothing that it would change. No `rev` was taken; the state as it is now,
    /// in the shape in which the change would have been told.
    Already(RoomChange),
    /// A finding that does not apply, or adds nothing; no `rev` was taken.
    Unchanged,
    /// Not allowed; no `rev` was taken.
    Refused(Refusal),
}

/// Why a change was not made. Judged in the transaction itself, so no cache can be out of date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such room, or the asker may not know of it.
    NoRoom,
    /// There is no such message, or the asker may not know of its room.
    NoMessage,
    /// The room can be seen, but only members may do this.
    NotMember,
    /// A member, but not one who may do this.
    Forbidden,
    /// The message answered is not in this room.
    NoReply,
    /// The message has been deleted.
    Deleted,
    /// The message carries as many different emoji as it may: [`EMOJI_MAX`](super::message::EMOJI_MAX).
    TooManyEmoji,
}

/// A committed change as the room is told of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    content = "of",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum RoomChange {
    /// `message:new`
    New(Arc<Message>),
    /// `message:updated`
    Updated(Arc<Message>),
    /// `message:deleted`
    Deleted(Arc<Message>),
    /// `message:clapped`
    Clapped {
        /// The message after it.
        message: Arc<Message>,
        /// Those who may clap, of those who did, each with their new count.
        by: Vec<ClapsOf>,
    },
    /// `message:reacted`
    Reacted {
        /// The message after it.
        message: Arc<Message>,
        /// Who.
        user_id: UserId,
        /// Which emoji.
        emoji: String,
        /// Put, or taken away.
        on: bool,
    },
    /// `room:updated`
    Room(Arc<Room>),
    /// `room:deleted`: the room's last one.
    Closed {
        /// Which room.
        room_id: RoomId,
        /// The revision that it took.
        rev: Rev,
    },
}

impl RoomChange {
    /// The revision that it took.
    pub fn rev(&self) -> Rev {
        match self {
            Self::Room(room) => room.rev,
            Self::Closed { rev, .. } => *rev,
            Self::New(message)
            | Self::Updated(message)
            | Self::Deleted(message)
            | Self::Clapped { message, .. }
            | Self::Reacted { message, .. } => message.rev,
        }
    }

    /// The room that it changed.
    pub fn room(&self) -> &RoomId {
        match self {
            Self::Room(room) => &room.id,
            Self::Closed { room_id, .. } => room_id,
            Self::New(message)
            | Self::Updated(message)
            | Self::Deleted(message)
            | Self::Clapped { message, .. }
            | Self::Reacted { message, .. } => &message.room_id,
        }
    }

    /// The message that it changed, in its state after the change; none if it changed the room itself.
    pub fn message(&self) -> Option<&Arc<Message>> {
        match self {
            Self::New(message)
            | Self::Updated(message)
            | Self::Deleted(message)
            | Self::Clapped { message, .. }
            | Self::Reacted { message, .. } => Some(message),
            Self::Room(_) | Self::Closed { .. } => None,
        }
    }
}
