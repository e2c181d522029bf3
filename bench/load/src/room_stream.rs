//! What one client has received of one room, and whether it was complete, in order and once.

use std::collections::HashSet;

use serde_json::Value;

use crate::options::Dialect;
use crate::packet::Scanner;
use crate::stamp::Stamp;

/// One client's view of its room.
///
/// With [`Dialect::Peer`] messages are counted and summed only; otherwise every `rev` must be the next one, and so must every
/// `seq`, except where a `room:history` delta carries the client forward.
pub struct RoomStream {
    ordered: bool,
    rev: u64,
    seq: u64,
    /// Without an order, the fingerprints of what has come, for whoever reads histories again.
    seen: Option<HashSet<u64>>,
    /// Messages received.
    pub received: u64,
    /// The sum of the fingerprints of the messages received: the same for the same set.
    pub sum: u64,
    /// A chain over the fingerprints: the same for the same set in the same order.
    pub order: u64,
    /// Times when a `rev` or `seq` was not the next one.
    pub breaks: u64,
    /// What the first of them was.
    pub first_break: Option<String>,
    /// Times when the server carried us forward by a history (allowed, but slow).
    pub catch_ups: u64,
}

impl RoomStream {
    pub fn new(dialect: Dialect) -> RoomStream {
        RoomStream {
            ordered: dialect != Dialect::Peer,
            rev: 0,
            seq: 0,
            seen: None,
            received: 0,
            sum: 0,
            order: 0,
            breaks: 0,
            first_break: None,
            catch_ups: 0,
        }
    }

    /// As [`RoomStream::new`], for a client that comes back: what a peer's history repeats is counted once.
    pub fn returning(dialect: Dialect) -> RoomStream {
        RoomStream {
            seen: (dialect == Dialect::Peer).then(HashSet::new),
            ..RoomStream::new(dialect)
        }
    }

    /// A `message:new`: counts it and returns its stamp.
    pub fn message(&mut self, scan: &Scanner, json: &str) -> Option<Stamp> {
        let stamp = Stamp::read(scan.content(json)?)?;
        if self.ordered {
            let seq = scan.seq(json).unwrap_or(0);
            if seq != self.seq + 1 {
                self.broken(|at| format!("seq {seq} came at {at}"));
            }
            self.seq = seq;
            self.change(scan, json);
        }
        self.count(stamp);
        Some(stamp)
    }

    /// Any other durable change of the room.
    pub fn change(&mut self, scan: &Scanner, json: &str) {
        if !self.ordered {
            return;
        }
        let rev = scan.rev(json).unwrap_or(0);
        if rev != self.rev + 1 {
            self.broken(|at| format!("rev {rev} came at {at}"));
        }
        self.rev = rev;
    }

    /// The history that comes with a join: the stream starts after it.
    pub fn start(&mut self, history: &Value) {
        self.rev = history["rev"].as_u64().unwrap_or(0);
        self.seq = last_seq(history).unwrap_or(0);
    }

    /// The history of a join with `since`: the messages in it that are new to us count as received.
    pub fn resume(&mut self, history: &Value) {
        if !self.ordered {
            for message in history["messages"].as_array().into_iter().flatten() {
                if let Some(stamp) = message["content"].as_str().and_then(Stamp::read) {
                    self.count(stamp);
                }
            }
            return;
        }
        if history["mode"] != "delta" {
            let (mode, rev) = (&history["mode"], &history["rev"]);
            self.broken(|at| format!("a resume at {at} was answered with {mode} to rev {rev}"));
        }
        if history["rev"].as_u64() != Some(self.rev) {
            self.catch_up(history);
        }
    }

    /// The revision that the stream has come to.
    pub fn rev(&self) -> u64 {
        self.rev
    }

    /// An unasked history: the messages in it that are new to us count as received. Returns how many.
    pub fn catch_up(&mut self, history: &Value) -> usize {
        self.catch_ups += 1;
        let mut new = 0;
        for message in history["messages"].as_array().into_iter().flatten() {
            let seq = message["seq"].as_u64().unwrap_or(0);
            if seq <= self.seq {
                continue;
            }
            if seq != self.seq + 1 {
                self.broken(|at| format!("a history brought seq {seq} at {at}"));
            }
            self.seq = seq;
            if let Some(stamp) = message["content"].as_str().and_then(Stamp::read) {
                self.count(stamp);
                new += 1;
            }
        }
        let rev = history["rev"].as_u64().unwrap_or(0);
        if rev <= self.rev {
            let mode = &history["mode"];
            self.broken(|at| format!("an unasked history ({mode}) led to rev {rev} at {at}"));
        }
        self.rev = rev;
        new
    }

