//! Joins and resumes, as turns of the hub: membership for all who wait in one statement, history from memory with what in it is the
//! reader's own, then live.
//!
//! Whoever is admitted gets, in this order and with nothing between: `room:history` at the room's revision R, the acknowledgement with
//! the same R, and from then on every later change. A link that has closed meanwhile is not admitted.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use futures_util::FutureExt;
use serde_json::value::RawValue;
use tokio::{sync::oneshot, time::Instant};

use super::{
    Hub, Member, Read,
    access::Judged,
    delivery::MEMBERS_AT_ONCE,
    history::{History, Question, Seen},
    own::Own,
};
use crate::{
    domain::{
        Rev,
        error::Problem,
        id::MessageId,
        message::Message,
        presence::{Status, User},
        room::{Room, RoomView},
        timestamp::Timestamp,
    },
    ports::{
        BackendError,
        store::{Entered, Entry},
    },
    protocol::{packet::Packet, server_event::Joined},
    room::{link::Link, timeline::Timeline},
};

/// Joins that one statement carries.
const ENTRIES_AT_ONCE: usize = 1_000;
/// How often it is asked what in a history is somebody's own, while what the history tells keeps changing; then it is left out.
const OWN_ASKED_MAX: u8 = 3;

/// Somebody who wants in.
pub struct Joiner {
    /// The way to the socket.
    pub link: Arc<dyn Link>,
    /// The status to show until the shared list says otherwise.
    pub status: Status,
    /// The revision that the client knows; `None` for the newest page.
    pub since: Option<Rev>,
    /// How many messages the page holds; checked.
    pub limit: usize,
    /// Whether to make the room where there is none.
    pub create: bool,
    /// The acknowledgement that the client waits for, if it does.
    pub ack: Option<i64>,
    /// Told once: admitted (then the acknowledgement has been sent), or why not.
    pub done: oneshot::Sender<Result<(), Problem>>,
}

/// A joiner who is a member, and waits for history.
pub(super) struct Admitted {
    pub(super) joiner: Joiner,
    pub(super) view: Box<RoomView>,
    pub(super) judged: Judged,
    /// The store has been asked since; what memory holds now is all there is.
    pub(super) asked: bool,
    /// How often it has been asked what is theirs.
    own_asked: u8,
}

impl Admitted {
    /// A member as of so many hints.
    pub(super) fn of(joiner: Joiner, view: Box<RoomView>, judged: Judged) -> Self {
        Self {
            joiner,
            view,
            judged,
            asked: false,
            own_asked: 0,
        }
    }

    /// The revision from which the store has to be asked before this one can be answered.
    pub(super) fn needs_store(&self, timeline: &Timeline) -> Option<Rev> {
        self.since()
            .filter(|since| !self.asked && timeline.needs_store(*since))
    }

    /// The revision that the client knows.
    pub(super) fn since(&self) -> Option<Rev> {
        self.joiner.since
    }

    fn question(&self) -> Question {
        (self.joiner.since, self.joiner.limit)
    }
}

impl Hub {
    /// Asks for the memberships of everybody who waits.
    pub(super) fn ask_memberships(&mut self) {
        if self.asking_memberships || self.waiting.is_empty() {
            return;
        }
        self.asking_memberships = true;
        self.memberships_asked_at = Instant::now();
        let rest = self
            .waiting
            .split_off(self.waiting.len().min(ENTRIES_AT_ONCE));
        let joiners = std::mem::replace(&mut self.waiting, rest);
        let at = Timestamp::now();
        let entries: Vec<Entry> = joiners
            .iter()
            .map(|joiner| Entry {
                room: self.room_id.clone(),
                user: joiner.link.account().id.clone(),
                create: joiner.create,
                at,
            })
            .collect();
        let around = self.around.clone();
        let judged = self.access.hints();
        self.reads.push(
            async move {
                let answer = around.store.join(&entries).await;
                Read::Memberships(joiners, judged, answer)
            }
            .boxed(),
        );
    }

    pub(super) fn take_memberships(
        &mut self,
        joiners: Vec<Joiner>,
        judged: Judged,
        answer: Result<Vec<Entered>, BackendError>,
    ) {
        self.asking_memberships = false;
        match answer {
            Ok(_) if self.has_ended => {
                for joiner in joiners {
                    let _ = joiner.done.send(Err(Problem::no_room()));
                }
            }
            Ok(entered) => {
                self.access.admitted(judged);
                for (joiner, entered) in joiners.into_iter().zip(entered) {
                    match entered {
                        Entered::Member(view) => {
                            self.meet(&joiner, &view);
                            self.admitted.push(Admitted::of(joiner, view, judged));
                        }
                        Entered::NoRoom => {
                            let _ = joiner.done.send(Err(Problem::no_room()));
                        }
                    }
                }
            }
            Err(error) => {
                error.log("memberships could not be read");
                self.admit_acquainted(joiners, judged, &error);
            }
        }
    }

