//! Engine.IO 4: sessions over HTTP polling and websocket, and the way from the one to the other.
//!
//! Ours for two reasons, both of which are measured in `docs/benchmarks.md`: what an idle session costs in memory, and what a packet costs for
//! each of a thousand receivers. A session is one task that reads and writes; what is queued for it are whole frames that all receivers
//! share; and no buffer stays that is not in use. The protocol's packets are those of `engineioxide-core`, the
//! reading of frames is tungstenite's.

mod requests;
mod session;
mod websocket;

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use bytes::Bytes;
use engineioxide_core::{OpenPacket, Packet, Str, TransportType};
use parking_lot::RwLock;

use super::{crowd::Seat, transport::Connection};

pub use engineioxide_core::Sid;
pub use requests::answer;
pub use session::{DisconnectReason, Session};

/// How often heartbeats are looked after; they are late by at most this.
const BEAT: Duration = Duration::from_millis(250);

/// Takes what sessions bring. Nothing here may wait.
pub trait Handler: Send + Sync + Sized + 'static {
    /// What each session has beside itself.
    type Data: Default + Send + Sync + 'static;

    /// A session has been opened, over this connection if it is known. The seat among its address's sessions is to be kept as long.
    fn on_connect(
        self: Arc<Self>,
        session: Arc<Session<Self>>,
        connection: Option<Connection>,
        seat: Seat,
    );
    /// A session has moved from polling to a websocket, over this connection if it is known.
    fn on_upgrade(&self, session: &Arc<Session<Self>>, connection: Option<Connection>);
    /// A session has ended, and its transport has let go of it. Told once.
    fn on_disconnect(&self, session: Arc<Session<Self>>, reason: DisconnectReason);
    /// A text came.
    fn on_message(self: &Arc<Self>, text: Str, session: Arc<Session<Self>>);
    /// Bytes came.
    fn on_binary(self: &Arc<Self>, data: Bytes, session: Arc<Session<Self>>);
}

/// What a transport may take and how long.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How long after the answer to a heartbeat the next one goes out.
    pub ping_interval: Duration,
    /// How long a heartbeat may be unanswered.
    pub ping_timeout: Duration,
    /// How long the way from polling to websocket may take.
    pub upgrade_timeout: Duration,
    /// How long a session that has been closed may take to take what was queued before.
    pub closing_timeout: Duration,
    /// The most bytes of one message, and of one POST.
    pub incoming_max: usize,
    /// The most packets that wait for one session.
    pub queue_max: usize,
    /// Bytes that are read from a websocket at once, kept as long as it is open. A larger message gets what it needs while it comes.
    pub read_ahead: usize,
}

/// All sessions.
pub struct Engine<H: Handler> {
    sessions: RwLock<HashMap<Sid, Arc<Session<H>>>>,
    handler: Arc<H>,
    settings: Settings,
    began: Instant,
}

impl<H: Handler> Engine<H> {
    /// An engine without sessions. It looks after heartbeats until it is dropped.
    pub fn start(handler: Arc<H>, settings: Settings) -> Arc<Self> {
        let engine = Arc::new(Self {
            sessions: RwLock::default(),
            handler,
            settings,
            began: Instant::now(),
        });
        tokio::spawn(beat(Arc::downgrade(&engine)));
        engine
    }

    fn open(
        self: &Arc<Self>,
        transport: TransportType,
        connection: Option<Connection>,
        seat: Seat,
    ) -> Arc<Session<H>> {
        let session = Arc::new(Session::new(self.clone(), transport));
        self.sessions.write().insert(session.id, session.clone());
        let handler = self.handler.clone();
        handler.on_connect(session.clone(), connection, seat);
        session
    }

    fn session(&self, sid: Sid) -> Option<Arc<Session<H>>> {
        self.sessions.read().get(&sid).cloned()
    }

    fn forget(&self, sid: Sid) {
        self.sessions.write().remove(&sid);
    }

    /// Milliseconds on the engine's own clock.
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The first packet of a session, as text.
    fn open_packet(&self, sid: Sid, transport: TransportType) -> String {
        let mut packet = OpenPacket {
            sid,
            ping_interval: self.settings.ping_interval,
            ping_timeout: self.settings.ping_timeout,
            max_payload: self.settings.incoming_max as u64,
            ..OpenPacket::default()
        };
        if transport == TransportType::Websocket {
            packet.upgrades.clear();
        }
        Packet::Open(packet).into()
    }
}

async fn beat<H: Handler>(engine: Weak<Engine<H>>) {
    let mut ticks = tokio::time::interval(BEAT);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(engine) = engine.upgrade() else {
            return;
        };
        let now = engine.now();
        let due: Vec<_> = engine
            .sessions
            .read()
            .values()
            .filter(|session| session.is_due(now))
            .cloned()
            .collect();
        for session in due {
            session.beat(now);
        }
    }
}
