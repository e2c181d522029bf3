//! The log of moderation.

use async_trait::async_trait;

use super::{SqliteStore, fault};
use crate::{
    domain::{
        Seq,
        id::{RoomId, UserId},
        timestamp::Timestamp,
    },
    ports::{
        BackendError,
        store::{Moderated, ModerationStore},
    },
};

#[async_trait]
impl ModerationStore for SqliteStore {
    async fn note_moderation(&self, _noted: &[Moderated]) -> Result<(), BackendError> {
        Err(fault("not built yet"))
    }

    async fn moderation(
        &self,
        _room: &RoomId,
        _before: Option<Seq>,
        _limit: i64,
    ) -> Result<Vec<Moderated>, BackendError> {
        Err(fault("not built yet"))
    }

    async fn repeats(
        &self,
        _room: &RoomId,
        _seq: Seq,
        _user: &UserId,
        _content: &str,
        _since: Timestamp,
    ) -> Result<i64, BackendError> {
        Err(fault("not built yet"))
    }
}
