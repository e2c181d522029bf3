//! The agreement with whoever starts this program and does something to the servers meanwhile: a line out, a line in.

use std::io::{self, Write};
use std::time::Duration;

use tokio::time::timeout;

use crate::fleet::Failure;

const DONE_LIMIT: Duration = Duration::from_secs(300);

/// Prints `ready` on stdout and waits until a line comes on stdin.
pub async fn ready_and_wait() -> Result<(), Failure> {
    eprintln!("ready: do it now, then say so with a line on stdin");
    writeln!(io::stdout(), "ready")?;
    let line = tokio::task::spawn_blocking(|| io::stdin().read_line(&mut String::new()));
    match timeout(DONE_LIMIT, line).await {
        Err(_) => Err("nobody said that it is done within 5 minutes".into()),
        Ok(read) => match read?? {
            0 => Err("stdin ended before anybody said that it is done".into()),
            _ => Ok(()),
        },
    }
}
