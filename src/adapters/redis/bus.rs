//! News over Redis's pub/sub: a channel a room and one for people.
//!
//! A message on a channel is the publisher's id, a space, and the news as JSON, so that a replica skips its own at a glance; or the
//! word that news was lost.
//! `publisher` sends, `subscriber` listens; both reconnect by themselves.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use prometheus_client::metrics::counter::Counter;
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    RedisSettings,
    health::Watcher,
    link::Link,
    publisher::{self, Outbox},
    subscriber::{Subscriber, Wishes},
};
use crate::{
    domain::id::ReplicaId,
    ports::bus::{Bus, Ear, Heard, News, Topic, ear},
};

/// In the place of news: some of the sender's never went out.
const LOST: &[u8] = b" lost";

/// How long a caller waits for the server's word that a topic is listened to, or no longer.
const CONFIRMED: Duration = Duration::from_millis(950);

/// The bus port on Redis.
pub struct RedisBus {
    channels: Channels,
    outbox: Outbox,
    publishing: Arc<AtomicBool>,
    wishes: Arc<Wishes>,
    link: Arc<Link>,
    published: Counter,
}

impl RedisBus {
    pub(super) fn start(
        settings: &RedisSettings,
        link: &Arc<Link>,
        watcher: Watcher,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> (Self, Ear) {
        let channels = Channels {
            prefix: settings.prefix.clone(),
            replica: settings.replica,
        };
        let (mouth, ear) = ear(settings.ear);
        let wishes = Arc::new(Wishes::default());
        let subscriber = Subscriber::new(
            link.clone(),
            channels.clone(),
            wishes.clone(),
            watcher,
            mouth,
            settings.figures.bus.clone(),
        );
        tasks.spawn(subscriber.run(stop.clone()));
        let publishing = Arc::new(AtomicBool::new(false));
        let (outbox, inbox) = publisher::outbox(settings.figures.bus.lost.clone());
        tasks.spawn(publisher::run(
            link.clone(),
            inbox,
            channels.notice_of_loss(),
            publishing.clone(),
            stop.clone(),
        ));
        let bus = Self {
            channels,
            outbox,
            publishing,
            wishes,
            link: link.clone(),
            published: settings.figures.bus.published.clone(),
        };
        (bus, ear)
    }

    /// How much news was lost on its way out since the start, because Redis was away or too slow.
    pub fn lost(&self) -> u64 {
        self.outbox.lost()
    }
}

#[async_trait]
impl Bus for RedisBus {
    fn publish(&self, topic: &Topic, news: &News) {
        self.published.inc();
        match self.channels.written(news) {
            Ok(message) => self.outbox.put(self.channels.of(topic), message),
            Err(error) => tracing::error!(%error, "news that cannot be written as JSON"),
        }
    }

    async fn subscribe(&self, topic: Topic) {
        let confirmed = self.wishes.change(self.channels.of(&topic), true);
        let _ = timeout(CONFIRMED, confirmed).await;
    }

    async fn unsubscribe(&self, topic: &Topic) {
        let confirmed = self.wishes.change(self.channels.of(topic), false);
        let _ = timeout(CONFIRMED, confirmed).await;
    }

    fn is_up(&self) -> bool {
        self.link.is_up() && self.publishing.load(Ordering::Acquire)
    }
}

/// How topics and news are written for Redis.
#[derive(Debug, Clone)]
pub(super) struct Channels {
    prefix: String,
    replica: ReplicaId,
}

impl Channels {
    fn of(&self, topic: &Topic) -> String {
        match topic {
            Topic::Room(room) => format!("{}room:{room}", self.prefix),
            Topic::People => format!("{}people", self.prefix),
        }
    }

    fn written(&self, news: &News) -> Result<Vec<u8>, serde_json::Error> {
        let mut message = format!("{} ", self.replica).into_bytes();
        serde_json::to_writer(&mut message, news)?;
        Ok(message)
    }

    /// What tells everybody that news of ours was lost on its way out.
    fn notice_of_loss(&self) -> publisher::Message {
        let message = [self.replica.to_string().as_bytes(), LOST].concat();
        (self.of(&Topic::People), message)
    }

    /// What a message says; `Ok(None)` when it is our own.
    pub(super) fn read(&self, message: &[u8]) -> Result<Option<Heard>, String> {
        let space = message
            .iter()
            .position(|byte| *byte == b' ')
            .ok_or("it does not say from whom it is")?;
        let (from, news) = message.split_at(space);
        if from == self.replica.to_string().as_bytes() {
            return Ok(None);
        }
        if news == LOST {
            return Ok(Some(Heard::Gap));
        }
        serde_json::from_slice(news)
            .map(|news| Some(Heard::News(news)))
            .map_err(|error| error.to_string())
    }
}
