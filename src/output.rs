//! What a command was asked for, to standard output: all of it, or the command has failed.

use std::io::{ErrorKind, Write};

/// The data did not get where standard output leads.
#[derive(Debug, thiserror::Error)]
#[error("standard output could not be written: {0}")]
pub struct NotWritten(std::io::Error);

/// Writes all of it. Whoever reads it may stop early, as `head` does: that is no failure.
pub fn print(text: &str) -> Result<(), NotWritten> {
    let mut output = std::io::stdout().lock();
    let written = output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush());
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(NotWritten),
    }
}
