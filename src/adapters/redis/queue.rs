//! Jobs: one stream with a consumer group, both made when they are found missing.
//!
//! A worker waits on a connection of its own. Entries that were claimed and not settled in time are claimed again now and then
//! (`XAUTOCLAIM`); a settled entry is deleted, so the stream's length is what is left to do. Redis may forget all of it: the
//! group that is missing tells, and the store's rows are swept.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use parking_lot::Mutex;
use redis::{
    FromRedisValue, RedisError, RedisResult, Script,
    aio::MultiplexedConnection,
    from_redis_value_ref,
    streams::{StreamAutoClaimReply, StreamId, StreamReadReply},
};
use tokio::time::{Instant, timeout_at};

use super::{
    RedisSettings,
    link::{Link, backend_error, fault, too_slow, within},
};
use crate::{
    domain::job::Job,
    ports::{
        BackendError,
        queue::{Claim, Queue, Taken},
    },
};

const LIMIT: Duration = Duration::from_millis(900);
const GROUP: &str = "workers";
const FIELD: &str = "job";

/// Beyond so many jobs the oldest are dropped, until the store's sweep adds them again.
const LONGEST: u64 = 1_000_000;

/// How many jobs one push sends at once.
const CHUNK: usize = 1_000;

/// How long one wait on the server lasts at most: in between, abandoned claims are looked for.
const WAIT: Duration = Duration::from_secs(5);

/// Where `XAUTOCLAIM` starts, and says that it has come around.
const START: &str = "0-0";

/// The queue port on Redis.
pub struct RedisQueue {
    link: Arc<Link>,
    stream: String,
    claim_timeout: Duration,
    claim_check: Duration,
    worker_idle: Duration,
    tidy: Script,
    /// Connections for workers that wait, while nobody does.
    readers: Mutex<Vec<Reader>>,
    check: Mutex<Check>,
    /// How often the group was made here; so that of several workers who find it missing at once, one makes it.
    makings: tokio::sync::Mutex<()>,
    made: AtomicU64,
    /// It was made, and nobody has been told.
    reborn: AtomicBool,
}

/// A connection for a worker that waits.
struct Reader {
    connection: MultiplexedConnection,
    /// How often Redis had been lost when it was made.
    losses: u64,
}

/// The next look for abandoned claims.
struct Check {
    due: Instant,
    cursor: String,
}

impl RedisQueue {
    pub(super) fn new(settings: &RedisSettings, link: Arc<Link>) -> Self {
        Self {
            link,
            stream: format!("{}jobs", settings.prefix),
            claim_timeout: settings.claim_timeout,
            claim_check: settings.claim_check,
            worker_idle: settings.worker_idle,
            tidy: Script::new(include_str!("scripts/queue_tidy.lua")),
            readers: Mutex::default(),
            check: Mutex::new(Check {
                due: Instant::now(),
                cursor: START.into(),
            }),
            makings: tokio::sync::Mutex::default(),
            made: AtomicU64::new(0),
            reborn: AtomicBool::new(false),
        }
    }

    async fn take_within(
        &self,
        worker: &str,
        max: usize,
        until: Instant,
    ) -> Result<Vec<(Claim, Job)>, BackendError> {
        let Reader {
            mut connection,
            losses,
        } = self.reader().await?;
        let reader = &mut connection;
        loop {
            let mut entries = Vec::new();
            while entries.is_empty()
                && let Some(cursor) = self.due_cursor()
            {
                entries = self.reclaim(reader, worker, max, &cursor).await?;
            }
            if entries.is_empty() && !self.is_reborn() {
                let left = until.saturating_duration_since(Instant::now());
                entries = self.read(reader, worker, max, left.min(WAIT)).await?;
            }
            let jobs = self.understood(entries).await;
            if !jobs.is_empty() || self.is_reborn() || Instant::now() >= until {
                self.readers.lock().push(Reader { connection, losses });
                return Ok(jobs);
            }
        }
    }

