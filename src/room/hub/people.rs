//! Arrivals, status and typing: told to those who are live, and not kept.

use std::{collections::HashSet, sync::Arc, time::Duration};

use futures_util::FutureExt;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::{Hub, Member, Read};
use crate::{
    domain::{
        id::{SocketId, UserId},
        presence::{Signal, Status, User},
        timestamp::Timestamp,
    },
    ports::{
        BackendError,
        bus::{News, Topic},
        presence::Live,
    },
    protocol::{
        packet::Packet,
        server_event::{PresenceChanged, RoomOccupancy, TypingStopped, Typist, UserInRoom},
    },
    room::link::Link,
};

/// How long somebody is taken to be writing after they last said so.
const TYPING: Duration = Duration::from_secs(5);
/// The same for somebody on another replica, which tells the end itself unless it has died.
const TYPING_ELSEWHERE: Duration = Duration::from_secs(7);
/// The least time between two tellings of how many are in a large room.
const OCCUPANCY: Duration = Duration::from_secs(1);

/// Somebody who is writing.
pub(super) struct Typing {
    username: Arc<str>,
    pub(super) until: Instant,
    /// The socket here that said so; none when it was another replica's.
    socket: Option<SocketId>,
}

/// A user's new status, told to each socket once, whichever rooms it shares with the user.
pub struct StatusNews {
    user: UserId,
    status: Status,
    packet: Packet,
    told: Mutex<HashSet<SocketId>>,
}

impl StatusNews {
    /// News that nobody has been told.
    pub fn new(user: UserId, status: Status, last_seen: Option<Timestamp>) -> Self {
        let packet = Packet::event(
            "presence:changed",
            &PresenceChanged {
                user_id: &user,
                status,
                last_seen,
            },
        );
        Self {
            user,
            status,
            packet,
            told: Mutex::default(),
        }
    }
}

impl Hub {
    pub(super) fn arrived(&mut self, link: &Arc<dyn Link>, status: Status) {
        if self.members.contains_key(&link.id()) {
            return;
        }
        let account = link.account();
        let user = User {
            id: account.id.clone(),
            username: account.username.clone(),
            display_name: account.display_name.clone(),
            status,
            last_seen: None,
        };
        if self.roster.arrive(user) {
            self.around.tracker.enter(&self.room_id, account);
        }
        self.watch_occupancy();
    }

    pub(super) fn departed(&mut self, link: &Arc<dyn Link>) {
        let account = link.account();
        if self
            .typing
            .get(&account.id)
            .is_some_and(|typing| typing.socket == Some(link.id()))
        {
            self.stop_typing(&account.id, true);
        }
        if self.roster.depart(&account.id) {
            self.around.tracker.leave(&self.room_id, account);
        }
        self.watch_occupancy();
    }

    pub(super) fn take_signal(&mut self, signal: Signal) {
        match signal {
            Signal::Joined { user, .. } => {
                self.roster.hear_of(&user.id, std::time::Instant::now());
                if self.roster.joined(&user) {
                    self.tell_arrival("user:joined", &user.id, &user.username);
                }
            }
            Signal::Left {
                user_id, username, ..
            } => {
                self.roster.hear_of(&user_id, std::time::Instant::now());
                if self.roster.left(&user_id) {
                    self.stop_typing(&user_id, false);
                    self.tell_arrival("user:left", &user_id, &username);
                }
            }
            Signal::Typing {
                user_id,
                username,
                on: true,
                ..
            } => self.start_typing(user_id, username, None),
            Signal::Typing {
                user_id, on: false, ..
            } => self.stop_typing(&user_id, false),
            Signal::Read {
                user_id,
                last_read_seq,
                ..
            } => self.take_read_mark(user_id, last_read_seq),
            Signal::Access { .. } => self.access.hint(),
            Signal::Removed {
                user_id, reason, ..
            } => self.take_removal(user_id, reason),
            // These come as turns of their own, or concern no room.
            Signal::Status { .. } | Signal::SessionEnded(_) | Signal::Custom { .. } => {}
        }
        self.watch_occupancy();
    }

    pub(super) fn take_status(&mut self, news: &StatusNews) {
        self.roster.hear_of(&news.user, std::time::Instant::now());
        self.roster.set_status(&news.user, news.status);
        if self.roster.is_large() {
            return;
        }
        let mut told = news.told.lock();
        let untold: Vec<_> = self
            .members
            .values()
            .map(|member| &member.link)
            .filter(|link| link.account().id != news.user && told.insert(link.id()))
            .cloned()
            .collect();
        drop(told);
        for link in untold {
            link.send(&news.packet);
        }
    }

