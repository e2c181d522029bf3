//! Clapping a message.

use super::{Chat, acts::refused};
use crate::{
    commit::applause::{Clapping as Gathered, NotClapped},
    domain::{
        error::Problem,
        id::{MessageId, UserId},
        message::Claps,
    },
};

/// Claps on their way to their commit.
pub struct Clapping(Gathered);

impl Chat {
    /// Hands claps in, `count` above 0; ends when they are gathered with those of others for the message's next change.
    pub async fn clap(
        &self,
        user: &UserId,
        message: MessageId,
        count: i64,
    ) -> Result<Clapping, Problem> {
        let room = self.whereabouts.of(message).await?;
        self.applause
            .clap(&room, message, user, count)
            .map(Clapping)
    }
}

impl Clapping {
    /// Waits for the commit, 3 s at most: everybody's claps and the user's own.
    pub async fn claps(self) -> Result<Claps, Problem> {
        self.0.claps().await.map_err(|why| match why {
            NotClapped::Refused(refusal) => refused(refusal),
            NotClapped::Failed(problem) => problem,
        })
    }
}
