//! Putting an emoji under a message, or taking it away.

use super::{Chat, acts::Acting};
use crate::domain::{
    change::Deed,
    error::Problem,
    id::{MessageId, UserId},
    message::{Reaction, check_emoji},
};

/// A reaction on its way to its commit.
pub struct Reacting {
    acting: Acting,
    emoji: String,
    on: bool,
}

impl Chat {
    /// Hands a reaction in; ends when it has its place in the order of its room.
    pub async fn react(
        &self,
        user: &UserId,
        message: MessageId,
        emoji: String,
        on: bool,
    ) -> Result<Reacting, Problem> {
        check_emoji(&emoji)?;
        let deed = Deed::React {
            emoji: emoji.clone(),
            on,
        };
        let acting = self.act(user, message, deed).await?;
        Ok(Reacting { acting, emoji, on })
    }
}

impl Reacting {
    /// Waits for the commit, 3 s at most: all emoji under the message, with the user's own.
    pub async fn reactions(self) -> Result<Vec<Reaction>, Problem> {
        let message = self.acting.seen().await?;
        let mut reactions = message.reactions.clone();
        // What is the user's own was read after the commit, and they may have changed it since.
        for reaction in &mut reactions {
            if reaction.emoji == self.emoji {
                reaction.mine = Some(self.on);
            }
        }
        Ok(reactions)
    }
}
