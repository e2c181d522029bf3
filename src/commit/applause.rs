//! Claps, gathered: however many people clap one message, this replica changes it at most ten times a second.
//!
//! The first clap starts a task for its message. It commits what has gathered after 100 ms, and again that long after each
//! commit, as one change with an id of its own: asked for again with the same id, it counts once. One change holds a hundred people, or
//! a tenth of those who wait if that is more, in the order in which they came: its event stays small, and everybody
//! is served within a second or so.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use indexmap::IndexMap;
use parking_lot::Mutex;
use rand::RngExt;
use tokio::{
    sync::oneshot,
    time::{Instant, sleep, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::writer::Writer;
use crate::{
    domain::{
        change::{Applause, Change, ClapsOf, Outcome, Refusal, RoomChange},
        error::{Code, Problem},
        id::{MessageId, RoomId, UserId},
        message::{CLAPS_MAX, Claps},
        room::Visibility,
        timestamp::Timestamp,
    },
    metrics::Metrics,
    ports::store::Store,
};

/// Between two changes of one message, and before the first one.
const INTERVAL: Duration = Duration::from_millis(100);
/// The fewest people that must wait before a change holds less than all of them.
const AT_ONCE: usize = 100;
/// The most messages that are clapped at once; beyond, a clap is `unavailable` at once.
const MESSAGES_MAX: usize = 8_192;
/// The most claps that may wait; beyond, a clap is `unavailable` at once.
const WAITING_MAX: usize = 65_536;
/// After so long whoever waits is told `unavailable`.
const PATIENCE: Duration = Duration::from_secs(3);
/// Before a change whose outcome is not known is asked for again; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// Why somebody's claps were not counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotClapped {
    /// They may not, or the message cannot be clapped.
    Refused(Refusal),
    /// Not done, or not known to be.
    Failed(Problem),
}

impl From<Problem> for NotClapped {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

type Answer = Result<Claps, NotClapped>;

/// Where claps are handed in.
pub struct Gatherer {
    gathered: Mutex<Gathered>,
    writer: Arc<Writer>,
    store: Arc<dyn Store>,
    metrics: Arc<Metrics>,
    closing: CancellationToken,
    tasks: TaskTracker,
}

#[derive(Default)]
struct Gathered {
    messages: HashMap<MessageId, IndexMap<UserId, Vec<Clap>>>,
    waiting: usize,
}

/// What one call adds.
struct Clap {
    count: i64,
    taken: Instant,
    done: oneshot::Sender<Answer>,
}

impl Gathered {
    /// Those whose turn it is; when there are none, the message is let go of.
    fn take(&mut self, message: MessageId) -> IndexMap<UserId, Vec<Clap>> {
        let Some(waiting) = self.messages.get_mut(&message) else {
            return IndexMap::new();
        };
        let before: usize = waiting.values().map(Vec::len).sum();
        // Nobody waits for these any more, so nobody may be told that they were counted.
        waiting.retain(|_, claps| {
            claps.retain(Clap::is_waited_for);
            !claps.is_empty()
        });
        let at_once = AT_ONCE.max(waiting.len() / 10).min(waiting.len());
        let taken: IndexMap<UserId, Vec<Clap>> = waiting.drain(..at_once).collect();
        let after: usize = waiting.values().map(Vec::len).sum();
        if taken.is_empty() {
            self.messages.remove(&message);
        }
        self.waiting -= before - after;
        taken
    }
}

impl Clap {
    fn is_waited_for(&self) -> bool {
        self.taken.elapsed() < PATIENCE && !self.done.is_closed()
    }
}

/// Claps that have been handed in.
pub struct Clapping {
    done: oneshot::Receiver<Answer>,
    taken: Instant,
}

impl Clapping {
    /// Waits for their commit, 3 s from handing in at most: everybody's claps, and the user's own.
    pub async fn claps(self) -> Result<Claps, NotClapped> {
        match timeout_at(self.taken + PATIENCE, self.done).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(Problem::unavailable().into()),
        }
    }
}

impl Gatherer {
    /// Commits through `writer`.
    pub fn new(writer: Arc<Writer>, store: Arc<dyn Store>, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self {
            gathered: Mutex::default(),
            writer,
            store,
            metrics,
            closing: CancellationToken::new(),
            tasks: TaskTracker::new(),
        })
    }

    /// Hands claps in without waiting. Above [`CLAPS_MAX`], `count` makes no difference.
    pub fn clap(
        self: &Arc<Self>,
        room: &RoomId,
        message: MessageId,
        user: &UserId,
        count: i64,
    ) -> Result<Clapping, Problem> {
        let taken = Instant::now();
        let (done, receiver) = oneshot::channel();
        let mut gathered = self.gathered.lock();
        let known = gathered.messages.contains_key(&message);
        let full =
            gathered.waiting >= WAITING_MAX || (!known && gathered.messages.len() >= MESSAGES_MAX);
        // Under the lock, so that after the end of `finish` nothing is taken.
        if full || self.closing.is_cancelled() {
            return Err(Problem::unavailable());
        }
        gathered.waiting += 1;
        let people = gathered.messages.entry(message).or_default();
        people.entry(user.clone()).or_default().push(Clap {
            count: count.min(CLAPS_MAX),
            taken,
            done,
        });
        if !known {
            self.tasks.spawn(self.clone().gather(room.clone(), message));
        }
        Ok(Clapping {
            done: receiver,
            taken,
        })
    }

    /// Takes nothing more, commits what has gathered without waiting for more, and ends.
    pub async fn finish(&self) {
        {
            let _taking = self.gathered.lock();
            self.closing.cancel();
        }
        self.tasks.close();
        self.tasks.wait().await;
    }

    async fn gather(self: Arc<Self>, room: RoomId, message: MessageId) {
        loop {
            tokio::select! {
                () = sleep(INTERVAL) => {}
                () = self.closing.cancelled() => {}
            }
            let people = self.gathered.lock().take(message);
            if people.is_empty() {
                return;
            }
            self.metrics
                .commits
                .clappers_at_once
                .observe(people.len() as f64);
            self.commit(&room, message, people).await;
        }
    }

    async fn commit(&self, room: &RoomId, message: MessageId, people: IndexMap<UserId, Vec<Clap>>) {
        let since = people
            .values()
            .flatten()
            .map(|clap| clap.taken)
            .min()
            .unwrap_or_else(Instant::now);
        let by = people.iter().map(|(user, claps)| ClapsOf {
            user_id: user.clone(),
            count: claps
                .iter()
                .fold(0, |sum, clap| (sum + clap.count).min(CLAPS_MAX)),
        });
        let applause = Applause {
            id: uuid::Uuid::now_v7(),
            room_id: room.clone(),
            message_id: message,
            by: by.collect(),
            at: Timestamp::now(),
        };
        let answers = match self.outcome(applause, since + PATIENCE).await {
            Ok(
                Outcome::Committed(RoomChange::Clapped { message, by })
                | Outcome::Already(RoomChange::Clapped { message, by }),
            ) => self.counted(room, &people, message.claps.total, by).await,
            // A deleted message is for those to know of who may see its room; each is judged alone.
            Ok(Outcome::Refused(Refusal::Deleted)) if people.len() > 1 => {
                self.deleted(room, &people).await
            }
            Ok(Outcome::Refused(refusal)) => alike(&people, &NotClapped::Refused(refusal)),
            Ok(_) => {
                tracing::error!("the store took claps for something else");
                alike(&people, &Problem::internal().into())
            }
            Err(problem) => alike(&people, &problem.into()),
        };
        for (claps, answer) in people.into_values().zip(answers) {
            for clap in claps {
                let _ = clap.done.send(answer.clone());
            }
        }
    }

    /// Asks for the same change again while its outcome is not known and somebody waits: it counts once.
    async fn outcome(&self, applause: Applause, until: Instant) -> Result<Outcome, Problem> {
        let mut pause = FIRST_PAUSE;
        loop {
            let outcome = match self.writer.submit(Change::Clap(applause.clone())) {
                Ok(submitted) => submitted.outcome().await,
                Err(problem) => Err(problem),
            };
            let jitter = rand::rng().random_range(0.5..=1.0);
            let again_at = Instant::now() + pause.mul_f64(jitter);
            match outcome {
                Err(problem) if problem.code == Code::Unavailable && again_at < until => {
                    tokio::time::sleep_until(again_at).await;
                    pause *= 2;
                }
                known => return known,
            }
        }
    }

    /// Those who are not in `by` were left out because they may not clap.
    async fn counted(
        &self,
        room: &RoomId,
        people: &IndexMap<UserId, Vec<Clap>>,
        total: i64,
        by: Vec<ClapsOf>,
    ) -> Vec<Answer> {
        let by: HashMap<UserId, i64> = by
            .into_iter()
            .map(|claps| (claps.user_id, claps.count))
            .collect();
        let left_out = people.keys().find(|user| !by.contains_key(*user));
        let refusal = match left_out {
            Some(user) => self.refusal_of_strangers(room, user).await,
            None => NotClapped::Refused(Refusal::NoMessage),
        };
        people
            .keys()
            .map(|user| match by.get(user) {
                Some(&mine) => Ok(Claps {
                    total,
                    mine: Some(mine),
                }),
                None => Err(refusal.clone()),
            })
            .collect()
    }

    async fn deleted(&self, room: &RoomId, people: &IndexMap<UserId, Vec<Clap>>) -> Vec<Answer> {
        let everybody: Vec<UserId> = people.keys().cloned().collect();
        let members: HashSet<UserId> = match self.store.members_among(room, &everybody).await {
            Ok(members) => members.into_iter().collect(),
            Err(error) => return alike(people, &error.told().into()),
        };
        let stranger = everybody.iter().find(|user| !members.contains(*user));
        let refusal = match stranger {
            Some(user) => self.refusal_of_strangers(room, user).await,
            None => NotClapped::Refused(Refusal::NoMessage),
        };
        everybody
            .iter()
            .map(|user| match members.contains(user) {
                true => Err(NotClapped::Refused(Refusal::Deleted)),
                false => Err(refusal.clone()),
            })
            .collect()
    }

    /// What all who are no members are told: whether the room is there for them to see is the same for each.
    async fn refusal_of_strangers(&self, room: &RoomId, one: &UserId) -> NotClapped {
        match self.store.room(room, one).await {
            Ok(Some(view)) if view.room.visibility == Visibility::Public => {
                NotClapped::Refused(Refusal::NotMember)
            }
            Ok(_) => NotClapped::Refused(Refusal::NoMessage),
            Err(error) => error.told().into(),
        }
    }
}

