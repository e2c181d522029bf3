//! One session: what waits to be sent, whether its client is alive, and its end.

use std::{
    collections::VecDeque,
    iter, mem,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use engineioxide_core::{Sid, TransportType};
use futures_util::task::AtomicWaker;
use parking_lot::Mutex;
use tokio::{
    sync::{Notify, mpsc::error::TrySendError},
    time::timeout,
};

use super::{Engine, Handler};
use crate::protocol::frame::{framed, next_packet};

const CLOSE: u8 = b'1';
const PING: u8 = b'2';
const MESSAGE: u8 = b'4';
/// Between the packets of one payload.
const SEPARATOR: u8 = 0x1e;
/// A queue that is empty keeps the room for so many packets, and no more.
const KEPT: usize = 8;

/// Why a session has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisconnectReason {
    /// One side has closed it.
    TransportClose,
    /// Two polls at once, which the protocol forbids.
    MultipleHttpPollingError,
    /// Something came that is no packet.
    PacketParsingError,
    /// The connection has failed.
    TransportError,
    /// A heartbeat was not answered in time.
    HeartbeatTimeout,
}

impl DisconnectReason {
    /// The word for it in figures.
    pub fn label(self) -> &'static str {
        match self {
            Self::TransportClose => "transport_close",
            Self::MultipleHttpPollingError => "two_polls",
            Self::PacketParsingError => "protocol",
            Self::TransportError => "transport_error",
            Self::HeartbeatTimeout => "heartbeat",
        }
    }
}

/// What waits to be sent: whole frames, one packet or several in each piece.
#[derive(Default)]
struct Outbox {
    queue: VecDeque<Bytes>,
    /// How many there are of the handler's.
    messages: usize,
    closed: bool,
}

/// One client, over whichever transport.
pub struct Session<H: Handler> {
    /// Its name on the wire.
    pub id: Sid,
    /// What the handler keeps with it.
    pub data: H::Data,
    pub(super) engine: Arc<Engine<H>>,
    transport: AtomicU8,
    upgrading: AtomicBool,
    polling: AtomicBool,
    outbox: Mutex<Outbox>,
    /// Who writes: the websocket's task, or the poll that waits.
    pub(super) writer: AtomicWaker,
    /// The session has ended, or a poll has.
    pub(super) changed: Notify,
    reason: OnceLock<DisconnectReason>,
    told: AtomicBool,
    /// When, on the engine's clock, the next heartbeat goes out, or the last one will not be waited for any longer.
    beat_at: AtomicU64,
    awaits_pong: AtomicBool,
}

impl<H: Handler> Session<H> {
    pub(super) fn new(engine: Arc<Engine<H>>, transport: TransportType) -> Self {
        let beat_at = engine.now() + engine.settings.ping_interval.as_millis() as u64;
        Self {
            id: Sid::new(),
            data: H::Data::default(),
            engine,
            transport: AtomicU8::new(transport as u8),
            upgrading: AtomicBool::new(false),
            polling: AtomicBool::new(false),
            outbox: Mutex::default(),
            writer: AtomicWaker::new(),
            changed: Notify::new(),
            reason: OnceLock::new(),
            told: AtomicBool::new(false),
            beat_at: AtomicU64::new(beat_at),
            awaits_pong: AtomicBool::new(false),
        }
    }

    /// Queues `messages` whole frames (`protocol::frame`). Fails when too much waits or the session has ended.
    pub fn emit(&self, frames: Bytes, messages: usize) -> Result<(), TrySendError<()>> {
        {
            let mut outbox = self.outbox.lock();
            if outbox.closed {
                return Err(TrySendError::Closed(()));
            }
            if outbox.messages + messages > self.engine.settings.queue_max {
                return Err(TrySendError::Full(()));
            }
            outbox.messages += messages;
            outbox.queue.push_back(frames);
        }
        self.writer.wake();
        Ok(())
    }

