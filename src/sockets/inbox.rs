//! Events of one socket, taking effect in the order sent.
//!
//! The transport hands events over one by one and must not wait, so they queue here. One task works through the queue while there is
//! something in it: an event begins when the one before it has taken effect. What changes or marks a room does not wait for a
//! commit: it takes its place in the order of its room, and its answer follows when there is one; what must not overtake it all the
//! same is said in `underway`.

use std::{
    collections::VecDeque,
    num::NonZeroU32,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};
use governor::{DefaultDirectRateLimiter, Quota, clock::Clock};
use parking_lot::Mutex;
use tokio::{sync::Notify, time::Instant};
use tracing::Instrument;

use super::{
    event::read_event,
    link::{Cut, SocketLink},
    underway::{Concern, Underway},
};
use crate::{
    chat::{BURST, Chat},
    domain::{error::Problem, id::RoomId, message::Message, timestamp::Timestamp},
    protocol::{
        client_event::ClientEvent,
        packet::Packet,
        server_event::{Clapped, Done, PresenceUpdated, Reacted, Read, Sent, error_packet},
    },
    room::link::Link,
    telemetry::trace::{self, Scope},
};

/// Events of one socket that may wait.
const WAITING_MAX: usize = 1_024;
/// Whoever is sent away is given so long for what they have sent to be answered: a change is committed, or `unavailable`, before.
const ANSWERED: Duration = Duration::from_secs(4);
/// How often it is looked whether it is.
const LOOK: Duration = Duration::from_millis(10);

/// What one socket may do.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Events other than sends a second, with bursts of five times that.
    pub events_per_second: NonZeroU32,
    /// Live rooms at once.
    pub rooms: usize,
}

/// What is left of an event that has its place: waiting for what becomes of it, and telling that.
type Answer = BoxFuture<'static, ()>;

/// The events of one socket.
pub struct Inbox {
    link: Arc<SocketLink>,
    expires_at: Timestamp,
    chat: Arc<Chat>,
    rooms_max: usize,
    events: DefaultDirectRateLimiter,
    queue: Mutex<Queue>,
    arrived: Notify,
    /// Nothing more is taken.
    is_leaving: AtomicBool,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Received>,
    working: bool,
}

/// An event, the number of the answer that it asks for, and where it stands in its trace.
struct Received {
    event: ClientEvent,
    ack: Option<i64>,
    scope: Scope,
}

impl Inbox {
    /// An empty inbox of a socket that is in.
    pub fn new(
        link: Arc<SocketLink>,
        expires_at: Timestamp,
        chat: Arc<Chat>,
        limits: &Limits,
    ) -> Arc<Self> {
        let per_second = limits.events_per_second;
        let quota = Quota::per_second(per_second).allow_burst(per_second.saturating_mul(BURST));
        Arc::new(Self {
            link,
            expires_at,
            chat,
            rooms_max: limits.rooms,
            events: DefaultDirectRateLimiter::direct(quota),
            queue: Mutex::default(),
            arrived: Notify::new(),
            is_leaving: AtomicBool::new(false),
        })
    }

    /// The way back.
    pub fn link(&self) -> &SocketLink {
        &self.link
    }

    /// When the token that opened it is worth nothing any more.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Takes an event as it came: the JSON array of its name and arguments. Never waits.
    pub fn receive(self: &Arc<Self>, text: &str, with_attachments: bool, ack: Option<i64>) {
        if self.is_leaving.load(Ordering::Acquire) {
            return;
        }
        let (name, event) = read_event(text, with_attachments);
        // Sends have a limit of their own, of the user and not of the socket.
        if !matches!(event, Ok(ClientEvent::Send(_)))
            && let Err(early) = self.events.check()
        {
            let wait = early.wait_time_from(governor::clock::DefaultClock::default().now());
            self.chat.limits().count_refusal("events");
            let problem = Problem::rate_limited("Too many events; wait a little.", Some(wait));
            return self.refuse(&name, ack, &problem);
        }
        match event {
            Ok(event) => self.queue_up(event, ack),
            Err(problem) => self.refuse(&name, ack, &problem),
        }
    }

    /// Sends the socket away once what it has sent has been answered; what comes from now on is left to its next connection, where a
    /// client that was told nothing sends it again. Ends within 4 s: by then the last answer was `unavailable`.
    pub async fn send_away(&self, reason: Cut) {
        self.is_leaving.store(true, Ordering::Release);
        let until = Instant::now() + ANSWERED;
        while self.queue.lock().working && Instant::now() < until {
            tokio::time::sleep(LOOK).await;
        }
        self.link.send_away(reason);
    }

    /// The socket has gone: it leaves its rooms, and what it had sent before still takes effect.
    pub fn close(self: &Arc<Self>) {
        self.link.mark_closed();
        let rooms: Vec<RoomId> = std::mem::take(&mut *self.link.rooms().lock())
            .into_iter()
            .collect();
        // All rooms are told before anything else can happen to this user.
        for room in &rooms {
            self.chat.left_behind(room, self.link.id());
        }
        self.chat.went(&*self.link, rooms);
    }

