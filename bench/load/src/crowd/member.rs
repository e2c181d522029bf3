//! One client in its room: what it does with each thing that its server sends.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use serde_json::Value;

use crate::client::{Client, Receiver};
use crate::crowd::outcome::Tally;
use crate::fleet::Run;
use crate::packet::Scanner;
use crate::room_stream::RoomStream;
use crate::sender::Sender;

/// The state of one client.
pub(super) struct Member {
    pub(super) run: Arc<Run>,
    pub(super) room: usize,
    /// Whether it listens to its room.
    pub(super) live: bool,
    pub(super) client: Rc<Client>,
    pub(super) scan: Rc<Scanner>,
    pub(super) tally: Rc<RefCell<Tally>>,
    pub(super) stream: RefCell<RoomStream>,
    pub(super) history: RefCell<Option<Value>>,
    pub(super) sender: Option<RefCell<Sender>>,
    pub(super) closed_loop: bool,
}

impl Receiver for Member {
    fn event(&self, name: &str, rest: &str) {
        self.tally.borrow_mut().packets += 1;
        match name {
            "message:new" => self.delivered(rest),
            "message:updated" | "message:deleted" | "message:clapped" | "message:reacted"
            | "room:updated" => {
                self.stream.borrow_mut().change(&self.scan, rest);
            }
            "room:history" => self.carried(rest),
            _ => {}
        }
    }

    fn ack(&self, id: u64, args: &str) {
        let Some(sender) = &self.sender else { return };
        let now = self.run.now();
        let mut sender = sender.borrow_mut();
        if let Some(at) = sender.acknowledged(id, args) {
            let (start, end) = self.run.window();
            let mut tally = self.tally.borrow_mut();
            if (start..end).contains(&now) {
                tally.acks_in_window += 1;
            }
            if (start..end).contains(&at) {
                tally.ack.record(now.saturating_sub(at));
            }
        }
        self.go_on(&mut sender, now);
    }
}

impl Member {
    fn delivered(&self, json: &str) {
        let Some(stamp) = self.stream.borrow_mut().message(&self.scan, json) else {
            return;
        };
        let now = self.run.now();
        let (start, end) = self.run.window();
        {
            let mut tally = self.tally.borrow_mut();
            if (start..end).contains(&now) {
                tally.deliveries_in_window += 1;
            }
            if (start..end).contains(&stamp.at) {
                tally.delivery.record(now.saturating_sub(stamp.at));
            }
        }
        if let Some(sender) = &self.sender {
            let mut sender = sender.borrow_mut();
            sender.echoed(stamp);
            self.go_on(&mut sender, now);
        }
    }

    fn carried(&self, rest: &str) {
        let json = rest
            .strip_prefix(',')
            .and_then(|rest| rest.strip_suffix(']'))
            .unwrap_or_default();
        let Ok(history) = serde_json::from_str::<Value>(json) else {
            return;
        };
        let mut waiting = self.history.borrow_mut();
        if waiting.is_none() {
            self.stream.borrow_mut().start(&history);
            *waiting = Some(history);
        } else {
            let new = self.stream.borrow_mut().catch_up(&history) as u64;
            let (start, end) = self.run.window();
            if (start..end).contains(&self.run.now()) {
                self.tally.borrow_mut().deliveries_in_window += new;
            }
        }
    }

    /// The next message of a closed loop, while the window has not ended.
    fn go_on(&self, sender: &mut Sender, now: u64) {
        if self.closed_loop && now < self.run.window().1 {
            sender.fill(&self.client, now);
        }
    }
}
