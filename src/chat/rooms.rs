//! Finding, seeing and making rooms.

use super::{Chat, unavailable};
use crate::{
    domain::{
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
        if let Some(topic) = &wish.topic {
            check_topic(topic)?;
        }
        let visibility = wish.visibility.unwrap_or(Visibility::Public);
        if visibility == Visibility::Direct {
            return Err(Problem::invalid(
                "`visibility` is public or private; a direct room is made for two users.",
            ));
        }
        let id = match wish.id {
            Some(id) => id,
            None => {
                RoomId::parse(&uuid::Uuid::now_v7().to_string()).map_err(|_| Problem::internal())?
            }
        };
        let room = NewRoom {
            id,
            name,
            topic: wish.topic,
            visibility,
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
}
