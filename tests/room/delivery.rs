//! Whatever the bus loses, repeats or turns round, everybody live is carried through every revision once and in order.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use belfry::{
    adapters::{
        memory::{MemoryBus, MemoryCache, MemoryNetwork, MemoryPresence, PresenceList},
        sqlite::SqliteStore,
    },
    domain::{
        Rev,
        account::Account,
        change::{Change, NewMessage, Outcome, RoomChange},
        id::{JobId, MessageId, ReplicaId, RoomId, SocketId, UserId},
        message::MessageKind,
        presence::Status,
        timestamp::Timestamp,
    },
    metrics::Metrics,
    ports::{
        presence::LEASE,
        store::{AccountStore, MessageStore, RoomStore},
    },
    protocol::packet::Packet,
    room::{
        hub::Joiner,
        hubs::{Hubs, Surroundings},
        link::Link,
        recent::RecentMessages,
        sessions::EndedSessions,
        tracker::Tracker,
    },
};
use parking_lot::Mutex;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};
use serde_json::Value;
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(20);

/// The receiving end of a link: everything that was sent, and the revision to which it carries.
struct Watcher {
    id: SocketId,
    account: Arc<Account>,
    open: AtomicBool,
    seen: Mutex<Vec<String>>,
    rev: watch::Sender<Option<Rev>>,
}

impl Watcher {
    fn new(id: u64, account: &Account) -> Arc<Self> {
        Arc::new(Self {
            id: SocketId(id),
            account: Arc::new(account.clone()),
            open: AtomicBool::new(true),
            seen: Mutex::default(),
            rev: watch::channel(None).0,
        })
    }

    async fn stands_at(&self, rev: Rev) {
        let mut stands = self.rev.subscribe();
        let reached = tokio::time::timeout(PATIENCE, stands.wait_for(|at| *at == Some(rev))).await;
        assert!(
            reached.is_ok(),
            "never carried to {rev}, but to {:?}",
            *self.rev.borrow()
        );
    }
}

impl Link for Watcher {
    fn id(&self) -> SocketId {
        self.id
    }

    fn session(&self) -> Option<uuid::Uuid> {
        None
    }

    fn account(&self) -> &Arc<Account> {
        &self.account
    }

    fn send(&self, packet: &Packet) -> bool {
        let text = packet.text().as_str();
        let first = {
            let mut seen = self.seen.lock();
            seen.push(text.to_owned());
            seen.len() == 1
        };
        let Ok(Value::Array(event)) = serde_json::from_str(text.trim_start_matches('2')) else {
            return true;
        };
        let (name, payload) = (event[0].as_str().unwrap_or_default(), &event[1]);
        let Some(rev) = payload["rev"].as_i64() else {
            return true;
        };
        let before = *self.rev.borrow();
        match name {
            "room:history" if payload["mode"] == "delta" || before.is_none() => {
                // Only the answer of a resume may stand where the client stood.
                assert!(
                    before.is_none_or(|before| rev > before || (first && rev == before)),
                    "a history at {rev} after {before:?}"
                );
                if let Some(before) = before {
                    let messages = payload["messages"].as_array().expect("messages");
                    assert!(
                        messages
                            .iter()
                            .all(|message| message["rev"].as_i64() > Some(before)),
                        "told twice"
                    );
                }
            }
            "message:new" | "message:updated" => {
                assert_eq!(Some(rev - 1), before, "{name} out of turn")
            }
            other => panic!("unexpected {other}: {payload}"),
        }
        self.rev.send_replace(Some(rev));
        true
    }

    fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    fn entered(&self, _: &RoomId) {}

    fn left(&self, _: &RoomId) {}

    fn cut(&self, _: &str) {
        self.open.store(false, Ordering::Release);
    }

    fn disconnect(&self, _: &str) {
        self.open.store(false, Ordering::Release);
    }
}

/// One replica's live rooms over a real store.
struct Replica {
    store: Arc<SqliteStore>,
    hubs: Arc<Hubs>,
    room: RoomId,
    ada: Account,
    stop: CancellationToken,
    _dir: tempfile::TempDir,
}

