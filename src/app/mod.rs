//! The composition root: the only place that knows the adapters. Starts the parts in order, and ends them in the other.

mod core;
mod once;
mod stores;
mod watching;

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{sync::Notify, task::JoinHandle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::once::{admin, ask, doctor, migrate, token};
use self::{
    core::Core,
    stores::{OpenStore, signing_secret},
    watching::{Aside, look_after},
};
use crate::{
    adapters::jwks,
    admin::AdminError,
    chat::{
        Chat, Parts, Policy, external_keys::ExternalKeys, external_tokens::ExternalTokens,
        passwords::Passwords, publish::ServerKey, sessions::clear_expired, tokens::Tokens,
    },
    config::{Config, ConfigError, LogFormat},
    domain::id::ReplicaId,
    ending::{CLOSING, FINISHING, step},
    http::{
        router::{Entrance, Site, router},
        serving::{self, Door},
        tls::Tls,
    },
    jobs::Handlers,
    metrics::Metrics,
    output::{self, NotWritten},
    ports::{BackendError, store::ClaimError},
    room::{
        compare,
        last_seen::LastSeen,
        relay,
        sessions::EndedSessions,
        tracker::{Telling, Tracker},
    },
    sockets::{
        crowd::Crowd, gateway::Gateway, inbox::Limits, listening::listen,
        transport::CuttableListener,
    },
    worker::Broken,
};

/// Why the program did not start, or did not end as asked.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store.
    #[error("DATABASE_URL: {}", why(.0))]
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
    /// Redis lets nobody in who comes so.
    #[error("REDIS_URL: {0}")]
    Refused(String),
    /// What was asked for could not be given.
    #[error(transparent)]
    Output(#[from] NotWritten),
    /// What an operator asked for.
    #[error(transparent)]
    Admin(AdminError),
    /// A server that was asked how it is.
    #[error("{0}")]
    NotWell(String),
    /// It started, and ended by itself.
    #[error("the worker broke off; the log says more")]
    Worker,
    /// The address.
    #[error("BIND_ADDR: {0} cannot be listened on: {1}")]
    Bind(std::net::SocketAddr, std::io::Error),
    /// The address of the figures.
    #[error("METRICS_ADDR: {0} cannot be listened on: {1}")]
    Aside(std::net::SocketAddr, std::io::Error),
}

/// What a store that cannot be used says: at a start a fault is the operator's to mend.
fn why(error: &BackendError) -> String {
    match error {
        BackendError::Fault { backend, cause } => format!("{backend}: {cause}"),
        away @ BackendError::Unavailable { .. } => away.to_string(),
    }
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

/// Runs a server replica, with these types of jobs beside Belfry's own, until `end`, then sends everybody away and finishes what is in flight.
pub async fn serve(
    config: Config,
    handlers: Handlers,
    replica: ReplicaId,
    with_worker: bool,
    end: impl Future<Output = ()>,
) -> Result<(), StartError> {
    let listener =
        listen(config.bind_addr).map_err(|error| StartError::Bind(config.bind_addr, error))?;
    let metrics = Arc::new(Metrics::new());
    let aside = Aside::open(config.metrics_addr, &metrics)?;
    let stop_http = CancellationToken::new();
    let entrance = Entrance::default();
    let tls = config.tls.clone().map(Tls::of).transpose()?;
    let renewing = tls.clone().map(|tls| tls.keep(stop_http.clone()));
    let _renewing = renewing.map(|task| AbortOnDrop(tokio::spawn(task)));
    let door = Door {
        crowd: Crowd::new(
            "connections",
            config.connections_per_address,
            metrics.clone(),
        ),
        proxies: config.trusted_proxies.clone(),
        tls,
    };
    let listener = CuttableListener::new(listener).counted(metrics.sockets.connections.clone());
    let http = serving::serve(listener, door, entrance.router(), stop_http.clone());
    let http = AbortOnDrop(tokio::spawn(http));
    let mut core = Core::open(config, handlers, replica, metrics).await?;
    let secret = signing_secret(&core.config, &core.store.store).await?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let passwords =
        Passwords::new(cores).map_err(|error| StartError::Passwords(error.to_string()))?;
    let ended_until = core.ended.catch_up(&*core.store.store).await;
    let ended_until = ended_until.map_err(StartError::Store)?;

    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    let external = external_tokens(&core.config, &tasks, &stop)?;
    let tokens = Tokens::new(&secret)
        .with_others(&core.config.jwt_previous_secrets)
        .with_external(external);
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
        core.tracing.tracer.clone(),
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
            tracer: core.tracing.tracer.clone(),
        },
        Policy {
            rooms_by_joining: core.config.rooms_by_joining,
            guests: core.config.guests,
            registration: core.config.registration,
            messages_per_second: core.config.messages_per_second,
            accounts_per_address: core.config.accounts_per_address,
            server_key: ServerKey::of(&core.config.server_api_keys),
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
        shows_metrics: aside.is_none(),
        draining: draining.clone(),
        gateway: gateway.clone(),
        origins: core.config.cors_origins.clone(),
        proxies: core.config.trusted_proxies.clone(),
        per_address: core.config.connections_per_address,
        hsts: core.config.hsts,
        page: core.config.page_dir.clone(),
    };
    entrance.open(router(site));
    let watched = core.watched(None, &draining);
    tasks.spawn(look_after(watched.clone(), stop.clone()));
    if let Some(aside) = &aside {
        aside.shows(watched);
    }
    greet(&core.config);

    let ended = end_or_loss(end, &mut core.store, &mut worker).await;
    tracing::info!(
        "going away: new sessions are refused, {} s for those that are here",
        core.config.drain.as_secs()
    );
    draining.store(true, Ordering::Release);
    core.metrics.ready.set(0);
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
    if let Some(aside) = aside {
        aside.close().await;
    }
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
    replica: ReplicaId,
    end: impl Future<Output = ()>,
) -> Result<(), StartError> {
    if config.redis_url.is_none() {
        return Err(ConfigError {
            setting: "REDIS_URL",
            wrong: "a worker alone shares its queue over Redis; set it, or run `belfry serve`, which has a worker inside.".into(),
        }
        .into());
    }
    let metrics = Arc::new(Metrics::new());
    let aside = Aside::open(config.metrics_addr, &metrics)?;
    let mut core = Core::open(config, handlers, replica, metrics).await?;
    let draining = Arc::new(AtomicBool::new(false));
    let watched = core.watched(Some(core.between.queue.clone()), &draining);
    let stop_looking = CancellationToken::new();
    let looking = look_after(watched.clone(), stop_looking.clone());
    let looking = AbortOnDrop(tokio::spawn(looking));
    if let Some(aside) = &aside {
        aside.shows(watched);
    }
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
    draining.store(true, Ordering::Release);
    core.metrics.ready.set(0);
    stop.cancel();
    if let Some(worker) = worker {
        step("what is in flight", FINISHING, worker).await;
    }
    stop_looking.cancel();
    step("the look at the parts", CLOSING, looking.ended()).await;
    core.close(&writer, aftermath).await;
    if let Some(aside) = aside {
        aside.close().await;
    }
    ended
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

fn greet(config: &Config) {
    let scheme = if config.tls.is_some() {
        "https"
    } else {
        "http"
    };
    let place = format!("{scheme}://{}", config.bind_addr);
    if config.log_format == LogFormat::Json {
        tracing::info!(
            address = place,
            version = env!("CARGO_PKG_VERSION"),
            "listening"
        );
        return;
    }
    let words = format!(
        "Belfry listens on {place}\n  In a browser: open it and choose a name.\n  With socket.io-client: a token from POST \
         {place}/api/auth/guest, or from `belfry token --sub ada --name Ada`.\n  What there is: {place}/api/docs\n"
    );
    if let Err(error) = output::print(&words) {
        tracing::warn!(%error, "serving all the same");
    }
}
