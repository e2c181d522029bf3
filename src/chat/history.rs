//! Reading what was said.

use super::{Chat, unavailable};
use crate::{
    domain::{
        Rev,
        error::{Code, Problem},
        id::{RoomId, UserId},
        message::Message,
        permission::Action,
    },
    ports::{
        cache::Recent,
        store::{Changes, Place},
    },
    protocol::server_event::{HistoryMode, RoomHistory},
    room::timeline::DELTA_MAX,
};
use std::sync::Arc;

/// A page of history.
#[derive(Debug, Clone)]
pub struct HistoryPage {
    /// Ascending by `seq`, as the asker sees them.
    pub messages: Vec<Arc<Message>>,
    /// Whether there is more in the direction asked.
    pub has_more: bool,
    /// The room's revision when it was read.
    pub rev: Rev,
}

impl Chat {
    /// A page of a room's history; `limit` has been checked.
    ///
    /// While the store is away, the newest page is answered from memory to those whom it has named as members lately: without what
    /// is their own, and as of the revision that it says.
    pub async fn page(
        &self,
        room: &RoomId,
        asker: &UserId,
        place: Place,
        limit: i64,
    ) -> Result<HistoryPage, Problem> {
        let page = self.page_of_store(room, asker, place, limit).await;
        match page {
            Err(problem) if problem.code == Code::Unavailable && place == Place::Newest => {
                let remembered = self.remembered(room, asker, limit as usize).await;
                remembered.ok_or(problem)
            }
            known => known,
        }
    }

    async fn remembered(&self, room: &RoomId, asker: &UserId, limit: usize) -> Option<HistoryPage> {
        let hubs = &self.parts.hubs;
        hubs.acquaintances().standing(room, asker)?;
        if let Some(page) = hubs.page(room, limit).await {
            return Some(HistoryPage {
                messages: page.messages,
                has_more: page.has_more,
                rev: page.rev,
            });
        }
        hubs.acquaintances().standing_unwatched(room, asker)?;
        let recent = self.parts.recent.remembered(room).await?;
        Some(newest(&recent, limit))
    }

    async fn page_of_store(
        &self,
        room: &RoomId,
        asker: &UserId,
        place: Place,
        limit: i64,
    ) -> Result<HistoryPage, Problem> {
        let view = self.allowed(Action::Read, room, asker).await?;
        if place == Place::Newest {
            let recent = self
                .parts
                .recent
                .at(room, view.room.rev)
                .await
                .map_err(unavailable)?
                .ok_or_else(Problem::no_room)?;
            let page = newest(&recent, limit as usize);
            return Ok(HistoryPage {
                messages: self.with_mine(asker, &page.messages).await?,
                ..page
            });
        }
        let page = self
            .parts
            .store
            .page(room, place, limit)
            .await
            .map_err(unavailable)?
            .ok_or_else(Problem::no_room)?;
        Ok(HistoryPage {
            messages: self.with_mine(asker, &shared(page.messages)).await?,
            has_more: page.has_more,
            rev: page.room.rev,
        })
    }

    /// What changed in a room since a revision, as a resume over a socket would tell it.
    pub async fn changes(
        &self,
        room: &RoomId,
        asker: &UserId,
        since: Rev,
    ) -> Result<RoomHistory, Problem> {
        self.allowed(Action::Read, room, asker).await?;
        let read = self
            .parts
            .store
            .changes(room, since, DELTA_MAX as i64)
            .await
            .map_err(unavailable)?;
        let Changes {
            room: now,
            room_changed,
            floor,
            messages,
        } = read.ok_or_else(Problem::no_room)?;
        if floor <= since && since <= now.rev {
            return Ok(RoomHistory {
                room_id: room.clone(),
                rev: now.rev,
                mode: HistoryMode::Delta,
                messages: self.with_mine(asker, &shared(messages)).await?,
                has_more: false,
                room: (room_changed > since).then_some(now),
            });
        }
        let limit = crate::protocol::client_event::PAGE_DEFAULT;
        let page = self
            .parts
            .store
            .page(room, Place::Newest, limit)
            .await
            .map_err(unavailable)?
            .ok_or_else(Problem::no_room)?;
        Ok(RoomHistory {
            room_id: room.clone(),
            rev: page.room.rev,
            mode: HistoryMode::Reset,
            messages: self.with_mine(asker, &shared(page.messages)).await?,
            has_more: page.has_more,
            room: Some(page.room),
        })
    }

    async fn with_mine(
        &self,
        asker: &UserId,
        messages: &[Arc<Message>],
    ) -> Result<Vec<Arc<Message>>, Problem> {
        self.reader(asker).sees(messages).await.map_err(unavailable)
    }
}

/// The last `limit` of a list.
fn newest(recent: &Recent, limit: usize) -> HistoryPage {
    let skip = recent.messages.len().saturating_sub(limit);
    let messages = recent.messages[skip..].to_vec();
    HistoryPage {
        has_more: messages.first().is_some_and(|first| first.seq > 1),
        messages,
        rev: recent.rev,
    }
}

fn shared(messages: Vec<Message>) -> Vec<Arc<Message>> {
    messages.into_iter().map(Arc::new).collect()
}
