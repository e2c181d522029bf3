//! Finding, seeing, making, changing and ending rooms.

use super::{Chat, refusals, unavailable};
use crate::{
    domain::{
        change::{Change, Outcome, RoomChange, RoomDeletion, RoomUpdate},
        error::{Code, Problem},
        id::{RoomId, UserId},
        permission::Action,
        room::{RoomView, Visibility, check_name, check_topic},
        timestamp::Timestamp,
    },
    ports::store::{NewRoom, RoomQuery, RoomScope},
};

/// A list of rooms.
#[derive(Debug, Clone)]
pub struct RoomList {
    /// Ascending by id.
    pub rooms: Vec<RoomView>,
    /// Where the next page begins, if there is one.
    pub next: Option<RoomId>,
}

/// A room as somebody wants it.
#[derive(Debug, Clone)]
pub struct RoomWish {
    /// Its id; made here if not said.
    pub id: Option<RoomId>,
    /// Its name.
    pub name: String,
    /// What it is about.
    pub topic: Option<String>,
    /// Public if not said.
    pub visibility: Option<Visibility>,
}

/// What somebody wants to be different about a room. What is none stays.
#[derive(Debug, Clone, Default)]
pub struct RoomEdit {
    /// Another name.
    pub name: Option<String>,
    /// Another topic; none, or an empty one, takes it away.
    pub topic: Option<Option<String>>,
    /// Public or private.
    pub visibility: Option<Visibility>,
}

impl Chat {
    /// Rooms, at most `limit` (checked), after `after`, whose id or name holds `text`.
    pub async fn rooms(
        &self,
        asker: &UserId,
        scope: RoomScope,
        text: Option<String>,
        after: Option<RoomId>,
        limit: i64,
    ) -> Result<RoomList, Problem> {
        let query = RoomQuery {
            scope,
            asker: asker.clone(),
            text,
            after,
            limit: limit + 1,
        };
        let mut rooms = self.parts.store.rooms(&query).await.map_err(unavailable)?;
        let more = rooms.len() > limit as usize;
        rooms.truncate(limit as usize);
        let next = if more {
            rooms.last().map(|view| view.room.id.clone())
        } else {
            None
        };
        Ok(RoomList { rooms, next })
    }

    /// One room, if the asker may see it.
    pub async fn room(&self, asker: &UserId, id: &RoomId) -> Result<RoomView, Problem> {
        self.allowed(Action::Read, id, asker).await
    }

    /// Makes a room that the asker owns.
    pub async fn create_room(&self, asker: &UserId, wish: RoomWish) -> Result<RoomView, Problem> {
        let name = check_name(&wish.name)?;
        let topic = wanted_topic(wish.topic)?;
        let visibility = wanted_visibility(wish.visibility)?;
        let room = NewRoom {
            id: wish.id.map_or_else(fresh_id, Ok)?,
            name,
            topic,
            visibility: visibility.unwrap_or(Visibility::Public),
            created_by: asker.clone(),
            at: Timestamp::now(),
        };
        let made = self
            .parts
            .store
            .create_room(&room)
            .await
            .map_err(unavailable)?;
        made.ok_or_else(|| {
            Problem::new(
                Code::Conflict,
                "That room id is taken, or was once; choose another.",
            )
        })
    }

    /// Changes a room; one that nothing is to be different about stays as it is. The answer is the room after the commit.
    pub async fn update_room(
        &self,
        asker: &UserId,
        id: &RoomId,
        edit: RoomEdit,
    ) -> Result<RoomView, Problem> {
        let update = RoomUpdate {
            room_id: id.clone(),
            user_id: asker.clone(),
            name: edit.name.as_deref().map(check_name).transpose()?,
            topic: edit.topic.map(wanted_topic).transpose()?,
            visibility: wanted_visibility(edit.visibility)?,
        };
        if update.name.is_none() && update.topic.is_none() && update.visibility.is_none() {
            return self.room(asker, id).await;
        }
        let submitted = self.parts.writer.submit(Change::UpdateRoom(update))?;
        let room = match submitted.outcome().await? {
            Outcome::Committed(RoomChange::Room(room))
            | Outcome::Already(RoomChange::Room(room)) => room,
            Outcome::Refused(refusal) => return Err(refusals::problem(refusal)),
            _ => return Err(mistaken()),
        };
        // The commit knows the room alone, and not what belongs to the asker. It stands whatever happens here.
        let seen = self.parts.store.room(id, asker).await;
        let seen = seen.unwrap_or_else(|error| {
            error.log("an answer goes without what is the asker's");
            None
        });
        Ok(seen.unwrap_or_else(|| RoomView {
            room: (*room).clone(),
            standing: None,
        }))
    }

    /// Ends a room for good.
    pub async fn delete_room(&self, asker: &UserId, id: &RoomId) -> Result<(), Problem> {
        let deletion = RoomDeletion {
            id: uuid::Uuid::now_v7(),
            room_id: id.clone(),
            user_id: asker.clone(),
            at: Timestamp::now(),
        };
        let submitted = self.parts.writer.submit(Change::DeleteRoom(deletion))?;
        match submitted.outcome().await? {
            Outcome::Committed(RoomChange::Closed { .. })
            | Outcome::Already(RoomChange::Closed { .. }) => Ok(()),
            Outcome::Refused(refusal) => Err(refusals::problem(refusal)),
            _ => Err(mistaken()),
        }
    }
}

/// An id that no room has or had.
pub(super) fn fresh_id() -> Result<RoomId, Problem> {
    RoomId::parse(&uuid::Uuid::now_v7().to_string()).map_err(|_| Problem::internal())
}

fn wanted_topic(topic: Option<String>) -> Result<Option<String>, Problem> {
    let topic = topic.filter(|topic| !topic.is_empty());
    topic.as_deref().map_or(Ok(()), check_topic)?;
    Ok(topic)
}

fn wanted_visibility(visibility: Option<Visibility>) -> Result<Option<Visibility>, Problem> {
    if visibility == Some(Visibility::Direct) {
        return Err(Problem::invalid(
            "`visibility` is public or private; a direct room is made for two users.",
        ));
    }
    Ok(visibility)
}

fn mistaken() -> Problem {
    tracing::error!("the store took a change of a room for another one");
    Problem::internal()
}
