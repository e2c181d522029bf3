//! What operators do from the command line, in the store itself: beside servers and workers, or without them.
//!
//! Nobody is told live: there is no way from here to the sockets. Whoever serves finds what has changed in the store.

mod jobs;
mod table;

use std::io::Write;

use clap::Subcommand;

use self::jobs::Jobs;
use crate::ports::{BackendError, store::Store};

/// What an operator may look after.
#[derive(Debug, Subcommand)]
pub enum Admin {
    /// Background jobs: list them, look at one, have a dead one tried again, end one
    Jobs {
        /// What
        #[command(subcommand)]
        what: Jobs,
    },
}

/// What an operator asked for was not done.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// It makes no sense for what is there.
    #[error("{0}")]
    Refused(String),
    /// The store.
    #[error("DATABASE_URL: {0}")]
    Store(#[from] BackendError),
}

/// Does it, and answers with what there is to print.
pub async fn carry_out(what: Admin, store: &dyn Store) -> Result<String, AdminError> {
    match what {
        Admin::Jobs { what } => what.carry_out(store).await,
    }
}

/// Writes to standard output. Whoever reads it may stop early, as `head` does.
pub fn print(text: String) {
    let mut output = std::io::stdout().lock();
    let _ = output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush());
}
