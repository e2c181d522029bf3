//! The keys of an external issuer as this replica knows them: kept, refreshed now and then, and when a token names one that is
//! not known.
//!
//! One task fetches; those who wait for it wait 2 s at most. While the issuer is away the keys last seen stay good.

use std::{sync::Arc, time::Duration};

use jsonwebtoken::Algorithm;
use rand::RngExt;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

use super::issuer_keys::{IssuerKey, IssuerKeys};
use crate::ports::keys::KeySource;

/// The time between two fetches that nobody asked for.
const EVERY: Duration = Duration::from_secs(10 * 60);
/// The least time between two fetches that tokens with unknown keys ask for: anybody can make such a token.
const APART: Duration = Duration::from_secs(30);
/// After a failure: the first pause, which doubles up to the last.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// How long a request waits for a fetch.
const PATIENCE: Duration = Duration::from_secs(2);

/// The keys, and where they come from.
pub struct ExternalKeys {
    source: Arc<dyn KeySource>,
    state: watch::Sender<State>,
    wanted: Notify,
}

#[derive(Default)]
struct State {
    keys: IssuerKeys,
    /// Fetches that have ended.
    ended: u64,
    /// When a token last had them fetched.
    asked: Option<Instant>,
    failed: bool,
    under_way: bool,
}

/// Why there is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoKey {
    /// The issuer has no such key.
    Unknown,
    /// The issuer cannot be asked now.
    Away,
}

impl ExternalKeys {
    /// No key is known yet; [`run`](Self::run) fetches them.
    pub fn new(source: Arc<dyn KeySource>) -> Arc<Self> {
        let first = State {
            under_way: true,
            ..State::default()
        };
        Arc::new(Self {
            source,
            state: watch::Sender::new(first),
            wanted: Notify::new(),
        })
    }

    /// The key with this id, for a token that says it is signed with `algorithm`: compare it with the key's own. Asks the issuer
    /// where the key is not known, and has not been asked for long enough; takes 2 s at most.
    pub async fn find(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Arc<IssuerKey>, NoKey> {
        let mut seen = self.state.subscribe();
        let before = {
            let state = seen.borrow();
            if let Some(key) = state.keys.find(id, algorithm) {
                return Ok(key);
            }
            state.ended
        };
        self.ask();
        let (under_way, failed) = {
            let state = self.state.borrow();
            (state.under_way || state.ended > before, state.failed)
        };
        if !under_way {
            return Err(if failed { NoKey::Away } else { NoKey::Unknown });
        }
        let ended = timeout(PATIENCE, seen.wait_for(|state| state.ended > before)).await;
        match ended {
            Ok(Ok(state)) => match state.keys.find(id, algorithm) {
                Some(key) => Ok(key),
                None if state.failed => Err(NoKey::Away),
                None => Err(NoKey::Unknown),
            },
            _ => Err(NoKey::Away),
        }
    }

    /// Has the keys fetched, unless that is under way or was done lately.
    fn ask(&self) {
        let asked = self.state.send_if_modified(|state| {
            let due = state.asked.is_none_or(|asked| asked.elapsed() >= APART);
            if state.under_way || !due {
                return false;
            }
            state.asked = Some(Instant::now());
            state.under_way = true;
            true
        });
        if asked {
            self.wanted.notify_one();
        }
    }

    /// Fetches the keys, again and again, until `stop`.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut failures = 0_u32;
        loop {
            self.state.send_modify(|state| state.under_way = true);
            let fetched = tokio::select! {
                () = stop.cancelled() => return,
                fetched = self.fetch() => fetched,
            };
            let pause = match fetched {
                Ok(keys) => {
                    if failures > 0 || self.state.borrow().ended == 0 {
                        tracing::info!(keys = keys.count(), "the keys of JWT_JWKS are known");
                    }
                    failures = 0;
                    self.ended(Some(keys));
                    EVERY
                }
                Err(cause) => {
                    if failures == 0 {
                        tracing::error!(
                            %cause,
                            "the keys of JWT_JWKS cannot be had; those known before stay good, and others are unavailable"
                        );
                    }
                    let doubled = RETRY.0.saturating_mul(1 << failures.min(10));
                    failures = failures.saturating_add(1);
                    self.ended(None);
                    doubled.min(RETRY.1)
                }
            };
            let pause = pause.mul_f64(rand::rng().random_range(0.8..=1.2));
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
                () = self.wanted.notified() => {}
            }
        }
    }

    async fn fetch(&self) -> Result<IssuerKeys, String> {
        let document = self
            .source
            .fetch()
            .await
            .map_err(|error| error.to_string())?;
        IssuerKeys::read(&document).map_err(|error| error.to_string())
    }

    fn ended(&self, keys: Option<IssuerKeys>) {
        self.state.send_modify(|state| {
            state.ended += 1;
            state.failed = keys.is_none();
            state.under_way = false;
            if let Some(keys) = keys {
                state.keys = keys;
            }
        });
    }
}
