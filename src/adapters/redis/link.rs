//! The way to Redis: a pool for commands, connections of their own for who needs one, and a time limit on everything.

use std::time::{Duration, Instant};

use bb8_redis::{RedisConnectionManager, bb8};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, FromRedisValue, IntoConnectionInfo, Pipeline,
    RedisError, RedisResult, Script, ScriptInvocation, ServerErrorKind, Value,
    aio::{MultiplexedConnection, PubSub},
    io::tcp::TcpSettings,
};
use tokio::{sync::watch, time::timeout};

use super::{
    RedisSettings,
    health::{Health, State},
};
use crate::{
    metrics::{self, RedisFigures},
    ports::BackendError,
};

/// How long a connection may take to be made.
pub(super) const DIAL_LIMIT: Duration = Duration::from_secs(1);

/// A connection that answered so recently is not tested again before use.
const FRESH: Duration = Duration::from_millis(500);

/// How every part of this adapter reaches Redis.
pub(super) struct Link {
    client: Client,
    pool: bb8::Pool<Commands>,
    health: watch::Receiver<Health>,
    pool_max: u32,
    figures: RedisFigures,
}

impl metrics::Pooled for Link {
    fn note_pools(&self) {
        let state = self.pool.state();
        let (open, idle) = (state.connections, state.idle_connections);
        self.figures.pool.stands(self.pool_max, open, idle);
    }
}

impl Link {
    /// Connects to nothing yet. Fails only on an address that cannot be right.
    pub(super) fn new(
        settings: &RedisSettings,
        health: watch::Receiver<Health>,
    ) -> Result<Self, BackendError> {
        let info = settings
            .url
            .as_str()
            .into_connection_info()
            .map_err(backend_error)?
            .set_tcp_settings(TcpSettings::default().set_nodelay(true));
        let client = Client::open(info.clone()).map_err(backend_error)?;
        let manager = RedisConnectionManager::new(info).map_err(backend_error)?;
        let pool = bb8::Pool::builder()
            .max_size(settings.pool)
            .connection_timeout(Duration::from_secs(1))
            // Whoever asks next tries again: calls, not the pool, know how long to leave Redis alone.
            .retry_connection(false)
            .build_unchecked(Commands {
                manager,
                answer_time: settings.answer_time,
                health: health.clone(),
            });
        Ok(Self {
            client,
            pool,
            health,
            pool_max: settings.pool,
            figures: settings.figures.clone(),
        })
    }

    pub(super) fn is_up(&self) -> bool {
        self.health.borrow().state == State::Up
    }

    /// How often Redis has been lost.
    pub(super) fn losses(&self) -> u64 {
        self.health.borrow().losses
    }

    /// Ends when Redis is lost once more than `losses`; never if the watcher is gone.
    pub(super) async fn lost(&self, losses: u64) {
        let mut health = self.health.clone();
        if health.wait_for(|it| it.losses != losses).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Fails when Redis is known to be away.
    pub(super) fn check(&self) -> Result<(), BackendError> {
        if self.health.borrow().state == State::Down {
            return Err(BackendError::Unavailable {
                backend: "redis",
                cause: "it does not answer; connecting again".into(),
            });
        }
        Ok(())
    }

    /// A connection for one owner, for commands that block or must not wait behind others. Its answers have no limit of their
    /// own; making it has.
    pub(super) async fn dial(&self) -> RedisResult<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(DIAL_LIMIT))
            .set_response_timeout(None);
        within(
            DIAL_LIMIT,
            self.client
                .get_multiplexed_async_connection_with_config(&config),
        )
        .await
    }

    /// A connection for subscriptions.
    pub(super) async fn dial_pubsub(&self) -> RedisResult<PubSub> {
        within(DIAL_LIMIT, self.client.get_async_pubsub()).await
    }

    /// One command.
    pub(super) async fn command<T: FromRedisValue>(
        &self,
        limit: Duration,
        command: &Cmd,
    ) -> Result<T, BackendError> {
        self.call(limit, async {
            let mut pooled = self.take().await?;
            let answer = command.query_async(&mut pooled.connection).await;
            pooled.judge(answer)
        })
        .await
    }

    /// Commands that go out together, in order.
    pub(super) async fn pipeline<T: FromRedisValue>(
        &self,
        limit: Duration,
        pipeline: &Pipeline,
    ) -> Result<T, BackendError> {
        self.call(limit, async {
            let mut pooled = self.take().await?;
            let answer = pipeline.query_async(&mut pooled.connection).await;
            pooled.judge(answer)
        })
        .await
    }

    /// One call of a script, which is loaded if Redis does not know it.
    pub(super) async fn script<T: FromRedisValue>(
        &self,
        limit: Duration,
        invocation: &ScriptInvocation<'_>,
    ) -> Result<T, BackendError> {
        self.call(limit, async {
            let mut pooled = self.take().await?;
            let answer = invocation.invoke_async(&mut pooled.connection).await;
            pooled.judge(answer)
        })
        .await
    }

    /// Calls of one script that go out together, in order. When Redis does not know the script, it is loaded and *all* the calls
    /// are made again: only for scripts that may be repeated.
    pub(super) async fn scripts(
        &self,
        limit: Duration,
        script: &Script,
        calls: &[ScriptCall],
    ) -> Result<Vec<Value>, BackendError> {
        let mut pipeline = redis::pipe();
        for call in calls {
            pipeline
                .cmd("EVALSHA")
                .arg(script.get_hash())
                .arg(call.keys.len())
                .arg(&call.keys)
                .arg(&call.args);
        }
        self.call(limit, async {
            let mut pooled = self.take().await?;
            let mut answer = pipeline.query_async(&mut pooled.connection).await;
            if answer.as_ref().is_err_and(is_unknown_script) {
                let loaded = script.load_async(&mut pooled.connection).await;
                pooled.judge(loaded)?;
                answer = pipeline.query_async(&mut pooled.connection).await;
            }
            pooled.judge(answer)
        })
        .await
    }

    async fn take(&self) -> RedisResult<bb8::PooledConnection<'_, Commands>> {
        let waiting = self.figures.pool.wait();
        let pooled = self.pool.get().await;
        waiting.ended(&pooled);
        let mut pooled = pooled.map_err(|error| match error {
            bb8::RunError::User(error) => error,
            bb8::RunError::TimedOut => too_slow(),
        })?;
        pooled.answered = None;
        Ok(pooled)
    }

    async fn call<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = RedisResult<T>>,
    ) -> Result<T, BackendError> {
        let began = Instant::now();
        let answer = match self.check() {
            Ok(()) => within(limit, work).await.map_err(backend_error),
            Err(away) => Err(away),
        };
        self.figures.answered(began, &answer);
        answer
    }
}

