//! What a socket has sent and what has its place in the order of its room, but is not committed and answered yet.

use std::{collections::HashMap, future::Future};

use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};

use crate::{
    domain::id::{MessageId, RoomId},
    protocol::client_event::ClientEvent,
};

/// What something on its way is about, as far as later events of the same socket wait for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Concern {
    /// A message to this room.
    Sent(RoomId),
    /// Claps for this message, which gather before they take their place.
    Clapped(MessageId),
    /// What later events follow in the order of the room in any case.
    Ordered,
}

/// Answers that are waited for, at the same time.
#[derive(Default)]
pub(super) struct Underway {
    answers: FuturesUnordered<BoxFuture<'static, Concern>>,
    concerns: HashMap<Concern, usize>,
}

impl Underway {
    pub(super) fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    pub(super) fn push(
        &mut self,
        concern: Concern,
        answer: impl Future<Output = ()> + Send + 'static,
    ) {
        *self.concerns.entry(concern.clone()).or_default() += 1;
        self.answers.push(Box::pin(async move {
            answer.await;
            concern
        }));
    }

    /// Goes on with all until one of them is answered; ends at once when there is none.
    pub(super) async fn next(&mut self) {
        if let Some(concern) = self.answers.next().await
            && let Some(count) = self.concerns.get_mut(&concern)
        {
            *count -= 1;
            if *count == 0 {
                self.concerns.remove(&concern);
            }
        }
    }

    /// Goes on until `event` may begin: joining and leaving wait for everything, what is done with a message for its
    /// gathered claps, and a read position for what was sent to the room.
    pub(super) async fn settle_before(&mut self, event: &ClientEvent) {
        let concern = match event {
            ClientEvent::Join(_) | ClientEvent::Leave(_) => {
                while !self.is_empty() {
                    self.next().await;
                }
                return;
            }
            ClientEvent::Edit(edit) => Concern::Clapped(edit.message_id),
            ClientEvent::Delete(message) => Concern::Clapped(*message),
            ClientEvent::React(react) => Concern::Clapped(react.message_id),
            ClientEvent::Read(read) => Concern::Sent(read.room_id.clone()),
            ClientEvent::Send(_)
            | ClientEvent::Clap(_)
            | ClientEvent::StartTyping(_)
            | ClientEvent::StopTyping(_)
            | ClientEvent::UpdatePresence(_) => return,
        };
        while self.concerns.contains_key(&concern) {
            self.next().await;
        }
    }
}
