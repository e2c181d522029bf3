//! What the script that hands out tickets answers; `scripts/queue_take.lua` says what it means.

use std::time::Duration;

use redis::{Value, from_redis_value};

use super::{
    link::{backend_error, fault},
    queue_ticket,
};
use crate::ports::{BackendError, queue::Line};

/// What was found in a look at some lines.
pub(super) struct Look {
    /// The queue is new.
    pub(super) reborn: bool,
    /// How long until a delayed ticket is due.
    pub(super) next_due: Option<Duration>,
    /// The lines that were looked at, in order.
    pub(super) lines: Vec<Found>,
}

/// What was found in one line.
pub(super) struct Found {
    pub(super) line: Line,
    /// Where to go on looking for claims of others; empty if nobody looked for any.
    pub(super) cursor: String,
    /// What others have held for too long.
    pub(super) held: Vec<Entry>,
    pub(super) new: Vec<Entry>,
}

/// An entry of a stream.
pub(super) struct Entry {
    pub(super) id: String,
    /// Names and values in turn.
    pub(super) fields: Vec<Vec<u8>>,
}

/// What the script answered.
pub(super) fn look_of(answer: Value) -> Result<Look, BackendError> {
    type Answer = (bool, i64, Vec<(String, String, Vec<Value>, Vec<Value>)>);
    let (reborn, wait, lines): Answer =
        from_redis_value(answer).map_err(|error| backend_error(error.into()))?;
    let lines = lines
        .into_iter()
        .map(|(letter, cursor, held, new)| {
            Ok(Found {
                line: queue_ticket::line(&letter)
                    .ok_or_else(|| fault("the queue told of an unknown line"))?,
                cursor,
                held: entries(held)?,
                new: entries(new)?,
            })
        })
        .collect::<Result<_, BackendError>>()?;
    Ok(Look {
        reborn,
        next_due: u64::try_from(wait).ok().map(Duration::from_millis),
        lines,
    })
}

/// Without those that were deleted while they were claimed.
fn entries(values: Vec<Value>) -> Result<Vec<Entry>, BackendError> {
    let there = values.into_iter().filter(|value| *value != Value::Nil);
    there
        .map(|value| {
            let (id, fields) =
                from_redis_value(value).map_err(|error| backend_error(error.into()))?;
            Ok(Entry { id, fields })
        })
        .collect()
}
