//! Members whom the store has named lately: for the time in which it cannot be asked, and for nothing else.
//!
//! What is believed is the store's own word, for [`BELIEVED`] and not after any hint that it may be past. Whoever is not named here
//! stays outside while the store is away.

use std::{collections::HashMap, time::Duration};

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::domain::{
    generations::Generations,
    id::{RoomId, UserId},
    room::Standing,
};

/// For so long the store's last word on a membership is believed while it is away.
pub const BELIEVED: Duration = Duration::from_secs(600);
/// Memberships in one generation; two are remembered, at some 100 bytes each.
const GENERATION: usize = 65_536;
/// How long a word about a room is believed that is not live here.
const UNWATCHED: Duration = Duration::from_secs(30);
/// Rooms of which a hint is remembered; beyond, nobody is believed any more.
const DOUBTS_MAX: usize = 16_384;

/// Who was a member of what, and when the store said so.
#[derive(Debug, Default)]
pub struct Acquaintances(Mutex<Known>);

/// What cannot be believed any more is forgotten with its generation.
#[derive(Debug)]
struct Known {
    words: Generations<(RoomId, UserId), Acquaintance>,
    doubts: HashMap<RoomId, Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Acquaintance {
    standing: Standing,
    at: Instant,
}

impl Acquaintances {
    /// The store has named a member, asked at that moment.
    pub fn met(&self, room: &RoomId, user: &UserId, standing: Standing, at: Instant) {
        let mut known = self.0.lock();
        known.put((room.clone(), user.clone()), Acquaintance { standing, at });
    }

    /// The store, asked at that moment, has said nothing against these: those of them who are known are so from then on.
    pub fn still(&self, room: &RoomId, users: impl Iterator<Item = UserId>, at: Instant) {
        let mut known = self.0.lock();
        for user in users {
            let key = (room.clone(), user);
            if let Some(found) = known.words.get(&key) {
                let standing = found.standing;
                known.put(key, Acquaintance { standing, at });
            }
        }
    }

    /// The standing that the store gave last, if that may still be believed.
    pub fn standing(&self, room: &RoomId, user: &UserId) -> Option<Standing> {
        let mut known = self.0.lock();
        let found = known.words.get(&(room.clone(), user.clone()))?;
        let doubted = known
            .doubts
            .get(room)
            .is_some_and(|doubt| *doubt >= found.at);
        (!doubted && found.at.elapsed() < BELIEVED).then_some(found.standing)
    }

    /// The same for a room that is not live here. Nobody watches that for removals, so the store's word is good for 30 s only.
    pub fn standing_unwatched(&self, room: &RoomId, user: &UserId) -> Option<Standing> {
        let at = self.0.lock().words.get(&(room.clone(), user.clone()))?.at;
        let standing = self.standing(room, user)?;
        (at.elapsed() < UNWATCHED).then_some(standing)
    }

    /// The store has said that somebody is no member, or that there is no such room.
    pub fn forget(&self, room: &RoomId, user: &UserId) {
        let key = (room.clone(), user.clone());
        self.0.lock().words.remove(&key);
    }

    /// Somebody may have lost the right to be in the room: what the store said before this is not believed.
    pub fn doubt(&self, room: &RoomId) {
        let now = Instant::now();
        let mut known = self.0.lock();
        if known.doubts.len() >= DOUBTS_MAX {
            known
                .doubts
                .retain(|_, at| now.duration_since(*at) < BELIEVED);
        }
        if known.doubts.len() >= DOUBTS_MAX {
            *known = Known::default();
        }
        known.doubts.insert(room.clone(), now);
    }
}

impl Default for Known {
    fn default() -> Self {
        Self {
            words: Generations::of(GENERATION).lasting(BELIEVED),
            doubts: HashMap::new(),
        }
    }
}

impl Known {
    /// An older word does not take a newer one's place.
    fn put(&mut self, key: (RoomId, UserId), word: Acquaintance) {
        if self.words.get(&key).is_some_and(|known| known.at > word.at) {
            return;
        }
        self.words.insert(key, word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::room::Role;

    fn standing() -> Standing {
        Standing {
            role: Role::Member,
            unread: 0,
            unread_mentions: 0,
            last_read_seq: 0,
        }
    }

    fn scene() -> (Acquaintances, RoomId, UserId, UserId) {
        let (known, room) = (Acquaintances::default(), RoomId::parse("r").unwrap());
        let [ada, bob] = ["ada", "bob"].map(|id| UserId::parse(id).unwrap());
        known.met(&room, &ada, standing(), Instant::now());
        (known, room, ada, bob)
    }

    #[tokio::test(start_paused = true)]
    async fn a_word_is_believed_for_a_while_and_for_nobody_else() {
        let (known, room, ada, bob) = scene();
        tokio::time::advance(BELIEVED / 2).await;
        assert!(known.standing(&room, &ada).is_some());
        assert!(known.standing(&room, &bob).is_none());
        let both = [ada.clone(), bob.clone()];
        known.still(&room, both.into_iter(), Instant::now());
        tokio::time::advance(BELIEVED * 3 / 4).await;
        assert!(known.standing(&room, &ada).is_some());
        assert!(known.standing(&room, &bob).is_none(), "never named");
        tokio::time::advance(BELIEVED).await;
        assert!(known.standing(&room, &ada).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_hint_ends_belief_until_the_store_speaks_again() {
        let (known, room, ada, _) = scene();
        let asked_before = Instant::now();
        tokio::time::advance(Duration::from_secs(1)).await;
        known.doubt(&room);
        assert!(known.standing(&room, &ada).is_none());
        known.met(&room, &ada, standing(), asked_before);
        assert!(known.standing(&room, &ada).is_none(), "it was asked before");
        tokio::time::advance(Duration::from_secs(1)).await;
        known.met(&room, &ada, standing(), Instant::now());
        assert!(known.standing(&room, &ada).is_some());
        known.forget(&room, &ada);
        assert!(known.standing(&room, &ada).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_remembered_is_bounded() {
        let (known, room, ada, _) = scene();
        for n in 0..3 * GENERATION {
            let user = UserId::parse(&format!("user {n}")).unwrap();
            known.met(&room, &user, standing(), Instant::now());
        }
        assert!(known.standing(&room, &ada).is_none());
        assert!(known.0.lock().words.len() <= 2 * GENERATION);
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_believed_any_more_is_forgotten() {
        let (known, room, _, bob) = scene();
        tokio::time::advance(2 * BELIEVED).await;
        known.met(&room, &bob, standing(), Instant::now());
        assert_eq!(known.0.lock().words.len(), 1);
    }
}