    /// Admits everybody whom memory can answer; starts the first read if there is no memory yet.
    pub(super) async fn admit_ready(&mut self) {
        if self.admitted.is_empty() || self.starting {
            return;
        }
        let Some(timeline) = &self.timeline else {
            self.start();
            return;
        };
        let hints = self.access.hints();
        let (judged, mut waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.admitted)
            .into_iter()
            .partition(|admitted| {
                let asks_own = self.asking_own && admitted.own_asked > 0;
                // While the store's answer is on its way, other turns must not take what memory holds for all there is.
                let asks_store = if admitted.asked && self.asking_changes {
                    admitted
                        .since()
                        .is_some_and(|since| timeline.needs_store(since))
                } else {
                    admitted.needs_store(timeline).is_some()
                };
                admitted.judged >= hints && !asks_own && !asks_store
            });
        let mut histories: HashMap<Question, History> = HashMap::new();
        let (ready, needy): (Vec<_>, Vec<_>) = judged.into_iter().partition(|admitted| {
            let question = admitted.question();
            let history = histories
                .entry(question)
                .or_insert_with(|| History::answering(timeline, question));
            let user = &admitted.joiner.link.account().id;
            !history.is_applauded
                || admitted.own_asked >= OWN_ASKED_MAX
                || self
                    .own
                    .as_ref()
                    .is_some_and(|own| own.answers(user, history))
        });
        if !ready.is_empty() {
            // Everything applied so far goes to those who are live before anybody joins at its revision.
            self.flush().await;
            self.admit(ready, &histories).await;
        }
        if !self.asking_own {
            self.own = None;
        }
        waiting.extend(self.ask_own(needy, &histories));
        self.admitted.extend(waiting);
    }

    /// Asks what in their histories is the readers' own, for all of them at once.
    fn ask_own(
        &mut self,
        mut needy: Vec<Admitted>,
        histories: &HashMap<Question, History>,
    ) -> Vec<Admitted> {
        let Some(timeline) = self.timeline.as_ref().filter(|_| !self.asking_own) else {
            return needy;
        };
        if needy.is_empty() {
            return needy;
        }
        let mut users = HashSet::new();
        let mut messages: HashMap<MessageId, Arc<Message>> = HashMap::new();
        let mut asked: HashSet<Question> = HashSet::new();
        for admitted in &mut needy {
            admitted.own_asked += 1;
            users.insert(admitted.joiner.link.account().id.clone());
            let question = admitted.question();
            if let Some(history) = histories.get(&question).filter(|_| asked.insert(question)) {
                let told = history.messages.iter();
                messages.extend(told.map(|message| (message.id, message.clone())));
            }
        }
        self.asking_own = true;
        let last_seq = timeline.last_seq();
        self.own = Some(Own::asked(
            users.clone(),
            messages.keys().copied(),
            last_seq,
        ));
        let around = self.around.clone();
        self.reads.push(
            async move {
                let messages = messages.values().map(|message| &**message);
                Read::Own(Own::read(&*around.store, users, messages, last_seq).await)
            }
            .boxed(),
        );
        needy
    }

    pub(super) fn take_own(&mut self, answer: Own) {
        self.asking_own = false;
        if let Some(own) = &mut self.own {
            own.take(answer);
        }
    }

    async fn admit(&mut self, ready: Vec<Admitted>, histories: &HashMap<Question, History>) {
        let Some(timeline) = self.timeline.take() else {
            return;
        };
        let mut ready: Vec<_> = ready
            .into_iter()
            .filter(|admitted| admitted.joiner.link.is_open())
            .collect();
        // Few packets are kept: who asks the same comes after one another.
        ready.sort_by_key(Admitted::question);
        for Admitted { joiner, .. } in &ready {
            self.arrived(&joiner.link, joiner.status);
        }
        let online = self.online_now();
        let online_count = self.roster.count();
        let typists = self.typists();
        let room = timeline.room();
        for (at, admitted) in ready.into_iter().enumerate() {
            if at > 0 && at % MEMBERS_AT_ONCE == 0 {
                tokio::task::yield_now().await;
            }
            let question = admitted.question();
            let Admitted {
                joiner,
                mut view,
                judged,
                ..
            } = admitted;
            // The view was read with the membership, before or after this revision.
            let member_count = view.room.member_count;
            view.room = Room {
                member_count,
                ..room.clone()
            };
            if let Some(standing) = &mut view.standing {
                standing.unread = (timeline.last_seq() - standing.last_read_seq).max(0);
            }
            let Some(history) = histories.get(&question) else {
                continue;
            };
            let seen = match &self.own {
                _ if !history.is_applauded => Seen::AsOthers,
                Some(own) => own.seen_by(&joiner.link.account().id, history),
                None => Seen::Unknown,
            };
            let packet = self.history_packets.packet(
                &self.room_id,
                timeline.rev(),
                Some(question),
                history,
                seen,
            );
            let joined = Joined {
                ok: true,
                room: &view,
                rev: timeline.rev(),
                online: &online,
                online_count,
                typing: &typists,
            };
            let link = joiner.link;
            let sent = link.send(&packet)
                && joiner
                    .ack
                    .is_none_or(|ack| link.send(&Packet::answer(ack, &joined)));
            if sent {
                self.around.metrics.rooms.joins.inc();
                self.access.let_in(link.id());
                link.entered(&self.room_id);
                self.members.insert(link.id(), Member { link, judged });
            } else if !self.members.contains_key(&link.id()) {
                self.departed(&link);
            }
            let _ = joiner.done.send(Ok(()));
        }
        self.timeline = Some(timeline);
    }

    /// The people live in the room as JSON, once for everybody who joins in this turn.
    fn online_now(&self) -> Box<RawValue> {
        let people: Vec<&User> = self.roster.shown();
        serde_json::value::to_raw_value(&people).unwrap_or_else(|error| {
            tracing::error!(%error, "the people of a room could not be encoded");
            RawValue::NULL.to_owned()
        })
    }

    pub(super) fn refuse_admitted(&mut self, problem: &Problem) {
        for admitted in std::mem::take(&mut self.admitted) {
            let _ = admitted.joiner.done.send(Err(problem.clone()));
        }
    }

    /// The store did not answer: those who resume from further back than memory reaches cannot be served now.
    pub(super) fn refuse_resumes(&mut self) {
        let (refused, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.admitted)
            .into_iter()
            .partition(|admitted| admitted.asked);
        self.admitted = kept;
        for admitted in refused {
            let _ = admitted.joiner.done.send(Err(Problem::unavailable()));
        }
    }
}
