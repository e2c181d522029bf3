//! Who may still be here: after every hint that somebody lost the right, the store is asked about everybody who was let in before it.
//!
//! A hint is a rise of the room's `access_rev`, or a signal. Hints are counted; whoever is let in carries the count at which their
//! membership began to be read. A check is about those with a lower count than its own: who was read after the hint was read after
//! the removal, and a slower answer of an older check does not send away who has come back since.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use futures_util::FutureExt;
use rand::RngExt;
use tokio::time::Instant;

use super::{Hub, Read};
use crate::{
    domain::{
        error::{Code, Problem},
        id::{SocketId, UserId},
        presence::RemovalReason,
        room::Visibility,
    },
    ports::{BackendError, store::Standpoint},
    protocol::{packet::Packet, server_event::RoomRemoved},
};

/// The number of hints at which a membership began to be read.
pub(super) type Judged = u64;

/// How long it is remembered which sockets have been told that they are out: the word of why may come after the fact.
const TOLD: Duration = Duration::from_secs(10);
/// Removals that may wait for a check; of those beyond, only the live sockets are told.
const SUSPECTS_MAX: usize = 1_024;

/// What is known about access to the room.
#[derive(Default)]
pub(super) struct Access {
    hints: Judged,
    /// Everybody live and let in before this many hints has been judged.
    settled: Judged,
    /// Somebody was admitted on a membership that is older than the newest hint.
    unjudged: bool,
    access_rev: i64,
    /// Who is said to have gone, why, and since which hint.
    suspects: HashMap<UserId, (RemovalReason, Judged)>,
    asking: bool,
    failed: u32,
    retry_at: Option<Instant>,
    told: HashMap<SocketId, Instant>,
}

/// A check and what the store said to it.
pub(super) struct Checked {
    hints: Judged,
    asked_at: Instant,
    asked: HashSet<UserId>,
    members: HashSet<UserId>,
    /// Asked for when nobody was found to be a member: the room may be gone.
    stands: Option<Standpoint>,
}

impl Access {
    /// How much was hinted so far: what is read from now on is newer than all of it.
    pub(super) fn hints(&self) -> Judged {
        self.hints
    }

    /// Somebody may have lost the right to be here.
    pub(super) fn hint(&mut self) {
        self.hints += 1;
    }

    /// The store says where access stands.
    pub(super) fn stands_at(&mut self, access_rev: i64) {
        if access_rev > self.access_rev {
            self.access_rev = access_rev;
            self.hint();
        }
    }

    /// Whether everything that was hinted has been looked into.
    pub(super) fn is_settled(&self) -> bool {
        self.settled >= self.hints && !self.unjudged && self.suspects.is_empty()
    }

    /// Somebody waits to be let in on a membership that began to be read after so many hints.
    pub(super) fn admitted(&mut self, judged: Judged) {
        self.unjudged |= judged < self.hints;
    }

    /// The socket is live again; that it was sent away is past.
    pub(super) fn let_in(&mut self, socket: SocketId) {
        self.told.remove(&socket);
    }

    /// When to ask again after a failure.
    pub(super) fn due_at(&self) -> Option<Instant> {
        self.retry_at.filter(|_| !self.asking)
    }

    /// Somebody is said to have gone, and has not been told yet.
    pub(super) fn is_asked_about(&self) -> bool {
        !self.suspects.is_empty()
    }

    fn is_due(&self) -> bool {
        let wanted = self.settled < self.hints || self.unjudged || !self.suspects.is_empty();
        wanted && !self.asking && self.retry_at.is_none_or(|at| at <= Instant::now())
    }
}

impl Hub {
    /// Somebody is said to be no member any more. The store is asked before anybody is told.
    pub(super) fn take_removal(&mut self, user: UserId, reason: RemovalReason) {
        self.access.hint();
        let Access {
            suspects, hints, ..
        } = &mut self.access;
        if suspects.len() < SUSPECTS_MAX {
            suspects.insert(user, (reason, *hints));
        }
    }

    /// Asks the store about everybody who was let in before the newest hint.
    pub(super) fn ask_access_if_due(&mut self) {
        // The end of the room, once it is known, comes before long and is for everybody.
        if self.ends_at.is_some() || !self.access.is_due() {
            return;
        }
        let hints = self.access.hints;
        self.acquaintances.doubt(&self.room_id);
        let asked_at = Instant::now();
        let live = self
            .members
            .values()
            .filter(|member| member.judged < hints)
            .map(|member| &member.link);
        let admitted = self
            .admitted
            .iter()
            .filter(|admitted| admitted.judged < hints)
            .map(|admitted| &admitted.joiner.link);
        let asked: HashSet<UserId> = live
            .chain(admitted)
            .map(|link| link.account().id.clone())
            .chain(self.access.suspects.keys().cloned())
            .collect();
        self.access.unjudged = false;
        self.access.retry_at = None;
        if asked.is_empty() {
            self.access.settled = hints;
            return;
        }
        self.access.asking = true;
        let around = self.around.clone();
        let room = self.room_id.clone();
        self.reads.push(
            async move {
                let users: Vec<UserId> = asked.iter().cloned().collect();
                let checked = async {
                    let members = around.store.members_among(&room, &users).await?;
                    let stands = if members.is_empty() {
                        let room = std::slice::from_ref(&room);
                        around.store.revisions(room).await?.pop()
                    } else {
                        None
                    };
                    Ok(Checked {
                        hints,
                        asked_at,
                        asked,
                        members: members.into_iter().collect(),
                        stands,
                    })
                };
                Read::Access(checked.await)
            }
            .boxed(),
        );
    }

