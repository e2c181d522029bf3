//! Connections for workers that wait: one each, kept for the next while nobody does.

use std::sync::Arc;

use parking_lot::Mutex;
use redis::aio::MultiplexedConnection;

use super::link::{Link, backend_error};
use crate::ports::BackendError;

pub(super) struct Readers {
    link: Arc<Link>,
    idle: Mutex<Vec<Reader>>,
}

/// A connection for one worker. Whoever does not put it back closes it.
pub(super) struct Reader {
    pub(super) connection: MultiplexedConnection,
    /// How often Redis had been lost when it was made.
    losses: u64,
}

impl Readers {
    pub(super) fn new(link: Arc<Link>) -> Self {
        Self {
            link,
            idle: Mutex::default(),
        }
    }

    /// One that Redis has not been lost to since it was made.
    pub(super) async fn get(&self) -> Result<Reader, BackendError> {
        self.link.check()?;
        let losses = self.link.losses();
        let idle = {
            let mut readers = self.idle.lock();
            readers.retain(|reader| reader.losses == losses);
            readers.pop()
        };
        if let Some(reader) = idle {
            return Ok(reader);
        }
        let connection = self.link.dial().await.map_err(backend_error)?;
        Ok(Reader { connection, losses })
    }

    /// For the next worker; only after all its answers have come.
    pub(super) fn put_back(&self, reader: Reader) {
        self.idle.lock().push(reader);
    }
}
