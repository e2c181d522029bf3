//! What a handler knows of the job that it does, and its ways to the outside.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use tokio_util::sync::CancellationToken;

use super::{
    handler::JobError,
    result_file::{FileInfo, ResultFile},
};
use crate::{
    domain::{
        id::{JobId, UserId},
        job::{Job, Run},
    },
    ports::store::{Started, Store},
};

/// A job that is being done.
pub struct Running {
    started: Started,
    store: Arc<dyn Store>,
    progress: AtomicU8,
    cancel: CancellationToken,
}

impl Running {
    /// A job that has been started; `cancel` is cancelled when its owner wants it ended.
    pub fn new(started: Started, store: Arc<dyn Store>, cancel: CancellationToken) -> Self {
        Self {
            started,
            store,
            progress: AtomicU8::new(0),
            cancel,
        }
    }

    /// The job as it was started.
    pub(crate) fn job(&self) -> &Job {
        &self.started.job
    }

    /// Which job.
    pub fn id(&self) -> JobId {
        self.started.job.id
    }

    /// Who asked for it.
    pub fn owner(&self) -> Option<&UserId> {
        self.started.job.owner.as_ref()
    }

    /// Which attempt this is, from 1.
    pub fn attempt(&self) -> i32 {
        self.started.job.attempts
    }

    /// The hold on it.
    pub fn run(&self) -> Run {
        self.started.run
    }

    /// Says how far it is, from 0 to 100; what is more is 100, and it never goes back. As often as one likes: its owner is told at most
    /// 10 times a second.
    pub fn progress(&self, percent: u8) {
        self.progress.fetch_max(percent.min(100), Ordering::Relaxed);
    }

    /// How far it said it is.
    pub fn percent(&self) -> u8 {
        self.progress.load(Ordering::Relaxed)
    }

    /// Ends when the job is to be cancelled.
    pub async fn cancelled(&self) {
        self.cancel.cancelled().await;
    }

    /// [`JobError::Cancelled`] when the job is to be cancelled: for a `?` between two steps.
    pub fn go_on(&self) -> Result<(), JobError> {
        match self.cancel.is_cancelled() {
            true => Err(JobError::Cancelled),
            false => Ok(()),
        }
    }

    /// The store, to read what the job needs.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Begins the file that is the job's result; its owner fetches it from any replica.
    pub fn file(&self, info: FileInfo) -> ResultFile<'_> {
        ResultFile::begin(self, info)
    }
}
