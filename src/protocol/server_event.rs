//! What the server sends: payloads of its events and of its acknowledgements.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::packet::Packet;
use crate::domain::{
    Rev, Seq,
    change::{ClapsOf, RoomChange},
    error::{Code, Problem},
    id::{MessageId, NotificationId, RoomId, UserId},
    message::{Claps, Message, Reaction},
    presence::{Recipients, RemovalReason, Signal, Status, User},
    room::{Room, RoomView},
    timestamp::Timestamp,
};

/// How a `room:history` continues what the client has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum HistoryMode {
    /// The newest page, for a client that knew nothing.
    Page,
    /// Exactly what changed since the client's revision, each message in its current state.
    Delta,
    /// The newest page; the client drops its list.
    Reset,
}

/// `room:history`
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoomHistory {
    /// Which room.
    pub room_id: RoomId,
    /// The revision to which this carries the socket.
    #[schema(value_type = i64, minimum = 0)]
    pub rev: Rev,
    /// How it continues what the client has.
    pub mode: HistoryMode,
    /// Ascending by `seq`.
    #[schema(value_type = Vec<Message>)]
    pub messages: Vec<Arc<Message>>,
    /// Whether there are older messages; false for a delta.
    pub has_more: bool,
    /// The room, if it changed itself since the client's revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<Room>,
}

/// `user:joined`, `user:left`, `typing:user`
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserInRoom<'a> {
    /// Where.
    pub room_id: &'a RoomId,
    /// Who.
    pub user_id: &'a UserId,
    /// Their name.
    pub username: &'a str,
}

/// `typing:stop`
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TypingStopped<'a> {
    /// Where.
    pub room_id: &'a RoomId,
    /// Who.
    pub user_id: &'a UserId,
}

/// `presence:changed`
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PresenceChanged<'a> {
    /// Who.
    pub user_id: &'a UserId,
    /// What it is now.
    pub status: Status,
    /// When their last socket went; only with `offline`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
}

/// `room:occupancy`
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoomOccupancy<'a> {
    /// Which room.
    pub room_id: &'a RoomId,
    /// How many users are live in it, over all replicas.
    pub online: usize,
}

/// `error`: a failure of an event that was sent without a callback.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventError<'a> {
    /// The event that failed.
    pub event: &'a str,
    /// What kind of failure.
    pub code: Code,
    /// What is wrong and what to do.
    pub message: &'a str,
    /// In milliseconds: before then, trying again is of no use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

/// The acknowledgement of `join:room`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Joined<'a> {
    /// Always true.
    pub ok: bool,
    /// The room, with the member's standing.
    pub room: &'a RoomView,
    /// The revision of the history that was sent before this.
    #[schema(value_type = i64, minimum = 0)]
    pub rev: Rev,
    /// Who is live in the room; at most 200 of them.
    #[schema(value_type = Vec<User>)]
    pub online: &'a RawValue,
    /// All of them.
    pub online_count: usize,
    /// Who is writing.
    #[schema(value_type = Vec<Typist>)]
    pub typing: &'a [Typist],
}

/// Somebody who is writing.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Typist {
    /// Who.
    pub user_id: UserId,
    /// Their name.
    #[schema(value_type = String)]
    pub username: Arc<str>,
}

/// The acknowledgement of `message:send`, `message:edit` and `message:delete`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Sent<'a> {
    /// Always true.
    pub ok: bool,
    /// The message, which is durable, as the caller sees it.
    pub message: &'a Message,
}

/// The acknowledgement of events that have nothing to tell.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Done {
    /// Always true.
    pub ok: bool,
}

/// The acknowledgement of `presence:update`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PresenceUpdated {
    /// Always true.
    pub ok: bool,
    /// What it is now.
    pub status: Status,
}

/// `message:deleted`
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageDeleted<'a> {
    /// Which room.
    pub room_id: &'a RoomId,
    /// Which message. Its place stays; its text, mentions and previews are gone.
    pub id: MessageId,
    /// Its place.
    #[schema(value_type = i64, minimum = 1)]
    pub seq: Seq,
    /// The room's revision that this took.
    #[schema(value_type = i64, minimum = 0)]
    pub rev: Rev,
    /// When. Never absent: a deletion is what sets it.
    #[schema(value_type = Timestamp)]
    pub deleted_at: Option<Timestamp>,
}

/// `message:clapped`
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageClapped<'a> {
    /// Which room.
    pub room_id: &'a RoomId,
    /// Which message.
    pub id: MessageId,
    /// The room's revision that this took.
    #[schema(value_type = i64, minimum = 0)]
    pub rev: Rev,
    /// Everybody's claps.
    pub claps: Claps,
    /// Who clapped, each with their new count.
    pub by: &'a [ClapsOf],
}