    /// How many bytes of packets are queued that no poll and no websocket has been given yet, without what frames them.
    pub fn waiting(&self) -> u64 {
        let outbox = self.outbox.lock();
        let each = outbox.queue.iter().flat_map(|frames| {
            let mut rest = frames.clone();
            iter::from_fn(move || next_packet(&mut rest))
        });
        each.map(|packet| packet.len() as u64).sum()
    }

    /// Ends the session after what is queued. The handler is told once the transport has let go.
    pub fn close(self: &Arc<Self>, reason: DisconnectReason) {
        let by_task = {
            let mut outbox = self.outbox.lock();
            if mem::replace(&mut outbox.closed, true) {
                return;
            }
            let _ = self.reason.set(reason);
            outbox.queue.push_back(framed(CLOSE, b"").0);
            self.is_websocket()
        };
        self.writer.wake();
        self.changed.notify_waiters();
        if by_task {
            return self.engine.forget(self.id);
        }
        // Whoever closes may hold what the handler wants.
        let session = self.clone();
        tokio::spawn(async move {
            session.tell_end();
            // What was queued before leaves with the next polls.
            let limit = session.engine.settings.closing_timeout;
            let _ = timeout(limit, session.nothing_left()).await;
            session.engine.forget(session.id);
        });
    }

    async fn nothing_left(&self) {
        loop {
            let changed = self.changed.notified();
            if self.outbox.lock().queue.is_empty() {
                return;
            }
            changed.await;
        }
    }

    /// The transport has let go of a session that is closed.
    pub(super) fn tell_end(self: &Arc<Self>) {
        if !self.told.swap(true, Ordering::AcqRel) {
            let reason = self.reason.get().copied();
            let reason = reason.unwrap_or(DisconnectReason::TransportError);
            self.engine.handler.on_disconnect(self.clone(), reason);
        }
    }

    /// Whether nothing more can be sent.
    pub fn is_closed(&self) -> bool {
        self.outbox.lock().closed
    }

    /// Waits until nothing more can be sent.
    pub async fn closed(&self) {
        loop {
            let changed = self.changed.notified();
            if self.is_closed() {
                return;
            }
            changed.await;
        }
    }

    /// How its packets travel now.
    pub fn transport_type(&self) -> TransportType {
        if self.is_websocket() {
            TransportType::Websocket
        } else {
            TransportType::Polling
        }
    }

    /// Whether its packets travel over a websocket now.
    pub fn is_websocket(&self) -> bool {
        self.transport.load(Ordering::Acquire) == TransportType::Websocket as u8
    }

    pub(super) fn is_upgrading(&self) -> bool {
        self.upgrading.load(Ordering::Acquire)
    }

    /// The way to a websocket has begun. `None` when it is on the way already, has arrived, or is at its end.
    pub(super) fn begin_upgrade(self: &Arc<Self>) -> Option<Upgrade<H>> {
        let begun = !self.is_websocket()
            && !self.is_closed()
            && !self.upgrading.swap(true, Ordering::AcqRel);
        if begun {
            self.writer.wake();
        }
        begun.then(|| Upgrade(self.clone()))
    }

    /// The only poll at a time.
    pub(super) fn begin_poll(self: &Arc<Self>) -> Result<Polling<H>, Busy> {
        // Under the lock under which an upgrade ends: from then on the websocket's task alone takes what is queued.
        let _outbox = self.outbox.lock();
        if self.is_websocket() {
            return Err(Busy::Websocket);
        }
        if self.polling.swap(true, Ordering::AcqRel) {
            return Err(Busy::Poll);
        }
        Ok(Polling {
            session: self.clone(),
            answered: false,
        })
    }

    pub(super) async fn no_poll(&self) {
        loop {
            let changed = self.changed.notified();
            if !self.polling.load(Ordering::Acquire) {
                return;
            }
            changed.await;
        }
    }

    /// Exchanges what waits for `empty`; true when nothing will follow.
    pub(super) fn swap_queue(&self, empty: &mut VecDeque<Bytes>) -> bool {
        if empty.capacity() > KEPT {
            *empty = VecDeque::new();
        }
        let mut outbox = self.outbox.lock();
        outbox.messages = 0;
        mem::swap(&mut outbox.queue, empty);
        outbox.closed
    }

