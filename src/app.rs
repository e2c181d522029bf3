//! The composition root: the only place that knows the adapters. Starts the parts in order, and ends them in the other.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};
use rand::Rng;
use tokio::{sync::Notify, task::JoinHandle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    adapters::{
        jwks,
        memory::{
            MemoryBus, MemoryCache, MemoryCalls, MemoryLimits, MemoryNetwork, MemoryPresence,
            MemoryQueue, PresenceList,
        },
        pages::WebPages,
        postgres::{PoolSize, PostgresStore},
        redis::{RedisParts, RedisSettings},
        rules_file,
        sqlite::SqliteStore,
    },
    admin::{self, Admin, AdminError},
    chat::{
        Chat, Parts, Policy,
        external_keys::ExternalKeys,
        external_tokens::ExternalTokens,
        limits,
        passwords::Passwords,
        publish::ServerKey,
        sessions::clear_expired,
        tokens::{ACCESS_SECONDS, SECRET_MIN, Tokens},
    },
    commit::{
        aftermath::{Aftermath, AftermathTasks},
        writer::Writer,
    },
    config::{Config, ConfigError, Database},
    domain::{
        id::{ReplicaId, UserId},
        moderation::Rules,
    },
    ending::{CLOSING, FINISHING, step},
    http::{
        router::{Entrance, Site, router},
        serving,
    },
    jobs::{Handlers, Intake, preview::LinkPreviews, room_export::RoomExport},
    metrics::Metrics,
    ports::{
        BackendError,
        bus::{Bus, Ear},
        cache::RecentCache,
        calls::{CALL_EVERY, Calls},
        pages::Pages,
        presence::{LEASE, Presence},
        queue::{CLAIM_TIMEOUT, Queue},
        store::{ClaimError, Sharing, Store},
    },
    room::{
        compare,
        hubs::{Hubs, Surroundings},
        last_seen::LastSeen,
        recent::RecentMessages,
        relay,
        sessions::EndedSessions,
        tracker::{Telling, Tracker},
    },
    sockets::{gateway::Gateway, inbox::Limits, listening::listen, transport::CuttableListener},
    worker::{
        Broken, Pace, Worker,
        enrich::{Enricher, notifications::Notices},
    },
};

/// Calls of the store that run at once; one lane of the writer needs one connection.
const POSTGRES_LANES: usize = 4;
/// SQLite has one writer.
const SQLITE_LANES: usize = 1;
/// Alone, how much memory recent messages may take.
const CACHE_BYTES: usize = 64 * 1024 * 1024;
/// Alone, how much news may wait; there is nobody to tell any.
const NEWS_WAITING: usize = 16;
/// How many users, addresses and the like this replica keeps limits of at once.
const LIMITED_KEYS: usize = 200_000;

/// Why the program did not start, or did not end as asked.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store.
    #[error("DATABASE_URL: {0}")]
    Store(BackendError),
    /// The store is in use.
    #[error("DATABASE_URL: {0}")]
    Claim(ClaimError),
    /// Passwords.
    #[error("passwords cannot be hashed: {0}")]
    Passwords(String),
    /// What fetches the pages that messages link to.
    #[error("LINK_PREVIEWS: {0}")]
    Pages(BackendError),
    /// Redis, as far as its settings are concerned.
    #[error("REDIS_URL: {0}")]
    Redis(BackendError),
    /// What an operator asked for.
    #[error(transparent)]
    Admin(AdminError),
    /// It started, and ended by itself.
    #[error("the worker broke off; the log says more")]
    Worker,
    /// The address.
    #[error("BIND_ADDR: {0} cannot be listened on: {1}")]
    Bind(std::net::SocketAddr, std::io::Error),
}

/// The store, and how many changes it takes at once.
struct OpenStore {
    store: Arc<dyn Store>,
    lanes: usize,
    /// Holds the claim on the store; ends when another process has taken it, and this one must stop.
    lost: BoxFuture<'static, ()>,
}

/// The parts that replicas meet over, or their stand-ins inside this process.
struct Between {
    cache: Arc<dyn RecentCache>,
    queue: Arc<dyn Queue>,
    bus: Arc<dyn Bus>,
    presence: Arc<dyn Presence>,
    calls: Arc<dyn Calls>,
    ear: Ear,
    redis: Option<RedisParts>,
}