impl Replica {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(
            SqliteStore::connect(&format!("sqlite://{}/belfry.db", dir.path().display()))
                .await
                .unwrap(),
        );
        store.migrate().await.unwrap();
        let ada = store
            .first_sight(&UserId::parse("ada").unwrap(), "Ada")
            .await
            .unwrap();
        let (bus, _ear) = MemoryBus::attach(&Arc::new(MemoryNetwork::default()), 16);
        let presence =
            MemoryPresence::attach(&Arc::new(PresenceList::new(LEASE)), ReplicaId::fresh());
        let metrics = Arc::new(Metrics::new());
        let recent = RecentMessages {
            store: store.clone(),
            cache: Arc::new(MemoryCache::new(1 << 20)),
            metrics: metrics.clone(),
        };
        let surroundings = Surroundings {
            store: store.clone(),
            recent,
            bus: Arc::new(bus),
            presence: Arc::new(presence),
            tracker: Tracker::new().0,
            ended: EndedSessions::new(Duration::from_secs(900)),
            metrics,
        };
        let stop = CancellationToken::new();
        let hubs = Hubs::new(surroundings, stop.clone());
        Self {
            store,
            hubs,
            room: RoomId::parse("lobby").unwrap(),
            ada,
            stop,
            _dir: dir,
        }
    }

    async fn joins(&self, watcher: &Arc<Watcher>, since: Option<Rev>) {
        let (done, joined) = oneshot::channel();
        let joiner = Joiner {
            link: watcher.clone(),
            status: Status::Online,
            since,
            limit: 50,
            create: true,
            ack: None,
            done,
        };
        self.hubs.join(&self.room, joiner);
        tokio::time::timeout(PATIENCE, joined)
            .await
            .expect("in time")
            .expect("an answer")
            .expect("admitted");
    }

    /// Commits so many messages, as another replica would, and answers with the news of them.
    async fn commits(&self, count: usize) -> Vec<RoomChange> {
        let change = |_| {
            Change::Send(NewMessage {
                id: MessageId::fresh(),
                room_id: self.room.clone(),
                user_id: self.ada.id.clone(),
                content: "hello".into(),
                kind: MessageKind::Text,
                client_id: None,
                reply_to: None,
                at: Timestamp::now(),
                job: JobId::fresh(),
            })
        };
        let changes: Vec<_> = (0..count).map(change).collect();
        let outcomes = self.store.commit(&changes).await.unwrap();
        let committed = outcomes.into_iter().map(|outcome| match outcome {
            Outcome::Committed(change) => change,
            other => panic!("not committed: {other:?}"),
        });
        committed.collect()
    }

    async fn ends(self) {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.hubs.ended())
            .await
            .expect("hubs end when they are stopped");
    }
}

async fn a_careless_bus_loses_nothing(seed: u64) {
    let mut dice = StdRng::seed_from_u64(seed);
    let replica = Replica::start().await;
    let first = Watcher::new(1, &replica.ada);
    replica.joins(&first, None).await;
    let mut watchers = vec![first];
    let mut rev = 0;
    for round in 0..12 {
        let mut news = replica.commits(dice.random_range(1..40)).await;
        rev += news.len() as Rev;
        // Lost, repeated, turned round, and in pieces.
        news.retain(|_| dice.random_bool(0.8));
        let repeated: Vec<_> = news
            .iter()
            .filter(|_| dice.random_bool(0.2))
            .cloned()
            .collect();
        news.extend(repeated);
        if dice.random_bool(0.5) {
            news.shuffle(&mut dice);
        }
        for piece in news.chunks(dice.random_range(1..8)) {
            replica.hubs.changes(&replica.room, piece.to_vec());
        }
        let late = Watcher::new(round + 2, &replica.ada);
        let since = dice.random_bool(0.5).then(|| dice.random_range(0..=rev));
        late.rev.send_replace(since);
        replica.joins(&late, since).await;
        watchers.push(late);
        // What the comparison with the store does every second.
        let stands = replica
            .store
            .revisions(std::slice::from_ref(&replica.room))
            .await
            .unwrap();
        assert_eq!(stands[0].rev, rev);
        replica.hubs.stands_at(stands[0].clone());
        for watcher in &watchers {
            watcher.stands_at(rev).await;
        }
    }
    replica.ends().await;
}

#[tokio::test]
async fn every_revision_reaches_everybody_once_and_in_order() {
    for seed in 0..8 {
        println!("seed {seed}");
        a_careless_bus_loses_nothing(seed).await;
    }
}

#[tokio::test]
async fn a_link_that_closed_while_it_waited_is_not_let_in() {
    let replica = Replica::start().await;
    let gone = Watcher::new(1, &replica.ada);
    gone.open.store(false, Ordering::Release);
    let (done, joined) = oneshot::channel();
    let joiner = Joiner {
        link: gone.clone(),
        status: Status::Online,
        since: None,
        limit: 50,
        create: true,
        ack: Some(1),
        done,
    };
    replica.hubs.join(&replica.room, joiner);
    assert!(
        tokio::time::timeout(PATIENCE, joined)
            .await
            .expect("in time")
            .is_err(),
        "let go without a word"
    );
    assert!(gone.seen.lock().is_empty());
    replica.ends().await;
}
