//! Listens for news: one task that owns the subscribing connection and keeps its channels as they are wished for.
//!
//! Wishes are a set, not a list of commands: the task compares it with what the server has confirmed, so that a lost connection,
//! a caller that gave up, or a change of mind half-way all end in the same place. The task also pings, and so knows first
//! when Redis is gone or frozen.

use std::{
    collections::{HashMap, HashSet},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use futures_util::StreamExt;
use parking_lot::Mutex;
use redis::{
    Msg, RedisResult, Value,
    aio::{PubSubSink, PubSubStream},
};
use tokio::{
    sync::{Notify, oneshot},
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    backoff::Backoff,
    bus::Channels,
    health::Watcher,
    link::{Link, too_slow, within},
};
use crate::{
    metrics::BusFigures,
    ports::bus::{Heard, Mouth},
};

/// How many channels one command names at most.
const TOGETHER: usize = 512;

/// How long after one answer the next ping goes out, and how long silence may follow it.
const PING_EVERY: Duration = Duration::from_millis(500);
const SILENCE: Duration = Duration::from_secs(1);

/// Which channels are wanted, shared by the bus and the subscriber.
#[derive(Default)]
pub(super) struct Wishes {
    state: Mutex<WishList>,
    changed: Notify,
}

#[derive(Default)]
struct WishList {
    wanted: HashSet<String>,
    /// Wishes that the subscriber has not seen.
    fresh: Vec<String>,
    waiting: HashMap<String, Vec<oneshot::Sender<()>>>,
    away: bool,
}

impl Wishes {
    /// Wishes for a channel, or no longer. What is returned ends when the server has confirmed it, or at once while Redis is away.
    /// The wish holds whether or not that is awaited.
    pub(super) fn change(&self, channel: String, wanted: bool) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        let mut list = self.state.lock();
        if wanted {
            list.wanted.insert(channel.clone());
        } else {
            list.wanted.remove(&channel);
        }
        if !list.away {
            list.waiting
                .entry(channel.clone())
                .or_default()
                .push(sender);
            list.fresh.push(channel);
            self.changed.notify_one();
        }
        receiver
    }

    /// From now on wishes are kept without being waited for.
    fn away(&self) {
        let mut list = self.state.lock();
        list.away = true;
        list.fresh.clear();
        list.waiting.clear();
    }

    /// A connection is there; all that is wanted is to be subscribed to on it.
    fn back(&self) -> Vec<String> {
        let mut list = self.state.lock();
        list.away = false;
        list.wanted.iter().cloned().collect()
    }

    /// The next thing to ask of the server, given what is subscribed to. Answers those who wait for what is so already.
    fn next(&self, subscribed: &HashSet<String>) -> Option<(Ask, Vec<String>)> {
        let mut list = self.state.lock();
        let mut found: Option<(Ask, Vec<String>)> = None;
        let mut later = Vec::new();
        for channel in std::mem::take(&mut list.fresh) {
            let wanted = list.wanted.contains(&channel);
            if wanted == subscribed.contains(&channel) {
                list.answer(&channel);
                continue;
            }
            let ask = if wanted {
                Ask::Subscribe
            } else {
                Ask::Unsubscribe
            };
            match &mut found {
                None => found = Some((ask, vec![channel])),
                Some((same, channels)) if *same == ask && channels.len() < TOGETHER => {
                    if !channels.contains(&channel) {
                        channels.push(channel);
                    }
                }
                Some(_) => later.push(channel),
            }
        }
        list.fresh = later;
        found
    }

    /// Answers those who wait for a channel, if it is now as it was wished. False when somebody had stopped waiting.
    fn confirm(&self, channels: &[String], subscribed: &HashSet<String>) -> bool {
        let mut list = self.state.lock();
        let mut all = true;
        for channel in channels {
            if list.wanted.contains(channel) == subscribed.contains(channel) {
                all &= list.answer(channel);
            }
        }
        all
    }
}

impl WishList {
    fn answer(&mut self, channel: &str) -> bool {
        let mut all = true;
        for waiting in self.waiting.remove(channel).into_iter().flatten() {
            all &= waiting.send(()).is_ok();
        }
        all
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    Subscribe,
    Unsubscribe,
}

/// The task.
pub(super) struct Subscriber {
    link: Arc<Link>,
    channels: Channels,
    wishes: Arc<Wishes>,
    watcher: Watcher,
    mouth: Mouth,
    figures: BusFigures,
}

type Asked = Pin<Box<dyn Future<Output = RedisResult<()>> + Send>>;
type Pinged = Pin<Box<dyn Future<Output = RedisResult<Value>> + Send>>;

impl Subscriber {
    pub(super) fn new(
        link: Arc<Link>,
        channels: Channels,
        wishes: Arc<Wishes>,
        watcher: Watcher,
        mouth: Mouth,
        figures: BusFigures,
    ) -> Self {
        Self {
            link,
            channels,
            wishes,
            watcher,
            mouth,
            figures,
        }
    }

