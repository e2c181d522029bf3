//! The type of job that is measured: it does nothing.

use std::{
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use belfry::{
    domain::{
        error::{Code, Problem},
        id::{JobId, UserId},
        job::{NewJob, Priority},
    },
    jobs::{Handler, JobError, Running},
    ports::store::Store,
};
use belfry_load::latency::Latency;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What such a job is given.
#[derive(Serialize, Deserialize)]
pub struct Given {
    /// When it was due to be handed in, in microseconds since 1970; 0 where that does not count.
    pub at: u64,
}

/// How long the jobs were on their way.
#[derive(Clone, Default)]
pub struct Seen(pub Arc<Mutex<Latency>>);

/// The type.
pub struct Nothing(pub Seen);

#[async_trait]
impl Handler for Nothing {
    const TYPE: &'static str = "bench.nothing";
    type Payload = Given;

    async fn admit(&self, _: &Given, _: &UserId, _: &dyn Store) -> Result<(), Problem> {
        Err(Problem::new(Code::Forbidden, "Not for people."))
    }

    async fn run(&self, given: Given, _: &Running) -> Result<Value, JobError> {
        if given.at > 0 {
            let waited = now().saturating_sub(given.at);
            self.0.0.lock().expect("nobody panics").record(waited);
        }
        Ok(Value::Null)
    }
}

/// A job that was due to be handed in then.
pub fn job(at: u64) -> NewJob {
    NewJob {
        id: JobId::fresh(),
        kind: Nothing::TYPE.to_owned(),
        payload: serde_json::to_string(&Given { at }).expect("it is JSON"),
        owner: None,
        priority: Priority::Normal,
        max_attempts: 5,
        run_at: None,
        expires_at: None,
    }
}

/// Microseconds since 1970, by the clock that all programs of the run share.
pub fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("it is after 1970").as_micros() as u64
}
