//! What the presence scripts answer, as the port's own types.

use std::sync::Arc;

use redis::{Value, from_redis_value};

use super::link::{backend_error, fault};
use crate::{
    domain::{
        id::{InvalidId, RoomId, UserId},
        presence::{Signal, Status, User},
        timestamp::Timestamp,
    },
    ports::{BackendError, presence::Live},
};

/// The signals that a script tells of.
pub(super) fn signals_of(told: Vec<Vec<String>>) -> Result<Vec<Signal>, BackendError> {
    told.iter().map(|words| signal_of(words)).collect()
}

fn signal_of(words: &[String]) -> Result<Signal, BackendError> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["joined", room, user, username, status] => Ok(Signal::Joined {
            room_id: room_id(room)?,
            user: User {
                id: user_id(user)?,
                username: Arc::from(*username),
                display_name: None,
                status: status_word(status)?,
                last_seen: None,
            },
        }),
        ["left", room, user, username] => Ok(Signal::Left {
            room_id: room_id(room)?,
            user_id: user_id(user)?,
            username: Arc::from(*username),
        }),
        ["status", user, status, rooms @ ..] => {
            let status = status_word(status)?;
            Ok(Signal::Status {
                user_id: user_id(user)?,
                status,
                last_seen: (status == Status::Offline).then(Timestamp::now),
                rooms: rooms
                    .iter()
                    .map(|room| room_id(room))
                    .collect::<Result<_, _>>()?,
            })
        }
        _ => Err(fault("presence told of something unknown")),
    }
}

/// Who is live in a room, as the script answers.
pub(super) fn live_of(answer: Value) -> Result<Live, BackendError> {
    type Answer = (bool, usize, Vec<String>, Vec<Option<String>>);
    let (settled, count, some, entries): Answer =
        from_redis_value(answer).map_err(|error| backend_error(error.into()))?;
    let users = some
        .chunks_exact(2)
        .zip(entries)
        .map(|(user, entry)| {
            Ok(User {
                id: user_id(&user[0])?,
                username: Arc::from(value_of(&user[1])?),
                display_name: None,
                status: entry.map_or(Ok(Status::Offline), |entry| status_of(&entry))?,
                last_seen: None,
            })
        })
        .collect::<Result<_, BackendError>>()?;
    Ok(Live {
        users,
        count,
        settled,
    })
}

/// The status in a user's entry.
pub(super) fn status_of(entry: &str) -> Result<Status, BackendError> {
    status_word(value_of(entry)?)
}

/// What an entry says, after the turns that vouch for it.
fn value_of(entry: &str) -> Result<&str, BackendError> {
    entry
        .split_once('|')
        .map(|(_, value)| value)
        .ok_or_else(|| fault("an entry that nobody vouches for"))
}

fn status_word(word: &str) -> Result<Status, BackendError> {
    Status::parse(word).ok_or_else(|| fault("an unknown status"))
}

fn room_id(text: &str) -> Result<RoomId, BackendError> {
    RoomId::parse(text).map_err(not_ours)
}

fn user_id(text: &str) -> Result<UserId, BackendError> {
    UserId::parse(text).map_err(not_ours)
}

fn not_ours(error: InvalidId) -> BackendError {
    fault(error.to_string())
}
