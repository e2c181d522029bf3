//! Jobs: their rows.

use async_trait::async_trait;

use super::{SqliteStore, fault};
use crate::{
    domain::{
        id::{JobId, UserId},
        job::{Job, NewJob, Run},
    },
    ports::{
        BackendError,
        store::{End, JobCounts, JobQuery, JobStore, Keep, Kept, Started, Sweep, Swept},
    },
};
use std::time::Duration;

/// The jobs of a JSON array of hexadecimal ids; also part of a commit.
pub(super) const FINISH: &str =
    "DELETE FROM jobs WHERE id IN (SELECT unhex(value) FROM json_each(?1))";

#[async_trait]
impl JobStore for SqliteStore {
    async fn add_jobs(&self, _jobs: &[NewJob]) -> Result<(), BackendError> {
        Err(fault("not built yet"))
    }

    async fn start_jobs(
        &self,
        _jobs: &[JobId],
        _lease: Duration,
    ) -> Result<Vec<Started>, BackendError> {
        Err(fault("not built yet"))
    }

    async fn keep_jobs(&self, _runs: &[Keep], _lease: Duration) -> Result<Vec<Kept>, BackendError> {
        Err(fault("not built yet"))
    }

    async fn end_jobs(&self, _ends: &[End]) -> Result<Vec<Job>, BackendError> {
        Err(fault("not built yet"))
    }

    async fn finish_jobs(&self, _jobs: &[JobId]) -> Result<(), BackendError> {
        Err(fault("not built yet"))
    }

    async fn cancel_job(&self, _job: JobId) -> Result<Option<Job>, BackendError> {
        Err(fault("not built yet"))
    }

    async fn retry_job(&self, _job: JobId) -> Result<Option<Job>, BackendError> {
        Err(fault("not built yet"))
    }

    async fn job(&self, _job: JobId) -> Result<Option<Job>, BackendError> {
        Err(fault("not built yet"))
    }

    async fn jobs(&self, _query: &JobQuery) -> Result<Vec<Job>, BackendError> {
        Err(fault("not built yet"))
    }

    async fn sweep_jobs(
        &self,
        _sweep: Sweep,
        _lease: Duration,
        _limit: i64,
    ) -> Result<Swept, BackendError> {
        Err(fault("not built yet"))
    }

    async fn count_jobs(&self) -> Result<JobCounts, BackendError> {
        Err(fault("not built yet"))
    }

    async fn forget_jobs(&self, _after: Duration, _limit: i64) -> Result<u64, BackendError> {
        Err(fault("not built yet"))
    }

    async fn add_result_part(
        &self,
        _run: Run,
        _part: i32,
        _bytes: &[u8],
    ) -> Result<bool, BackendError> {
        Err(fault("not built yet"))
    }

    async fn result_part(&self, _job: JobId, _part: i32) -> Result<Option<Vec<u8>>, BackendError> {
        Err(fault("not built yet"))
    }

    async fn open_jobs(&self, _owner: &UserId) -> Result<i64, BackendError> {
        Err(fault("not built yet"))
    }
}
