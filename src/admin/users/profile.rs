//! One of the people, with their rooms and their log-ins.

use serde::Serialize;

use super::{One, UserJson, find, sessions::SessionJson, shown_as, yes};
use crate::{
    admin::{
        AdminError, Desk,
        answer::answer,
        table::{lines, or_dash, plain, table},
    },
    domain::{room::RoomView, timestamp::Timestamp},
    ports::store::{Person, RoomQuery, RoomScope},
};

/// The rooms of one user that are shown.
const ROOMS_SHOWN: i64 = 1_000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownJson<'a> {
    #[serde(flatten)]
    user: UserJson<'a>,
    rooms: &'a [RoomView],
    sessions: &'a [SessionJson],
}

pub(super) async fn show(desk: &Desk, one: One) -> Result<String, AdminError> {
    let person = find(desk, &one.user).await?;
    let query = RoomQuery {
        scope: RoomScope::Mine,
        asker: person.account.id.clone(),
        text: None,
        after: None,
        limit: ROOMS_SHOWN,
    };
    let rooms = desk.store.rooms(&query).await?;
    let sessions = desk
        .store
        .sessions_of(&person.account.id, Timestamp::now())
        .await?;
    let mut sessions: Vec<SessionJson> = sessions.iter().map(SessionJson::of).collect();
    sessions.sort_by_key(|session| session.id);
    let value = ShownJson {
        user: UserJson::of(&person),
        rooms: &rooms,
        sessions: &sessions,
    };
    Ok(answer(one.json, &value, || {
        in_full(&person, &rooms, &sessions)
    }))
}

fn in_full(person: &Person, rooms: &[RoomView], sessions: &[SessionJson]) -> String {
    let mut text = lines(&[
        ("username", plain(&person.account.username)),
        ("id", plain(person.account.id.as_str())),
        ("shown as", shown_as(person)),
        ("password", yes(person.has_password)),
        ("created", person.created_at.to_string()),
        ("last seen", or_dash(person.last_seen)),
        ("rooms", rooms.len().to_string()),
        ("sessions", sessions.len().to_string()),
    ]);
    if !rooms.is_empty() {
        let rows = rooms.iter().map(|view| {
            let (role, unread) = view.standing.map_or(("-", 0), |standing| {
                (standing.role.as_str(), standing.unread)
            });
            [
                view.room.id.to_string(),
                role.to_owned(),
                unread.to_string(),
                plain(&view.room.name),
            ]
        });
        text.push('\n');
        text.push_str(&table(["ROOM", "ROLE", "UNREAD", "NAME"], rows));
    }
    if !sessions.is_empty() {
        let rows = sessions.iter().map(|session| {
            [
                session.id.to_string(),
                or_dash(session.began_at),
                session.expires_at.to_string(),
            ]
        });
        text.push('\n');
        text.push_str(&table(["SESSION", "SINCE", "EXPIRES"], rows));
    }
    text
}
