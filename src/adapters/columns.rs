//! Columns of a row as the domain's values, the same of both stores, and the SQL that names such columns where both take the same.

use std::{fmt::Display, sync::Arc};

use serde::de::DeserializeOwned;
use sqlx::{ColumnIndex, Database, Decode, Row, Type, ValueRef};
use uuid::Uuid;

use crate::{
    domain::{
        account::Account,
        id::{ClientId, MessageId, RoomId, UserId},
        message::{Claps, Message, MessageKind},
        room::{Member, Role, Room, RoomView, Standing, Visibility},
        timestamp::Timestamp,
    },
    ports::{
        BackendError,
        store::{Moderated, ModerationAction, Person},
    },
};

/// The columns of an account, of `users u`; see [`Columns::account`].
macro_rules! account_columns {
    () => {
        "u.id, u.username, u.display_name"
    };
}
pub(super) use account_columns;

/// The columns of a person, of `users u`; see [`Columns::person`].
macro_rules! person_columns {
    () => {
        "u.id, u.username, u.display_name, u.password IS NOT NULL, u.created_at, u.last_seen_at"
    };
}
pub(super) use person_columns;

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

/// A database that has a `T` in its columns: any that the driver decodes.
pub(super) trait Holds<'r, T>: Database {
    fn value(row: &'r Self::Row, column: usize) -> Result<T, sqlx::Error>;
}

impl<'r, T, D> Holds<'r, T> for D
where
    D: Database,
    T: Decode<'r, D> + Type<D>,
    usize: ColumnIndex<D::Row>,
{
    fn value(row: &'r Self::Row, column: usize) -> Result<T, sqlx::Error> {
        row.try_get(column)
    }
}

/// The database of a store: it holds what the domain's values are made of, and keeps a time in its own way.
pub(super) trait Rows:
    for<'r> Holds<'r, bool>
    + for<'r> Holds<'r, i16>
    + for<'r> Holds<'r, i32>
    + for<'r> Holds<'r, i64>
    + for<'r> Holds<'r, &'r str>
    + for<'r> Holds<'r, Option<&'r str>>
    + for<'r> Holds<'r, String>
    + for<'r> Holds<'r, Option<String>>
    + for<'r> Holds<'r, Uuid>
    + for<'r> Holds<'r, Option<Uuid>>
{
    /// What the store is called.
    const STORE: &'static str;

    fn time(row: &Self::Row, column: usize) -> Result<Option<Timestamp>, sqlx::Error>;

    /// A time before which something is not to be: never earlier than the one that is kept.
    fn not_before(row: &Self::Row, column: usize) -> Result<Option<Timestamp>, sqlx::Error> {
        Self::time(row, column)
    }

    fn translate(error: sqlx::Error) -> BackendError;
}

/// Takes the columns of a row one by one.
pub(super) struct Columns<'r, D: Rows> {
    row: &'r D::Row,
    next: usize,
}

impl<'r, D: Rows> Columns<'r, D> {
    pub(super) fn of(row: &'r D::Row) -> Self {
        Self { row, next: 0 }
    }

    pub(super) fn fault(cause: impl Display) -> BackendError {
        BackendError::Fault {
            backend: D::STORE,
            cause: cause.to_string(),
        }
    }

    fn take_as<T>(
        &mut self,
        value: impl FnOnce(&'r D::Row, usize) -> Result<T, sqlx::Error>,
    ) -> Result<T, BackendError> {
        let value = value(self.row, self.next).map_err(D::translate)?;
        self.next += 1;
        Ok(value)
    }

    pub(super) fn take<T>(&mut self) -> Result<T, BackendError>
    where
        D: Holds<'r, T>,
    {
        self.take_as(<D as Holds<'r, T>>::value)
    }

    /// The same place in another row of the same statement.
    pub(super) fn same_place<'o>(&self, row: &'o D::Row) -> Columns<'o, D> {
        Columns {
            row,
            next: self.next,
        }
    }

    /// Whether the next column is null.
    pub(super) fn is_null(&self) -> bool
    where
        usize: ColumnIndex<D::Row>,
    {
        self.row
            .try_get_raw(self.next)
            .is_ok_and(|value| value.is_null())
    }

    /// A column that was given as text and is one of the domain's own types.
    pub(super) fn parse<T, E: Display>(
        &mut self,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, BackendError> {
        let text: &str = self.take()?;
        parse(text).map_err(|error| Self::fault(format_args!("{text:?}: {error}")))
    }

    /// Such a column that may be null.
    pub(super) fn maybe<T, E: Display>(
        &mut self,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, BackendError> {
        let text: Option<&str> = self.take()?;
        let parse =
            |text| parse(text).map_err(|error| Self::fault(format_args!("{text:?}: {error}")));
        text.map(parse).transpose()
    }

    pub(super) fn word<T>(
        &mut self,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, BackendError> {
        self.parse(|word| parse(word).ok_or("an unknown word"))
    }

    /// Such a column that may be null.
    pub(super) fn maybe_word<T>(
        &mut self,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, BackendError> {
        self.maybe(|word| parse(word).ok_or("an unknown word"))
    }

    pub(super) fn time(&mut self) -> Result<Timestamp, BackendError> {
        let at = self.maybe_time()?;
        at.ok_or_else(|| Self::fault("a time is missing"))
    }

    pub(super) fn maybe_time(&mut self) -> Result<Option<Timestamp>, BackendError> {
        self.take_as(D::time)
    }

    /// A time before which something is not to be.
    pub(super) fn not_before(&mut self) -> Result<Option<Timestamp>, BackendError> {
        self.take_as(D::not_before)
    }

    /// A column that holds JSON, or null.
    pub(super) fn json<T: DeserializeOwned>(&mut self) -> Result<Option<T>, BackendError> {
        let json: Option<&str> = self.take()?;
        let value = json.map(serde_json::from_str).transpose();
        value.map_err(Self::fault)
    }

    /// A column that holds a JSON array, or null for an empty one.
    pub(super) fn list<T: DeserializeOwned>(&mut self) -> Result<Vec<T>, BackendError> {
        Ok(self.json()?.unwrap_or_default())
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

    pub(super) fn person(&mut self) -> Result<Person, BackendError> {
        Ok(Person {
            account: self.account()?,
            has_password: self.take()?,
            created_at: self.time()?,
            last_seen: self.maybe_time()?,
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
            client_id: self.maybe(ClientId::parse)?,
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

    /// An entry of the log of moderation.
    pub(super) fn moderated(&mut self) -> Result<Moderated, BackendError> {
        Ok(Moderated {
            room_id: self.parse(RoomId::parse)?,
            message_id: MessageId(self.take()?),
            seq: self.take()?,
            content_rev: self.take()?,
            user_id: self.parse(UserId::parse)?,
            action: self.word(ModerationAction::parse)?,
            reason: self.take()?,
            at: self.time()?,
        })
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
        let Some(role) = self.maybe_word(Role::parse)? else {
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
