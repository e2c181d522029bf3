//! Who is live where: entries that each replica vouches for under a lease, kept by scripts; `scripts/presence_lib.lua` says how.
//!
//! A replica that cannot be sure of its entries (a call failed, Redis was lost, its lease had passed) begins a new *turn* at the next
//! renewal and is told to announce everything again; what it does not announce goes with the old turn soon after. So nothing
//! has to be cleaned up entry by entry, and whoever is announced in time is never shown to have left.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use indexmap::IndexMap;
use parking_lot::Mutex;
use redis::Script;
use tokio::time::Instant;

use super::{
    RedisSettings,
    link::{Link, ScriptCall, backend_error, too_slow},
    presence_reply::{live_of, signals_of, status_of},
    presence_steps::{goodbye, next_call},
};
use crate::{
    domain::{
        id::{ReplicaId, RoomId, UserId},
        presence::{Signal, Status},
    },
    ports::{
        BackendError,
        presence::{Live, Presence, Renewal, Step},
    },
};

/// No further call is begun with less time than this: what a call that is given up would have told is lost.
const WORTHWHILE: Duration = Duration::from_millis(300);

/// How many users and rooms one call buries.
const BURIED_AT_ONCE: usize = 512;

/// How many goodbyes are remembered while Redis is away, and how many go out at once when it is back.
const MOST_GOODBYES: usize = 20_000;
const GOODBYES_AT_ONCE: usize = 1_000;

/// How many users of a room one answer holds, whatever is asked.
const MOST_SHOWN: usize = 100_000;

/// How many rooms, or users, one round trip asks about.
const ASKED_AT_ONCE: usize = 256;

/// The presence port on Redis.
pub struct RedisPresence {
    link: Arc<Link>,
    prefix: String,
    limit: Duration,
    replica: ReplicaId,
    lease: Duration,
    renewal: Duration,
    scripts: Scripts,
    own: Mutex<Own>,
}

struct Scripts {
    apply: Script,
    renew: Script,
    bury: Script,
    leave: Script,
    hand_over: Script,
    doubts: Script,
    goodbyes: Script,
    live: Script,
}

/// What this replica knows of its own standing.
#[derive(Default)]
struct Own {
    /// The turn under which it announces; none before the first call.
    turn: String,
    /// How many turns it has named. A name is never offered twice, so that one begun by a call whose answer was lost is not ours.
    named: u64,
    /// It is not sure of its entries.
    unsure: bool,
    /// How often Redis had been lost when it was last sure.
    losses: u64,
    /// When the list was born, as it was last told.
    born: String,
    /// Dead turns that are its to bury.
    to_bury: Vec<String>,
    /// What may never have been told, of steps that failed.
    goodbyes: IndexMap<String, String>,
}

macro_rules! script {
    ($name:literal) => {
        Script::new(concat!(
            include_str!("scripts/presence_lib.lua"),
            include_str!(concat!("scripts/presence_", $name, ".lua"))
        ))
    };
}

impl RedisPresence {
    pub(super) fn new(settings: &RedisSettings, link: Arc<Link>) -> Self {
        Self {
            link,
            prefix: settings.prefix.clone(),
            limit: settings.presence_time,
            replica: settings.replica,
            lease: settings.lease,
            renewal: settings.renewal,
            scripts: Scripts {
                apply: script!("apply"),
                renew: script!("renew"),
                bury: script!("bury"),
                leave: script!("leave"),
                hand_over: script!("hand_over"),
                doubts: script!("doubts"),
                goodbyes: script!("goodbyes"),
                live: script!("live"),
            },
            own: Mutex::default(),
        }
    }

    /// The current turn, and a name for the next.
    fn turns(&self) -> (String, String, String) {
        let mut own = self.own.lock();
        own.named += 1;
        let next = format!("{}.{}", self.replica, own.named);
        (own.turn.clone(), next, own.born.clone())
    }

    async fn apply_some(
        &self,
        words: &[Vec<u8>],
        limit: Duration,
    ) -> Result<Vec<Signal>, BackendError> {
        let (turn, next, born) = self.turns();
        let mut call = self.scripts.apply.key(&self.prefix);
        call.arg(millis(self.lease)).arg(turn).arg(&next).arg(born);
        call.arg(words);
        let (begun, born, signals): (bool, String, Vec<Vec<String>>) =
            self.link.script(limit, &call).await?;
        let mut own = self.own.lock();
        own.born = born;
        if begun {
            own.turn = next;
            own.unsure = true;
        }
        drop(own);
        signals_of(signals)
    }

