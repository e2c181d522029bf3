//! Rows of SQLite as the domain's values, and the domain's values as JSON parameters.

use serde::Serialize;
use sqlx::{Row, Sqlite, sqlite::SqliteRow};
use uuid::Uuid;

use super::{BACKEND, fault, translate};
pub(super) use crate::adapters::columns::{
    account_columns, counted_room, person_columns, room_columns, standing_columns,
};
use crate::{
    adapters::columns::{self, Rows},
    domain::timestamp::Timestamp,
    ports::BackendError,
};

/// The columns of a message, of `messages m`; see [`Columns::message`].
macro_rules! message_columns {
    () => {
        "m.id, m.room_id, m.seq, m.rev, m.user_id, m.username, m.content, m.kind, m.created_at, m.client_id, m.reply_to, \
         m.edited_at, m.deleted_at, m.claps_total, m.reactions, m.mentions, m.previews"
    };
}
pub(super) use message_columns;

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

pub(super) type Columns<'r> = columns::Columns<'r, Sqlite>;

impl Rows for Sqlite {
    const STORE: &'static str = BACKEND;

    fn time(row: &SqliteRow, column: usize) -> Result<Option<Timestamp>, sqlx::Error> {
        let at: Option<i64> = row.try_get(column)?;
        Ok(at.map(Timestamp::from_millis))
    }

    fn translate(error: sqlx::Error) -> BackendError {
        translate(error)
    }
}
