//! What every process that changes rooms has: the store, what replicas meet over, the live rooms and the writer.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use super::{
    AbortOnDrop, StartError,
    stores::{OpenStore, Opening, open_store},
};
use crate::{
    adapters::{
        memory::{
            MemoryBus, MemoryCache, MemoryCalls, MemoryLimits, MemoryNetwork, MemoryPresence,
            MemoryQueue, PresenceList,
        },
        otlp::Collector,
        pages::WebPages,
        redis::{self, RedisParts, RedisSettings},
        rules_file,
    },
    chat::{limits, tokens::ACCESS_SECONDS},
    commit::{
        aftermath::{Aftermath, AftermathTasks},
        writer::Writer,
    },
    config::{Config, ConfigError},
    domain::{id::ReplicaId, moderation::Rules},
    ending::{CLOSING, step},
    http::aside::Watched,
    jobs::{Handlers, Intake, preview::LinkPreviews, room_export::RoomExport},
    metrics::Metrics,
    ports::{
        bus::{Bus, Ear},
        cache::RecentCache,
        calls::{CALL_EVERY, Calls},
        pages::Pages,
        presence::{LEASE, Presence},
        queue::{CLAIM_TIMEOUT, Queue},
    },
    room::{
        hubs::{Hubs, Surroundings},
        recent::RecentMessages,
        sessions::EndedSessions,
        tracker::{Telling, Tracker},
    },
    telemetry::trace::Tracer,
    worker::{
        Pace, Worker,
        enrich::{Enricher, notifications::Notices},
    },
};

/// Alone, how much memory recent messages may take.
const CACHE_BYTES: usize = 64 * 1024 * 1024;
/// Alone, how much news may wait; there is nobody to tell any.
const NEWS_WAITING: usize = 16;
/// How many users, addresses and the like this replica keeps limits of at once.
const LIMITED_KEYS: usize = 200_000;

/// The parts that replicas meet over, or their stand-ins inside this process.
pub(super) struct Between {
    pub(super) cache: Arc<dyn RecentCache>,
    pub(super) queue: Arc<dyn Queue>,
    pub(super) bus: Arc<dyn Bus>,
    pub(super) presence: Arc<dyn Presence>,
    pub(super) calls: Arc<dyn Calls>,
    pub(super) ear: Ear,
    pub(super) redis: Option<RedisParts>,
}

/// What every process that changes rooms has.
pub(super) struct Core {
    pub(super) config: Config,
    pub(super) handlers: Handlers,
    pub(super) rules: Arc<Rules>,
    pub(super) replica: ReplicaId,
    pub(super) metrics: Arc<Metrics>,
    pub(super) tracing: Tracing,
    pub(super) store: OpenStore,
    pub(super) between: Between,
    pub(super) recent: RecentMessages,
    pub(super) ended: Arc<EndedSessions>,
    /// Where links lead; none where previews are off.
    pub(super) pages: Option<Arc<dyn Pages>>,
}

