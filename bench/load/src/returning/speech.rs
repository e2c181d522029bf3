//! What one client says on its timetable, and says again until it is acknowledged.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use crate::client::Client;
use crate::packet;
use crate::returning::visitor::Visitor;
use crate::returning::{Plan, Trouble};
use crate::stamp::Stamp;

/// How long after `unavailable` a message is sent again.
const AGAIN_AFTER: Duration = Duration::from_millis(250);

/// The messages of one client.
pub(super) struct Speech {
    person: u32,
    room: String,
    content_len: usize,
    under_way: VecDeque<Said>,
    /// For each message, whether it was acknowledged.
    pub(super) acked: Vec<bool>,
    /// How often a message was sent again.
    pub(super) repeats: u64,
    /// The first refusal that a repeat does not mend.
    pub(super) refused: Option<String>,
    /// Whether one was refused as `unavailable` since the last look.
    unavailable: bool,
}

struct Said {
    turn: u32,
    at: u64,
    /// The acknowledgement that it waits for on the present connection.
    ack_id: Option<u64>,
}

impl Speech {
    pub(super) fn new(person: usize, room: String, content_len: usize) -> Speech {
        Speech {
            person: person as u32,
            room,
            content_len,
            under_way: VecDeque::new(),
            acked: Vec::new(),
            repeats: 0,
            refused: None,
            unavailable: false,
        }
    }

    /// Says the next message, due at `at`: now if there is a connection, else on the next one.
    fn say(&mut self, client: Option<&Client>, at: u64) {
        let turn = self.acked.len() as u32;
        self.acked.push(false);
        let mut said = Said {
            turn,
            at,
            ack_id: None,
        };
        if let Some(client) = client {
            self.send(client, &mut said);
        }
        self.under_way.push_back(said);
    }

    /// The connection is gone: nothing is acknowledged on it any more.
    pub(super) fn interrupted(&mut self) {
        for said in &mut self.under_way {
            said.ack_id = None;
        }
    }

    /// Sends everything that waits for no acknowledgement, in order.
    pub(super) fn repeat(&mut self, client: &Client) {
        let mut under_way = std::mem::take(&mut self.under_way);
        for said in under_way.iter_mut().filter(|said| said.ack_id.is_none()) {
            self.repeats += 1;
            self.send(client, said);
        }
        self.under_way = under_way;
    }

    fn send(&self, client: &Client, said: &mut Said) {
        let (person, room, turn) = (self.person, &self.room, said.turn);
        let stamp = Stamp {
            sender: person,
            turn,
            at: said.at,
        };
        let content = stamp.content(self.content_len);
        let args =
            format!(r#"{{"roomId":"{room}","content":"{content}","clientId":"{person}-{turn}"}}"#);
        said.ack_id = Some(client.emit("message:send", &args));
    }

    /// Takes an acknowledgement; returns when its message was due, if it was accepted.
    pub(super) fn acknowledged(&mut self, id: u64, args: &str) -> Option<u64> {
        let place = self
            .under_way
            .iter()
            .position(|said| said.ack_id == Some(id))?;
        if packet::is_ok(args) {
            let said = self.under_way.remove(place)?;
            self.acked[said.turn as usize] = true;
            return Some(said.at);
        }
        if args.contains("\"unavailable\"") {
            self.under_way[place].ack_id = None;
            self.unavailable = true;
        } else {
            self.under_way.remove(place);
            self.refused.get_or_insert_with(|| args.to_owned());
        }
        None
    }

    pub(super) fn unanswered(&self) -> usize {
        self.under_way.len()
    }

    /// How many were acknowledged, and the sum of their fingerprints.
    pub(super) fn accepted(&self) -> (u64, u64) {
        let acked = self.acked.iter().enumerate().filter(|(_, acked)| **acked);
        acked.fold((0, 0), |(count, sum), (turn, _)| {
            let stamp = Stamp {
                sender: self.person,
                turn: turn as u32,
                at: 0,
            };
            (count + 1, sum.wrapping_add(stamp.fingerprint()))
        })
    }
}

/// Speaks at fixed times whatever the servers do; a message carries the time at which it was due.
pub(super) async fn keep_to_timetable(visitor: Rc<Visitor>, plan: Plan) {
    let Some(speech) = &visitor.speech else {
        return;
    };
    let most = match plan.trouble {
        Trouble::Cuts { messages, .. } => messages,
        Trouble::Outside => u32::MAX,
    };
    let interval = 1e6 / plan.rate;
    let offset = interval * visitor.room as f64 / plan.rooms as f64;
    let begin = visitor.run.window().0 as f64 + offset;
    for turn in 0..most {
        let due = (begin + interval * f64::from(turn)) as u64;
        visitor.run.sleep_until(due).await;
        if matches!(plan.trouble, Trouble::Outside) && due >= visitor.run.window().1 {
            break;
        }
        let client = visitor.client.borrow().clone();
        speech.borrow_mut().say(client.as_deref(), due);
    }
}

/// Sends again, a little later, what was refused as `unavailable`; without an end.
pub(super) async fn repeat_unavailable(visitor: Rc<Visitor>) {
    let Some(speech) = &visitor.speech else {
        return;
    };
    loop {
        tokio::time::sleep(AGAIN_AFTER).await;
        let client = visitor.client.borrow().clone();
        let mut speech = speech.borrow_mut();
        if let Some(client) = client.filter(|_| speech.unavailable) {
            speech.unavailable = false;
            speech.repeat(&client);
        }
    }
}