fn alike(people: &IndexMap<UserId, Vec<Clap>>, why: &NotClapped) -> Vec<Answer> {
    people.keys().map(|_| Err(why.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Claps of so many people for one message, once each, and what keeps them waiting.
    fn crowd(people: usize) -> (Gathered, MessageId, Vec<oneshot::Receiver<Answer>>) {
        let (mut gathered, message) = (Gathered::default(), MessageId::fresh());
        let mut waiting = Vec::new();
        for person in 0..people {
            let (done, receiver) = oneshot::channel();
            waiting.push(receiver);
            let claps = gathered.messages.entry(message).or_default();
            claps.entry(name(person)).or_default().push(Clap {
                count: 1,
                taken: Instant::now(),
                done,
            });
            gathered.waiting += 1;
        }
        (gathered, message, waiting)
    }

    fn name(person: usize) -> UserId {
        UserId::parse(&format!("person-{person}")).unwrap()
    }

    #[test]
    fn a_change_holds_a_hundred_people_or_a_tenth_in_the_order_in_which_they_came() {
        for (people, turns) in [
            (3, vec![3]),
            (230, vec![100, 100, 30]),
            (1_200, vec![120, 108, 100]),
        ] {
            let (mut gathered, message, _waiting) = crowd(people);
            let mut next = 0;
            for turn in turns {
                let taken: Vec<UserId> = gathered.take(message).into_keys().collect();
                let expected: Vec<UserId> = (next..next + turn).map(name).collect();
                assert_eq!(taken, expected);
                next += turn;
                assert_eq!(gathered.waiting, people - next);
            }
        }
    }

    #[test]
    fn who_has_gone_is_not_counted_and_a_message_without_people_is_let_go_of() {
        let (mut gathered, message, mut waiting) = crowd(3);
        waiting.remove(1);
        let taken: Vec<UserId> = gathered.take(message).into_keys().collect();
        assert_eq!(taken, [name(0), name(2)]);
        assert_eq!(gathered.waiting, 0);
        // It stays for one turn more, so that the next change of the message waits its time.
        assert!(gathered.messages.contains_key(&message));
        assert!(gathered.take(message).is_empty());
        assert!(gathered.messages.is_empty());
    }
}