/// Keys and arguments of one call of a script.
pub(super) struct ScriptCall {
    pub(super) keys: Vec<String>,
    pub(super) args: Vec<Vec<u8>>,
}

/// Ends a piece of work that takes too long.
pub(super) async fn within<T>(
    limit: Duration,
    work: impl Future<Output = RedisResult<T>>,
) -> RedisResult<T> {
    timeout(limit, work)
        .await
        .unwrap_or_else(|_| Err(too_slow()))
}

/// The error of a call that was given up.
pub(super) fn too_slow() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
}

fn is_unknown_script(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}

/// What a caller of a port is told of an error: a fault only where trying again cannot help.
pub(super) fn backend_error(error: RedisError) -> BackendError {
    let backend = "redis";
    let cause = error.to_string();
    let lasting = matches!(
        error.kind(),
        ErrorKind::Server(
            ServerErrorKind::ResponseError
                | ServerErrorKind::ExecAbort
                | ServerErrorKind::CrossSlot
                | ServerErrorKind::NoPerm
        ) | ErrorKind::UnexpectedReturnType
            | ErrorKind::InvalidClientConfig
    );
    if lasting {
        BackendError::Fault { backend, cause }
    } else {
        BackendError::Unavailable { backend, cause }
    }
}

/// Something that Redis must not have said, or we must not have asked.
pub(super) fn fault(cause: impl Into<String>) -> BackendError {
    BackendError::Fault {
        backend: "redis",
        cause: cause.into(),
    }
}

/// Makes the pool's connections: those of `bb8-redis`, which are never taken to be broken, with a memory of how they fared.
struct Commands {
    manager: RedisConnectionManager,
    answer_time: Duration,
    health: watch::Receiver<Health>,
}

struct Pooled {
    connection: MultiplexedConnection,
    /// How often Redis had been lost when it was made.
    losses: u64,
    /// A call failed in a way that the connection may not have survived.
    broken: bool,
    /// When it last did; `None` while a call is under way, and after one that was given up.
    answered: Option<Instant>,
}

impl Pooled {
    /// Keeps in mind what an answer says about the connection.
    fn judge<T>(&mut self, answer: RedisResult<T>) -> RedisResult<T> {
        match &answer {
            Ok(_) => self.answered = Some(Instant::now()),
            Err(error) => self.broken |= error.is_io_error() || error.is_unrecoverable_error(),
        }
        answer
    }
}

impl bb8::ManageConnection for Commands {
    type Connection = Pooled;
    type Error = RedisError;

    async fn connect(&self) -> Result<Pooled, RedisError> {
        let losses = self.health.borrow().losses;
        let mut connection = self.manager.connect().await?;
        connection.set_response_timeout(self.answer_time);
        Ok(Pooled {
            connection,
            losses,
            broken: false,
            answered: Some(Instant::now()),
        })
    }

    async fn is_valid(&self, pooled: &mut Pooled) -> Result<(), RedisError> {
        if pooled.losses != self.health.borrow().losses {
            return Err(std::io::Error::from(std::io::ErrorKind::ConnectionAborted).into());
        }
        if pooled.answered.is_some_and(|at| at.elapsed() < FRESH) {
            return Ok(());
        }
        // Who asks may give up before the test ends; a connection that is silent for so long is not offered to the next.
        pooled.broken = true;
        let answer = self.manager.is_valid(&mut pooled.connection).await;
        pooled.broken = false;
        pooled.judge(answer)
    }

    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        pooled.broken
    }
}
