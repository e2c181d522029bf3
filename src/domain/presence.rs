//! Who is here, and what is only for those who are: nothing in this file is kept.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Seq,
    id::{RoomId, UserId},
    timestamp::Timestamp,
};

/// How reachable a user is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Here.
    #[default]
    Online,
    /// Connected, but not looking.
    Away,
    /// Not to be disturbed.
    Busy,
    /// No socket anywhere.
    Offline,
}

impl Status {
    /// The word on the wire and in the stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Away => "away",
            Self::Busy => "busy",
            Self::Offline => "offline",
        }
    }

    /// The status of that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Online, Self::Away, Self::Busy, Self::Offline]
            .into_iter()
            .find(|it| it.as_str() == word)
    }
}

/// A user as people see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Fixed for good.
    pub id: UserId,
    /// Unique without case.
    #[schema(value_type = String)]
    pub username: Arc<str>,
    /// A name to show instead.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub display_name: Option<String>,
    /// How reachable they are.
    pub status: Status,
    /// When their last socket went; only while they are offline.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_seen: Option<Timestamp>,
}

/// Something that happens in a room and is not kept. Best effort.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Signal {
    /// A user's first socket, over all replicas, is live in the room.
    Joined {
        /// Where.
        room_id: RoomId,
        /// Who, with their status.
        user: User,
    },
    /// A user's last socket has left the live room.
    Left {
        /// Where.
        room_id: RoomId,
        /// Who.
        user_id: UserId,
        /// Their name.
        username: Arc<str>,
    },
    /// A user writes, or has stopped.
    Typing {
        /// Where.
        room_id: RoomId,
        /// Who.
        user_id: UserId,
        /// Their name.
        username: Arc<str>,
        /// Whether they do.
        on: bool,
    },
    /// A user's status is another; concerns every room in which they are, or have just been, live.
    Status {
        /// Who.
        user_id: UserId,
        /// What it is now.
        status: Status,
        /// With [`Status::Offline`]: when their last socket went.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        last_seen: Option<Timestamp>,
        /// The rooms in which they are, or have just been, live.
        rooms: Vec<RoomId>,
    },
    /// A user has read a room up to a message.
    Read {
        /// Where.
        room_id: RoomId,
        /// Who.
        user_id: UserId,
        /// The newest message that they have read.
        last_read_seq: Seq,
    },
    /// Somebody may have lost the right to be in a room: whoever is live in it is to be looked up again.
    Access {
        /// Where.
        room_id: RoomId,
    },
    /// A user is no member of a room any more; concerns their sockets that are not live in it, the room tells the others.
    Removed {
        /// Where.
        room_id: RoomId,
        /// Who.
        user_id: UserId,
        /// Why.
        reason: RemovalReason,
    },
    /// A session has ended, and with it the right to be connected.
    SessionEnded(EndedSession),
    /// An event of a backend's own.
    Custom {
        /// To whom.
        to: Recipients,
        /// Its name.
        event: String,
        /// Its argument, as JSON.
        data: String,
    },
}

/// Why somebody is in a room no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum RemovalReason {
    /// Somebody took their membership away.
    Kicked,
    /// They gave their membership back, perhaps on another device.
    Left,
    /// They have no right to be there any more; why is not known.
    NotAllowed,
}

/// A session that has been ended before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndedSession {
    /// All tokens that came from one log-in; access tokens name it as `sid`.
    pub family: uuid::Uuid,
    /// Whose.
    pub user_id: UserId,
    /// Whether the user logged out, which cuts all of their sockets. Otherwise only those of the session are.
    pub logged_out: bool,
    /// When, by the clock of whoever ended it. What began later is none of its business, however late the word of it comes.
    pub at: Timestamp,
}

impl EndedSession {
    /// Whether a socket of its user is to go, by the session that opened it.
    pub fn ends(&self, session: Option<uuid::Uuid>) -> bool {
        if session == Some(self.family) {
            return true;
        }
        let Some(session) = session else {
            return self.logged_out;
        };
        // A family's id says when its log-in was.
        let began = session.get_timestamp().map(|began| began.to_unix());
        let began_at = began.map_or(0, |(seconds, nanos)| {
            seconds as i64 * 1_000 + i64::from(nanos / 1_000_000)
        });
        self.logged_out && began_at <= self.at.as_millis()
    }
}

/// Whom a backend's event is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Recipients {
    /// Who is live in a room.
    Room(RoomId),
    /// The sockets of a user.
    User(UserId),
    /// Every socket; its value must be `true`.
    All(bool),
}
