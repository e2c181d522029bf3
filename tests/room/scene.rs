//! The words that the stories of live rooms are told in: a replica's rooms over a real store.

use std::{sync::Arc, time::Duration};

use belfry::{
    adapters::{
        memory::{MemoryBus, MemoryCache, MemoryNetwork, MemoryPresence, PresenceList},
        sqlite::SqliteStore,
    },
    domain::{
        Rev,
        account::Account,
        change::{
            Act, Applause, Change, ClapsOf, Deed, NewMessage, Outcome, RoomChange, RoomDeletion,
            RoomUpdate,
        },
        error::Problem,
        id::{JobId, MessageId, ReplicaId, RoomId, UserId},
        message::MessageKind,
        presence::Status,
        room::{Role, Visibility},
        timestamp::Timestamp,
    },
    metrics::Metrics,
    ports::{
        presence::LEASE,
        store::{
            AccountStore, Entry, MemberChange, MemberStore, MessageStore, Premises, RoomStore,
            Standpoint, Store,
        },
    },
    room::{
        hub::Joiner,
        hubs::{Hubs, Surroundings},
        recent::RecentMessages,
        sessions::EndedSessions,
        tracker::Tracker,
    },
};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::watcher::Watcher;

pub const PATIENCE: Duration = Duration::from_secs(20);

/// One replica's live rooms over a real store.
pub struct Replica {
    pub store: Arc<SqliteStore>,
    pub hubs: Arc<Hubs>,
    pub room: RoomId,
    /// The first to come, and so the room's owner.
    pub ada: Account,
    stop: CancellationToken,
    dir: tempfile::TempDir,
}

