//! Somebody's socket in a story: everything that it was sent, held against the delivery rules.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use belfry::{
    domain::{
        Rev,
        account::Account,
        id::{RoomId, SocketId},
    },
    protocol::packet::Packet,
    room::link::Link,
};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::watch;

use super::scene::PATIENCE;

/// Where a watcher's socket stands in the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// Not in the room, and not told to be out.
    Outside,
    /// Carried to that revision.
    At(Rev),
    /// Told that it is out.
    Removed,
    /// Told that the room has ended.
    Ended,
}

/// The receiving end of a link: everything that was sent, held against the delivery rules.
pub struct Watcher {
    id: SocketId,
    account: Arc<Account>,
    pub open: AtomicBool,
    /// The next packet makes whoever sends it panic.
    pub explodes: AtomicBool,
    pub seen: Mutex<Vec<(String, Value)>>,
    /// What broke the rules.
    pub faults: Mutex<Vec<String>>,
    /// The client's own revision, when it joins with `since`.
    pub since: Mutex<Option<Rev>>,
    stand: watch::Sender<Stand>,
}

impl Watcher {
    pub fn new(id: u64, account: &Account) -> Arc<Self> {
        Arc::new(Self {
            id: SocketId(id),
            account: Arc::new(account.clone()),
            open: AtomicBool::new(true),
            explodes: AtomicBool::new(false),
            seen: Mutex::default(),
            faults: Mutex::default(),
            since: Mutex::default(),
            stand: watch::channel(Stand::Outside).0,
        })
    }

    /// Waits until the socket stands there, and holds what it saw against the rules.
    pub async fn stands(&self, wanted: Stand) {
        let mut stand = self.stand.subscribe();
        let reached = tokio::time::timeout(PATIENCE, stand.wait_for(|at| *at == wanted)).await;
        let at = self.stand();
        assert!(
            reached.is_ok(),
            "socket {:?} never came to {wanted:?}, but to {at:?}; {:?}",
            self.id,
            self.faults.lock()
        );
        self.is_sound();
    }

    pub async fn stands_at(&self, rev: Rev) {
        self.stands(Stand::At(rev)).await;
    }

    pub fn stand(&self) -> Stand {
        *self.stand.borrow()
    }

    pub fn is_sound(&self) {
        assert_eq!(*self.faults.lock(), Vec::<String>::new());
    }

    /// The payloads of all events of that name.
    pub fn told(&self, event: &str) -> Vec<Value> {
        let seen = self.seen.lock();
        let told = seen.iter().filter(|(name, _)| name == event);
        told.map(|(_, payload)| payload.clone()).collect()
    }

    fn fault(&self, what: String) {
        self.faults.lock().push(what);
    }

    fn takes(&self, name: &str, payload: &Value) {
        let before = self.stand();
        let after = match (name, payload["rev"].as_i64()) {
            ("room:history", Some(rev)) => {
                let known = match before {
                    Stand::At(known) => Some(known),
                    _ => *self.since.lock(),
                };
                let is_answer =
                    !matches!(before, Stand::At(_)) || self.since.lock().take().is_some();
                let is_forward = known.is_none_or(|known| {
                    rev > known || (is_answer && rev >= known) || payload["mode"] == "reset"
                });
                if !is_forward {
                    self.fault(format!("a history at {rev} after {known:?}"));
                }
                let messages = payload["messages"].as_array().expect("messages");
                if payload["mode"] == "delta"
                    && let Some(known) = known
                    && messages
                        .iter()
                        .any(|message| message["rev"].as_i64() <= Some(known))
                {
                    self.fault(format!("a delta from {known} tells what was known"));
                }
                Stand::At(rev)
            }
            ("room:removed", _) => Stand::Removed,
            ("room:deleted", _) => Stand::Ended,
            (_, Some(rev)) => {
                if before != Stand::At(rev - 1) {
                    self.fault(format!("{name} of {rev} at {before:?}"));
                }
                Stand::At(rev)
            }
            _ => before,
        };
        if matches!(before, Stand::Removed | Stand::Ended | Stand::Outside)
            && name != "room:history"
            && name != "room:removed"
            && name != "room:read"
        {
            self.fault(format!("{name} to a socket that stands {before:?}"));
        }
        self.stand.send_replace(after);
    }
}

impl Link for Watcher {
    fn id(&self) -> SocketId {
        self.id
    }

    fn session(&self) -> Option<uuid::Uuid> {
        None
    }

    fn account(&self) -> &Arc<Account> {
        &self.account
    }

    fn send(&self, packet: &Packet) -> bool {
        assert!(
            !self.explodes.load(Ordering::Acquire),
            "a story wants this panic"
        );
        if !self.is_open() {
            return false;
        }
        let text = packet.text();
        if let Some(Value::Array(mut event)) = text
            .strip_prefix('2')
            .and_then(|json| serde_json::from_str(json).ok())
        {
            let payload = event.pop().expect("a payload");
            let name = event[0].as_str().expect("a name").to_owned();
            self.seen.lock().push((name.clone(), payload.clone()));
            self.takes(&name, &payload);
        } else {
            let answer = text.trim_start_matches(|c: char| c.is_ascii_digit());
            let payload = serde_json::from_str(answer).unwrap_or_default();
            self.seen.lock().push(("answer".into(), payload));
        }
        true
    }

    fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    fn entered(&self, _: &RoomId) {}

    fn left(&self, _: &RoomId) {}

    fn cut(&self, _: &str) {
        self.open.store(false, Ordering::Release);
    }

    fn disconnect(&self, _: &str) {
        self.open.store(false, Ordering::Release);
    }
}