    fn broken(&mut self, how: impl FnOnce(String) -> String) {
        let at = format!("rev {}, seq {}", self.rev, self.seq);
        self.breaks += 1;
        self.first_break.get_or_insert_with(|| how(at));
    }

    fn count(&mut self, stamp: Stamp) {
        let fingerprint = stamp.fingerprint();
        if self
            .seen
            .as_mut()
            .is_some_and(|seen| !seen.insert(fingerprint))
        {
            return;
        }
        self.received += 1;
        self.sum = self.sum.wrapping_add(fingerprint);
        self.order = (self.order ^ fingerprint)
            .wrapping_mul(0x0100_0000_01b3)
            .rotate_left(17);
    }
}

fn last_seq(history: &Value) -> Option<u64> {
    history["messages"].as_array()?.last()?["seq"].as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message(seq: u64, rev: u64) -> String {
        let content = Stamp {
            sender: 1,
            turn: seq as u32,
            at: 5,
        }
        .content(40);
        format!(",{{\"seq\":{seq},\"rev\":{rev},\"content\":\"{content}\"}}]")
    }

    #[test]
    fn a_skipped_revision_is_a_break_and_a_delta_over_it_is_not() {
        let scan = Scanner::default();
        let mut stream = RoomStream::new(Dialect::Belfry);
        stream.start(&json!({ "rev": 3, "messages": [{ "seq": 2 }] }));
        assert!(stream.message(&scan, &message(3, 4)).is_some());
        stream.change(&scan, ",{\"rev\":5}]");
        assert_eq!((stream.received, stream.breaks), (1, 0));

        let content = Stamp {
            sender: 1,
            turn: 4,
            at: 5,
        }
        .content(40);
        let delta = json!({ "rev": 8, "messages": [{ "seq": 3, "content": content }, { "seq": 4, "content": content }] });
        assert_eq!(stream.catch_up(&delta), 1);
        assert_eq!((stream.received, stream.breaks, stream.rev()), (2, 0, 8));

        assert!(stream.message(&scan, &message(6, 9)).is_some());
        assert_eq!(stream.breaks, 1);
    }

    #[test]
    fn who_comes_back_gets_what_was_missed_once() {
        let content = |turn| {
            Stamp {
                sender: 1,
                turn,
                at: 5,
            }
            .content(40)
        };
        let scan = Scanner::default();
        let mut stream = RoomStream::returning(Dialect::Belfry);
        stream.start(&json!({ "rev": 0, "messages": [] }));
        stream.message(&scan, &message(1, 1));
        stream.resume(&json!({ "mode": "delta", "rev": 1, "messages": [] }));
        let missed = json!([{ "seq": 2, "content": content(2) }]);
        stream.resume(&json!({ "mode": "delta", "rev": 2, "messages": missed }));
        assert_eq!((stream.received, stream.breaks, stream.rev()), (2, 0, 2));
        stream.resume(&json!({ "mode": "reset", "rev": 9, "messages": [] }));
        assert_eq!(stream.breaks, 1);

        let mut stream = RoomStream::returning(Dialect::Peer);
        stream.message(&scan, &message(1, 1));
        stream
            .resume(&json!({ "messages": [{ "content": content(1) }, { "content": content(2) }] }));
        assert_eq!(stream.received, 2);
    }

    #[test]
    fn the_same_messages_in_another_order_have_the_same_sum_and_another_chain() {
        let scan = Scanner::default();
        let (mut a, mut b) = (
            RoomStream::new(Dialect::Peer),
            RoomStream::new(Dialect::Peer),
        );
        for seq in [1, 2] {
            a.message(&scan, &message(seq, seq));
        }
        for seq in [2, 1] {
            b.message(&scan, &message(seq, seq));
        }
        assert_eq!((a.sum, a.received, b.breaks), (b.sum, b.received, 0));
        assert_ne!(a.order, b.order);
    }
}
