//! News between replicas: fast, at most once, and in no promised order. The comparison with the store makes delivery certain.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::domain::{
    change::RoomChange,
    id::RoomId,
    presence::{Recipients, Signal},
    trace::Mark,
};

/// One replica's place on the bus.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Hands news to every *other* replica that listens to the topic. Never waits and never fails: news that cannot go now
    /// (away, or more than the bound waiting) is lost.
    fn publish(&self, topic: &Topic, news: &News);

    /// The same for changes some of which are recorded: their marks go with them, to be heard before the news itself, and replicas that
    /// know of no marks hear the news alone.
    fn publish_marked(&self, topic: &Topic, news: &News, marks: &[Mark]);

    /// Listens to a topic from some moment soon on: when this returns `Ok`, news published afterwards is heard, unless a
    /// [`Heard::Gap`] says otherwise. While the bus is away it returns at once, and the topic is taken up when it is back.
    /// Ends within 1 s. The wish holds from the first poll on, also where the caller does not wait for the end.
    async fn subscribe(&self, topic: Topic);

    /// Stops listening to a topic; a wish as above.
    async fn unsubscribe(&self, topic: &Topic);

    /// Whether the bus is connected now.
    fn is_up(&self) -> bool;
}

/// The receiving end; made with the bus, owned by one reader. Bounded: when the reader falls behind, news is lost and a
/// [`Heard::Gap`] takes its place.
pub type Ear = mpsc::Receiver<Heard>;

/// Makes an ear in which up to `bound` news can wait, and the end for its bus to speak into.
pub fn ear(bound: usize) -> (Mouth, Ear) {
    let (sender, ear) = mpsc::channel(bound.saturating_add(1));
    let spare = sender.clone().try_reserve_owned().ok();
    (Mouth { sender, spare }, ear)
}

/// Speaks into an [`Ear`] without ever waiting: where news does not fit, a [`Heard::Gap`] stands in its place.
///
/// One place is kept free for that gap. Once it is taken, nothing is said before there is a free place again: until then the unread
/// gap speaks for all that is lost.
#[derive(Debug)]
pub struct Mouth {
    sender: mpsc::Sender<Heard>,
    spare: Option<mpsc::OwnedPermit<Heard>>,
}

impl Mouth {
    /// Says news, or that some was lost. True when it will be heard as it is.
    pub fn say(&mut self, news: News) -> bool {
        if !self.has_spare() {
            return false;
        }
        let said = self.sender.try_send(Heard::News(news)).is_ok();
        if !said {
            self.gap();
        }
        said
    }

    /// Says where the changes of the next news stand in their traces. Where that and the news do not both fit, it is not said.
    pub fn mark(&mut self, marks: Vec<Mark>) {
        if self.has_spare() && self.sender.capacity() > 1 {
            let _ = self.sender.try_send(Heard::Marks(marks));
        }
    }

    /// Whether news would not fit now.
    pub fn is_full(&self) -> bool {
        self.sender.capacity() == 0
    }

    /// Says that news may have been lost.
    pub fn gap(&mut self) {
        if self.has_spare()
            && let Some(place) = self.spare.take()
        {
            place.send(Heard::Gap);
        }
    }

    fn has_spare(&mut self) -> bool {
        if self.spare.is_none() {
            self.spare = self.sender.clone().try_reserve_owned().ok();
        }
        self.spare.is_some()
    }
}

/// What is spoken about, and so who listens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Topic {
    /// A room: the replicas where somebody is live in it.
    Room(RoomId),
    /// What concerns users wherever they are, and no live room alone: every replica.
    People,
}

impl Topic {
    /// Where a signal is told.
    pub fn of(signal: &Signal) -> Self {
        match signal {
            Signal::Joined { room_id, .. }
            | Signal::Left { room_id, .. }
            | Signal::Typing { room_id, .. }
            | Signal::Access { room_id }
            | Signal::Custom {
                to: Recipients::Room(room_id),
                ..
            } => Self::Room(room_id.clone()),
            // The reader's other devices want to know wherever they are.
            Signal::Read { .. }
            | Signal::Status { .. }
            | Signal::Removed { .. }
            | Signal::SessionEnded(_)
            | Signal::Custom { .. } => Self::People,
        }
    }
}

/// News. Small ones; a room's changes of one commit go together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "news", content = "of", rename_all = "camelCase")]
pub enum News {
    /// Committed changes of one room, ascending by `rev`.
    Changes(Vec<RoomChange>),
    /// Something that is not kept.
    Signals(Vec<Signal>),
}

/// What a replica hears.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// News from another replica.
    News(News),
    /// Where changes of the news that comes next stand in their traces.
    Marks(Vec<Mark>),
    /// News may have been lost, on its way here or on its way out of another replica: compare with the store.
    Gap,
}
