//! Rows of Postgres as the domain's values.

use sqlx::{Decode, Postgres, Row, Type, postgres::PgRow};
use time::OffsetDateTime;

use super::{BACKEND, fault, translate};
pub(super) use crate::adapters::columns::{
    account_columns, counted_room, person_columns, room_columns, standing_columns,
};
use crate::{
    adapters::columns::{self, Rows},
    domain::timestamp::Timestamp,
    ports::BackendError,
};

const ALMOST_A_MILLISECOND: time::Duration = time::Duration::nanoseconds(999_999);

/// The columns of a message, of `messages m`; see [`Columns::message`].
macro_rules! message_columns {
    () => {
        "m.id, m.room_id, m.seq, m.rev, m.user_id, m.username, m.content, m.kind, m.created_at, m.client_id, m.reply_to, \
         m.edited_at, m.deleted_at, m.claps_total, m.reactions::text, m.mentions::text, m.previews::text"
    };
}
pub(super) use message_columns;

pub(super) type Columns<'r> = columns::Columns<'r, Postgres>;

impl Rows for Postgres {
    const STORE: &'static str = BACKEND;

    fn time(row: &PgRow, column: usize) -> Result<Option<Timestamp>, sqlx::Error> {
        let at: Option<OffsetDateTime> = row.try_get(column)?;
        Ok(at.map(Timestamp::from_datetime))
    }

    fn not_before(row: &PgRow, column: usize) -> Result<Option<Timestamp>, sqlx::Error> {
        let at: Option<OffsetDateTime> = row.try_get(column)?;
        Ok(at.map(|at| Timestamp::from_datetime(at + ALMOST_A_MILLISECOND)))
    }

    fn translate(error: sqlx::Error) -> BackendError {
        translate(error)
    }
}

/// The first column of the first row.
pub(super) fn first<T>(rows: &[PgRow]) -> Result<T, BackendError>
where
    T: for<'r> Decode<'r, Postgres> + Type<Postgres>,
{
    let row = rows.first().ok_or_else(|| fault("no row"))?;
    Columns::of(row).take()
}
