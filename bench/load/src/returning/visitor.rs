//! One client that comes back: what it has received over all its connections.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use serde_json::Value;

use crate::client::{Client, Receiver};
use crate::crowd::room_id;
use crate::fleet::{Failure, Run};
use crate::options::{Common, Dialect};
use crate::packet::Scanner;
use crate::returning::Plan;
use crate::returning::outcome::Tally;
use crate::returning::speech::Speech;
use crate::room_stream::RoomStream;

/// The state of one client; its connections come and go.
pub(super) struct Visitor {
    pub(super) run: Arc<Run>,
    pub(super) person: usize,
    pub(super) room: usize,
    pub(super) token: String,
    pub(super) urls: Vec<String>,
    pub(super) dialect: Dialect,
    /// The server that it is on, or was on last.
    pub(super) server: Cell<usize>,
    pub(super) client: RefCell<Option<Rc<Client>>>,
    pub(super) stream: RefCell<RoomStream>,
    pub(super) speech: Option<RefCell<Speech>>,
    pub(super) tally: Rc<RefCell<Tally>>,
    /// When the history of the present connection came.
    pub(super) history_at: Cell<Option<u64>>,
    pub(super) came_back: Cell<u32>,
    /// Why it is not there any more, if it gave up.
    pub(super) lost: RefCell<Option<String>>,
    scan: Rc<Scanner>,
    was_in: Cell<bool>,
    last_heard: Cell<u64>,
    longest_silence: Cell<u64>,
}

impl Visitor {
    pub(super) fn new(
        person: usize,
        run: &Arc<Run>,
        plan: &Plan,
        common: &Common,
        scan: &Rc<Scanner>,
        tally: &Rc<RefCell<Tally>>,
    ) -> Result<Visitor, Failure> {
        let room = plan.room(person);
        let speech = (person >= plan.clients)
            .then(|| RefCell::new(Speech::new(person, room_id(room), plan.content_len)));
        Ok(Visitor {
            run: run.clone(),
            person,
            room,
            token: common.token(person)?,
            urls: common.urls.clone(),
            dialect: common.dialect,
            server: Cell::new(plan.home(person, common.urls.len())),
            client: RefCell::default(),
            stream: RefCell::new(RoomStream::returning(common.dialect)),
            speech,
            tally: tally.clone(),
            history_at: Cell::new(None),
            came_back: Cell::new(0),
            lost: RefCell::default(),
            scan: scan.clone(),
            was_in: Cell::new(false),
            last_heard: Cell::new(0),
            longest_silence: Cell::new(0),
        })
    }

    /// The argument of its `join:room`: from where it stands, once it has been in.
    pub(super) fn join_argument(&self) -> String {
        let room = room_id(self.room);
        if self.was_in.get() {
            let since = self.stream.borrow().rev();
            format!(r#"{{"roomId":"{room}","since":{since}}}"#)
        } else {
            format!(r#""{room}""#)
        }
    }

    /// Notes that something of the room came at `now`, and so how long it was silent.
    pub(super) fn heard(&self, now: u64) {
        let before = self.last_heard.replace(now);
        let (start, end) = self.run.window();
        if before >= start && before < end {
            let silence = now.min(end) - before;
            self.longest_silence
                .set(self.longest_silence.get().max(silence));
        }
    }

    /// The longest time without anything of the room, up to now.
    pub(super) fn longest_silence(&self) -> u64 {
        self.heard(self.run.now());
        self.longest_silence.get()
    }

    /// Messages of its own without an acknowledgement.
    pub(super) fn unanswered(&self) -> usize {
        self.speech
            .as_ref()
            .map_or(0, |speech| speech.borrow().unanswered())
    }

    fn history(&self, rest: &str) {
        let json = rest
            .strip_prefix(',')
            .and_then(|rest| rest.strip_suffix(']'));
        let Some(Ok(history)) = json.map(serde_json::from_str::<Value>) else {
            return;
        };
        let now = self.run.now();
        let mut stream = self.stream.borrow_mut();
        let received = stream.received;
        match (self.history_at.get(), self.was_in.replace(true)) {
            (None, false) => stream.start(&history),
            (None, true) => stream.resume(&history),
            (Some(_), _) => drop(stream.catch_up(&history)),
        }
        self.history_at
            .set(Some(self.history_at.get().unwrap_or(now)));
        if stream.received > received {
            self.heard(now);
        }
    }
}

impl Receiver for Visitor {
    fn event(&self, name: &str, rest: &str) {
        self.tally.borrow_mut().packets += 1;
        match name {
            "message:new" => {
                let stamp = self.stream.borrow_mut().message(&self.scan, rest);
                let now = self.run.now();
                self.heard(now);
                if let Some(stamp) = stamp {
                    let late = now.saturating_sub(stamp.at);
                    self.tally.borrow_mut().delivery.record(late);
                }
            }
            "message:updated" | "message:deleted" | "message:clapped" | "message:reacted"
            | "room:updated" => self.stream.borrow_mut().change(&self.scan, rest),
            "room:history" => self.history(rest),
            _ => {}
        }
    }

    fn ack(&self, id: u64, args: &str) {
        let Some(speech) = &self.speech else { return };
        if let Some(at) = speech.borrow_mut().acknowledged(id, args) {
            let late = self.run.now().saturating_sub(at);
            self.tally.borrow_mut().ack.record(late);
        }
    }
}