    fn queue_up(self: &Arc<Self>, event: ClientEvent, ack: Option<i64>) {
        let mut queue = self.queue.lock();
        if queue.waiting.len() >= WAITING_MAX {
            drop(queue);
            let problem =
                Problem::rate_limited("Too many events are waiting; wait for their answers.", None);
            return self.refuse(name_of(&event), ack, &problem);
        }
        let scope = self.chat.tracer().begin(name_of(&event));
        queue.waiting.push_back(Received { event, ack, scope });
        if std::mem::replace(&mut queue.working, true) {
            self.arrived.notify_one();
        } else {
            let inbox = self.clone();
            tokio::spawn(async move {
                let worked = AssertUnwindSafe(inbox.clone().work()).catch_unwind();
                // Nobody would work through what comes: the client is better off with a new connection.
                if worked.await.is_err() {
                    inbox.link.cut(Cut::Failed, "one of its events has failed");
                }
            });
        }
    }

    async fn work(self: Arc<Self>) {
        let mut underway = Underway::default();
        loop {
            let next = {
                let mut queue = self.queue.lock();
                let next = queue.waiting.pop_front();
                if next.is_none() && underway.is_empty() {
                    queue.working = false;
                    return;
                }
                next
            };
            let Some(Received { event, ack, scope }) = next else {
                tokio::select! {
                    () = underway.next() => {}
                    () = self.arrived.notified() => {}
                }
                continue;
            };
            let name = name_of(&event);
            let timed = self.link.metrics().events.begin(name);
            underway.settle_before(&event).await;
            let span = tracing::debug_span!("event", name, socket = self.link.id().0);
            let beginning = async {
                let begun = self.begin(event, ack).await;
                begun.unwrap_or_else(|problem| {
                    self.fail(name, ack, &problem);
                    None
                })
            };
            let mut beginning = std::pin::pin!(scope.run(beginning.instrument(span)));
            let begun = loop {
                tokio::select! {
                    biased;
                    begun = &mut beginning => break begun,
                    () = underway.next(), if !underway.is_empty() => {}
                }
            };
            match begun {
                Some((concern, answer)) => underway.push(concern, timed.until(answer)),
                None => timed.end(),
            }
        }
    }

    /// Has the event take effect, or take its place among what will; then what it concerns and its answer are still to come.
    async fn begin(
        self: &Arc<Self>,
        event: ClientEvent,
        ack: Option<i64>,
    ) -> Result<Option<(Concern, Answer)>, Problem> {
        let name = name_of(&event);
        let user = &self.link.account().id;
        let chat = &self.chat;
        let message_answer = move |inbox: &Self, message: Arc<Message>| {
            inbox.answer(
                ack,
                &Sent {
                    ok: true,
                    message: &message,
                },
            );
        };
        Ok(Some(match event {
            ClientEvent::Send(send) => {
                let concern = Concern::Sent(send.room_id.clone());
                let sending = chat.send(user, send.room_id, send.draft).await?;
                let answer = self.answering(name, ack, sending.sent(), move |inbox, sent| {
                    message_answer(inbox, sent.message);
                });
                (concern, answer)
            }
            ClientEvent::Edit(edit) => {
                let editing = chat.edit(user, edit.message_id, edit.content).await?;
                let answer = self.answering(name, ack, editing.edited(), message_answer);
                (Concern::Ordered, answer)
            }
            ClientEvent::Delete(message) => {
                let deleting = chat.delete(user, message).await?;
                let answer = self.answering(name, ack, deleting.deleted(), message_answer);
                (Concern::Ordered, answer)
            }
            ClientEvent::React(react) => {
                let reacting = chat
                    .react(user, react.message_id, react.emoji, react.on)
                    .await?;
                let answer =
                    self.answering(name, ack, reacting.reactions(), move |inbox, reactions| {
                        let reactions = &reactions;
                        inbox.answer(
                            ack,
                            &Reacted {
                                ok: true,
                                reactions,
                            },
                        );
                    });
                (Concern::Ordered, answer)
            }
            ClientEvent::Clap(clap) => {
                let count = clap.count.unwrap_or(1);
                let clapping = chat.clap(user, clap.message_id, count).await?;
                let answer = self.answering(name, ack, clapping.claps(), move |inbox, claps| {
                    inbox.answer(ack, &Clapped { ok: true, claps });
                });
                (Concern::Clapped(clap.message_id), answer)
            }
            ClientEvent::Read(read) => {
                let marking = chat.mark_read(user, read.room_id, read.seq)?;
                let answer = self.answering(name, ack, marking.marked(), move |inbox, state| {
                    let read = Read {
                        ok: true,
                        last_read_seq: state.last_read_seq,
                        unread: state.unread,
                        unread_mentions: state.unread_mentions,
                    };
                    inbox.answer(ack, &read);
                });
                (Concern::Ordered, answer)
            }
            ClientEvent::Join(_)
            | ClientEvent::Leave(_)
            | ClientEvent::StartTyping(_)
            | ClientEvent::StopTyping(_)
            | ClientEvent::UpdatePresence(_) => {
                self.take_effect(event, ack).await;
                return Ok(None);
            }
        }))
    }

