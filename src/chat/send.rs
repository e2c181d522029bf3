//! Sending a message.

use std::sync::Arc;

use super::{Chat, mine::Reader, refusals::problem};
use crate::{
    commit::writer::Submitted,
    domain::{
        change::{Change, NewMessage, Outcome, RoomChange},
        error::Problem,
        id::{JobId, MessageId, RoomId, UserId},
        message::Message,
        timestamp::Timestamp,
    },
    ports::limits::Key,
    protocol::client_event::{Draft, check_draft},
    telemetry::trace,
};

/// The limit that messages of one user have, over all their sockets and paths.
const SENDS: &str = "send";

/// A message on its way to its commit.
pub struct Sending {
    submitted: Submitted,
    reader: Reader,
}

/// A sent message, which is durable.
#[derive(Debug, Clone)]
pub struct Sent {
    /// As it is now, and as its author sees it.
    pub message: Arc<Message>,
    /// Whether an earlier send with the same `clientId` had made it.
    pub repeated: bool,
}

impl Chat {
    /// Hands a message in when the sender's limit allows it, which takes 200 ms at most: messages that one caller hands in, one
    /// after the other, for one room are committed in that order.
    pub async fn send(
        &self,
        user_id: &UserId,
        room_id: RoomId,
        draft: Draft,
    ) -> Result<Sending, Problem> {
        check_draft(&draft)?;
        let key = Key::new(SENDS, user_id.as_str());
        if let Some(wait) = self
            .parts
            .limits
            .take_often(&key, self.sends)
            .await
            .refused()
        {
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
        trace::note(|span| span.set("belfry.message.id", message.id.to_string()));
        self.whereabouts.note(message.id, &message.room_id);
        Ok(Sending {
            submitted: self.parts.writer.submit(Change::Send(message))?,
            reader: self.reader(user_id),
        })
    }
}

impl Sending {
    /// Waits for the commit, 3 s at most.
    pub async fn sent(self) -> Result<Sent, Problem> {
        let (message, repeated) = match self.submitted.outcome().await? {
            Outcome::Committed(RoomChange::New(message)) => (message, false),
            Outcome::Already(RoomChange::New(message)) => (message, true),
            Outcome::Refused(refusal) => return Err(problem(refusal)),
            _ => {
                tracing::error!("the store took a message for no change");
                return Err(Problem::internal());
            }
        };
        Ok(Sent {
            message: self.reader.sees_changed(message).await,
            repeated,
        })
    }
}