/// A task that does not outlive its owner.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> AbortOnDrop<T> {
    async fn ended(mut self) {
        let _ = (&mut self.0).await;
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What every process that changes rooms has.
struct Core {
    config: Config,
    handlers: Handlers,
    rules: Arc<Rules>,
    replica: ReplicaId,
    metrics: Arc<Metrics>,
    store: OpenStore,
    between: Between,
    recent: RecentMessages,
    ended: Arc<EndedSessions>,
    /// Where links lead; none where previews are off.
    pages: Option<Arc<dyn Pages>>,
}

impl Core {
    async fn open(config: Config, handlers: Handlers) -> Result<Self, StartError> {
        let replica = ReplicaId::fresh();
        let rules = moderation_rules(&config)?;
        let store = open_store(&config, true).await?;
        let between = match &config.redis_url {
            Some(url) => {
                let settings = RedisSettings::new(url, &config.redis_prefix, replica);
                let (parts, ear) = RedisParts::connect(settings).map_err(StartError::Redis)?;
                Between {
                    cache: parts.cache.clone(),
                    queue: parts.queue.clone(),
                    bus: parts.bus.clone(),
                    presence: parts.presence.clone(),
                    calls: parts.calls.clone(),
                    ear,
                    redis: Some(parts),
                }
            }
            None => {
                let (bus, ear) =
                    MemoryBus::attach(&Arc::new(MemoryNetwork::default()), NEWS_WAITING);
                Between {
                    cache: Arc::new(MemoryCache::new(CACHE_BYTES)),
                    queue: Arc::new(MemoryQueue::new(CLAIM_TIMEOUT)),
                    bus: Arc::new(bus),
                    presence: Arc::new(MemoryPresence::attach(
                        &Arc::new(PresenceList::new(LEASE)),
                        replica,
                    )),
                    calls: Arc::new(MemoryCalls::new(CALL_EVERY)),
                    ear,
                    redis: None,
                }
            }
        };
        let pages: Option<Arc<dyn Pages>> = match config.link_previews {
            true => {
                let opened = config.link_preview_networks.clone();
                Some(Arc::new(WebPages::new(opened).map_err(StartError::Pages)?))
            }
            false => None,
        };
        let metrics = Arc::new(Metrics::new());
        let recent =
            RecentMessages::new(store.store.clone(), between.cache.clone(), metrics.clone());
        Ok(Self {
            config,
            handlers,
            rules: Arc::new(rules),
            replica,
            metrics,
            recent,
            store,
            between,
            pages,
            ended: EndedSessions::new(Duration::from_secs(ACCESS_SECONDS.unsigned_abs())),
        })
    }

    fn limits(&self) -> limits::Limits {
        let own = Arc::new(MemoryLimits::new(LIMITED_KEYS));
        let metrics = self.metrics.clone();
        match &self.between.redis {
            Some(redis) => limits::Limits::together(redis.limits.clone(), own, metrics),
            None => limits::Limits::alone(own, metrics),
        }
    }

    /// The live rooms and the writer, and what is behind them.
    fn rooms(
        &self,
        tracker: Arc<Tracker>,
        stop: &CancellationToken,
    ) -> (Arc<Hubs>, Arc<Writer>, Arc<Intake>, AftermathTasks) {
        let Between {
            cache,
            queue,
            bus,
            presence,
            ..
        } = &self.between;
        let surroundings = Surroundings {
            store: self.store.store.clone(),
            recent: self.recent.clone(),
            bus: bus.clone(),
            presence: presence.clone(),
            tracker,
            ended: self.ended.clone(),
            metrics: self.metrics.clone(),
        };
        let hubs = Hubs::new(surroundings, stop.clone());
        let (aftermath, tasks) = Aftermath::start(
            bus.clone(),
            cache.clone(),
            queue.clone(),
            self.metrics.clone(),
        );
        let store = self.store.store.clone();
        let intake = Intake::start(store.clone(), aftermath.clone());
        let writer = Writer::start(
            self.store.lanes,
            store,
            hubs.clone(),
            aftermath,
            self.metrics.clone(),
        );
        (hubs, Arc::new(writer), Arc::new(intake), tasks)
    }

    /// All types of jobs: Belfry's own, and the operator's.
    fn handlers(&self, writer: &Arc<Writer>) -> Handlers {
        let own = Handlers::new().with(RoomExport).with(LinkPreviews {
            pages: self.pages.clone(),
            writer: writer.clone(),
        });
        own.and(self.handlers.clone())
    }

    fn worker(&self, writer: &Arc<Writer>, handlers: Handlers, telling: Telling) -> Worker {
        Worker {
            store: self.store.store.clone(),
            queue: self.between.queue.clone(),
            enricher: Enricher {
                store: self.store.store.clone(),
                writer: writer.clone(),
                telling: telling.clone(),
                rules: self.rules.clone(),
                presence: self.between.presence.clone(),
                calls: self.between.calls.clone(),
                notices: Notices::start(self.store.store.clone(), telling.clone()),
                queue: self.between.queue.clone(),
                previews: self.pages.is_some(),
            },
            handlers,
            telling,
            metrics: self.metrics.clone(),
            replica: self.replica,
            at_once: self.config.worker_concurrency,
            pace: Pace::default(),
        }
    }

    async fn close(self, writer: &Writer, aftermath: AftermathTasks) {
        step("the writer", CLOSING, writer.finish()).await;
        step("telling of commits", CLOSING, aftermath.finish()).await;
        if let Some(redis) = &self.between.redis {
            redis.close().await;
        }
        step("the store", CLOSING, self.store.store.close()).await;
    }
}

/// Runs a server replica, with these types of jobs beside Belfry's own, until `end`, then sends everybody away and finishes what is in flight.
pub async fn serve(
    config: Config,
    handlers: Handlers,
    with_worker: bool,
    end: impl Future<Output = ()>,
) -> Result<(), StartError> {
    let listener =
        listen(config.bind_addr).map_err(|error| StartError::Bind(config.bind_addr, error))?;
    let stop_http = CancellationToken::new();
    let entrance = Entrance::default();
    let listener = CuttableListener::new(listener);
    let http = serving::serve(listener, entrance.router(), stop_http.clone());
    let http = AbortOnDrop(tokio::spawn(http));
    let mut core = Core::open(config, handlers).await?;
    let secret = signing_secret(&core.config, &core.store.store).await?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let passwords =
        Passwords::new(cores).map_err(|error| StartError::Passwords(error.to_string()))?;
    let ended_until = core.ended.catch_up(&*core.store.store).await;
    let ended_until = ended_until.map_err(StartError::Store)?;

    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    let external = external_tokens(&core.config, &tasks, &stop)?;
    let tokens = Tokens::new(&secret).with_external(external);
    let (tracker, steps) = Tracker::new();
    let (hubs, writer, intake, aftermath) = core.rooms(tracker.clone(), &stop);
    let compare_now = Arc::new(Notify::new());
    let (nothing, deaf) = tokio::sync::mpsc::channel(1);
    drop(nothing);
    let ear = std::mem::replace(&mut core.between.ear, deaf);
    tasks.spawn(relay::run(
        core.between.bus.clone(),
        ear,
        hubs.clone(),
        compare_now.clone(),
        stop.clone(),
    ));
    tasks.spawn(compare::revisions(
        hubs.clone(),
        core.store.store.clone(),
        compare_now,
        stop.clone(),
    ));
    tasks.spawn(compare::people(
        hubs.clone(),
        core.between.presence.clone(),
        stop.clone(),
    ));
    tasks.spawn(EndedSessions::watch(
        ended_until,
        core.store.store.clone(),
        hubs.clone(),
        stop.clone(),
    ));
    tasks.spawn(clear_expired(core.store.store.clone(), stop.clone()));
    let (last_seen, departures) = LastSeen::new();
    let everybody_gone = CancellationToken::new();
    let departures =
        tokio::spawn(departures.keep(core.store.store.clone(), everybody_gone.clone()));
    let telling = Telling {
        hubs: Arc::downgrade(&hubs),
        bus: core.between.bus.clone(),
        last_seen,
    };
    tasks.spawn(steps.run(
        tracker.clone(),
        core.between.presence.clone(),
        telling.clone(),
        stop.clone(),
    ));

    let handlers = core.handlers(&writer);
    let chat = Arc::new(Chat::new(
        Parts {
            store: core.store.store.clone(),
            queue: core.between.queue.clone(),
            intake,
            handlers: handlers.clone(),
            recent: core.recent.clone(),
            presence: core.between.presence.clone(),
            tracker,
            telling: telling.clone(),
            hubs: hubs.clone(),
            writer: writer.clone(),
            limits: core.limits(),
            tokens,
            passwords,
            ended: core.ended.clone(),
            metrics: core.metrics.clone(),
        },
        Policy {
            rooms_by_joining: core.config.rooms_by_joining,
            guests: core.config.guests,
            registration: core.config.registration,
            messages_per_second: core.config.messages_per_second,
            server_key: core.config.server_api_key.as_deref().map(ServerKey::of),
        },
    ));
    let limits = Limits {
        events_per_second: core.config.events_per_second,
        rooms: core.config.rooms_per_socket,
    };
    let gateway = Gateway::new(chat.clone(), core.metrics.clone(), limits);
    tasks.spawn(gateway.clone().watch(stop.clone()));

    let stop_worker = CancellationToken::new();
    let mut worker = with_worker.then(|| {
        tokio::spawn(
            core.worker(&writer, handlers, telling)
                .run(stop_worker.clone()),
        )
    });

    let draining = Arc::new(AtomicBool::new(false));
    let site = Site {
        chat: chat.clone(),
        store: core.store.store.clone(),
        bus: core.between.bus.clone(),
        metrics: core.metrics.clone(),
        draining: draining.clone(),
        gateway: gateway.clone(),
        origins: core.config.cors_origins.clone(),
        proxies: core.config.trusted_proxies.clone(),
        page: core.config.page_dir.clone(),
    };
    entrance.open(router(site));
    greet(&core.config);

    let ended = end_or_loss(end, &mut core.store, &mut worker).await;
    tracing::info!(
        "going away: new sessions are refused, {} s for those that are here",
        core.config.drain.as_secs()
    );
    draining.store(true, Ordering::Release);
    chat.drain();
    gateway.drain(core.config.drain).await;
    stop_http.cancel();
    stop_worker.cancel();
    let in_flight = async {
        let worker = async {
            if let Some(worker) = worker {
                let _ = worker.await;
            }
        };
        futures_util::join!(http.ended(), worker);
    };
    step("what is in flight", FINISHING, in_flight).await;
    step("what has gathered", FINISHING, chat.finish()).await;
    step("the last commits", FINISHING, writer.finish()).await;
    stop.cancel();
    tasks.close();
    let rooms = async { futures_util::join!(tasks.wait(), hubs.ended()) };
    step("the live rooms", CLOSING, rooms).await;
    everybody_gone.cancel();
    step("noting who was here", CLOSING, departures).await;
    core.close(&writer, aftermath).await;
    tracing::info!("gone");
    ended
}

/// Ends when the process is asked to end, or has lost its claim on the store; with an error when its worker is gone.
async fn end_or_loss(
    end: impl Future<Output = ()>,
    store: &mut OpenStore,
    worker: &mut Option<JoinHandle<Result<(), Broken>>>,
) -> Result<(), StartError> {
    let gone = async {
        match worker.as_mut() {
            Some(worker) => {
                let _ = worker.await;
            }
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = end => return Ok(()),
        () = &mut store.lost => {
            tracing::error!("another process has taken the store; this one stops");
            return Ok(());
        }
        () = gone => {}
    }
    *worker = None;
    tracing::error!("the worker broke off; this process stops");
    Err(StartError::Worker)
}

/// Runs a worker alone until `end`.
pub async fn work(
    config: Config,
    handlers: Handlers,
    end: impl Future<Output = ()>,
) -> Result<(), StartError> {
    if config.redis_url.is_none() {
        return Err(ConfigError {
            setting: "REDIS_URL",
            wrong: "a worker alone shares its queue over Redis; set it, or run `belfry serve`, which has a worker inside.".into(),
        }
        .into());
    }
    let mut core = Core::open(config, handlers).await?;
    let stop = CancellationToken::new();
    let (tracker, _steps) = Tracker::new();
    let (hubs, writer, intake, aftermath) = core.rooms(tracker, &stop);
    // Nobody asks for jobs here.
    drop(intake);
    let (last_seen, _nobody_comes_here) = LastSeen::new();
    let telling = Telling {
        hubs: Arc::downgrade(&hubs),
        bus: core.between.bus.clone(),
        last_seen,
    };
    let mut worker = Some(tokio::spawn(
        core.worker(&writer, core.handlers(&writer), telling)
            .run(stop.clone()),
    ));
    tracing::info!("working");
    let ended = end_or_loss(end, &mut core.store, &mut worker).await;
    stop.cancel();
    if let Some(worker) = worker {
        step("what is in flight", FINISHING, worker).await;
    }
    core.close(&writer, aftermath).await;
    ended
}

/// Brings the schema up to date.
pub async fn migrate(config: Config) -> Result<(), StartError> {
    let opened = open_store(&config, false).await?;
    opened.store.close().await;
    Ok(())
}

/// Does what an operator asks of the store, beside whoever serves it, and answers with what there is to print.
pub async fn admin(config: Config, what: Admin) -> Result<String, StartError> {
    let opened = open_store(&config, false).await?;
    let done = admin::carry_out(what, &*opened.store).await;
    opened.store.close().await;
    done.map_err(StartError::Admin)
}

/// A token that is signed with the configured secret, or the store's.
pub async fn token(
    config: Config,
    sub: &str,
    name: &str,
    seconds: i64,
) -> Result<String, StartError> {
    let user = UserId::parse(sub).map_err(|error| ConfigError {
        setting: "--sub",
        wrong: error.to_string(),
    })?;
    let secret = match &config.jwt_secret {
        Some(secret) => secret.clone(),
        None => {
            let opened = open_store(&config, false).await?;
            let secret = signing_secret(&config, &opened.store).await?;
            opened.store.close().await;
            secret
        }
    };
    let signed = Tokens::new(&secret).sign(&user, name, None, seconds);
    signed.map_err(|problem| {
        ConfigError {
            setting: "JWT_SECRET",
            wrong: problem.message,
        }
        .into()
    })
}

/// Opens the store and brings its schema up to date; with `claim`, keeps other processes off it as the settings ask.
async fn open_store(config: &Config, claim: bool) -> Result<OpenStore, StartError> {
    let sharing = if config.redis_url.is_some() {
        Sharing::Shared
    } else {
        Sharing::Alone
    };
    match &config.database {
        Database::Sqlite(url) => {
            let store = SqliteStore::connect(url).await.map_err(StartError::Store)?;
            let held = claim
                .then(|| store.claim(sharing))
                .transpose()
                .map_err(StartError::Claim)?;
            store.migrate().await.map_err(StartError::Store)?;
            let lost = async move {
                let _held = held;
                std::future::pending().await
            };
            Ok(OpenStore {
                store: Arc::new(store),
                lanes: SQLITE_LANES,
                lost: lost.boxed(),
            })
        }
        Database::Postgres(url) => {
            let store = PostgresStore::connect(url, PoolSize::default())
                .await
                .map_err(StartError::Store)?;
            let held = if claim {
                Some(store.claim(sharing).await.map_err(StartError::Claim)?)
            } else {
                None
            };
            store.migrate().await.map_err(StartError::Store)?;
            let lost = async move {
                match held {
                    Some(mut held) => held.lost().await,
                    None => std::future::pending().await,
                }
            };
            Ok(OpenStore {
                store: Arc::new(store),
                lanes: POSTGRES_LANES,
                lost: lost.boxed(),
            })
        }
    }
}

async fn signing_secret(config: &Config, store: &Arc<dyn Store>) -> Result<Vec<u8>, StartError> {
    if let Some(secret) = &config.jwt_secret {
        return Ok(secret.clone());
    }
    let mut candidate = [0_u8; SECRET_MIN];
    rand::rng().fill_bytes(&mut candidate);
    store
        .signing_secret(&candidate)
        .await
        .map_err(StartError::Store)
}

/// The checks of an external issuer's tokens, if there is one. Its keys are fetched in the background: a server whose issuer is away
/// serves everybody else.
fn external_tokens(
    config: &Config,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Result<Option<ExternalTokens>, StartError> {
    let Some(place) = &config.jwt_jwks else {
        return Ok(None);
    };
    let source = jwks::keys_at(place).map_err(|error| ConfigError {
        setting: "JWT_JWKS",
        wrong: error.to_string(),
    })?;
    for (setting, value, what) in [
        ("JWT_ISSUER", &config.jwt_issuer, "issuer"),
        ("JWT_AUDIENCE", &config.jwt_audience, "audience"),
    ] {
        if value.is_none() {
            tracing::warn!(
                "{setting} is not set: tokens of any {what} that the keys of JWT_JWKS have signed let people in"
            );
        }
    }
    let keys = ExternalKeys::new(source);
    tasks.spawn(keys.clone().run(stop.clone()));
    Ok(Some(ExternalTokens::new(
        keys,
        config.jwt_issuer.clone(),
        config.jwt_audience.clone(),
    )))
}

/// The rules in the file that the settings name; none without one.
fn moderation_rules(config: &Config) -> Result<Rules, ConfigError> {
    let Some(path) = &config.moderation_rules else {
        return Ok(Rules::default());
    };
    rules_file::rules_in(path.as_ref()).map_err(|wrong| ConfigError {
        setting: "MODERATION_RULES",
        wrong,
    })
}

fn greet(config: &Config) {
    let address = config.bind_addr;
    println!("Belfry listens on http://{address}");
    println!("  In a browser: open it and choose a name.");
    println!(
        "  With socket.io-client: a token from POST http://{address}/api/auth/guest, or from `belfry token --sub ada --name Ada`."
    );
    println!("  What there is: http://{address}/api/docs");
}
