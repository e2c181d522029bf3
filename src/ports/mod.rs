//! What the core needs from outside, as traits; the guarantees stand on the traits, where a caller reads them.
//!
//! One conformance suite a port, in `tests/conformance`, holds every adapter to them.

pub mod bus;
pub mod cache;
pub mod calls;
pub mod checkup;
pub mod keys;
pub mod limits;
pub mod pages;
pub mod presence;
pub mod queue;
pub mod store;

use crate::domain::error::Problem;

/// A backend did not do what it was asked.
///
/// Made in an adapter, with the cause for the operator; the caller decides what the user is told.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// Nothing was done, or the outcome is unknown: away, too slow, or the connection broke. Trying again may help.
    #[error("{backend} is unavailable: {cause}")]
    Unavailable {
        /// Which backend.
        backend: &'static str,
        /// What it or its driver said.
        cause: String,
    },
    /// The backend answered with something that it must not: a fault in Belfry or a store changed by hand.
    #[error("{backend} answered wrongly: {cause}")]
    Fault {
        /// Which backend.
        backend: &'static str,
        /// What was wrong.
        cause: String,
    },
}

impl BackendError {
    /// For the operator's log: a fault, with what it kept from being done. That a backend is away or too slow its adapter says itself,
    /// once and not a line a request.
    pub fn log(&self, what: &str) {
        match self {
            Self::Unavailable { .. } => tracing::debug!(error = %self, "{what}"),
            Self::Fault { .. } => tracing::error!(error = %self, "{what}"),
        }
    }

    /// Logs it as [`log`](Self::log) says, and makes what the user is told of it.
    pub fn told(self) -> Problem {
        self.log("a request could not be served");
        match self {
            Self::Unavailable { .. } => Problem::unavailable(),
            Self::Fault { .. } => Problem::internal(),
        }
    }
}
