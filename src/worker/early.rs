//! Jobs that the queue handed out before their time, because its clock is ahead of the store's: they go back to it.

use std::{collections::HashMap, time::Duration};

use crate::{
    domain::{id::JobId, timestamp::Timestamp},
    ports::{queue::Ticket, store::Early},
};

/// So much later than it should be enough: it may take that long to hand a ticket out.
const A_LITTLE: Duration = Duration::from_millis(50);
/// Clocks are not taken to be further apart.
const APART_MAX: Duration = Duration::from_secs(5);

/// Those jobs of a start that are early.
pub(super) fn by_job(early: Vec<Early>) -> HashMap<JobId, Early> {
    early.into_iter().map(|early| (early.job, early)).collect()
}

/// The ticket that is handed out when the job can be started. What there was left to wait when the queue thought that it was time is
/// how far its clock is ahead.
pub(super) fn ticket(ticket: Ticket, early: &Early) -> Ticket {
    let later = early.wait.min(APART_MAX) + A_LITTLE;
    let due = early.run_at.as_millis() + later.as_millis() as i64;
    Ticket {
        due: Some(Timestamp::from_millis(due)),
        ..ticket
    }
}
