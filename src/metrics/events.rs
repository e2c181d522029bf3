//! What clients ask for over the socket: how often, what came of it, and how long it took.

use std::time::Instant;

use prometheus_client::metrics::{counter::Counter, family::Family, histogram::Histogram};

use super::{Pair, catalog::Catalog, seconds};
use crate::{domain::error::Code, protocol::event_names::FROM_CLIENTS};

/// Whatever else clients call their events.
const UNKNOWN: &str = "unknown";

/// The events of all sockets of this process. A name that a client made up counts as `unknown`.
#[derive(Debug)]
pub struct EventFigures {
    all: Family<Pair, Counter>,
    known: [Known; FROM_CLIENTS.len() + 1],
}

#[derive(Debug)]
struct Known {
    name: &'static str,
    ok: Counter,
    seconds: Histogram,
}

impl EventFigures {
    pub(super) fn of(catalog: &mut Catalog) -> Self {
        let all: Family<Pair, Counter> = catalog.add(
            "events",
            &["event", "outcome"],
            "Events of clients, by name and by outcome: ok, or the code of the refusal",
            Family::default(),
        );
        let times = catalog.add(
            "event_seconds",
            &["event"],
            "From an event's turn to its answer; of join:room, to the end of its history",
            Family::<super::Label, Histogram>::new_with_constructor(seconds),
        );
        let mut names = FROM_CLIENTS.into_iter().chain([UNKNOWN]);
        let known = std::array::from_fn(|_| {
            let name = names.next().unwrap_or(UNKNOWN);
            // What alerts go by needs its zeros.
            for code in [Code::Unavailable, Code::Internal] {
                let labels = [("event", name), ("outcome", code.as_str())];
                drop(all.get_or_create(&labels));
            }
            Known {
                name,
                ok: all.get_or_create_owned(&[("event", name), ("outcome", "ok")]),
                seconds: times.get_or_create_owned(&[("event", name)]),
            }
        });
        Self { all, known }
    }

    fn known(&self, name: &str) -> &Known {
        let [known @ .., unknown] = &self.known;
        known.iter().find(|it| it.name == name).unwrap_or(unknown)
    }

    /// An event of that name was done.
    pub fn done(&self, name: &str) {
        self.known(name).ok.inc();
    }

    /// An event of that name was refused.
    pub fn refused(&self, name: &str, code: Code) {
        let name = self.known(name).name;
        let labels = [("event", name), ("outcome", code.as_str())];
        self.all.get_or_create(&labels).inc();
    }

    /// The turn of an event has come.
    pub fn begin(&self, name: &str) -> Timed {
        Timed {
            began: Instant::now(),
            seconds: self.known(name).seconds.clone(),
        }
    }
}

/// Something that is being timed.
#[derive(Debug)]
pub struct Timed {
    began: Instant,
    seconds: Histogram,
}

impl Timed {
    /// It ends now.
    pub fn end(self) {
        self.seconds.observe(self.began.elapsed().as_secs_f64());
    }

    /// It ends with `work`.
    pub async fn until<T>(self, work: impl Future<Output = T>) -> T {
        let done = work.await;
        self.end();
        done
    }
}
