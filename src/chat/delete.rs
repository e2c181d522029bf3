//! Taking a message's text away; its place stays.

use std::sync::Arc;

use super::{Chat, acts::Acting};
use crate::domain::{
    change::Deed,
    error::Problem,
    id::{MessageId, UserId},
    message::Message,
};

/// A deletion on its way to its commit.
pub struct Deleting(Acting);

impl Chat {
    /// Hands a deletion in; ends when it has its place in the order of its room.
    pub async fn delete(&self, user: &UserId, message: MessageId) -> Result<Deleting, Problem> {
        self.act(user, message, Deed::Delete).await.map(Deleting)
    }
}

impl Deleting {
    /// Waits for the commit, 3 s at most: the message, without its text, as the asker sees it.
    pub async fn deleted(self) -> Result<Arc<Message>, Problem> {
        self.0.seen().await
    }
}
