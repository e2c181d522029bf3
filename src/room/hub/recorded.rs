//! Deliveries that are recorded: one span a change and replica, however many sockets hear of it.

use std::{collections::BTreeMap, time::SystemTime};

use crate::{
    domain::Rev,
    telemetry::trace::{Span, SpanKind, Trace},
};

/// Changes that are awaited, and as many that have been applied and wait for their delivery.
const MAX: usize = 1_024;

/// What is recorded in one room.
#[derive(Default)]
pub(super) struct Recorded {
    awaited: BTreeMap<Rev, (Trace, SystemTime)>,
    going_out: Vec<Span>,
}

impl Recorded {
    /// These changes are recorded, and were heard of then.
    pub(super) fn expect(&mut self, places: Vec<(Rev, Trace)>, since: SystemTime) {
        for (rev, place) in places {
            if self.awaited.len() >= MAX {
                self.awaited.pop_first();
            }
            self.awaited.insert(rev, (place, since));
        }
    }

    /// A change has been applied and is about to go out.
    pub(super) fn applied(&mut self, rev: Rev) {
        if self.awaited.is_empty() {
            return;
        }
        if let Some((place, since)) = self.awaited.remove(&rev)
            && self.going_out.len() < MAX
        {
            let span = place.span_since("deliver", SpanKind::Consumer, since);
            self.going_out.extend(span);
        }
        // What a history has told in their place is not delivered any more.
        while let Some(first) = self.awaited.first_entry()
            && *first.key() < rev
        {
            first.remove();
        }
    }

    /// All that was applied has been handed to so many sockets.
    pub(super) fn went_out(&mut self, sockets: usize) {
        for mut span in self.going_out.drain(..) {
            span.set("belfry.sockets", sockets as i64);
        }
    }
}