impl Replica {
    pub async fn start() -> Self {
        let dir = crate::support::databases::home();
        let store = Arc::new(SqliteStore::connect(&url(&dir)).await.unwrap());
        store.migrate().await.unwrap();
        let ada = store
            .first_sight(&UserId::parse("ada").unwrap(), "Ada")
            .await
            .unwrap();
        let (bus, _ear) = MemoryBus::attach(&Arc::new(MemoryNetwork::default()), 16);
        let presence =
            MemoryPresence::attach(&Arc::new(PresenceList::new(LEASE)), ReplicaId::fresh());
        let metrics = Arc::new(Metrics::new());
        let cache = Arc::new(MemoryCache::new(1 << 20));
        let recent = RecentMessages::new(store.clone(), cache, metrics.clone());
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
            dir,
        }
    }

    pub async fn person(&self, name: &str) -> Account {
        let id = UserId::parse(name).unwrap();
        self.store.first_sight(&id, name).await.unwrap()
    }

    /// Asks to be let in; the answer comes when it does.
    pub fn asks_in(
        &self,
        watcher: &Arc<Watcher>,
        since: Option<Rev>,
    ) -> oneshot::Receiver<Result<(), Problem>> {
        let (done, joined) = oneshot::channel();
        *watcher.since.lock() = since;
        let joiner = Joiner {
            link: watcher.clone(),
            status: Status::Online,
            since,
            limit: 50,
            create: true,
            ack: Some(1),
            done,
        };
        self.hubs.join(&self.room, joiner);
        joined
    }

    pub async fn tries_to_join(
        &self,
        watcher: &Arc<Watcher>,
        since: Option<Rev>,
    ) -> Result<(), Problem> {
        let joined = tokio::time::timeout(PATIENCE, self.asks_in(watcher, since)).await;
        joined.expect("in time").expect("an answer")
    }

    pub async fn joins(&self, watcher: &Arc<Watcher>, since: Option<Rev>) {
        self.tries_to_join(watcher, since).await.expect("admitted");
    }

    /// Ada's wish to be a member of the room, which makes it.
    pub fn entry(&self) -> Entry {
        Entry {
            room: self.room.clone(),
            user: self.ada.id.clone(),
            create: true,
            at: Timestamp::now(),
        }
    }

    pub fn message(&self) -> Change {
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
    }

    pub fn act(&self, user: &Account, message_id: MessageId, deed: Deed) -> Change {
        Change::Act(Act {
            room_id: self.room.clone(),
            message_id,
            user_id: user.id.clone(),
            at: Timestamp::now(),
            deed,
        })
    }

    pub fn claps(&self, user: &Account, message_id: MessageId, count: i64) -> Change {
        Change::Clap(Applause {
            id: uuid::Uuid::now_v7(),
            room_id: self.room.clone(),
            message_id,
            by: vec![ClapsOf {
                user_id: user.id.clone(),
                count,
            }],
            at: Timestamp::now(),
        })
    }

    pub fn rename(&self, name: &str) -> Change {
        Change::UpdateRoom(RoomUpdate {
            room_id: self.room.clone(),
            user_id: self.ada.id.clone(),
            name: Some(name.into()),
            topic: None,
            visibility: None,
        })
    }

    pub fn deletion(&self) -> Change {
        Change::DeleteRoom(RoomDeletion {
            id: uuid::Uuid::now_v7(),
            room_id: self.room.clone(),
            user_id: self.ada.id.clone(),
            at: Timestamp::now(),
        })
    }

    /// Commits the changes one by one, as another replica would, and answers with the news of them.
    pub async fn commits(&self, changes: Vec<Change>) -> Vec<RoomChange> {
        let mut committed = Vec::new();
        for change in changes {
            let outcomes = self
                .store
                .commit(std::slice::from_ref(&change))
                .await
                .unwrap();
            for outcome in outcomes {
                match outcome {
                    Outcome::Committed(change) => committed.push(change),
                    other => panic!("not committed: {other:?} of {change:?}"),
                }
            }
        }
        committed
    }

    /// Takes somebody's membership away in the store; nobody is told.
    pub async fn kicks(&self, user: &Account) {
        kick(&self.store, &self.room, &self.ada, user).await;
    }

    /// Does something at the store while nothing moves here: what was asked of the store before has been answered, and not been heard.
    pub fn meanwhile<T: Send>(&self, deed: impl AsyncFnOnce(&SqliteStore) -> T + Send) -> T {
        let url = url(&self.dir);
        let elsewhere = || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let store = SqliteStore::connect(&url).await.unwrap();
                let done = deed(&store).await;
                store.close().await;
                done
            })
        };
        std::thread::scope(|scope| scope.spawn(elsewhere).join().unwrap())
    }

    /// Makes somebody a member; they are not live.
    pub async fn store_joins(&self, user: &Account) {
        let entry = Entry {
            user: user.id.clone(),
            ..self.entry()
        };
        self.store.join(&[entry]).await.unwrap();
    }

    /// Nobody who has been removed can come back by themselves; takes revision 1, of which the room here is told.
    pub async fn makes_private(&self) {
        let news = self
            .commits(vec![Change::UpdateRoom(RoomUpdate {
                room_id: self.room.clone(),
                user_id: self.ada.id.clone(),
                name: None,
                topic: None,
                visibility: Some(Visibility::Private),
            })])
            .await;
        self.hubs.changes(&self.room, news);
        self.compares().await;
    }

    /// What the comparison with the store does every second.
    pub async fn compares(&self) -> Standpoint {
        let room = std::slice::from_ref(&self.room);
        let stands = self.store.revisions(room).await.unwrap().remove(0);
        self.hubs.stands_at(stands.clone());
        stands
    }

    pub async fn ends(self) {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.hubs.ended())
            .await
            .expect("hubs end when they are stopped");
    }
}

fn url(dir: &tempfile::TempDir) -> String {
    format!("sqlite://{}/belfry.db", dir.path().display())
}

/// Ends a membership at the store.
pub async fn kick(store: &SqliteStore, room: &RoomId, ada: &Account, user: &Account) {
    let view = store.room(room, &ada.id).await.unwrap().unwrap();
    let premises = Premises {
        room: room.clone(),
        visibility: view.room.visibility,
        actor: ada.id.clone(),
        actor_role: Role::Owner,
        subject: user.id.clone(),
        subject_role: Some(Role::Member),
    };
    let change = store.remove_member(&premises).await.unwrap();
    assert!(matches!(change, MemberChange::Done(_)), "{change:?}");
}
