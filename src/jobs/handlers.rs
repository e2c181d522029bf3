//! The list of all types of jobs, by name.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use serde_json::Value;

use super::{
    handler::{Handler, JobError, Rules},
    running::Running,
};
use crate::{
    domain::{error::Problem, id::UserId},
    ports::store::Store,
    protocol::client_event::unreadable,
};

/// The types of jobs that there are.
#[derive(Clone, Default)]
pub struct Handlers(HashMap<&'static str, Arc<dyn AnyHandler>>);

impl Handlers {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a type. The last one of a name counts.
    #[must_use]
    pub fn with<H: Handler>(mut self, handler: H) -> Self {
        self.0.insert(H::TYPE, Arc::new(Typed(handler)));
        self
    }

    /// Adds all types of another list.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// The type of that name.
    pub(crate) fn get(&self, kind: &str) -> Option<&Arc<dyn AnyHandler>> {
        self.0.get(kind)
    }
}

/// A type of job whose payload is JSON.
#[async_trait]
pub(crate) trait AnyHandler: Send + Sync {
    fn rules(&self) -> Rules;

    /// Whether the payload fits and this user may ask for it.
    async fn admit(&self, payload: &str, asker: &UserId, store: &dyn Store) -> Result<(), Problem>;

    async fn run(&self, payload: &str, job: &Running) -> Result<Value, JobError>;
}

struct Typed<H>(H);

#[async_trait]
impl<H: Handler> AnyHandler for Typed<H> {
    fn rules(&self) -> Rules {
        self.0.rules()
    }

    async fn admit(&self, payload: &str, asker: &UserId, store: &dyn Store) -> Result<(), Problem> {
        let payload = serde_json::from_str(payload).map_err(|error| {
            unreadable(&format!("`payload` does not fit `{}`", H::TYPE), &error)
        })?;
        self.0.admit(&payload, asker, store).await
    }

    async fn run(&self, payload: &str, job: &Running) -> Result<Value, JobError> {
        let payload = serde_json::from_str(payload)
            .map_err(|error| JobError::Hopeless(format!("Its payload does not fit: {error}.")))?;
        self.0.run(payload, job).await
    }
}
