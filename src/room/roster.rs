//! Who is live in a room, over all replicas, as far as this replica has been told. A plain value, no I/O.

use std::collections::HashSet;

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
}

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

    /// A user's first socket anywhere is live. True when the room has not been told yet.
    pub fn joined(&mut self, user: &User) -> bool {
        let person = self.person(user);
        person.user.status = user.status;
        !std::mem::replace(&mut person.told, true)
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

    /// Notes a user's status; false when the user is not here.
    pub fn set_status(&mut self, user: &UserId, status: Status) -> bool {
        let Some(person) = self.people.get_mut(user) else {
            return false;
        };
        person.user.status = status;
        true
    }

    /// Holds the roster against the shared list, and answers with who has come and who has gone without our being told.
    pub fn compare(&mut self, live: Live) -> (Vec<User>, Vec<User>) {
        if live.count > live.users.len() {
            // The list names only some: absence from it means nothing.
            let count = live.count;
            for user in live.users {
                self.joined(&user);
            }
            self.counted = Some(count);
            return (Vec::new(), Vec::new());
        }
        self.counted = None;
        let listed: HashSet<UserId> = live.users.iter().map(|user| user.id.clone()).collect();
        let arrived = live
            .users
            .into_iter()
            .filter(|user| self.joined(user))
            .collect();
        let mut gone = Vec::new();
        if live.settled {
            self.people.retain(|id, person| {
                let stays = person.here > 0 || listed.contains(id);
                if !stays && person.told {
                    gone.push(person.user.clone());
                }
                stays
            });
        }
        (arrived, gone)
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
        assert_eq!(roster.compare(empty), (vec![], vec![]));
        let settled = Live {
            settled: true,
            ..Live::default()
        };
        assert_eq!(roster.compare(settled), (vec![], vec![ada]));
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
        assert_eq!(roster.compare(live), (vec![], vec![]));
        assert!(roster.is_large());
        assert!(roster.count() >= 5_000);
    }
}
