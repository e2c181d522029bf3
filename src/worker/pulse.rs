//! Keeps the runtime awake beside a handler that blocks its thread.
//!
//! Of the runtime's threads one waits for sockets and timers. Where the handler is all that it finds to do, it wakes no other thread to
//! wait in its place: if the handler then blocks, nothing more is heard, and all the process stands still beside idle threads. A task that
//! comes from outside wakes one of those, which waits for sockets and timers from then on.

use std::{
    io,
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    thread,
    time::Duration,
};

use tokio::runtime::Handle;

/// How long the process stands still at most.
const EVERY: Duration = Duration::from_millis(100);

/// A thread that gives the runtime something to do now and then; ends when this is dropped.
pub(super) struct Pulse {
    _stop: Sender<()>,
}

impl Pulse {
    /// Starts it for this runtime.
    pub(super) fn start(runtime: Handle) -> io::Result<Self> {
        let (stop, stopped) = channel();
        thread::Builder::new().name("pulse".into()).spawn(move || {
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                runtime.spawn(async {});
            }
        })?;
        Ok(Self { _stop: stop })
    }
}
