//! What links lead to.

use async_trait::async_trait;

use super::{SqliteStore, fault};
use crate::{
    domain::message::Preview,
    ports::{BackendError, store::PreviewStore},
};
use std::time::Duration;

#[async_trait]
impl PreviewStore for SqliteStore {
    async fn known_previews(
        &self,
        _urls: &[String],
        _age: Duration,
    ) -> Result<Vec<(String, Option<Preview>)>, BackendError> {
        Err(fault("not built yet"))
    }

    async fn remember_preview(
        &self,
        _url: &str,
        _preview: Option<&Preview>,
    ) -> Result<(), BackendError> {
        Err(fault("not built yet"))
    }

    async fn forget_previews(&self, _age: Duration, _limit: i64) -> Result<u64, BackendError> {
        Err(fault("not built yet"))
    }
}
