//! The room of a message: acts name the message alone, and changes go by rooms. A message never moves, so what is known stays true.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;

use super::refusals::problem;
use crate::{
    commit::together::Together,
    domain::{
        change::Refusal,
        error::Problem,
        generations::Generations,
        id::{MessageId, RoomId},
    },
    ports::store::Store,
};

/// Messages in one generation; two are remembered.
const GENERATION: usize = 32_768;
/// How long a generation lasts: what nobody acts on for so long costs a question again.
const LIFE: Duration = Duration::from_secs(600);

/// Remembers where messages are, and asks the store for the others, for all who wait in one call.
pub(super) struct Whereabouts {
    known: Mutex<Generations<MessageId, RoomId>>,
    asking: Together<MessageId, Option<RoomId>>,
}

impl Whereabouts {
    /// Nothing known yet.
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        let asking = Together::start(move |messages: Vec<MessageId>| {
            let store = store.clone();
            async move {
                let once: HashSet<MessageId> = messages.iter().copied().collect();
                let once: Vec<MessageId> = once.into_iter().collect();
                let found = store.rooms_of(&once).await.map_err(|error| error.told())?;
                let rooms: HashMap<MessageId, RoomId> = found.into_iter().collect();
                Ok(messages
                    .iter()
                    .map(|message| rooms.get(message).cloned())
                    .collect())
            }
        });
        Self {
            known: Mutex::new(Generations::of(GENERATION).lasting(LIFE)),
            asking,
        }
    }

    /// A message of this room is on its way.
    pub(super) fn note(&self, message: MessageId, room: &RoomId) {
        self.known.lock().insert(message, room.clone());
    }

    /// The message's room; `not_found` when there is no such message.
    pub(super) async fn of(&self, message: MessageId) -> Result<RoomId, Problem> {
        if let Some(room) = self.known.lock().get(&message) {
            return Ok(room);
        }
        let room = self.asking.ask(message)?.answer().await?;
        let room = room.ok_or_else(|| problem(Refusal::NoMessage))?;
        self.note(message, &room);
        Ok(room)
    }

    /// Takes no more questions, and ends when those that were asked are answered.
    pub(super) async fn finish(&self) {
        self.asking.finish().await;
    }
}