    /// Takes dead turns' entries away until done or out of time; what is left stays to be done at the next renewal.
    async fn bury(&self, until: Instant, signals: &mut Vec<Signal>) -> Result<(), BackendError> {
        while let Some(turn) = self.next_to_bury() {
            let mut call = self.scripts.bury.key(&self.prefix);
            call.arg(millis(self.lease)).arg(&turn).arg(BURIED_AT_ONCE);
            match self.until_done(until, &call, signals).await {
                Ok(true) => {}
                unfinished => {
                    self.own.lock().to_bury.push(turn);
                    return unfinished.map(drop);
                }
            }
        }
        Ok(())
    }

    /// Brings what may never have been told among the doubts; true if any of it is doubtful.
    async fn bring_goodbyes(&self, until: Instant) -> Result<bool, BackendError> {
        let left = until.saturating_duration_since(Instant::now());
        let goodbyes = {
            let mut own = self.own.lock();
            let count = own.goodbyes.len().min(GOODBYES_AT_ONCE);
            own.goodbyes.drain(..count).collect::<Vec<_>>()
        };
        if goodbyes.is_empty() {
            return Ok(false);
        }
        let mut call = self.scripts.goodbyes.key(&self.prefix);
        call.arg(millis(self.lease));
        for (whose, what) in &goodbyes {
            call.arg(whose).arg(what);
        }
        match self.link.script::<u64>(left, &call).await {
            Ok(doubtful) => Ok(doubtful > 0),
            Err(error) => {
                self.own.lock().goodbyes.extend(goodbyes);
                Err(error)
            }
        }
    }

    /// Leaves burials to whoever renews next.
    async fn hand_over(&self, turns: &[String]) {
        if turns.is_empty() {
            return;
        }
        let mut due = redis::cmd("ZADD");
        due.arg(format!("{}presence:graves", self.prefix)).arg("XX");
        for turn in turns {
            due.arg(0).arg(turn);
        }
        if let Err(error) = self.link.command::<i64>(WORTHWHILE / 3, &due).await {
            tracing::debug!(%error, "burials are left to others one lease later");
        }
    }

    fn next_to_bury(&self) -> Option<String> {
        self.own.lock().to_bury.pop()
    }

    /// Calls a script that answers whether it is done, until it is (true) or time is up (false).
    async fn until_done(
        &self,
        until: Instant,
        call: &redis::ScriptInvocation<'_>,
        signals: &mut Vec<Signal>,
    ) -> Result<bool, BackendError> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left < WORTHWHILE {
                return Ok(false);
            }
            let (done, told): (bool, Vec<Vec<String>>) = self.link.script(left, call).await?;
            signals.extend(signals_of(told)?);
            if done {
                return Ok(true);
            }
        }
    }
}

#[async_trait]
impl Presence for RedisPresence {
    async fn apply(&self, steps: &[Step]) -> Result<Vec<Signal>, BackendError> {
        let until = Instant::now() + self.limit;
        let mut signals = Vec::new();
        let mut unsure = Unsure {
            own: &self.own,
            steps,
        };
        while !unsure.steps.is_empty() {
            let (words, count) = next_call(unsure.steps);
            let left = until.saturating_duration_since(Instant::now());
            let applied = if left < WORTHWHILE {
                Err(backend_error(too_slow()))
            } else {
                self.apply_some(&words, left).await
            };
            match applied {
                Ok(told) => signals.extend(told),
                Err(error) if unsure.steps.len() == steps.len() => return Err(error),
                // What has been changed must be told; the rest is announced again after the next renewal.
                Err(error) => {
                    tracing::debug!(%error, "presence was applied in part");
                    return Ok(signals);
                }
            }
            unsure.steps = &unsure.steps[count..];
        }
        unsure.not_any_more();
        Ok(signals)
    }

