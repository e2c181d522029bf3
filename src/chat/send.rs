//! Sending a message.

use std::sync::Arc;

use super::{Chat, not_member};
use crate::{
    commit::writer::Submitted,
    domain::{
        change::{Change, NewMessage, Outcome, Refusal, RoomChange},
        error::Problem,
        id::{JobId, MessageId, RoomId, UserId},
        message::Message,
        timestamp::Timestamp,
    },
    ports::limits::Key,
    protocol::client_event::{Draft, check_draft},
};

/// The limit that messages of one user have, over all their sockets and paths.
const SENDS: &str = "send";

/// A message on its way to its commit.
pub struct Sending(Submitted);

/// A sent message, which is durable.
#[derive(Debug, Clone)]
pub struct Sent {
    /// As it is now.
    pub message: Arc<Message>,
    /// Whether an earlier send with the same `clientId` had made it.
    pub repeated: bool,
}

impl Chat {
    /// Hands a message in when the sender's limit allows it, which takes 150 ms at most: messages that one caller hands in, one
    /// after the other, for one room are committed in that order.
    pub async fn send(
        &self,
        user_id: &UserId,
        room_id: RoomId,
        draft: Draft,
    ) -> Result<Sending, Problem> {
        check_draft(&draft)?;
        let key = Key::new(SENDS, user_id.as_str());
        if let Some(wait) = self.parts.limits.take(&key, self.sends).await.refused() {
            return Err(Problem::rate_limited(
                "You send faster than this server takes; wait a little.",
                Some(wait),
            ));
        }
        let message = NewMessage {
            id: MessageId::fresh(),
            room_id,
            user_id: user_id.clone(),
            content: draft.content,
            kind: draft.kind.unwrap_or_default(),
            client_id: draft.client_id,
            reply_to: draft.reply_to,
            at: Timestamp::now(),
            job: JobId::fresh(),
        };
        self.parts.writer.submit(Change::Send(message)).map(Sending)
    }
}

impl Sending {
    /// Waits for the commit, 3 s at most.
    pub async fn sent(self) -> Result<Sent, Problem> {
        match self.0.outcome().await? {
            Outcome::Committed(RoomChange::New(message)) => Ok(Sent {
                message,
                repeated: false,
            }),
            Outcome::Already(RoomChange::New(message)) => Ok(Sent {
                message,
                repeated: true,
            }),
            Outcome::Refused(Refusal::NoRoom) => Err(Problem::no_room()),
            Outcome::Refused(Refusal::NotMember) => Err(not_member()),
            Outcome::Refused(Refusal::NoReply) => {
                Err(Problem::invalid("`replyTo` is not a message of this room."))
            }
            _ => {
                tracing::error!("the store took a message for no change");
                Err(Problem::internal())
            }
        }
    }
}