/// `message:reacted`
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageReacted<'a> {
    /// Which room.
    pub room_id: &'a RoomId,
    /// Which message.
    pub id: MessageId,
    /// The room's revision that this took.
    #[schema(value_type = i64, minimum = 0)]
    pub rev: Rev,
    /// All emoji under the message.
    pub reactions: &'a [Reaction],
    /// Who put or took one.
    pub user_id: &'a UserId,
    /// Which.
    pub emoji: &'a str,
    /// Put, or taken away.
    pub on: bool,
}

/// `room:deleted`
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoomDeleted<'a> {
    /// Which room.
    pub room_id: &'a RoomId,
    /// The room's last revision.
    #[schema(value_type = i64, minimum = 0)]
    pub rev: Rev,
}

/// `room:removed`
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoomRemoved<'a> {
    /// Which room; nothing more of it follows.
    pub room_id: &'a RoomId,
    /// Why.
    pub reason: RemovalReason,
}

/// `room:read`
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoomRead<'a> {
    /// Which room.
    pub room_id: &'a RoomId,
    /// Who has read it.
    pub user_id: &'a UserId,
    /// Up to which message.
    #[schema(value_type = i64, minimum = 0)]
    pub last_read_seq: Seq,
}

/// `notifications:read`
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotificationsRead {
    /// The newest one that the user has marked as read, on whichever device.
    pub up_to: NotificationId,
    /// How many are unread.
    #[schema(minimum = 0)]
    pub unread: i64,
}

/// `resync`
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Resync {}

/// The acknowledgement of `message:clap`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Clapped {
    /// Always true.
    pub ok: bool,
    /// Everybody's, and the caller's own.
    pub claps: Claps,
}

/// The acknowledgement of `message:react`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Reacted<'a> {
    /// Always true.
    pub ok: bool,
    /// All emoji under the message, with the caller's own.
    pub reactions: &'a [Reaction],
}

/// The acknowledgement of `message:read`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Read {
    /// Always true.
    pub ok: bool,
    /// The newest message that the caller has read.
    #[schema(value_type = i64, minimum = 0)]
    pub last_read_seq: Seq,
    /// Messages after it.
    #[schema(minimum = 0)]
    pub unread: i64,
    /// Those of them that mention the caller.
    #[schema(minimum = 0)]
    pub unread_mentions: i64,
}

/// The event that tells the room of a committed change.
pub fn change_packet(change: &RoomChange) -> Packet {
    match change {
        RoomChange::New(message) => Packet::event("message:new", message),
        RoomChange::Updated(message) => Packet::event("message:updated", message),
        RoomChange::Deleted(message) => Packet::event(
            "message:deleted",
            &MessageDeleted {
                room_id: &message.room_id,
                id: message.id,
                seq: message.seq,
                rev: message.rev,
                deleted_at: message.deleted_at,
            },
        ),
        RoomChange::Clapped { message, by } => Packet::event(
            "message:clapped",
            &MessageClapped {
                room_id: &message.room_id,
                id: message.id,
                rev: message.rev,
                claps: message.claps,
                by,
            },
        ),
        RoomChange::Reacted {
            message,
            user_id,
            emoji,
            on,
        } => Packet::event(
            "message:reacted",
            &MessageReacted {
                room_id: &message.room_id,
                id: message.id,
                rev: message.rev,
                reactions: &message.reactions,
                user_id,
                emoji,
                on: *on,
            },
        ),
        RoomChange::Room(room) => Packet::event("room:updated", room),
        RoomChange::Closed { room_id, rev } => {
            Packet::event("room:deleted", &RoomDeleted { room_id, rev: *rev })
        }
    }
}

/// An event for one user's sockets on every replica. Best effort, as all personal events.
pub fn personal(user: &UserId, event: &'static str, payload: &impl Serialize) -> Signal {
    Signal::Custom {
        to: Recipients::User(user.clone()),
        event: event.to_owned(),
        data: serde_json::to_string(payload).unwrap_or_else(|_| "null".to_owned()),
    }
}

/// The event that tells a client of a failure for which it left no callback.
pub fn error_packet(event: &str, problem: &Problem) -> Packet {
    let event: String = event.chars().take(64).collect();
    let error = EventError {
        event: &event,
        code: problem.code,
        message: &problem.message,
        retry_after_ms: problem.retry_after_ms,
    };
    Packet::event("error", &error)
}