    async fn renew(&self) -> Result<Renewal, BackendError> {
        let until = Instant::now() + self.limit;
        let losses = self.link.losses();
        let (turn, next, born) = self.turns();
        let was_unsure = {
            let mut own = self.own.lock();
            std::mem::take(&mut own.unsure) || own.losses != losses
        };
        let unsure = Unsure {
            own: &self.own,
            steps: &[],
        };
        let mut call = self.scripts.renew.key(&self.prefix);
        call.arg(millis(self.lease)).arg(turn).arg(&next).arg(born);
        call.arg(u8::from(was_unsure)).arg(millis(self.renewal));
        let (announce, born, doubts, due): (bool, String, bool, Vec<String>) =
            self.link.script(self.limit, &call).await?;
        unsure.not_any_more();
        {
            let mut own = self.own.lock();
            own.born = born;
            own.losses = losses;
            own.to_bury.extend(due);
            if announce {
                own.turn = next;
            }
        }
        let mut signals = Vec::new();
        let rest = async {
            self.bury(until, &mut signals).await?;
            if self.bring_goodbyes(until).await? || doubts {
                let mut call = self.scripts.doubts.key(&self.prefix);
                call.arg(millis(self.lease)).arg(BURIED_AT_ONCE);
                self.until_done(until, &call, &mut signals).await?;
            }
            Ok::<(), BackendError>(())
        };
        if let Err(error) = rest.await {
            tracing::debug!(%error, "the rest of a renewal goes on at the next one");
        }
        Ok(Renewal { announce, signals })
    }

    async fn live(&self, rooms: &[RoomId], limit: usize) -> Result<Vec<Live>, BackendError> {
        let until = Instant::now() + self.limit;
        let mut found = Vec::with_capacity(rooms.len());
        for some in rooms.chunks(ASKED_AT_ONCE) {
            let calls: Vec<ScriptCall> = some
                .iter()
                .map(|room| ScriptCall {
                    keys: vec![self.prefix.clone()],
                    args: vec![
                        millis(self.lease).to_string().into_bytes(),
                        room.as_str().into(),
                        limit.min(MOST_SHOWN).to_string().into_bytes(),
                    ],
                })
                .collect();
            let left = until.saturating_duration_since(Instant::now());
            let answers = self.link.scripts(left, &self.scripts.live, &calls).await?;
            for answer in answers {
                found.push(live_of(answer)?);
            }
        }
        Ok(found)
    }

    async fn statuses(&self, users: &[UserId]) -> Result<Vec<Status>, BackendError> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let mut pipeline = redis::pipe();
        for some in users.chunks(ASKED_AT_ONCE) {
            pipeline
                .cmd("HMGET")
                .arg(format!("{}presence:users", self.prefix));
            for user in some {
                pipeline.arg(user.as_str());
            }
        }
        let entries: Vec<Vec<Option<String>>> = self.link.pipeline(self.limit, &pipeline).await?;
        entries
            .into_iter()
            .flatten()
            .map(|entry| entry.map_or(Ok(Status::Offline), |entry| status_of(&entry)))
            .collect()
    }

    async fn leave(&self) -> Result<Vec<Signal>, BackendError> {
        let until = Instant::now() + self.limit;
        let mut call = self.scripts.leave.key(&self.prefix);
        call.arg(millis(self.lease)).arg(self.replica.to_string());
        let ended: Vec<String> = self.link.script(self.limit, &call).await?;
        self.own.lock().to_bury.extend(ended);
        let mut signals = Vec::new();
        let buried = self.bury(until, &mut signals).await;
        let rest = std::mem::take(&mut self.own.lock().to_bury);
        self.hand_over(&rest).await;
        match buried {
            Err(error) if signals.is_empty() => Err(error),
            _ => Ok(signals),
        }
    }

    async fn hand_over(&self, grace: Duration) -> Result<(), BackendError> {
        let mut call = self.scripts.hand_over.key(&self.prefix);
        call.arg(millis(self.lease)).arg(self.replica.to_string());
        call.arg(millis(grace));
        self.link.script::<u64>(self.limit, &call).await.map(drop)
    }
}

/// Notes, if it is dropped before the outcome of a call is known, that the replica is not sure of its entries; and of the steps
/// whose outcome is not known, whom people may have to be told to be gone.
struct Unsure<'a> {
    own: &'a Mutex<Own>,
    steps: &'a [Step],
}

impl Unsure<'_> {
    fn not_any_more(self) {
        std::mem::forget(self);
    }
}

impl Drop for Unsure<'_> {
    fn drop(&mut self) {
        let mut own = self.own.lock();
        own.unsure = true;
        let room = MOST_GOODBYES.saturating_sub(own.goodbyes.len());
        own.goodbyes
            .extend(self.steps.iter().filter_map(goodbye).take(room));
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
