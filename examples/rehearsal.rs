//! Belfry with types of jobs that misbehave, to see beforehand what happens on the night when one does.
//!
//! `cargo run --example rehearsal -- serve`, then `POST /api/jobs` with one of the types below. Not for a server that people use: whoever
//! has an account may end its workers.

use std::{process::ExitCode, time::Duration};

use async_trait::async_trait;
use belfry::{
    domain::{
        error::{Code, Problem},
        id::UserId,
    },
    jobs::{BackOff, Handler, Handlers, JobError, Rules, Running},
    ports::store::Store,
    program,
};
use serde::Deserialize;
use serde_json::{Value, json};

/// Three attempts of at most 5 s, close together.
const QUICK: Rules = Rules {
    max_attempts: 3,
    time_limit: Duration::from_secs(5),
    back_off: BackOff {
        first: Duration::from_millis(100),
        longest: Duration::from_millis(400),
    },
};

fn main() -> ExitCode {
    let handlers = Handlers::new()
        .with(Sleep)
        .with(Fail)
        .with(Panic)
        .with(Hang)
        .with(Kill)
        .with(Refuse);
    program::run(handlers)
}

/// `rehearsal.sleep` `{ "millis", "steps"? }`: waits, in as many steps as one likes, and tells how far it is.
struct Sleep;

#[derive(Deserialize)]
struct HowLong {
    millis: u64,
    #[serde(default = "ten")]
    steps: u32,
}

fn ten() -> u32 {
    10
}

#[async_trait]
impl Handler for Sleep {
    const TYPE: &'static str = "rehearsal.sleep";
    type Payload = HowLong;

    async fn admit(&self, long: &HowLong, _: &UserId, _: &dyn Store) -> Result<(), Problem> {
        match long.millis <= 600_000 && (1..=10_000).contains(&long.steps) {
            true => Ok(()),
            false => Err(Problem::invalid(
                "`millis` is at most 600000, `steps` 1 to 10000.",
            )),
        }
    }

    fn rules(&self) -> Rules {
        Rules {
            time_limit: Duration::from_secs(601),
            ..Rules::default()
        }
    }

    async fn run(&self, long: HowLong, job: &Running) -> Result<Value, JobError> {
        let step = Duration::from_millis(long.millis) / long.steps;
        for done in 1..=long.steps {
            tokio::select! {
                () = tokio::time::sleep(step) => {}
                () = job.cancelled() => return Err(JobError::Cancelled),
            }
            job.progress((100 * done / long.steps) as u8);
        }
        Ok(json!({ "slept": long.millis, "attempt": job.attempt() }))
    }
}

/// `rehearsal.fail` `{ "times" }`: fails so often, then succeeds.
struct Fail;

#[derive(Deserialize)]
struct HowOften {
    times: i32,
}

#[async_trait]
impl Handler for Fail {
    const TYPE: &'static str = "rehearsal.fail";
    type Payload = HowOften;

    async fn admit(&self, _: &HowOften, _: &UserId, _: &dyn Store) -> Result<(), Problem> {
        Ok(())
    }

    fn rules(&self) -> Rules {
        QUICK
    }

    async fn run(&self, often: HowOften, job: &Running) -> Result<Value, JobError> {
        match job.attempt() > often.times {
            true => Ok(json!({ "attempt": job.attempt() })),
            false => Err(JobError::Again(format!(
                "Attempt {} failed.",
                job.attempt()
            ))),
        }
    }
}

/// `rehearsal.panic` `{}`: panics.
struct Panic;

#[derive(Deserialize)]
struct Nothing {}

#[async_trait]
impl Handler for Panic {
    const TYPE: &'static str = "rehearsal.panic";
    type Payload = Nothing;

    async fn admit(&self, _: &Nothing, _: &UserId, _: &dyn Store) -> Result<(), Problem> {
        Ok(())
    }

    fn rules(&self) -> Rules {
        QUICK
    }

    async fn run(&self, _: Nothing, _: &Running) -> Result<Value, JobError> {
        panic!("as was asked for")
    }
}

/// `rehearsal.hang` `{}`: never ends, and does not listen either.
struct Hang;

#[async_trait]
impl Handler for Hang {
    const TYPE: &'static str = "rehearsal.hang";
    type Payload = Nothing;

    async fn admit(&self, _: &Nothing, _: &UserId, _: &dyn Store) -> Result<(), Problem> {
        Ok(())
    }

    fn rules(&self) -> Rules {
        Rules {
            time_limit: Duration::from_millis(500),
            ..QUICK
        }
    }

    async fn run(&self, _: Nothing, _: &Running) -> Result<Value, JobError> {
        std::future::pending().await
    }
}

/// `rehearsal.kill` `{}`: takes the process with it, as what runs out of memory does.
struct Kill;

#[async_trait]
impl Handler for Kill {
    const TYPE: &'static str = "rehearsal.kill";
    type Payload = Nothing;

    async fn admit(&self, _: &Nothing, _: &UserId, _: &dyn Store) -> Result<(), Problem> {
        Ok(())
    }

    fn rules(&self) -> Rules {
        QUICK
    }

    async fn run(&self, _: Nothing, _: &Running) -> Result<Value, JobError> {
        std::process::abort()
    }
}

/// `rehearsal.refuse` `{}`: is for nobody.
struct Refuse;

#[async_trait]
impl Handler for Refuse {
    const TYPE: &'static str = "rehearsal.refuse";
    type Payload = Nothing;

    async fn admit(&self, _: &Nothing, _: &UserId, _: &dyn Store) -> Result<(), Problem> {
        Err(Problem::new(Code::Forbidden, "This is for nobody."))
    }

    async fn run(&self, _: Nothing, _: &Running) -> Result<Value, JobError> {
        Err(JobError::Hopeless("It was let in.".into()))
    }
}
