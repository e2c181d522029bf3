//! Calls inside one process: for each user and room, the message that has called and until when it holds others back.
//!
//! What holds nobody back is dropped now and then; where too much is held all the same, everything is, and a few call too often.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use parking_lot::Mutex;

use crate::{
    domain::id::{MessageId, RoomId, UserId},
    ports::{BackendError, calls::Calls},
};

/// How many may be held before the first look for those that need not be.
const FIRST_LOOK: usize = 1_024;
/// How many are held at most.
const HELD_MAX: usize = 65_536;

/// The calls port in memory.
pub struct MemoryCalls {
    every: Duration,
    held: Mutex<Held>,
}

struct Held {
    calls: HashMap<(UserId, RoomId), (MessageId, Instant)>,
    /// With so many, look for those that need not be there.
    look_at: usize,
}

impl MemoryCalls {
    /// One call lets no other pass for `every`.
    pub fn new(every: Duration) -> Self {
        Self {
            every,
            held: Mutex::new(Held {
                calls: HashMap::new(),
                look_at: FIRST_LOOK,
            }),
        }
    }
}

impl Held {
    fn take(
        &mut self,
        key: (UserId, RoomId),
        by: MessageId,
        now: Instant,
        every: Duration,
    ) -> bool {
        match self.calls.get(&key) {
            Some((holder, until)) if *until > now => *holder == by,
            _ => {
                self.make_room(now);
                self.calls.insert(key, (by, now + every));
                true
            }
        }
    }

    /// Keeps the number within bounds; costs nothing most of the time.
    fn make_room(&mut self, now: Instant) {
        if self.calls.len() < self.look_at {
            return;
        }
        self.calls.retain(|_, (_, until)| *until > now);
        if self.calls.len() >= HELD_MAX {
            self.calls.clear();
        }
        self.look_at = (self.calls.len() * 2).clamp(FIRST_LOOK, HELD_MAX);
        self.calls.shrink_to(self.look_at);
    }
}

#[async_trait]
impl Calls for MemoryCalls {
    async fn take(
        &self,
        user: &UserId,
        room: &RoomId,
        message: MessageId,
    ) -> Result<bool, BackendError> {
        let key = (user.clone(), room.clone());
        let mut held = self.held.lock();
        Ok(held.take(key, message, Instant::now(), self.every))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_holds_more_than_its_bound_and_drops_what_holds_nobody_back() {
        let calls = MemoryCalls::new(Duration::from_secs(10));
        let room = RoomId::parse("hall").unwrap();
        let start = Instant::now();
        let mut held = calls.held.lock();
        let mut take = |n: usize, at: Instant| {
            let key = (UserId::parse(&format!("u{n}")).unwrap(), room.clone());
            assert!(held.take(key, MessageId::fresh(), at, calls.every));
            held.calls.len()
        };
        let most = (0..HELD_MAX + 1_000).map(|n| take(n, start)).max();
        assert_eq!(most, Some(HELD_MAX));
        let later = start + calls.every;
        let most = (0..10 * FIRST_LOOK).map(|n| take(HELD_MAX * 2 + n, later));
        let most = most.max().unwrap();
        assert!(most < HELD_MAX, "{most}");
        let much_later = later + calls.every;
        let left =
            (0..HELD_MAX).map(|n| take(HELD_MAX * 3 + n, much_later + calls.every * n as u32));
        assert!(left.last().unwrap() <= FIRST_LOOK);
    }
}
