//! Being live in a room: joining, leaving, typing.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::Chat;
use crate::{
    domain::{
        error::{Code, Problem},
        id::{RoomId, SocketId},
    },
    protocol::client_event::{JoinRoom, check_limit},
    room::{hub::Joiner, link::Link},
    telemetry::trace::{SpanKind, Trace},
};

impl Chat {
    /// Makes the socket live in a room, and its user a member. When this returns `Ok`, the history and, with `ack`, the
    /// acknowledgement have been sent, in that order.
    pub async fn join(
        &self,
        link: Arc<dyn Link>,
        join: JoinRoom,
        ack: Option<i64>,
    ) -> Result<(), Problem> {
        let limit = check_limit(join.limit)? as usize;
        let (done, joined) = oneshot::channel();
        let status = self.parts.tracker.status(&link.account().id);
        let create = self.policy.rooms_by_joining;
        // Memberships and the history are read for many at once: what one joiner sees of that is how long it takes.
        let _reading = Trace::current().and_then(|at| at.span("history", SpanKind::Internal));
        self.parts.hubs.join(
            &join.room_id,
            Joiner {
                link,
                status,
                since: join.since,
                limit,
                create,
                ack,
                done,
            },
        );
        // The hub lets go of a joiner without a word only when the link has closed, or the process ends.
        joined.await.unwrap_or_else(|_| Err(Problem::unavailable()))
    }

    /// Ends the socket's live events of a room; membership stays.
    pub async fn leave(&self, room: &RoomId, socket: SocketId) -> Result<(), Problem> {
        self.parts.hubs.leave(room, socket).await
    }

    /// The socket has gone: ends its live events of a room, without waiting.
    pub fn left_behind(&self, room: &RoomId, socket: SocketId) {
        self.parts.hubs.left_behind(room, socket);
    }

    /// Tells the room that the socket's user writes, or has stopped.
    pub async fn typing(&self, room: &RoomId, socket: SocketId, on: bool) -> Result<(), Problem> {
        if self.parts.hubs.typing(room, socket, on).await? || !on {
            return Ok(());
        }
        Err(Problem::new(
            Code::Forbidden,
            "Join the room before typing in it.",
        ))
    }
}