    async fn reader(&self) -> Result<Reader, BackendError> {
        self.link.check()?;
        let losses = self.link.losses();
        let idle = {
            let mut readers = self.readers.lock();
            readers.retain(|reader| reader.losses == losses);
            readers.pop()
        };
        if let Some(reader) = idle {
            return Ok(reader);
        }
        let connection = self.link.dial().await.map_err(backend_error)?;
        Ok(Reader { connection, losses })
    }

    /// Where to look for abandoned claims, if it is time to. One of several workers here does it.
    fn due_cursor(&self) -> Option<String> {
        let mut check = self.check.lock();
        let now = Instant::now();
        (check.due <= now).then(|| {
            check.due = now + self.claim_check;
            std::mem::replace(&mut check.cursor, START.into())
        })
    }

    /// Claims again what was claimed and not settled in time.
    async fn reclaim(
        &self,
        reader: &mut MultiplexedConnection,
        worker: &str,
        max: usize,
        cursor: &str,
    ) -> Result<Vec<StreamId>, BackendError> {
        if cursor == START {
            let mut tidy = self.tidy.key(&self.stream);
            tidy.arg(GROUP).arg(millis(self.worker_idle));
            let _: i64 = within(LIMIT, tidy.invoke_async(reader))
                .await
                .map_err(backend_error)?;
        }
        let mut claim = redis::cmd("XAUTOCLAIM");
        claim
            .arg(&self.stream)
            .arg(GROUP)
            .arg(worker)
            .arg(millis(self.claim_timeout))
            .arg(cursor)
            .arg("COUNT")
            .arg(max);
        let made = self.made.load(Ordering::Acquire);
        let answer = within(LIMIT, claim.query_async(reader)).await;
        let Some(reply) = self
            .unless_missing::<StreamAutoClaimReply>(reader, made, answer)
            .await?
        else {
            return Ok(Vec::new());
        };
        if reply.next_stream_id != START {
            let mut check = self.check.lock();
            check.due = Instant::now();
            check.cursor = reply.next_stream_id;
        }
        Ok(reply.claimed)
    }

    /// New entries, waiting for the first.
    async fn read(
        &self,
        reader: &mut MultiplexedConnection,
        worker: &str,
        max: usize,
        wait: Duration,
    ) -> Result<Vec<StreamId>, BackendError> {
        let mut read = redis::cmd("XREADGROUP");
        read.arg("GROUP").arg(GROUP).arg(worker);
        read.arg("COUNT").arg(max);
        if millis(wait) > 0 {
            read.arg("BLOCK").arg(millis(wait));
        }
        read.arg("STREAMS").arg(&self.stream).arg(">");
        let made = self.made.load(Ordering::Acquire);
        let answer = within(wait + LIMIT, read.query_async(reader)).await;
        let reply = self
            .unless_missing::<Option<StreamReadReply>>(reader, made, answer)
            .await?
            .flatten();
        Ok(reply.map_or_else(Vec::new, |reply| {
            reply.keys.into_iter().flat_map(|key| key.ids).collect()
        }))
    }