    /// What the next poll gets, if anything waits: as many packets as fit into `bytes`, and at least one.
    pub(super) fn take_payload(&self, bytes: usize) -> Option<Vec<u8>> {
        let mut outbox = self.outbox.lock();
        let mut payload = Vec::new();
        while let Some(frames) = outbox.queue.front_mut() {
            let mut rest = frames.clone();
            let Some(packet) = next_packet(&mut rest) else {
                outbox.queue.pop_front();
                continue;
            };
            if !payload.is_empty() {
                if payload.len() + packet.len() + 1 > bytes {
                    break;
                }
                payload.push(SEPARATOR);
            }
            payload.extend_from_slice(&packet);
            *frames = rest;
            if packet.first() == Some(&MESSAGE) {
                outbox.messages = outbox.messages.saturating_sub(1);
            }
        }
        if outbox.queue.is_empty() {
            outbox.messages = 0;
            if outbox.queue.capacity() > KEPT {
                outbox.queue = VecDeque::new();
            }
        }
        (!payload.is_empty() || outbox.closed).then_some(payload)
    }

    /// The client has answered a heartbeat.
    pub(super) fn is_alive(&self) {
        if self.awaits_pong.swap(false, Ordering::AcqRel) {
            let next = self.engine.now() + self.engine.settings.ping_interval.as_millis() as u64;
            self.beat_at.store(next, Ordering::Release);
        }
    }

    pub(super) fn is_due(&self, now: u64) -> bool {
        self.beat_at.load(Ordering::Acquire) <= now && !self.is_upgrading()
    }

    pub(super) fn beat(self: &Arc<Self>, now: u64) {
        if self.awaits_pong.swap(true, Ordering::AcqRel) {
            return self.close(DisconnectReason::HeartbeatTimeout);
        }
        let patience = self.engine.settings.ping_timeout.as_millis() as u64;
        self.beat_at.store(now + patience, Ordering::Release);
        {
            let mut outbox = self.outbox.lock();
            if outbox.closed {
                return;
            }
            outbox.queue.push_back(framed(PING, b"").0);
        }
        self.writer.wake();
    }
}

/// Why there can be no poll now.
pub(super) enum Busy {
    /// Another one is under way.
    Poll,
    /// The session runs over a websocket.
    Websocket,
}

/// A poll under way. One that is given up before it is answered ends the session: its client has gone, and may believe to have missed nothing.
pub(super) struct Polling<H: Handler> {
    session: Arc<Session<H>>,
    answered: bool,
}

impl<H: Handler> Polling<H> {
    pub(super) fn answer(mut self) {
        self.answered = true;
    }
}

impl<H: Handler> Drop for Polling<H> {
    fn drop(&mut self) {
        self.session.polling.store(false, Ordering::Release);
        if !self.answered {
            self.session.close(DisconnectReason::TransportError);
        }
        self.session.changed.notify_waiters();
    }
}

/// The way to a websocket. Given up, the session goes on polling.
pub(super) struct Upgrade<H: Handler>(Arc<Session<H>>);

impl<H: Handler> Upgrade<H> {
    /// From here on a websocket's task writes. False when the session has been closed meanwhile, or polls after all.
    pub(super) fn end(self) -> bool {
        let outbox = self.0.outbox.lock();
        let ends = !outbox.closed && !self.0.polling.load(Ordering::Acquire);
        if ends {
            self.0
                .transport
                .store(TransportType::Websocket as u8, Ordering::Release);
        }
        drop(outbox);
        ends
    }
}

impl<H: Handler> Drop for Upgrade<H> {
    fn drop(&mut self) {
        // A heartbeat may have waited for the end of this.
        self.0.awaits_pong.store(false, Ordering::Release);
        let next = self.0.engine.now() + self.0.engine.settings.ping_interval.as_millis() as u64;
        self.0.beat_at.store(next, Ordering::Release);
        self.0.upgrading.store(false, Ordering::Release);
    }
}
