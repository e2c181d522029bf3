//! Sessions that have ended while access tokens of theirs may still be good: such a token opens nothing any more.
//!
//! An access token is checked without the store, so each replica remembers what has ended lately: what
//! was ended here at once, what the bus tells as soon as it does, and everything by asking the store each second. So a log-out reaches every replica within 2 s.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use rand::RngExt;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::hubs::Hubs;
use crate::{
    domain::{
        presence::{EndedSession, Signal},
        timestamp::Timestamp,
    },
    ports::{BackendError, store::Store},
};

/// The time between two questions to the store.
const EVERY: Duration = Duration::from_secs(1);
/// After failures the pause doubles up to this.
const PAUSE_MAX: Duration = Duration::from_secs(2);
/// How far back each question reaches behind the one before: the clocks of replicas differ, and a commit takes a while to be seen.
const OVERLAP: Duration = Duration::from_secs(30);
/// Sessions remembered at once; some 50 bytes each.
const REMEMBERED_MAX: usize = 250_000;

/// The sessions that ended within the life of an access token, as far as this replica has heard.
pub struct EndedSessions {
    remembered: Mutex<Remembered>,
    life: Duration,
    bound: usize,
}

#[derive(Default)]
struct Remembered {
    /// With each: whether its user logged out, rather than that it was revoked.
    families: HashMap<Uuid, bool>,
    /// When each was first heard of: the oldest first.
    order: VecDeque<(Instant, Uuid)>,
}

impl EndedSessions {
    /// For access tokens that are good for `life`.
    pub fn new(life: Duration) -> Arc<Self> {
        Arc::new(Self::with_bound(life, REMEMBERED_MAX))
    }

    fn with_bound(life: Duration, bound: usize) -> Self {
        Self {
            remembered: Mutex::default(),
            life: life + OVERLAP,
            bound,
        }
    }

    /// Remembers that a session has ended. True when that is news: to be told to the sockets here.
    pub fn note(&self, ended: &EndedSession) -> bool {
        let mut remembered = self.remembered.lock();
        let Remembered { families, order } = &mut *remembered;
        match families.get_mut(&ended.family) {
            Some(logged_out) => ended.logged_out && !std::mem::replace(logged_out, true),
            None => {
                let now = Instant::now();
                while let Some((since, family)) = order.front()
                    && (since.elapsed() > self.life || order.len() >= self.bound)
                {
                    families.remove(family);
                    order.pop_front();
                }
                families.insert(ended.family, ended.logged_out);
                order.push_back((now, ended.family));
                true
            }
        }
    }

    /// Whether the session has ended, as far as is known here.
    pub fn has(&self, session: Uuid) -> bool {
        self.remembered.lock().families.contains_key(&session)
    }

    /// Learns of what ended before this replica started; answers the moment from which [`watch`](Self::watch) has to go on.
    pub async fn catch_up(&self, store: &dyn Store) -> Result<Timestamp, BackendError> {
        let now = Timestamp::now();
        for ended in store.ended_since(before(now, self.life)).await? {
            self.note(&ended);
        }
        Ok(now)
    }

    /// Asks the store each second, from `since` on, and tells the sockets here what is news, until `stop`.
    pub async fn watch(
        mut since: Timestamp,
        store: Arc<dyn Store>,
        hubs: Arc<Hubs>,
        stop: CancellationToken,
    ) {
        let mut failures = 0_u32;
        loop {
            let pause = EVERY.saturating_mul(1 << failures.min(3)).min(PAUSE_MAX);
            let chance = if failures > 0 { 0.5..=1.0 } else { 0.9..=1.0 };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause.mul_f64(rand::rng().random_range(chance))) => {}
            }
            let now = Timestamp::now();
            match store.ended_since(before(since, OVERLAP)).await {
                Ok(ended) => {
                    failures = 0;
                    since = now;
                    // The hubs have them noted, and cut whom they concern where that is news.
                    ended
                        .into_iter()
                        .for_each(|ended| hubs.signal(Signal::SessionEnded(ended)));
                }
                Err(error) => {
                    error.log("the store does not say which sessions have ended");
                    failures = failures.saturating_add(1);
                }
            }
        }
    }
}

fn before(moment: Timestamp, time: Duration) -> Timestamp {
    Timestamp::from_millis(moment.as_millis() - time.as_millis() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::UserId;

    fn ended(family: Uuid, logged_out: bool) -> EndedSession {
        EndedSession {
            family,
            user_id: UserId::parse("ada").unwrap(),
            logged_out,
            at: Timestamp::now(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_end_is_news_once_and_forgotten_when_no_token_is_left() {
        let sessions = EndedSessions::with_bound(Duration::from_secs(900), 10);
        let (one, other) = (Uuid::now_v7(), Uuid::now_v7());
        assert!(sessions.note(&ended(one, true)));
        assert!(!sessions.note(&ended(one, true)));
        assert!(sessions.has(one) && !sessions.has(other));
        tokio::time::advance(Duration::from_secs(900)).await;
        sessions.note(&ended(other, true));
        assert!(sessions.has(one), "the last token may be as old as that");
        tokio::time::advance(Duration::from_secs(60)).await;
        sessions.note(&ended(Uuid::now_v7(), true));
        assert!(!sessions.has(one) && sessions.has(other));
    }

    #[test]
    fn a_revoked_session_that_is_logged_out_is_news_again() {
        let sessions = EndedSessions::with_bound(Duration::from_secs(900), 10);
        let family = Uuid::now_v7();
        assert!(sessions.note(&ended(family, false)));
        assert!(sessions.note(&ended(family, true)));
        assert!(!sessions.note(&ended(family, false)));
    }

    #[test]
    fn no_more_are_remembered_than_the_bound() {
        let sessions = EndedSessions::with_bound(Duration::from_secs(900), 10);
        let families: Vec<_> = (0..25).map(|_| Uuid::now_v7()).collect();
        families.iter().for_each(|family| {
            sessions.note(&ended(*family, true));
        });
        let known = families.iter().filter(|family| sessions.has(**family));
        assert_eq!(known.count(), 10);
        assert!(sessions.has(families[24]));
    }
}
