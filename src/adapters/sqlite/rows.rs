//! Rows of SQLite as the domain's values, and the domain's values as JSON parameters.

use std::sync::Arc;

use serde::{Serialize, de::DeserializeOwned};
use sqlx::{Decode, Row, Sqlite, Type, ValueRef, sqlite::SqliteRow};
use uuid::Uuid;

use super::{fault, translate};
use crate::{
    domain::{
        account::Account,
        id::{ClientId, MessageId, RoomId, UserId},
        message::{Claps, Message, MessageKind},
        room::{Member, Role, Room, RoomView, Standing, Visibility},
        timestamp::Timestamp,
    },
    ports::BackendError,
};

/// The columns of an account, of `users u`; see [`Columns::account`].
macro_rules! account_columns {
    () => {
        "u.id, u.username, u.display_name"
    };
}
pub(super) use account_columns;

/// The columns of a message, of `messages m`; see [`Columns::message`].
macro_rules! message_columns {
    () => {
        "m.id, m.room_id, m.seq, m.rev, m.user_id, m.username, m.content, m.kind, m.created_at, m.client_id, m.reply_to, \
         m.edited_at, m.deleted_at, m.claps_total, m.reactions, m.mentions, m.previews"
    };
}
pub(super) use message_columns;

/// Everything of `rooms r`, with the number of members.
macro_rules! counted_room {
    () => {
        "r.*, coalesce((SELECT c.members FROM room_counts c WHERE c.room_id = r.id), 0) AS member_count"
    };
}
pub(super) use counted_room;

/// The columns of a room, of a [`counted_room`] `r`; see [`Columns::room`].
macro_rules! room_columns {
    () => {
        "r.id, r.name, r.topic, r.visibility, r.created_by, r.created_at, r.rev, r.last_seq, r.member_count"
    };
}
pub(super) use room_columns;

/// The columns of a standing, of `members m` in a room `r` (all null: not a member); see [`Columns::standing`].
macro_rules! standing_columns {
    () => {
        "m.role, m.last_read_seq, r.last_seq - m.last_read_seq AS unread, \
         CASE WHEN r.last_seq > m.last_read_seq THEN (SELECT count(*) FROM mentions x \
              WHERE x.room_id = m.room_id AND x.user_id = m.user_id AND x.seq > m.last_read_seq) ELSE 0 END AS unread_mentions"
    };
}
pub(super) use standing_columns;

/// The time now, by the database's clock.
macro_rules! now {
    () => {
        "CAST(unixepoch('subsec') * 1000 AS INTEGER)"
    };
}
pub(super) use now;

/// A parameter for `json_each`.
pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, BackendError> {
    serde_json::to_string(value).map_err(|error| fault(error.to_string()))
}

/// A UUID in such a parameter, for `unhex`.
pub(super) fn hex(id: Uuid) -> String {
    id.simple().to_string()
}

/// Takes the columns of a row one by one.
pub(super) struct Columns<'r> {
    row: &'r SqliteRow,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(super) fn of(row: &'r SqliteRow) -> Self {
        Self { row, next: 0 }
    }

    pub(super) fn take<T: Decode<'r, Sqlite> + Type<Sqlite>>(&mut self) -> Result<T, BackendError> {
        let value = self.row.try_get(self.next).map_err(translate)?;
        self.next += 1;
        Ok(value)
    }

    /// Whether the next column is null.
    pub(super) fn is_null(&self) -> bool {
        self.row
            .try_get_raw(self.next)
            .is_ok_and(|value| value.is_null())
    }

    /// A column that was given as text and is one of the domain's own types.
    pub(super) fn parse<T, E>(
        &mut self,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, BackendError>
    where
        E: std::fmt::Display,
    {
        let text: &str = self.take()?;
        parse(text).map_err(|error| fault(format!("{text:?}: {error}")))
    }

    pub(super) fn word<T>(
        &mut self,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, BackendError> {
        self.parse(|word| parse(word).ok_or("an unknown word"))
    }

    /// A member's role; null for somebody who is none.
    pub(super) fn maybe_role(&mut self) -> Result<Option<Role>, BackendError> {
        if self.is_null() {
            self.next += 1;
            return Ok(None);
        }
        self.word(Role::parse).map(Some)
    }

    pub(super) fn time(&mut self) -> Result<Timestamp, BackendError> {
        Ok(Timestamp::from_millis(self.take()?))
    }

    pub(super) fn maybe_time(&mut self) -> Result<Option<Timestamp>, BackendError> {
        let at: Option<i64> = self.take()?;
        Ok(at.map(Timestamp::from_millis))
    }

    /// A column that holds a JSON array, or null for an empty one.
    pub(super) fn list<T: DeserializeOwned>(&mut self) -> Result<Vec<T>, BackendError> {
        match self.take::<Option<&str>>()? {
            None => Ok(Vec::new()),
            Some(json) => serde_json::from_str(json).map_err(|error| fault(error.to_string())),
        }
    }

    pub(super) fn account(&mut self) -> Result<Account, BackendError> {
        Ok(Account {
            id: self.parse(UserId::parse)?,
            username: Arc::from(self.take::<&str>()?),
            display_name: self.take()?,
        })
    }

    /// An account's columns, then a role and the time of joining.
    pub(super) fn member(&mut self) -> Result<Member, BackendError> {
        Ok(Member {
            account: self.account()?,
            role: self.word(Role::parse)?,
            joined_at: self.time()?,
        })
    }

    pub(super) fn message(&mut self) -> Result<Message, BackendError> {
        Ok(Message {
            id: MessageId(self.take()?),
            room_id: self.parse(RoomId::parse)?,
            seq: self.take()?,
            rev: self.take()?,
            user_id: self.parse(UserId::parse)?,
            username: Arc::from(self.take::<&str>()?),
            content: self.take()?,
            kind: self.word(MessageKind::parse)?,
            timestamp: self.time()?,
            client_id: self.client_id()?,
            reply_to: self.take::<Option<Uuid>>()?.map(MessageId),
            edited_at: self.maybe_time()?,
            deleted_at: self.maybe_time()?,
            claps: Claps {
                total: self.take()?,
                mine: None,
            },
            reactions: self.list()?,
            mentions: self.list()?,
            previews: self.list()?,
        })
    }

    fn client_id(&mut self) -> Result<Option<ClientId>, BackendError> {
        let text: Option<&str> = self.take()?;
        let id = text.map(ClientId::parse).transpose();
        id.map_err(|error| fault(error.to_string()))
    }

    pub(super) fn room(&mut self) -> Result<Room, BackendError> {
        Ok(Room {
            id: self.parse(RoomId::parse)?,
            name: self.take()?,
            topic: self.take()?,
            visibility: self.word(Visibility::parse)?,
            created_by: self.parse(UserId::parse)?,
            created_at: self.time()?,
            rev: self.take()?,
            last_seq: self.take()?,
            member_count: self.take()?,
        })
    }

    pub(super) fn standing(&mut self) -> Result<Option<Standing>, BackendError> {
        let Some(role) = self.maybe_role()? else {
            // Whatever follows them is in its place.
            self.next += 3;
            return Ok(None);
        };
        let last_read_seq = self.take()?;
        Ok(Some(Standing {
            role,
            last_read_seq,
            unread: self.take()?,
            unread_mentions: self.take()?,
        }))
    }

    /// A room's columns, then a standing's.
    pub(super) fn view(&mut self) -> Result<RoomView, BackendError> {
        Ok(RoomView {
            room: self.room()?,
            standing: self.standing()?,
        })
    }
}
