//! News over Redis's pub/sub: a channel a room and one for people.
//!
//! A message on a channel is the publisher's id, a space, and the news as JSON, so that a replica skips its own at a glance; or the
//! word that news was lost. Where changes are recorded, their marks stand behind the id: `;rev=traceparent` each. A replica that knows
//! of none takes them for a part of the id, and finds the news behind the space as ever.
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
    domain::{
        id::ReplicaId,
        trace::{Mark, TraceParent},
    },
    ports::bus::{Bus, Ear, Heard, News, Topic, ear},
};

/// In the place of news: some of the sender's never went out.
const LOST: &[u8] = b" lost";

/// Marks of one news that are read: no more changes are committed together.
const MARKS_MAX: usize = 512;

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
        self.publish_marked(topic, news, &[]);
    }

    fn publish_marked(&self, topic: &Topic, news: &News, marks: &[Mark]) {
        self.published.inc();
        match self.channels.written(news, marks) {
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

    fn written(&self, news: &News, marks: &[Mark]) -> Result<Vec<u8>, serde_json::Error> {
        let mut message = self.replica.to_string();
        for Mark { rev, context } in marks {
            message.push_str(&format!(";{rev}={context}"));
        }
        message.push(' ');
        let mut message = message.into_bytes();
        serde_json::to_writer(&mut message, news)?;
        Ok(message)
    }

    /// What tells everybody that news of ours was lost on its way out.
    fn notice_of_loss(&self) -> publisher::Message {
        let message = [self.replica.to_string().as_bytes(), LOST].concat();
        (self.of(&Topic::People), message)
    }

    /// What a message says, with its marks; `Ok(None)` when it is our own.
    pub(super) fn read(&self, message: &[u8]) -> Result<Option<(Vec<Mark>, Heard)>, String> {
        let space = message
            .iter()
            .position(|byte| *byte == b' ')
            .ok_or("it does not say from whom it is")?;
        let (from, news) = message.split_at(space);
        let mut from = from.split(|byte| *byte == b';');
        if from.next() == Some(self.replica.to_string().as_bytes()) {
            return Ok(None);
        }
        if news == LOST {
            return Ok(Some((Vec::new(), Heard::Gap)));
        }
        // No news is lost for a mark that cannot be read.
        let marks = from.take(MARKS_MAX).filter_map(mark).collect();
        serde_json::from_slice(news)
            .map(|news| Some((marks, Heard::News(news))))
            .map_err(|error| error.to_string())
    }
}

fn mark(written: &[u8]) -> Option<Mark> {
    let (rev, parent) = str::from_utf8(written).ok()?.split_once('=')?;
    let parent: TraceParent = parent.parse().ok()?;
    Some(Mark {
        rev: rev.parse().ok()?,
        context: parent.context,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::trace::TraceContext;

    fn channels() -> Channels {
        Channels {
            prefix: "test:".into(),
            replica: ReplicaId::fresh(),
        }
    }

    fn marks() -> Vec<Mark> {
        let mark = |number: u64| Mark {
            rev: number as i64,
            context: TraceContext {
                trace: u128::from(number),
                span: number,
            },
        };
        vec![mark(7), mark(8)]
    }

    #[test]
    fn marks_go_with_the_news_and_come_back() {
        let (here, there) = (channels(), channels());
        let news = News::Signals(Vec::new());
        let message = here.written(&news, &marks()).unwrap();
        let heard = there.read(&message).unwrap();
        assert_eq!(heard, Some((marks(), Heard::News(news))));
        assert_eq!(here.read(&message), Ok(None), "our own is ours, marked too");
    }

    #[test]
    fn news_of_the_version_before_is_read_and_ours_is_read_by_it() {
        let (here, there) = (channels(), channels());
        let news = News::Signals(Vec::new());
        let json = serde_json::to_string(&news).unwrap();
        let theirs = format!("{} {json}", there.replica);
        let heard = here.read(theirs.as_bytes()).unwrap();
        assert_eq!(heard, Some((Vec::new(), Heard::News(news.clone()))));
        // Unmarked, ours is what it was.
        let unmarked = here.written(&news, &[]).unwrap();
        assert_eq!(unmarked, format!("{} {json}", here.replica).into_bytes());
        // As that version reads: whose it is up to the first space, the rest is the news.
        let message = here.written(&news, &marks()).unwrap();
        let space = message.iter().position(|byte| *byte == b' ').unwrap();
        assert_ne!(&message[..space], there.replica.to_string().as_bytes());
        assert_eq!(
            serde_json::from_slice::<News>(&message[space..]).unwrap(),
            news
        );
    }

    #[test]
    fn a_mark_that_cannot_be_read_loses_no_news() {
        let (here, there) = (channels(), channels());
        let message = format!(
            "{};7=what;;x {{\"news\":\"signals\",\"of\":[]}}",
            there.replica
        );
        let heard = here.read(message.as_bytes()).unwrap();
        assert_eq!(
            heard,
            Some((Vec::new(), Heard::News(News::Signals(Vec::new()))))
        );
    }
}