    pub(super) fn take_access(&mut self, answer: Result<Checked, BackendError>) {
        self.access.asking = false;
        match answer {
            Ok(checked) => {
                self.access.failed = 0;
                if let Some(stands) = checked.stands.as_ref().filter(|stands| stands.deleted) {
                    self.take_standpoint(stands);
                } else {
                    let members = checked.members.iter().cloned();
                    self.acquaintances
                        .still(&self.room_id, members, checked.asked_at);
                    self.send_away(&checked);
                }
            }
            Err(error) => {
                error.log("who may be in a room is not known");
                self.access.failed = self.access.failed.saturating_add(1).min(4);
                let most = 100 << self.access.failed;
                let wait = rand::rng().random_range(most / 2..=most);
                self.access.retry_at = Some(Instant::now() + Duration::from_millis(wait));
                self.access.unjudged = true;
                self.refuse_unjudged();
                self.cut_suspects();
            }
        }
    }

    /// The store cannot say whether these are members still, and somebody said that they are not: they hear nothing more, and may
    /// come back where it can be judged.
    fn cut_suspects(&mut self) {
        let hints = self.access.hints();
        let is_suspect = |member: &&super::Member| {
            member.judged < hints && (self.access.suspects).contains_key(&member.link.account().id)
        };
        let suspects: Vec<_> = self
            .members
            .values()
            .filter(is_suspect)
            .map(|member| member.link.clone())
            .collect();
        for link in suspects {
            link.cut("it cannot be judged whether they may be here");
            self.remove(link.id());
        }
    }

    /// Takes out who is no member, and tells the sockets of those who were said to have gone.
    fn send_away(&mut self, checked: &Checked) {
        let is_out =
            |user: &UserId| checked.asked.contains(user) && !checked.members.contains(user);
        let mut out: Vec<SocketId> = Vec::new();
        for (socket, member) in &mut self.members {
            let user = &member.link.account().id;
            if member.judged >= checked.hints || !checked.asked.contains(user) {
                continue;
            }
            if is_out(user) {
                out.push(*socket);
            } else {
                member.judged = checked.hints;
            }
        }
        let mut refused = Vec::new();
        self.admitted = std::mem::take(&mut self.admitted)
            .into_iter()
            .filter_map(|mut admitted| {
                let user = &admitted.joiner.link.account().id;
                if admitted.judged >= checked.hints || !checked.asked.contains(user) {
                    return Some(admitted);
                }
                if is_out(user) {
                    refused.push(admitted);
                    return None;
                }
                admitted.judged = checked.hints;
                Some(admitted)
            })
            .collect();
        for admitted in refused {
            let problem = match admitted.view.room.visibility {
                Visibility::Public => {
                    Problem::new(Code::Forbidden, "You have been removed from the room.")
                }
                Visibility::Private | Visibility::Direct => Problem::no_room(),
            };
            let _ = admitted.joiner.done.send(Err(problem));
        }
        self.access.settled = self.access.settled.max(checked.hints);
        let now = Instant::now();
        self.access
            .told
            .retain(|_, at| now.duration_since(*at) < TOLD);
        for socket in out {
            self.remove_from_room(socket);
        }
        let suspects = std::mem::take(&mut self.access.suspects);
        for (user, (reason, since)) in suspects {
            if is_out(&user) {
                // Who has come back since is live on a newer word.
                if !self.is_live(&user) {
                    self.tell_removed(&user, reason);
                }
            } else if since > checked.hints {
                self.access.suspects.insert(user, (reason, since));
            }
        }
    }

    fn is_live(&self, user: &UserId) -> bool {
        let mut links = self.members.values().map(|member| member.link.account());
        links.any(|account| account.id == *user)
    }

    /// The last packet of the room to one of its sockets.
    fn remove_from_room(&mut self, socket: SocketId) {
        let Some(member) = self.members.swap_remove(&socket) else {
            return;
        };
        let user = &member.link.account().id;
        let said = self.access.suspects.get(user);
        let packet = self.removed_packet(said.map_or(RemovalReason::NotAllowed, |(why, _)| *why));
        member.link.send(&packet);
        member.link.left(&self.room_id);
        self.access.told.insert(socket, Instant::now());
        self.have_read.forget(user);
        self.departed(&member.link);
    }

    /// Tells those sockets of a user that were not live here, and so have not been told as they were taken out.
    fn tell_removed(&mut self, user: &UserId, reason: RemovalReason) {
        let packet = self.removed_packet(reason);
        for link in self.connected.of(user) {
            if self.access.told.remove(&link.id()).is_none() {
                link.send(&packet);
            }
        }
    }

    fn removed_packet(&self, reason: RemovalReason) -> Packet {
        let removed = RoomRemoved {
            room_id: &self.room_id,
            reason,
        };
        Packet::event("room:removed", &removed)
    }

    /// Who was admitted on an old word cannot be let in while the store does not answer.
    fn refuse_unjudged(&mut self) {
        let hints = self.access.hints;
        let (kept, refused): (Vec<_>, Vec<_>) = std::mem::take(&mut self.admitted)
            .into_iter()
            .partition(|admitted| admitted.judged >= hints);
        self.admitted = kept;
        for admitted in refused {
            let _ = admitted.joiner.done.send(Err(Problem::unavailable()));
        }
    }
}
