//! What under messages is the reader's own: `mine` of claps and reactions, in answers to that reader and nowhere else.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::time::timeout;

use crate::{
    domain::{
        id::{MessageId, UserId},
        message::{Message, Mine},
    },
    ports::{BackendError, store::Store},
};

/// How long an answer waits for what is its reader's own, once what it is about is committed.
const AFTER_COMMIT: Duration = Duration::from_millis(500);

/// Somebody whom an answer is for.
#[derive(Clone)]
pub(super) struct Reader {
    pub(super) store: Arc<dyn Store>,
    pub(super) user: UserId,
}

impl Reader {
    /// The messages as the reader sees them: one question for all, and none where nobody has clapped or reacted.
    pub(super) async fn sees(
        &self,
        messages: &[Arc<Message>],
    ) -> Result<Vec<Arc<Message>>, BackendError> {
        let applauded: Vec<MessageId> = messages
            .iter()
            .filter(|message| message.is_applauded())
            .map(|message| message.id)
            .collect();
        let mine: HashMap<MessageId, Mine> = if applauded.is_empty() {
            HashMap::new()
        } else {
            let user = std::slice::from_ref(&self.user);
            let found = self.store.mine(user, &applauded).await?;
            found.into_iter().map(|(_, id, mine)| (id, mine)).collect()
        };
        Ok(messages
            .iter()
            .map(|message| Arc::new(message.seen_with(mine.get(&message.id))))
            .collect())
    }

    /// A message whose change is committed, as the reader sees it. The change stands whatever happens here: when the store cannot
    /// say what is theirs, `mine` is left out, and a client keeps what it knew.
    pub(super) async fn sees_changed(&self, message: Arc<Message>) -> Arc<Message> {
        let seeing = self.sees(std::slice::from_ref(&message));
        match timeout(AFTER_COMMIT, seeing).await {
            Ok(Ok(mut seen)) => seen.pop().unwrap_or(message),
            Ok(Err(error)) => {
                error.log("an answer goes without `mine`");
                message
            }
            Err(_) => message,
        }
    }
}
