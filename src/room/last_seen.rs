//! When people were last here: gathers who has gone, and has the store note it.
//!
//! Best effort. Nobody waits for it; what does not fit, or cannot be noted before the end, is lost.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
    time::Duration,
};

use rand::RngExt;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        id::UserId,
        presence::{Signal, Status},
        timestamp::Timestamp,
    },
    ports::store::AccountStore,
};

/// Departures that may wait.
const WAITING_MAX: usize = 16_384;
/// Departures noted in one call of the store.
const AT_ONCE: usize = 500;
/// How long departures gather, in milliseconds; longer, after failures.
const GATHER_MS: u64 = 200;

/// Where departures are told. Cloning it copies a pointer.
#[derive(Clone)]
pub struct LastSeen(mpsc::Sender<(UserId, Timestamp)>);

/// The other end of [`LastSeen`], to be given to [`Departures::keep`].
pub struct Departures(mpsc::Receiver<(UserId, Timestamp)>);

impl LastSeen {
    /// Nobody has gone yet.
    pub fn new() -> (Self, Departures) {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        (Self(sender), Departures(receiver))
    }

    /// A user's last socket has gone, or the last one on this replica. Never waits.
    pub fn note(&self, user: UserId, at: Timestamp) {
        let _ = self.0.try_send((user, at));
    }

    /// The same for those of the signals that tell of it.
    pub fn note_those_of(&self, signals: &[Signal]) {
        for signal in signals {
            if let Signal::Status {
                user_id,
                status: Status::Offline,
                last_seen: Some(at),
                ..
            } = signal
            {
                self.note(user_id.clone(), *at);
            }
        }
    }
}

impl Departures {
    /// Has the store note departures until `stop`, and then those that wait.
    pub async fn keep(mut self, store: Arc<dyn AccountStore>, stop: CancellationToken) {
        let mut gone: HashMap<UserId, Timestamp> = HashMap::new();
        let mut failures = 0_u32;
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => break,
                one = self.0.recv(), if gone.is_empty() => match one {
                    Some((user, at)) => remember(&mut gone, user, at),
                    None => return,
                },
                () = pause(failures), if !gone.is_empty() => {
                    self.gather(&mut gone);
                    if note(&*store, &mut gone).await {
                        failures = 0;
                    } else {
                        failures += 1;
                    }
                }
            }
        }
        self.gather(&mut gone);
        while !gone.is_empty() && note(&*store, &mut gone).await {
            self.gather(&mut gone);
        }
    }

    fn gather(&mut self, gone: &mut HashMap<UserId, Timestamp>) {
        while gone.len() < AT_ONCE
            && let Ok((user, at)) = self.0.try_recv()
        {
            remember(gone, user, at);
        }
    }
}

async fn pause(failures: u32) {
    let most = GATHER_MS << failures.min(6);
    let pause = rand::rng().random_range(most / 2..=most);
    tokio::time::sleep(Duration::from_millis(pause)).await;
}

fn remember(gone: &mut HashMap<UserId, Timestamp>, user: UserId, at: Timestamp) {
    match gone.entry(user) {
        Entry::Occupied(mut known) => {
            let latest = at.max(*known.get());
            known.insert(latest);
        }
        Entry::Vacant(vacant) => {
            vacant.insert(at);
        }
    }
}

/// Whether the store has taken them; then nobody is left in `gone`.
async fn note(store: &dyn AccountStore, gone: &mut HashMap<UserId, Timestamp>) -> bool {
    let mut seen: Vec<(UserId, Timestamp)> =
        gone.iter().map(|(user, at)| (user.clone(), *at)).collect();
    // Replicas that note the same people at once take their rows in one order.
    seen.sort();
    match store.note_last_seen(&seen).await {
        Ok(()) => {
            gone.clear();
            true
        }
        Err(error) => {
            tracing::debug!(%error, "when people were last here is not noted yet");
            false
        }
    }
}
