//! Messages and their order.

use async_trait::async_trait;

use super::BackendError;
use crate::domain::{
    Rev, Seq,
    change::{Change, Outcome},
    id::{MessageId, RoomId, UserId},
    message::{Message, Mine},
    room::Room,
};

/// Messages and their order.
#[async_trait]
pub trait MessageStore: Send + Sync {
    /// Commits the changes that may be made, all of them in one transaction, and answers for each, in the order given.
    ///
    /// Within one room, `seq` and `rev` follow that order and have no gaps, and commit order is `rev` order over all replicas:
    /// who reads a `rev` can read every lower one. A `clientId` of the same user in the same room, or a message id, that is there
    /// already (also earlier in this batch) is [`Outcome::Already`] and takes nothing. Each sent message's job row is
    /// committed with it; each enrichment's job row goes with it. Sending marks the room as read up to the message. An
    /// enrichment applies only while the message's text is the one that it read, and only if it finds something that the message
    /// does not already carry; it then replaces what the message carries. Asking again with the same ids after an unknown outcome
    /// changes nothing twice.
    ///
    /// An act, a clap, a change of the room or its deletion is judged by the table in [`permission`](crate::domain::permission), on
    /// what holds in the transaction. An edit stores a job row like a send's, and takes away mentions and previews; so does a
    /// deletion, without a job. Claps of people who may not clap are left out; if that is everybody, the applause is refused. A
    /// changed visibility, and a deletion, make `access_rev` rise.
    ///
    /// An edit is known by its job's id, applause by its own, for an hour, and the deletion of a room for good: asked for again, they
    /// are [`Outcome::Already`] with the state as it is now, also where another change came between, and whatever the asker may do by
    /// now, as long as they may see the room. The other changes carry no id: asked for again, they are made again if something
    /// undid them in between.
    ///
    /// The changes of one batch are [`independent`](crate::domain::batch::independent) and see each other only as far as
    /// [`answering`](crate::domain::batch::answering) says: an answer, an act or an enrichment is about a message that was
    /// committed before the call. A repeat in a room that its author may still see is
    /// [`Outcome::Already`], member or not.
    ///
    /// No lock outlives the call, also if the caller freezes; it waits at most 1 s for a lock.
    async fn commit(&self, changes: &[Change]) -> Result<Vec<Outcome>, BackendError>;

    /// A page of history and the room as of the same snapshot; `None` when there is no such room.
    async fn page(
        &self,
        room: &RoomId,
        place: Place,
        limit: i64,
    ) -> Result<Option<Page>, BackendError>;

    /// Every message whose `rev` is above `since`, in its current state, as of one snapshot; `None` when there is no such room.
    /// If they are more than `limit`, only those with the `limit` highest `rev`s: see [`Changes::floor`].
    async fn changes(
        &self,
        room: &RoomId,
        since: Rev,
        limit: i64,
    ) -> Result<Option<Changes>, BackendError>;

    /// The rooms of those of the messages that exist, in no order. A message never moves.
    async fn rooms_of(
        &self,
        messages: &[MessageId],
    ) -> Result<Vec<(MessageId, RoomId)>, BackendError>;

    /// What under these messages is the users' own, in no order; nothing for who has neither clapped nor reacted. One snapshot.
    async fn mine(
        &self,
        users: &[UserId],
        messages: &[MessageId],
    ) -> Result<Vec<(UserId, MessageId, Mine)>, BackendError>;
}

/// Where a page of history lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The newest messages.
    Newest,
    /// The nearest ones below, without it.
    Before(Seq),
    /// The nearest ones above, without it.
    After(Seq),
    /// Half of them at or below, the rest above; with it.
    Around(Seq),
}

impl Place {
    /// How many messages of a page of `limit` lie below (for [`Place::Around`]: at or below) and above the place.
    pub fn reach(self, limit: i64) -> (i64, i64) {
        match self {
            Self::Newest | Self::Before(_) => (limit, 0),
            Self::After(_) => (0, limit),
            Self::Around(_) => (limit - limit / 2, limit / 2),
        }
    }
}

/// A page of history.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The room at the moment of reading (without a standing).
    pub room: Room,
    /// Ascending by `seq`.
    pub messages: Vec<Message>,
    /// Whether there is more in the direction asked: older ones for [`Place::Newest`], [`Place::Before`]; newer ones for
    /// [`Place::After`]; either for [`Place::Around`].
    pub has_more: bool,
}

impl Page {
    /// Makes a page of what an adapter has read, ascending by `seq`: in each direction that the place reaches, one message more
    /// than fits if there is one.
    pub fn of(room: Room, place: Place, limit: i64, mut messages: Vec<Message>) -> Self {
        let (below, above) = place.reach(limit);
        let middle = match place {
            Place::Newest | Place::Before(_) => messages.len(),
            Place::After(_) => 0,
            Place::Around(seq) => messages.partition_point(|message| message.seq <= seq),
        };
        let newer = (messages.len() - middle) as i64 > above;
        if newer {
            messages.truncate(middle + above.max(0) as usize);
        }
        let older = middle as i64 > below;
        if older {
            messages.drain(..middle - below.max(0) as usize);
        }
        Self {
            room,
            messages,
            has_more: older || newer,
        }
    }
}

/// What changed in a room since a revision.
#[derive(Debug, Clone, PartialEq)]
pub struct Changes {
    /// The room at the moment of reading (without a standing).
    pub room: Room,
    /// The revision of the last change of the room itself (name, topic, visibility); 0 if there was none.
    pub room_changed: Rev,
    /// `messages` are exactly those whose `rev` is above this: `since`, or a higher one when they were more than the limit.
    pub floor: Rev,
    /// Ascending by `seq`.
    pub messages: Vec<Message>,
}

impl Changes {
    /// Makes the answer of what an adapter has read, ascending by `seq`: those with the highest `rev`s, one more than `limit` if
    /// there is one.
    pub fn of(
        room: Room,
        room_changed: Rev,
        since: Rev,
        limit: i64,
        mut messages: Vec<Message>,
    ) -> Self {
        let mut floor = since;
        if messages.len() as i64 > limit
            && let Some(lowest) = (0..messages.len()).min_by_key(|&index| messages[index].rev)
        {
            floor = messages.remove(lowest).rev;
        }
        Self {
            room,
            room_changed,
            floor,
            messages,
        }
    }
}
