//! Turns by host: nobody's server is asked by many at once, and one that dawdles keeps only those who ask it.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Requests to a host at once.
const AT_ONCE: usize = 4;

/// Who is asked by how many. It knows a host only while somebody asks it or waits to, so it is as large as the requests are many.
#[derive(Default)]
pub(super) struct Hosts {
    places: Mutex<HashMap<String, Place>>,
}

struct Place {
    turns: Arc<Semaphore>,
    users: usize,
}

/// A turn at a host, for as long as it is held.
pub(super) struct Turn {
    // Given up first.
    _permit: Option<OwnedSemaphorePermit>,
    _user: User,
}

impl Hosts {
    /// Waits for a turn, for as long as it takes.
    pub(super) async fn turn(self: &Arc<Self>, host: &str) -> Turn {
        let (turns, user) = {
            let mut places = self.places.lock();
            let place = places.entry(host.to_owned()).or_insert_with(|| Place {
                turns: Arc::new(Semaphore::new(AT_ONCE)),
                users: 0,
            });
            place.users += 1;
            let user = User {
                hosts: self.clone(),
                host: host.to_owned(),
            };
            (place.turns.clone(), user)
        };
        Turn {
            _permit: turns.acquire_owned().await.ok(),
            _user: user,
        }
    }
}

/// Somebody who has a turn or waits for one.
struct User {
    hosts: Arc<Hosts>,
    host: String,
}

impl Drop for User {
    fn drop(&mut self) {
        let mut places = self.hosts.places.lock();
        if let Some(place) = places.get_mut(&self.host) {
            place.users -= 1;
            if place.users == 0 {
                places.remove(&self.host);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_host_is_asked_by_four_at_once_and_another_one_at_the_same_time() {
        let hosts = Arc::new(Hosts::default());
        let mut turns = Vec::new();
        for _ in 0..AT_ONCE {
            turns.push(hosts.turn("a.example").await);
        }
        assert!(hosts.turn("a.example").now_or_never().is_none());
        assert!(hosts.turn("b.example").now_or_never().is_some());
        turns.pop();
        assert!(hosts.turn("a.example").now_or_never().is_some());
        turns.clear();
        assert!(hosts.places.lock().is_empty(), "and nobody is remembered");
    }
}
