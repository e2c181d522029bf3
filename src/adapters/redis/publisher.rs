//! Sends news: one task with a connection of its own, fed by a bounded outbox, sending all that waits at once.
//!
//! News that does not fit, or that waits while Redis is away, is dropped and counted: old news is worth nothing, and the store has it.
//! What nobody can look up (personal events) is lost without those who listen seeing it, so they are told that there was something.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use prometheus_client::metrics::counter::Counter;
use redis::{RedisResult, aio::MultiplexedConnection};
use tokio::{sync::mpsc, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{
    backoff::Backoff,
    link::{Link, within},
};

/// How much news may wait, in messages and in bytes.
const MOST_WAITING: usize = 8_192;
const MOST_BYTES: usize = 32 << 20;

/// How much goes out together.
const TOGETHER: usize = 512;

const LIMIT: Duration = Duration::from_secs(1);

pub(super) type Message = (String, Vec<u8>);

/// The end for the bus.
pub(super) struct Outbox {
    sender: mpsc::Sender<Message>,
    counts: Arc<Counts>,
}

/// The end for the task.
pub(super) struct Inbox {
    receiver: mpsc::Receiver<Message>,
    counts: Arc<Counts>,
}

struct Counts {
    waiting_bytes: AtomicUsize,
    lost: Counter,
}

pub(super) fn outbox(lost: Counter) -> (Outbox, Inbox) {
    let (sender, receiver) = mpsc::channel(MOST_WAITING);
    let counts = Arc::new(Counts {
        waiting_bytes: AtomicUsize::new(0),
        lost,
    });
    let inbox = Inbox {
        receiver,
        counts: counts.clone(),
    };
    (Outbox { sender, counts }, inbox)
}

impl Outbox {
    /// Hands a message over, or drops it. Never waits.
    pub(super) fn put(&self, channel: String, message: Vec<u8>) {
        let Counts {
            waiting_bytes,
            lost,
        } = &*self.counts;
        let bytes = message.len();
        let waiting = waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        if waiting > MOST_BYTES || self.sender.try_send((channel, message)).is_err() {
            waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
            lost.inc();
        }
    }

    /// How many messages were dropped, since the start.
    pub(super) fn lost(&self) -> u64 {
        self.counts.lost.get()
    }
}

impl Inbox {
    /// All that waits, up to [`TOGETHER`]; `None` when nothing will come any more.
    async fn next(&mut self) -> Option<Vec<Message>> {
        let mut batch = Vec::new();
        self.receiver.recv_many(&mut batch, TOGETHER).await;
        let bytes = batch.iter().map(|(_, message)| message.len()).sum();
        self.counts
            .waiting_bytes
            .fetch_sub(bytes, Ordering::Relaxed);
        (!batch.is_empty()).then_some(batch)
    }

    fn lost(&self) -> u64 {
        self.counts.lost.get()
    }

    fn lose(&self, batch: &[Message]) {
        self.counts.lost.inc_by(batch.len() as u64);
    }
}

/// Sends until told to stop, and then what waits already. `notice` is what tells the others that something was lost.
pub(super) async fn run(
    link: Arc<Link>,
    mut inbox: Inbox,
    notice: Message,
    publishing: Arc<AtomicBool>,
    stop: CancellationToken,
) {
    let mut backoff = Backoff::default();
    let mut delay = Duration::ZERO;
    let mut told = Told {
        notice,
        lost: inbox.lost(),
    };
    loop {
        let losses = link.losses();
        let connected = connect(&link, &mut inbox, &mut backoff, delay, &stop).await;
        let Some(mut connection) = connected else {
            return;
        };
        publishing.store(true, Ordering::Release);
        let lost = link.lost(losses);
        let end = send_all(
            &mut connection,
            &mut inbox,
            &mut told,
            &mut backoff,
            lost,
            &stop,
        )
        .await;
        publishing.store(false, Ordering::Release);
        match end {
            Ok(End::Stop) => return,
            Ok(End::ConnectAgain) => delay = Duration::ZERO,
            Err(error) => {
                delay = backoff.next();
                tracing::warn!(%error, "news cannot be sent; connecting again");
            }
        }
    }
}

/// How much lost news the others know of, and what tells them of more.
struct Told {
    notice: Message,
    lost: u64,
}

enum End {
    Stop,
    ConnectAgain,
}

/// A connection, tried for until there is one. News waits for the first attempt, and is dropped during later ones. `None` when
/// told to stop.
async fn connect(
    link: &Link,
    inbox: &mut Inbox,
    backoff: &mut Backoff,
    delay: Duration,
    stop: &CancellationToken,
) -> Option<MultiplexedConnection> {
    let first = async {
        sleep(delay).await;
        link.dial().await
    };
    if let Ok(connection) = stop.run_until_cancelled(first).await? {
        return Some(connection);
    }
    let attempts = async {
        loop {
            sleep(backoff.next()).await;
            match link.dial().await {
                Ok(connection) => return connection,
                Err(error) => tracing::debug!(%error, "no connection for sending news"),
            }
        }
    };
    tokio::pin!(attempts);
    loop {
        tokio::select! {
            connection = &mut attempts => return Some(connection),
            () = stop.cancelled() => return None,
            batch = inbox.next() => inbox.lose(&batch?),
        }
    }
}

/// Sends what comes, until an error, until Redis is lost, or until told to stop and nothing waits.
async fn send_all(
    connection: &mut MultiplexedConnection,
    inbox: &mut Inbox,
    told: &mut Told,
    backoff: &mut Backoff,
    lost: impl Future<Output = ()>,
    stop: &CancellationToken,
) -> RedisResult<End> {
    let mut stopping = false;
    tokio::pin!(lost);
    loop {
        let lost_now = inbox.lost();
        if lost_now != told.lost {
            let (channel, message) = &told.notice;
            let mut notice = redis::cmd("PUBLISH");
            notice.arg(channel).arg(message);
            within(LIMIT, notice.query_async::<()>(connection)).await?;
            told.lost = lost_now;
        }
        let batch = tokio::select! {
            biased;
            () = &mut lost => return Ok(End::ConnectAgain),
            batch = inbox.next() => batch,
            () = stop.cancelled(), if !stopping => {
                stopping = true;
                inbox.receiver.close();
                continue;
            }
        };
        let Some(batch) = batch else {
            return Ok(End::Stop);
        };
        let mut pipeline = redis::pipe();
        for (channel, message) in &batch {
            pipeline.cmd("PUBLISH").arg(channel).arg(message).ignore();
        }
        if let Err(error) = within(LIMIT, pipeline.query_async::<()>(connection)).await {
            inbox.lose(&batch);
            return Err(error);
        }
        backoff.reset();
    }
}
