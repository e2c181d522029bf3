//! The room of a message: acts name the message alone, and changes go by rooms. A message never moves, so what is known stays true.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use parking_lot::Mutex;

use super::refusals::problem;
use crate::{
    commit::together::Together,
    domain::{
        change::Refusal,
        error::Problem,
        id::{MessageId, RoomId},
    },
    ports::store::Store,
};

/// Messages in one generation; two are remembered.
const GENERATION: usize = 32_768;

/// Remembers where messages are, and asks the store for the others, for all who wait in one call.
pub(super) struct Whereabouts {
    known: Mutex<Known>,
    asking: Together<MessageId, Option<RoomId>>,
}

/// When the younger generation is full, the older one is forgotten; what is asked for becomes young again.
#[derive(Default)]
struct Known {
    young: HashMap<MessageId, RoomId>,
    old: HashMap<MessageId, RoomId>,
}

impl Known {
    fn note(&mut self, message: MessageId, room: RoomId) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(message, room);
    }

    fn get(&mut self, message: MessageId) -> Option<RoomId> {
        if let Some(room) = self.young.get(&message) {
            return Some(room.clone());
        }
        let room = self.old.remove(&message)?;
        self.note(message, room.clone());
        Some(room)
    }
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
            known: Mutex::default(),
            asking,
        }
    }

    /// A message of this room is on its way.
    pub(super) fn note(&self, message: MessageId, room: &RoomId) {
        self.known.lock().note(message, room.clone());
    }

    /// The message's room; `not_found` when there is no such message.
    pub(super) async fn of(&self, message: MessageId) -> Result<RoomId, Problem> {
        if let Some(room) = self.known.lock().get(message) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_outlives_what_is_not() {
        let room = RoomId::parse("r").unwrap();
        let (wanted, forgotten) = (MessageId::fresh(), MessageId::fresh());
        let mut known = Known::default();
        known.note(wanted, room.clone());
        known.note(forgotten, room.clone());
        for _ in 0..3 * GENERATION {
            known.note(MessageId::fresh(), room.clone());
            assert_eq!(known.get(wanted), Some(room.clone()));
        }
        assert_eq!(known.get(forgotten), None);
        assert!(known.young.len() + known.old.len() <= 2 * GENERATION);
    }
}
