//! Rate limits by script, on Redis's clock: all questions that wait go out as one call, and while that is under way the next gather.
//!
//! So a busy replica costs Redis a few hundred calls a second, however many people send.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use redis::Script;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    RedisSettings,
    link::{Link, fault},
};
use crate::ports::{
    BackendError,
    limits::{Key, Quota, RateLimits, Verdict},
};

/// How many may wait to be asked about.
const MOST_WAITING: usize = 4_096;

/// How many are asked about together: a script of so many takes Redis about a millisecond.
const TOGETHER: usize = 256;

/// The rate limits port on Redis.
pub struct RedisLimits {
    prefix: String,
    /// How long a call may take, and how long its askers wait.
    limit: Duration,
    questions: mpsc::Sender<Question>,
}

struct Question {
    key: String,
    quota: Quota,
    what: What,
    answer: oneshot::Sender<Result<Verdict, BackendError>>,
}

#[derive(Clone, Copy)]
enum What {
    Take,
    Owe(Duration),
    GiveBack,
}

impl RedisLimits {
    pub(super) fn start(
        settings: &RedisSettings,
        link: &Arc<Link>,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        let (questions, waiting) = mpsc::channel(MOST_WAITING);
        let limit = settings.limits_time;
        tasks.spawn(run(link.clone(), limit, waiting, stop.clone()));
        Self {
            prefix: settings.prefix.clone(),
            limit,
            questions,
        }
    }

    async fn ask(&self, key: &Key, quota: Quota, what: What) -> Result<Verdict, BackendError> {
        let (answer, answered) = oneshot::channel();
        let question = Question {
            key: format!("{}limit:{}:{}", self.prefix, key.kind(), key.subject()),
            quota,
            what,
            answer,
        };
        if self.questions.try_send(question).is_err() {
            return Err(not_asked("too many wait, or it is closed"));
        }
        match timeout(self.limit, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(not_asked("it is closed")),
            Err(_) => Err(not_asked("too slow")),
        }
    }
}

#[async_trait]
impl RateLimits for RedisLimits {
    async fn take(&self, key: &Key, quota: Quota) -> Result<Verdict, BackendError> {
        self.ask(key, quota, What::Take).await
    }

    async fn owe(&self, key: &Key, quota: Quota, owed: Duration) -> Result<(), BackendError> {
        self.ask(key, quota, What::Owe(owed)).await.map(|_| ())
    }

    async fn give_back(&self, key: &Key, quota: Quota) -> Result<(), BackendError> {
        self.ask(key, quota, What::GiveBack).await.map(|_| ())
    }
}

/// Asks until told to stop.
async fn run(
    link: Arc<Link>,
    limit: Duration,
    mut waiting: mpsc::Receiver<Question>,
    stop: CancellationToken,
) {
    let script = Script::new(include_str!("scripts/limits.lua"));
    loop {
        let mut questions = Vec::new();
        let gathered = waiting.recv_many(&mut questions, TOGETHER);
        if stop.run_until_cancelled(gathered).await.unwrap_or(0) == 0 {
            return;
        }
        // Who has given up must not pay for it.
        questions.retain(|question| !question.answer.is_closed());
        match ask_all(&link, limit, &script, &questions).await {
            Ok(verdicts) => {
                for (question, verdict) in questions.into_iter().zip(verdicts) {
                    let _ = question.answer.send(Ok(verdict));
                }
            }
            Err(error) => {
                // Those who came meanwhile would only wait for the same.
                while let Ok(question) = waiting.try_recv() {
                    questions.push(question);
                }
                for question in questions {
                    let _ = question.answer.send(Err(same(&error)));
                }
            }
        }
    }
}

async fn ask_all(
    link: &Link,
    limit: Duration,
    script: &Script,
    questions: &[Question],
) -> Result<Vec<Verdict>, BackendError> {
    if questions.is_empty() {
        return Ok(Vec::new());
    }
    let mut call = script.prepare_invoke();
    for Question {
        key, quota, what, ..
    } in questions
    {
        let (time, what) = match *what {
            What::Take => (quota.interval(), "take"),
            What::Owe(owed) => (owed, "owe"),
            What::GiveBack => (quota.interval(), "back"),
        };
        call.key(key)
            .arg(micros(time))
            .arg(micros(quota.refill()))
            .arg(what);
    }
    let waits: Vec<u64> = link.script(limit, &call).await?;
    if waits.len() != questions.len() {
        return Err(fault("not one answer for each question about a limit"));
    }
    let verdicts = waits.into_iter().map(|wait| match wait {
        0 => Verdict::Allowed,
        wait => Verdict::Wait(Duration::from_micros(wait)),
    });
    Ok(verdicts.collect())
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn not_asked(cause: &str) -> BackendError {
    BackendError::Unavailable {
        backend: "redis",
        cause: format!("limits: {cause}"),
    }
}

/// The error again, for one more who waited for the same call.
fn same(error: &BackendError) -> BackendError {
    match error {
        BackendError::Unavailable { backend, cause } => BackendError::Unavailable {
            backend,
            cause: cause.clone(),
        },
        BackendError::Fault { backend, cause } => BackendError::Fault {
            backend,
            cause: cause.clone(),
        },
    }
}
