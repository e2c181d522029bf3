//! What somebody does with a message that is there, on its way to its commit: what editing, deleting and reacting share.

use std::sync::Arc;

use super::{Chat, mine::Reader, refusals::problem};
use crate::{
    commit::writer::Submitted,
    domain::{
        change::{Act, Change, Deed, Outcome, Refusal},
        error::Problem,
        id::{MessageId, UserId},
        message::Message,
        timestamp::Timestamp,
    },
};

/// An act on its way to its commit.
pub(super) struct Acting {
    submitted: Submitted,
    pub(super) reader: Reader,
}

impl Chat {
    /// Hands an act in; ends when it has its place in the order of its room. Whether it is allowed is judged in the commit.
    pub(super) async fn act(
        &self,
        user: &UserId,
        message_id: MessageId,
        deed: Deed,
    ) -> Result<Acting, Problem> {
        let act = Act {
            room_id: self.whereabouts.of(message_id).await?,
            message_id,
            user_id: user.clone(),
            at: Timestamp::now(),
            deed,
        };
        Ok(Acting {
            submitted: self.parts.writer.submit(Change::Act(act))?,
            reader: self.reader(user),
        })
    }
}

impl Acting {
    /// Waits for the commit, 3 s at most: the message after it, without what is anybody's own.
    pub(super) async fn changed(self) -> Result<Arc<Message>, Problem> {
        match self.submitted.outcome().await? {
            Outcome::Committed(change) | Outcome::Already(change) => {
                change.message().cloned().ok_or_else(|| {
                    tracing::error!("the store took an act for something else");
                    Problem::internal()
                })
            }
            Outcome::Refused(refusal) => Err(refused(refusal)),
            Outcome::Unchanged => {
                tracing::error!("the store took an act for a finding");
                Err(Problem::internal())
            }
        }
    }

    /// The same, as the one who acts sees it.
    pub(super) async fn seen(self) -> Result<Arc<Message>, Problem> {
        let reader = self.reader.clone();
        Ok(reader.sees_changed(self.changed().await?).await)
    }
}

/// Who asks about a message is told of a message: that its room is not there is said in the same words.
pub(super) fn refused(refusal: Refusal) -> Problem {
    problem(match refusal {
        Refusal::NoRoom => Refusal::NoMessage,
        other => other,
    })
}
