//! Who is live in a room, over all replicas, as far as this replica has been told. A plain value, no I/O.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use indexmap::IndexMap;

use crate::{
    domain::{
        id::UserId,
        presence::{Status, User},
    },
    ports::presence::Live,
};

/// Above so many live users, arrivals and the like are not told one by one.
pub const LARGE: usize = 200;

/// The people live in one room.
#[derive(Debug, Default)]
pub struct Roster {
    people: IndexMap<UserId, Person>,
    /// How many are live in a room too large for the shared list to name them all, as far as is known.
    counted: Option<usize>,
    /// Of whom something was heard lately, and when: it may be newer than an answer of the list.
    heard: HashMap<UserId, Instant>,
    /// With so many of them, the time has come to forget those of whom nothing was heard lately.
    heard_most: usize,
}

/// What a look at the shared list tells that nobody had told.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Who has come.
    pub arrived: Vec<User>,
    /// Who has gone.
    pub gone: Vec<User>,
    /// Whose status is another.
    pub changed: Vec<(UserId, Status)>,
}

/// An answer of the list is at most so old when it arrives.
const ANSWER_AGE: Duration = Duration::from_secs(5);
/// Below so many, nobody of whom something was heard is forgotten.
const HEARD_LEAST: usize = 1_024;

#[derive(Debug)]
struct Person {
    user: User,
    /// Sockets on this replica.
    here: u32,
    /// Whether the room has been told of their arrival.
    told: bool,
}

impl Roster {
    /// A socket of this replica is live. True when it is the user's first one here.
    pub fn arrive(&mut self, user: User) -> bool {
        let person = self.person(&user);
        person.here += 1;
        person.here == 1
    }

    /// A socket of this replica is live no more. True when it was the user's last one here.
    ///
    /// The user stays until it is known that they are not live on another replica.
    pub fn depart(&mut self, user: &UserId) -> bool {
        match self.people.get_mut(user) {
            Some(person) if person.here > 0 => {
                person.here -= 1;
                person.here == 0
            }
            _ => false,
        }
    }

    /// Something was heard of a user's coming or going: an answer of the list that was asked for before says nothing about them.
    pub fn hear_of(&mut self, user: &UserId, now: Instant) {
        if self.heard.len() >= self.heard_most.max(HEARD_LEAST) {
            self.heard
                .retain(|_, at| now.duration_since(*at) < ANSWER_AGE);
            self.heard_most = self.heard.len() * 2;
        }
        self.heard.insert(user.clone(), now);
    }

    /// A user's first socket anywhere is live. True when the room has not been told yet.
    pub fn joined(&mut self, user: &User) -> bool {
        let person = self.person(user);
        let news = !std::mem::replace(&mut person.told, true);
        if news {
            person.user.status = user.status;
        }
        news
    }

    /// A user's last socket anywhere is gone. True when the room is to be told.
    pub fn left(&mut self, user: &UserId) -> bool {
        match self.people.get(user) {
            Some(person) if person.here == 0 => {
                self.counted = self.counted.map(|counted| counted.saturating_sub(1));
                self.people
                    .swap_remove(user)
                    .is_some_and(|person| person.told)
            }
            _ => false,
        }
    }

    /// The user's place in the roster, made if there is none.
    fn person(&mut self, user: &User) -> &mut Person {
        let counted = &mut self.counted;
        self.people.entry(user.id.clone()).or_insert_with(|| {
            if let Some(counted) = counted {
                *counted += 1;
            }
            Person {
                user: user.clone(),
                here: 0,
                told: false,
            }
        })
    }

    /// Notes the status that the list tells; true when it is another than was known.
    fn set_status_of(&mut self, user: &User) -> bool {
        self.people.get_mut(&user.id).is_some_and(|person| {
            std::mem::replace(&mut person.user.status, user.status) != user.status
        })
    }

    /// Notes a user's status; false when the user is not here.
    pub fn set_status(&mut self, user: &UserId, status: Status) -> bool {
        let Some(person) = self.people.get_mut(user) else {
            return false;
        };
        person.user.status = status;
        true
    }

    /// Whether the user is live, as far as is known.
    pub fn holds(&self, user: &UserId) -> bool {
        self.people.contains_key(user)
    }

