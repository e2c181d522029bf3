//! Giving a message another text.

use std::sync::Arc;

use super::{Chat, acts::Acting};
use crate::domain::{
    change::Deed,
    error::Problem,
    id::{JobId, MessageId, UserId},
    message::{Message, check_content},
};

/// An edit on its way to its commit.
pub struct Editing(Acting);

impl Chat {
    /// Hands another text in; ends when it has its place in the order of its room.
    pub async fn edit(
        &self,
        user: &UserId,
        message: MessageId,
        content: String,
    ) -> Result<Editing, Problem> {
        check_content(&content)?;
        let job = JobId::fresh();
        self.act(user, message, Deed::Edit { content, job })
            .await
            .map(Editing)
    }
}

impl Editing {
    /// Waits for the commit, 3 s at most: the message as its author sees it.
    pub async fn edited(self) -> Result<Arc<Message>, Problem> {
        self.0.seen().await
    }
}