    /// Listens until told to stop, over as many connections as that takes.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let listening = async {
            let mut backoff = Backoff::default();
            let mut first = true;
            loop {
                let Err(error) = self.listen(&mut backoff, first).await;
                first = false;
                self.wishes.away();
                if self.watcher.down() {
                    tracing::warn!(%error, "Redis is away; connecting again");
                } else {
                    tracing::debug!(%error, "Redis is still away");
                }
                sleep(backoff.next()).await;
            }
        };
        stop.run_until_cancelled(listening).await;
        self.wishes.away();
    }

    /// Listens over one connection until it fails.
    async fn listen(
        &mut self,
        backoff: &mut Backoff,
        first: bool,
    ) -> RedisResult<std::convert::Infallible> {
        let (mut sink, mut stream) = self.link.dial_pubsub().await?.split();
        let _: Value = within(SILENCE, sink.ping()).await?;
        let mut subscribed = HashSet::new();
        let wanted = self.wishes.back();
        for channels in wanted.chunks(TOGETHER) {
            within(SILENCE, sink.subscribe(channels)).await?;
            subscribed.extend(channels.iter().cloned());
        }
        let all_heard = self.wishes.confirm(&wanted, &subscribed);
        self.watcher.up();
        backoff.reset();
        if !first || !all_heard {
            tracing::info!(channels = subscribed.len(), "Redis is back");
            self.gap();
        }
        self.follow(&mut sink, &mut stream, subscribed).await
    }

    /// Carries news to the ear and wishes to the server, and pings.
    async fn follow(
        &mut self,
        sink: &mut PubSubSink,
        stream: &mut PubSubStream,
        mut subscribed: HashSet<String>,
    ) -> RedisResult<std::convert::Infallible> {
        let mut asking: Option<(Ask, Vec<String>, Asked)> = None;
        let mut ping: Option<Pinged> = None;
        let mut alarm = Instant::now() + PING_EVERY;
        let mut heard_since_ping = false;
        loop {
            if asking.is_none()
                && let Some((ask, channels)) = self.wishes.next(&subscribed)
            {
                asking = Some((ask, channels.clone(), ask.of(sink.clone(), channels)));
            }
            tokio::select! {
                message = stream.next() => {
                    let message = message.ok_or_else(gone)?;
                    heard_since_ping = true;
                    self.hear(&message, &subscribed);
                }
                () = self.wishes.changed.notified() => {}
                answer = ready(asking.as_mut().map(|(_, _, asked)| asked)) => {
                    answer?;
                    if let Some((ask, channels, _)) = asking.take() {
                        ask.note(&channels, &mut subscribed);
                        if !self.wishes.confirm(&channels, &subscribed) && ask == Ask::Subscribe {
                            self.gap();
                        }
                    }
                }
                answer = ready(ping.as_mut()) => {
                    answer?;
                    ping = None;
                    alarm = Instant::now() + PING_EVERY;
                }
                () = sleep_until(alarm) => {
                    if ping.is_none() {
                        let mut sink = sink.clone();
                        ping = Some(Box::pin(async move { sink.ping().await }));
                    } else if !heard_since_ping {
                        return Err(too_slow());
                    }
                    heard_since_ping = false;
                    alarm = Instant::now() + SILENCE;
                }
            }
        }
    }

    fn gap(&mut self) {
        self.figures.gaps.inc();
        self.mouth.gap();
    }

    fn hear(&mut self, message: &Msg, subscribed: &HashSet<String>) {
        if !subscribed.contains(message.get_channel_name()) {
            return;
        }
        // Not even read then, so that what waits in the connection cannot grow behind a reader that is too slow.
        if self.mouth.is_full() {
            self.gap();
            return;
        }
        match self.channels.read(message.get_payload_bytes()) {
            Ok(Some((marks, Heard::News(news)))) => {
                self.figures.heard.inc();
                if !marks.is_empty() {
                    self.mouth.mark(marks);
                }
                if !self.mouth.say(news) {
                    self.figures.gaps.inc();
                }
            }
            Ok(Some((_, Heard::Gap))) => self.gap(),
            Ok(Some((_, Heard::Marks(_))) | None) => {}
            Err(error) => tracing::warn!(error, "news that cannot be understood"),
        }
    }
}

impl Ask {
    fn of(self, mut sink: PubSubSink, channels: Vec<String>) -> Asked {
        Box::pin(async move {
            match self {
                Self::Subscribe => sink.subscribe(channels).await,
                Self::Unsubscribe => sink.unsubscribe(channels).await,
            }
        })
    }

    fn note(self, channels: &[String], subscribed: &mut HashSet<String>) {
        for channel in channels {
            match self {
                Self::Subscribe => {
                    subscribed.insert(channel.clone());
                }
                Self::Unsubscribe => {
                    subscribed.remove(channel);
                }
            }
        }
    }
}

/// What is awaited, if anything is; otherwise never ends.
async fn ready<T>(awaited: Option<impl Future<Output = T> + Unpin>) -> T {
    match awaited {
        Some(awaited) => awaited.await,
        None => std::future::pending().await,
    }
}

fn gone() -> redis::RedisError {
    std::io::Error::from(std::io::ErrorKind::ConnectionAborted).into()
}