    /// Waits for what became of an event, and tells it.
    fn answering<T>(
        self: &Arc<Self>,
        name: &'static str,
        ack: Option<i64>,
        outcome: impl Future<Output = Result<T, Problem>> + Send + 'static,
        tell: impl FnOnce(&Self, T) + Send + 'static,
    ) -> Answer {
        let inbox = self.clone();
        let answering = async move {
            match outcome.await {
                Ok(done) => {
                    inbox.link.metrics().events.done(name);
                    tell(&inbox, done);
                }
                Err(problem) => inbox.fail(name, ack, &problem),
            }
        };
        match trace::handed_on() {
            Some(scope) => Box::pin(scope.run(answering)),
            None => Box::pin(answering),
        }
    }

    async fn take_effect(&self, event: ClientEvent, ack: Option<i64>) {
        let name = name_of(&event);
        let socket = self.link.id();
        let done = match event {
            ClientEvent::Join(join) => {
                let room = join.room_id.clone();
                let is_new = {
                    let mut rooms = self.link.rooms().lock();
                    if rooms.len() >= self.rooms_max && !rooms.contains(&room) {
                        let problem = Problem::rate_limited(
                            "This socket is live in as many rooms as it may be; leave one.",
                            None,
                        );
                        return self.fail(name, ack, &problem);
                    }
                    self.link.is_open() && rooms.insert(room.clone())
                };
                match self.chat.join(self.link.clone(), join, ack).await {
                    // The room has answered itself, between the history and what follows.
                    Ok(()) => return self.link.metrics().events.done(name),
                    Err(problem) => {
                        if is_new {
                            self.link.rooms().lock().remove(&room);
                        }
                        Err(problem)
                    }
                }
            }
            ClientEvent::Leave(room) => {
                let left = self.chat.leave(&room, socket).await;
                if left.is_ok() {
                    self.link.rooms().lock().remove(&room);
                }
                left
            }
            ClientEvent::StartTyping(room) => self.chat.typing(&room, socket, true).await,
            ClientEvent::StopTyping(room) => self.chat.typing(&room, socket, false).await,
            ClientEvent::UpdatePresence(status) => {
                self.chat.choose_status(&self.link.account().id, status);
                self.link.metrics().events.done(name);
                return self.answer(ack, &PresenceUpdated { ok: true, status });
            }
            // These take their places in `begin`.
            ClientEvent::Send(_)
            | ClientEvent::Edit(_)
            | ClientEvent::Delete(_)
            | ClientEvent::Clap(_)
            | ClientEvent::React(_)
            | ClientEvent::Read(_) => Ok(()),
        };
        match done {
            Ok(()) => {
                self.link.metrics().events.done(name);
                self.answer(ack, &Done { ok: true });
            }
            Err(problem) => self.fail(name, ack, &problem),
        }
    }

    fn answer(&self, ack: Option<i64>, payload: &impl serde::Serialize) {
        if let Some(ack) = ack {
            self.link.send(&Packet::answer(ack, payload));
        }
    }

    /// Has an event fail that has not begun.
    fn refuse(&self, event: &str, ack: Option<i64>, problem: &Problem) {
        let scope = self.chat.tracer().begin("event");
        scope.during(|| self.fail(event, ack, problem));
    }

    fn fail(&self, event: &str, ack: Option<i64>, problem: &Problem) {
        self.link.metrics().events.refused(event, problem.code);
        let code = problem.code.as_str();
        trace::note(|span| span.failed(code));
        tracing::debug!(code, "an event has failed");
        let packet = match ack {
            Some(ack) => Packet::failure(ack, problem),
            None => error_packet(event, problem),
        };
        self.link.send(&packet);
    }
}

fn name_of(event: &ClientEvent) -> &'static str {
    match event {
        ClientEvent::Join(_) => "join:room",
        ClientEvent::Leave(_) => "leave:room",
        ClientEvent::Send(_) => "message:send",
        ClientEvent::Edit(_) => "message:edit",
        ClientEvent::Delete(_) => "message:delete",
        ClientEvent::Clap(_) => "message:clap",
        ClientEvent::React(_) => "message:react",
        ClientEvent::Read(_) => "message:read",
        ClientEvent::StartTyping(_) => "typing:start",
        ClientEvent::StopTyping(_) => "typing:stop",
        ClientEvent::UpdatePresence(_) => "presence:update",
    }
}