    /// The answer to a command that needs the group; `None` when the group was missing, and has been made. `made` is what
    /// `self.made` was before the command.
    async fn unless_missing<T: FromRedisValue>(
        &self,
        reader: &mut MultiplexedConnection,
        made: u64,
        answer: RedisResult<T>,
    ) -> Result<Option<T>, BackendError> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if is_group_missing(&error) => {
                self.make_group(reader, made).await?;
                Ok(None)
            }
            Err(error) => Err(backend_error(error)),
        }
    }

    /// Makes the stream and the group, whichever is missing. Somebody else having been faster is as good.
    async fn make_group(
        &self,
        reader: &mut MultiplexedConnection,
        made: u64,
    ) -> Result<(), BackendError> {
        let _one = self.makings.lock().await;
        if self.made.load(Ordering::Acquire) != made {
            return Ok(());
        }
        let mut create = redis::cmd("XGROUP");
        create
            .arg("CREATE")
            .arg(&self.stream)
            .arg(GROUP)
            .arg("0")
            .arg("MKSTREAM");
        match within(LIMIT, create.query_async::<()>(reader)).await {
            Err(error) if error.code() != Some("BUSYGROUP") => return Err(backend_error(error)),
            _ => {}
        }
        tracing::info!("the job stream is new, or Redis had lost it");
        self.made.fetch_add(1, Ordering::AcqRel);
        self.reborn.store(true, Ordering::Release);
        Ok(())
    }

    fn is_reborn(&self) -> bool {
        self.reborn.load(Ordering::Acquire)
    }

    /// The jobs of entries. What is no job is settled, for nobody will ever understand it.
    async fn understood(&self, entries: Vec<StreamId>) -> Vec<(Claim, Job)> {
        let mut jobs = Vec::with_capacity(entries.len());
        let mut hopeless = Vec::new();
        for entry in entries {
            match job_of(&entry) {
                Ok(job) => jobs.push((Claim(entry.id), job)),
                Err(cause) => {
                    tracing::warn!(
                        entry = entry.id,
                        cause,
                        "an entry of the job stream is no job"
                    );
                    hopeless.push(Claim(entry.id));
                }
            }
        }
        if let Err(error) = self.settle(&hopeless).await {
            tracing::debug!(%error, "entries that are no jobs stay until they are claimed again");
        }
        jobs
    }
}

#[async_trait]
impl Queue for RedisQueue {
    async fn push(&self, jobs: &[Job]) -> Result<(), BackendError> {
        let until = Instant::now() + LIMIT;
        for chunk in jobs.chunks(CHUNK) {
            let mut pipeline = redis::pipe();
            for (at, job) in chunk.iter().enumerate() {
                let written = serde_json::to_vec(job).map_err(|error| fault(error.to_string()))?;
                pipeline.cmd("XADD").arg(&self.stream);
                if at == 0 {
                    pipeline.arg("MAXLEN").arg("~").arg(LONGEST);
                }
                pipeline.arg("*").arg(FIELD).arg(written).ignore();
            }
            let left = until.saturating_duration_since(Instant::now());
            let () = self.link.pipeline(left, &pipeline).await?;
        }
        Ok(())
    }

    async fn take(&self, worker: &str, max: usize, wait: Duration) -> Result<Taken, BackendError> {
        if max == 0 {
            return Ok(Taken::default());
        }
        let until = Instant::now() + wait;
        let jobs = timeout_at(until + LIMIT, self.take_within(worker, max, until))
            .await
            .unwrap_or_else(|_| Err(backend_error(too_slow())))?;
        Ok(Taken {
            jobs,
            reborn: self.reborn.swap(false, Ordering::AcqRel),
        })
    }

    async fn settle(&self, claims: &[Claim]) -> Result<(), BackendError> {
        if claims.is_empty() {
            return Ok(());
        }
        let ids: Vec<&str> = claims.iter().map(|claim| claim.0.as_str()).collect();
        let mut pipeline = redis::pipe();
        pipeline
            .cmd("XACK")
            .arg(&self.stream)
            .arg(GROUP)
            .arg(&ids)
            .ignore()
            .cmd("XDEL")
            .arg(&self.stream)
            .arg(&ids)
            .ignore();
        self.link.pipeline(LIMIT, &pipeline).await
    }

    async fn len(&self) -> Result<u64, BackendError> {
        self.link
            .command(LIMIT, redis::cmd("XLEN").arg(&self.stream))
            .await
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Missing from the start, or gone while a worker waited.
fn is_group_missing(error: &RedisError) -> bool {
    matches!(error.code(), Some("NOGROUP" | "UNBLOCKED"))
}

fn job_of(entry: &StreamId) -> Result<Job, String> {
    let written = entry.map.get(FIELD).ok_or("it has no such field")?;
    let written: Vec<u8> = from_redis_value_ref(written).map_err(|error| error.to_string())?;
    serde_json::from_slice(&written).map_err(|error| error.to_string())
}