    pub(super) fn take_live(&mut self, live: Live, asked_at: std::time::Instant) {
        let found = self.roster.compare(live, asked_at);
        for user in found.arrived {
            self.tell_arrival("user:joined", &user.id, &user.username);
        }
        for (user, status) in found.changed {
            self.take_status(&StatusNews::new(user, status, None));
        }
        let gone: Vec<UserId> = found.gone.iter().map(|user| user.id.clone()).collect();
        for user in found.gone {
            self.stop_typing(&user.id, false);
            self.tell_arrival("user:left", &user.id, &user.username);
        }
        if !gone.is_empty() {
            let around = self.around.clone();
            self.reads.push(
                async move {
                    let answer = around.presence.statuses(&gone).await;
                    Read::Gone(gone, answer)
                }
                .boxed(),
            );
        }
        self.watch_occupancy();
    }

    /// Of those who went without a word, some may still be elsewhere; the others are offline.
    pub(super) fn take_gone(
        &mut self,
        users: Vec<UserId>,
        answer: Result<Vec<Status>, BackendError>,
    ) {
        let Ok(statuses) = answer else { return };
        for (user, status) in users.into_iter().zip(statuses) {
            if status == Status::Offline && !self.roster.holds(&user) {
                self.take_status(&StatusNews::new(user, status, Some(Timestamp::now())));
            }
        }
    }

    /// False when the socket is not live here.
    pub(super) fn take_typing(&mut self, socket: SocketId, on: bool) -> bool {
        let Some(account) = self
            .members
            .get(&socket)
            .map(|member| member.link.account().clone())
        else {
            return false;
        };
        if on {
            self.publish_typing(&account.id, &account.username, true);
            self.start_typing(account.id.clone(), account.username.clone(), Some(socket));
        } else {
            self.stop_typing(&account.id, true);
        }
        true
    }

    pub(super) fn settle_typing(&mut self, now: Instant) {
        let over: Vec<_> = self
            .typing
            .iter()
            .filter(|(_, typing)| typing.until <= now)
            .map(|(id, _)| id.clone())
            .collect();
        for user in over {
            self.stop_typing(&user, true);
        }
    }

    pub(super) fn settle_occupancy(&mut self, now: Instant) {
        if self.occupancy_at.is_none_or(|at| at > now) {
            return;
        }
        self.occupancy_at = None;
        let online = self.roster.count();
        if online != self.occupancy_told {
            self.occupancy_told = online;
            let packet = Packet::event(
                "room:occupancy",
                &RoomOccupancy {
                    room_id: &self.room_id,
                    online,
                },
            );
            self.tell_but(None, &packet);
            self.watch_occupancy();
        }
    }

    pub(super) fn typists(&self) -> Vec<Typist> {
        self.typing
            .iter()
            .map(|(id, typing)| Typist {
                user_id: id.clone(),
                username: typing.username.clone(),
            })
            .collect()
    }

    fn start_typing(&mut self, user_id: UserId, username: Arc<str>, socket: Option<SocketId>) {
        let until = Instant::now()
            + if socket.is_some() {
                TYPING
            } else {
                TYPING_ELSEWHERE
            };
        let typing = Typing {
            username: username.clone(),
            until,
            socket,
        };
        if self.typing.insert(user_id.clone(), typing).is_none() {
            let packet = Packet::event(
                "typing:user",
                &UserInRoom {
                    room_id: &self.room_id,
                    user_id: &user_id,
                    username: &username,
                },
            );
            self.tell_but(Some(&user_id), &packet);
        }
    }

    fn stop_typing(&mut self, user_id: &UserId, publish: bool) {
        let Some(typing) = self.typing.remove(user_id) else {
            return;
        };
        if publish && typing.socket.is_some() {
            self.publish_typing(user_id, &typing.username, false);
        }
        let packet = Packet::event(
            "typing:stop",
            &TypingStopped {
                room_id: &self.room_id,
                user_id,
            },
        );
        self.tell_but(Some(user_id), &packet);
    }

    fn publish_typing(&self, user_id: &UserId, username: &Arc<str>, on: bool) {
        let room_id = self.room_id.clone();
        let signal = Signal::Typing {
            room_id,
            user_id: user_id.clone(),
            username: username.clone(),
            on,
        };
        self.around.bus.publish(
            &Topic::Room(self.room_id.clone()),
            &News::Signals(vec![signal]),
        );
    }

    fn tell_arrival(&mut self, event: &str, user_id: &UserId, username: &str) {
        if !self.roster.is_large() {
            let packet = Packet::event(
                event,
                &UserInRoom {
                    room_id: &self.room_id,
                    user_id,
                    username,
                },
            );
            self.tell_but(Some(user_id), &packet);
        }
    }

    /// Sends to everybody live but one user's sockets. Who does not keep up is found by the next change or comparison.
    pub(super) fn tell_but(&self, user: Option<&UserId>, packet: &Packet) {
        for Member { link, .. } in self.members.values() {
            if user.is_none_or(|user| link.account().id != *user) {
                link.send(packet);
            }
        }
    }

    fn watch_occupancy(&mut self) {
        let tells = self.roster.is_large() || self.occupancy_told > 0;
        if tells && self.occupancy_at.is_none() && self.roster.count() != self.occupancy_told {
            self.occupancy_at = Some(Instant::now() + OCCUPANCY);
        }
    }
}