impl Core {
    pub(super) async fn open(
        config: Config,
        handlers: Handlers,
        replica: ReplicaId,
        metrics: Arc<Metrics>,
    ) -> Result<Self, StartError> {
        let tracing = Tracing::start(&config, replica)?;
        let rules = moderation_rules(&config)?;
        // Meanwhile: whoever starts is not kept waiting by it.
        let refusal = async {
            match &config.redis_url {
                Some(url) => redis::refusal(url).await,
                None => None,
            }
        };
        let (store, refusal) = tokio::join!(open_store(&config, Opening::ToRun, &metrics), refusal);
        let store = store?;
        if let Some(why) = refusal {
            store.store.close().await;
            return Err(StartError::Refused(why));
        }
        let between = match &config.redis_url {
            Some(url) => {
                let mut settings = RedisSettings::new(url, &config.redis_prefix, replica);
                settings.figures = metrics.redis.clone();
                let (parts, ear) = RedisParts::connect(settings).map_err(StartError::Redis)?;
                metrics.watch_pools(parts.pooled());
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
        let recent =
            RecentMessages::new(store.store.clone(), between.cache.clone(), metrics.clone());
        Ok(Self {
            config,
            handlers,
            rules: Arc::new(rules),
            replica,
            metrics,
            tracing,
            recent,
            store,
            between,
            pages,
            ended: EndedSessions::new(Duration::from_secs(ACCESS_SECONDS.unsigned_abs())),
        })
    }

    /// What is to be known of this process from outside; with the queue where it is of no use without.
    pub(super) fn watched(
        &self,
        queue: Option<Arc<dyn Queue>>,
        draining: &Arc<AtomicBool>,
    ) -> Arc<Watched> {
        Arc::new(Watched {
            store: self.store.store.clone(),
            bus: self.between.bus.clone(),
            queue,
            metrics: self.metrics.clone(),
            draining: draining.clone(),
        })
    }

    pub(super) fn limits(&self) -> limits::Limits {
        let own = Arc::new(MemoryLimits::new(LIMITED_KEYS));
        let metrics = self.metrics.clone();
        match &self.between.redis {
            Some(redis) => limits::Limits::together(redis.limits.clone(), own, metrics),
            None => limits::Limits::alone(own, metrics),
        }
    }

    /// The live rooms and the writer, and what is behind them.
    pub(super) fn rooms(
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
    pub(super) fn handlers(&self, writer: &Arc<Writer>) -> Handlers {
        let own = Handlers::new().with(RoomExport).with(LinkPreviews {
            pages: self.pages.clone(),
            writer: writer.clone(),
        });
        own.and(self.handlers.clone())
    }

    pub(super) fn worker(
        &self,
        writer: &Arc<Writer>,
        handlers: Handlers,
        telling: Telling,
    ) -> Worker {
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
            tracer: self.tracing.tracer.clone(),
            replica: self.replica,
            at_once: self.config.worker_concurrency,
            pace: Pace::default(),
        }
    }

    pub(super) async fn close(self, writer: &Writer, aftermath: AftermathTasks) {
        step("the writer", CLOSING, writer.finish()).await;
        step("telling of commits", CLOSING, aftermath.finish()).await;
        if let Some(redis) = &self.between.redis {
            redis.close().await;
        }
        step("the store", CLOSING, self.store.store.close()).await;
        self.tracing.finish().await;
    }
}

/// Where traces go, and the task that sends them; it ends with the process.
pub(super) struct Tracing {
    pub(super) tracer: Tracer,
    sending: Option<(CancellationToken, AbortOnDrop<()>)>,
}

impl Tracing {
    fn start(config: &Config, replica: ReplicaId) -> Result<Self, StartError> {
        let Some(endpoint) = &config.otlp_endpoint else {
            return Ok(Self {
                tracer: Tracer::off(),
                sending: None,
            });
        };
        let (tracer, recorded) = Tracer::recording(config.traces_share);
        let collector =
            Collector::new(endpoint, replica, recorded).map_err(|error| ConfigError {
                setting: "OTEL_EXPORTER_OTLP_ENDPOINT",
                wrong: error.to_string(),
            })?;
        let stop = CancellationToken::new();
        let sending = tokio::spawn(collector.run(stop.clone()));
        Ok(Self {
            tracer,
            sending: Some((stop, AbortOnDrop(sending))),
        })
    }

    /// Sends what there still is, for 2 s at most.
    async fn finish(self) {
        if let Some((stop, sending)) = self.sending {
            stop.cancel();
            step("the last traces", CLOSING, sending.ended()).await;
        }
    }
}

/// The rules in the file that the settings name; none without one.
pub(super) fn moderation_rules(config: &Config) -> Result<Rules, ConfigError> {
    let Some(path) = &config.moderation_rules else {
        return Ok(Rules::default());
    };
    rules_file::rules_in(path.as_ref()).map_err(|wrong| ConfigError {
        setting: "MODERATION_RULES",
        wrong,
    })
}