    /// Holds the roster against the shared list as it was asked for at a moment. What was heard of somebody since that moment stands.
    pub fn compare(&mut self, live: Live, asked_at: Instant) -> Compared {
        let heard = std::mem::take(&mut self.heard);
        let heard_since = |user: &UserId| heard.get(user).is_some_and(|at| *at >= asked_at);
        if live.count > live.users.len() {
            // The list names only some: absence from it means nothing.
            let count = live.count;
            for user in live.users.iter().filter(|user| !heard_since(&user.id)) {
                self.joined(user);
            }
            self.counted = Some(count);
            self.heard = heard;
            return Compared::default();
        }
        self.counted = None;
        let listed: HashSet<UserId> = live.users.iter().map(|user| user.id.clone()).collect();
        let mut found = Compared::default();
        for user in live.users {
            if heard_since(&user.id) {
                continue;
            }
            if self.joined(&user) {
                found.arrived.push(user);
            } else if live.settled && self.set_status_of(&user) {
                found.changed.push((user.id, user.status));
            }
        }
        if live.settled {
            self.people.retain(|id, person| {
                let stays = person.here > 0 || listed.contains(id) || heard_since(id);
                if !stays && person.told {
                    found.gone.push(person.user.clone());
                }
                stays
            });
        }
        self.heard = heard;
        found
    }

    /// The first of those who are live, at most [`LARGE`].
    pub fn shown(&self) -> Vec<&User> {
        self.people
            .values()
            .take(LARGE)
            .map(|person| &person.user)
            .collect()
    }

    /// How many users are live.
    pub fn count(&self) -> usize {
        self.counted.unwrap_or(self.people.len())
    }

    /// Whether the room is too large to tell of each arrival.
    pub fn is_large(&self) -> bool {
        self.count() > LARGE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> User {
        User {
            id: UserId::parse(name).unwrap(),
            username: name.into(),
            display_name: None,
            status: Status::Online,
            last_seen: None,
        }
    }

    #[test]
    fn two_sockets_of_a_user_are_one_arrival_and_one_departure() {
        let (mut roster, ada) = (Roster::default(), user("ada"));
        assert!(roster.arrive(ada.clone()));
        assert!(!roster.arrive(ada.clone()));
        assert!(roster.joined(&ada));
        assert!(!roster.joined(&ada), "told once");
        assert!(!roster.depart(&ada.id));
        assert!(
            !roster.left(&ada.id),
            "still live here, whatever a late signal says"
        );
        assert!(roster.depart(&ada.id));
        assert!(roster.left(&ada.id));
        assert_eq!(roster.count(), 0);
    }

    #[test]
    fn a_list_that_has_lost_its_memory_sends_nobody_away() {
        let (mut roster, ada) = (Roster::default(), user("ada"));
        roster.joined(&ada);
        let empty = Live {
            settled: false,
            ..Live::default()
        };
        assert_eq!(roster.compare(empty, Instant::now()), Compared::default());
        let settled = Live {
            settled: true,
            ..Live::default()
        };
        assert_eq!(roster.compare(settled, Instant::now()).gone, [ada]);
    }

    #[test]
    fn a_list_cut_short_counts_and_sends_nobody_away() {
        let mut roster = Roster::default();
        roster.joined(&user("ada"));
        let live = Live {
            users: vec![user("bob")],
            count: 5_000,
            settled: true,
        };
        assert_eq!(roster.compare(live, Instant::now()), Compared::default());
        assert!(roster.is_large());
        assert!(roster.count() >= 5_000);
    }

    #[test]
    fn an_old_answer_says_nothing_about_who_was_heard_of_since() {
        let (mut roster, ada, bob) = (Roster::default(), user("ada"), user("bob"));
        roster.joined(&bob);
        let asked_at = Instant::now();
        roster.hear_of(&ada.id, asked_at);
        roster.joined(&ada);
        roster.hear_of(&bob.id, asked_at);
        roster.left(&bob.id);
        let old = || Live {
            users: vec![user("bob")],
            count: 1,
            settled: true,
        };
        assert_eq!(roster.compare(old(), asked_at), Compared::default());
        let newer = asked_at + Duration::from_secs(1);
        let found = roster.compare(old(), newer);
        assert_eq!((found.arrived, found.gone), (vec![bob], vec![ada]));
    }

    #[test]
    fn a_status_that_was_not_told_is_found_once_the_list_is_settled() {
        let (mut roster, ada) = (Roster::default(), user("ada"));
        roster.joined(&ada);
        let busy = User {
            status: Status::Busy,
            ..ada.clone()
        };
        let live = |settled| Live {
            users: vec![busy.clone()],
            count: 1,
            settled,
        };
        let mut unsettled = Roster::default();
        unsettled.joined(&ada);
        assert_eq!(
            unsettled.compare(live(false), Instant::now()),
            Compared::default()
        );
        let found = roster.compare(live(true), Instant::now());
        assert_eq!(found.changed, [(ada.id.clone(), Status::Busy)]);
        let again = roster.compare(live(true), Instant::now());
        assert_eq!(again, Compared::default(), "told once");
        roster.hear_of(&ada.id, Instant::now() + Duration::from_secs(1));
        roster.set_status(&ada.id, Status::Away);
        let old = roster.compare(live(true), Instant::now());
        assert_eq!(old, Compared::default(), "what was heard since stands");
    }
}
