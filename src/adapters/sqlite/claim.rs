//! A process's claim on the store: a lock on a file beside the database.
//!
//! The operating system ends the lock with the process, so one that dies leaves nothing behind but an empty file.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::PathBuf,
};

use super::{SqliteStore, unavailable};
use crate::ports::store::{ClaimError, Sharing};

/// Holds the store until it is dropped.
pub struct Claim {
    _lock: File,
}

impl SqliteStore {
    /// Claims the store, at once or not at all: alone, or together with others that share.
    pub fn claim(&self, sharing: Sharing) -> Result<Claim, ClaimError> {
        let path = self.lock_file();
        let failed = |error| unavailable(format!("{} cannot be locked: {error}", path.display()));
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        let locked = match sharing {
            Sharing::Alone => lock.try_lock(),
            Sharing::Shared => lock.try_lock_shared(),
        };
        match locked {
            Ok(()) => Ok(Claim { _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(ClaimError::OneProcess),
            Err(TryLockError::Error(error)) => Err(ClaimError::Backend(failed(error))),
        }
    }

    fn lock_file(&self) -> PathBuf {
        let mut name = self.options.get_filename().as_os_str().to_owned();
        name.push(".lock");
        name.into()
    }
}
