//! News between replicas: fast, at most once, and in no promised order. The comparison with the store makes delivery certain.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::domain::{change::RoomChange, id::RoomId, presence::Signal};

/// One replica's place on the bus.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Hands news to every *other* replica that listens to the topic. Never waits and never fails: news that cannot go now
    /// (away, or more than the bound waiting) is lost.
    fn publish(&self, topic: &Topic, news: &News);

    /// Listens to a topic from some moment soon on: when this returns `Ok`, news published afterwards is heard, unless a
    /// [`Heard::Gap`] says otherwise. While the bus is away it returns at once, and the topic is taken up when it is back.
    /// Ends within 1 s.
    async fn subscribe(&self, topic: Topic);

    /// Stops listening to a topic.
    async fn unsubscribe(&self, topic: &Topic);

    /// Whether the bus is connected now.
    fn is_up(&self) -> bool;
}

/// The receiving end; made with the bus, owned by one reader. Bounded: when the reader falls behind, news is lost and a
/// [`Heard::Gap`] takes its place.
pub type Ear = mpsc::Receiver<Heard>;

/// What is spoken about, and so who listens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Topic {
    /// A room: the replicas where somebody is live in it.
    Room(RoomId),
    /// Users' status: every replica.
    People,
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
    /// News may have been lost since the last one: compare with the store.
    Gap,
}
