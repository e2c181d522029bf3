//! One client that sends: in a closed loop it waits for its own messages, in an open loop it keeps to a timetable.

use std::collections::VecDeque;

use crate::client::Client;
use crate::packet;
use crate::stamp::Stamp;

/// How a sender goes on.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How many of its messages may be under way in a closed loop.
    pub in_flight: usize,
    /// Whether a message is under way until its own delivery has come too, or only until its acknowledgement has.
    pub await_echo: bool,
}

/// The state of one sender.
pub struct Sender {
    index: u32,
    room: String,
    content_len: usize,
    pace: Pace,
    under_way: VecDeque<Turn>,
    /// For each message sent, whether it was acknowledged.
    pub acked: Vec<bool>,
    /// The first refusal; it ends the sending.
    pub refused: Option<String>,
}

struct Turn {
    turn: u32,
    ack_id: u64,
    at: u64,
    acked: bool,
    echoed: bool,
}

impl Sender {
    pub fn new(index: usize, room: String, content_len: usize, pace: Pace) -> Sender {
        Sender {
            index: index as u32,
            room,
            content_len,
            pace,
            under_way: VecDeque::new(),
            acked: Vec::new(),
            refused: None,
        }
    }

    /// Sends as many messages as the closed loop allows now.
    pub fn fill(&mut self, client: &Client, now: u64) {
        while self.refused.is_none() && self.under_way.len() < self.pace.in_flight {
            self.send(client, now);
        }
    }

    /// Sends one message, stamped with `at`.
    pub fn send(&mut self, client: &Client, at: u64) {
        let turn = self.acked.len() as u32;
        let content = Stamp {
            sender: self.index,
            turn,
            at,
        }
        .content(self.content_len);
        let (room, index) = (&self.room, self.index);
        let args =
            format!(r#"{{"roomId":"{room}","content":"{content}","clientId":"{index}-{turn}"}}"#);
        let ack_id = client.emit("message:send", &args);
        self.acked.push(false);
        self.under_way.push_back(Turn {
            turn,
            ack_id,
            at,
            acked: false,
            echoed: !self.pace.await_echo,
        });
    }

    /// Takes an acknowledgement; returns when its message was sent, if it was accepted.
    pub fn acknowledged(&mut self, id: u64, args: &str) -> Option<u64> {
        let place = self.under_way.iter().position(|turn| turn.ack_id == id)?;
        if !packet::is_ok(args) {
            self.refused.get_or_insert_with(|| args.to_owned());
            self.under_way.remove(place);
            return None;
        }
        let turn = &mut self.under_way[place];
        turn.acked = true;
        self.acked[turn.turn as usize] = true;
        let at = turn.at;
        self.forget_if_done(place);
        Some(at)
    }

    /// Takes a delivery of one of its own messages.
    pub fn echoed(&mut self, stamp: Stamp) {
        if !self.pace.await_echo || stamp.sender != self.index {
            return;
        }
        if let Some(place) = self
            .under_way
            .iter()
            .position(|turn| turn.turn == stamp.turn)
        {
            self.under_way[place].echoed = true;
            self.forget_if_done(place);
        }
    }

    /// Messages whose acknowledgement has not come.
    pub fn unanswered(&self) -> usize {
        self.under_way.iter().filter(|turn| !turn.acked).count()
    }

    /// The fingerprints of all acknowledged messages, summed.
    pub fn sum(&self) -> u64 {
        let acked = self.acked.iter().enumerate().filter(|(_, acked)| **acked);
        acked.fold(0, |sum, (turn, _)| {
            sum.wrapping_add(
                Stamp {
                    sender: self.index,
                    turn: turn as u32,
                    at: 0,
                }
                .fingerprint(),
            )
        })
    }

    fn forget_if_done(&mut self, place: usize) {
        let turn = &self.under_way[place];
        if turn.acked && turn.echoed {
            self.under_way.remove(place);
        }
    }
}
