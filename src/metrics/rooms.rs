//! Live rooms: who joins, and how what changes gets to people.

use prometheus_client::metrics::{counter::Counter, gauge::Gauge, histogram::Histogram};

use super::{catalog::Catalog, seconds};

/// The rooms that are live on this replica.
#[derive(Debug)]
pub struct RoomFigures {
    /// How many there are.
    pub live: Gauge,
    /// Joins that were answered with a history.
    pub joins: Counter,
    /// Packets handed to sockets by rooms.
    pub deliveries: Counter,
    /// From a commit to when the room has handed it to its sockets, in seconds: of this process's own commits.
    pub delivery_seconds: Histogram,
    /// From when another process took a message to the same here, by the clocks of two machines.
    pub remote_delivery_seconds: Histogram,
    /// Holes in a room's revisions that the store had to close.
    pub holes_closed: Counter,
    /// Times that all sockets here were told that personal events may have been missed.
    pub resyncs: Counter,
}

impl RoomFigures {
    pub(super) fn of(catalog: &mut Catalog) -> Self {
        Self {
            live: catalog.gauge("live_rooms", "Rooms live on this replica"),
            joins: catalog.counter("joins", "Joins answered with a history"),
            deliveries: catalog.counter("deliveries", "Packets handed to sockets by rooms"),
            delivery_seconds: catalog.add(
                "delivery_seconds",
                &[],
                "From a commit of this process to when the room has handed the change to its sockets here, once a change",
                seconds(),
            ),
            remote_delivery_seconds: catalog.add(
                "remote_delivery_seconds",
                &[],
                "From when another process took a message to when its room has handed it to its sockets here, once a message: commit and bus included, by the clocks of two machines",
                seconds(),
            ),
            holes_closed: catalog.counter(
                "holes_closed",
                "Holes in a room's revisions closed by the store",
            ),
            resyncs: catalog.counter(
                "resyncs",
                "Times that all sockets here were told that personal events may have been missed",
            ),
        }
    }
}
