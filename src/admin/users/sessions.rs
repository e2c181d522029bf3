//! Somebody's log-ins, and their end.

use serde::Serialize;
use uuid::Uuid;

use super::{One, find};
use crate::{
    admin::{AdminError, Desk, answer::answer, table::plain},
    domain::{id::UserId, presence::Signal, timestamp::Timestamp},
    ports::store::OpenSession,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionJson {
    pub(super) id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) began_at: Option<Timestamp>,
    pub(super) expires_at: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EndedJson<'a> {
    id: &'a UserId,
    username: &'a str,
    ended: usize,
}

impl SessionJson {
    pub(super) fn of(session: &OpenSession) -> Self {
        let began = session.family.get_timestamp().map(|began| began.to_unix());
        let began = began.map(|(seconds, nanos)| {
            Timestamp::from_millis(seconds as i64 * 1_000 + i64::from(nanos / 1_000_000))
        });
        Self {
            id: session.family,
            began_at: began,
            expires_at: session.expires_at,
        }
    }
}

/// Ends the log-ins of a user; how many there were.
pub(super) async fn end(desk: &Desk, user: &UserId) -> Result<usize, AdminError> {
    let open = desk.store.sessions_of(user, Timestamp::now()).await?.len();
    let ended = desk.store.end_sessions_of(user, Timestamp::now()).await?;
    desk.tell(ended.into_iter().map(Signal::SessionEnded).collect());
    Ok(open)
}

pub(super) async fn end_all(desk: &Desk, one: One) -> Result<String, AdminError> {
    let person = find(desk, &one.user).await?;
    let (id, username) = (&person.account.id, &person.account.username);
    let ended = end(desk, id).await?;
    let value = EndedJson {
        id,
        username,
        ended,
    };
    Ok(answer(one.json, &value, || {
        format!(
            "{} has been logged out of {ended} {}. {}\n",
            plain(username),
            if ended == 1 { "session" } else { "sessions" },
            desk.when()
        )
    }))
}
