//! When, and from where on, each line is looked through for claims of dead workers. Of several workers here one does it.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::queue_reply::Found;
use crate::ports::queue::Line;

/// Where a look through a line's claims starts, and what says that it has come around.
const START: &str = "0-0";

pub(super) struct Checks {
    apart: Duration,
    lines: Mutex<[Check; Line::ALL.len()]>,
}

/// The next look.
struct Check {
    due: Instant,
    cursor: String,
}

/// Looks that are under way. Those that do not end are begun again in time.
pub(super) struct Begun<'a> {
    checks: &'a Checks,
    cursors: Vec<(Line, String)>,
}

impl Checks {
    pub(super) fn new(apart: Duration) -> Self {
        Self {
            apart,
            lines: Mutex::new(std::array::from_fn(|_| Check {
                due: Instant::now(),
                cursor: START.into(),
            })),
        }
    }

    /// Begins the looks through these lines that are due.
    pub(super) fn begin(&self, lines: &[Line]) -> Begun<'_> {
        let now = Instant::now();
        let mut checks = self.lines.lock();
        let cursors = lines
            .iter()
            .filter_map(|line| {
                let check = &mut checks[place(*line)];
                (check.due <= now).then(|| {
                    check.due = now + self.apart;
                    (*line, std::mem::replace(&mut check.cursor, START.into()))
                })
            })
            .collect();
        Begun {
            checks: self,
            cursors,
        }
    }
}

impl Begun<'_> {
    /// Where to look on; empty for not at all.
    pub(super) fn cursor(&self, line: Line) -> &str {
        let mut cursors = self.cursors.iter();
        cursors
            .find(|(of, _)| *of == line)
            .map_or("", |(_, cursor)| cursor)
    }

    /// Keeps in mind where to go on. True when each look has come around.
    pub(super) fn end(self, found: &[Found]) -> bool {
        let mut is_all_seen = true;
        for (line, begun) in self.cursors {
            let cursor = found
                .iter()
                .find(|found| found.line == line)
                .map_or(begun, |found| found.cursor.clone());
            let was_looked_at = found.iter().any(|found| found.line == line);
            if cursor != START || !was_looked_at {
                is_all_seen = false;
                let check = &mut self.checks.lines.lock()[place(line)];
                check.due = Instant::now();
                check.cursor = cursor;
            }
        }
        is_all_seen
    }
}

fn place(line: Line) -> usize {
    Line::ALL.iter().position(|it| *it == line).unwrap_or(0)
}
