//! Two replicas on one Postgres and one Redis, as busy and as careless as may be: sends, edits, deletions, claps and reactions at both,
//! whose way to the cache is late, out of order, twice or not at all, while slow readers fill it and it forgets.
//!
//! Whoever reads gets the room as the store has it at the revision that comes with the answer, and no older than they may expect.
//! The chances come from one number, `SEED`; a failure names it.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use belfry::{
    adapters::redis::RedisParts,
    domain::{
        Rev,
        change::{Change, Outcome},
    },
    metrics::Metrics,
    ports::{
        BackendError,
        store::{Place, Store},
    },
    room::recent::RecentMessages,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::{task::JoinSet, time::sleep};

use super::{model::Past, *};
use crate::{
    conformance::store::{
        asking::{clap, edit, erase, react},
        scene::{Scene, tell, text},
    },
    support::databases::Backend,
};

const PEOPLE: [&str; 3] = ["ada", "bob", "cy"];
const WRITERS: u64 = 3;
const READERS: u64 = 2;
const ACTS: usize = 60;
/// Changes between two forgettings.
const EPOCH: Rev = 80;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_reads_while_fills_race_with_changes_gets_the_room_as_the_store_has_it() {
    let Some(corner) = Corner::open() else { return };
    let (here, there) = (
        corner.patient_replica().await,
        corner.patient_replica().await,
    );
    tell(Backend::Postgres, async move |scene: Scene| {
        let seed: u64 = std::env::var("SEED").map_or_else(
            |_| rand::random(),
            |seed| seed.parse().expect("SEED is a number"),
        );
        println!("SEED={seed}");
        scene.room("hall", &PEOPLE).await;
        let other = scene.another().await;
        let past = Arc::new(Happened::nothing());
        let over = Over(past.clone());
        let mut writers = JoinSet::new();
        let mut readers = JoinSet::new();
        for (at, (store, redis)) in [(&scene.store, here.0), (&other.store, there.0)]
            .into_iter()
            .enumerate()
        {
            let redis = Arc::new(redis);
            let replica = Replica::of(store.clone(), redis, past.clone());
            for n in 0..WRITERS {
                let chance = StdRng::seed_from_u64(seed ^ (at as u64 * 100 + n));
                writers.spawn(replica.clone().writes(chance));
            }
            for n in 0..READERS {
                let chance = StdRng::seed_from_u64(seed ^ (at as u64 * 100 + 50 + n));
                readers.spawn(replica.clone().reads(chance));
            }
        }
        let forgetting = forgets(corner.key("{hall}:recent"), corner.plain(), past.clone());
        let forgetting = tokio::spawn(forgetting);
        while let Some(written) = writers.join_next().await {
            written.unwrap();
        }
        drop(over);
        let mut seen = Vec::new();
        while let Some(read) = readers.join_next().await {
            seen.extend(read.unwrap());
        }
        forgetting.await.unwrap();
        let past = past.all();
        let last = past.at(past.changes.len());
        let page = scene
            .store
            .page(&past.room, Place::Newest, RECENT_MAX as i64);
        let page = page.await.unwrap().unwrap();
        assert_eq!(page.room.rev, last.rev);
        let stored: Vec<_> = page.messages.into_iter().map(Arc::new).collect();
        assert_eq!(
            stored, last.messages,
            "what was committed is what the store has"
        );
        for (how, recent) in &seen {
            let was = past.at(recent.rev as usize);
            assert_eq!(recent.rev, was.rev);
            for (read, was) in recent.messages.iter().zip(&was.messages) {
                assert_eq!(read, was, "{how} at rev {}, SEED={seed}", recent.rev);
            }
            assert_eq!(
                recent.messages.len(),
                was.messages.len(),
                "{how}, SEED={seed}"
            );
        }
        other.store.close().await;
    })
    .await;
}

/// What has been committed, and what the cache may have forgotten.
struct Happened {
    changes: Mutex<std::collections::BTreeMap<Rev, RoomChange>>,
    over: AtomicBool,
    /// Odd while the list is being forgotten.
    forgotten: AtomicU64,
    /// Where the list has been seen, and after how much forgetting; -1 where it has not.
    highest: Mutex<(u64, Rev)>,
    /// The highest revision that is committed for certain.
    known: AtomicI64,
}

/// Ends what runs beside the writers, however these end.
struct Over(Arc<Happened>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Release);
    }
}

impl Happened {
    fn nothing() -> Self {
        Self {
            changes: Mutex::default(),
            over: AtomicBool::new(false),
            forgotten: AtomicU64::new(0),
            highest: Mutex::new((0, -1)),
            known: AtomicI64::new(0),
        }
    }

    fn note(&self, change: &RoomChange) {
        let mut changes = self.changes.lock().unwrap();
        assert!(changes.insert(change.rev(), change.clone()).is_none());
        self.known.fetch_max(change.rev(), Ordering::AcqRel);
    }

    /// A message that is there, not deleted as far as is known.
    fn any_message(&self, chance: &mut StdRng) -> Option<Arc<Message>> {
        let changes = self.changes.lock().unwrap();
        let newest = *changes.keys().next_back()?;
        let rev = chance.random_range((newest - 40).max(1)..=newest);
        changes.get(&rev)?.message().cloned()
    }

    fn all(&self) -> Past {
        let changes = self.changes.lock().unwrap();
        let revs: Vec<Rev> = changes.keys().copied().collect();
        assert_eq!(revs, (1..=revs.len() as Rev).collect::<Vec<_>>());
        Past {
            room: room("hall"),
            changes: changes.values().cloned().collect(),
        }
    }
}

#[derive(Clone)]
struct Replica {
    store: Arc<dyn Store>,
    redis: Arc<RedisParts>,
    recent: RecentMessages,
    past: Arc<Happened>,
}

impl Replica {
    fn of(store: Arc<dyn Store>, redis: Arc<RedisParts>, past: Arc<Happened>) -> Self {
        let cache = Arc::new(SlowToFill(redis.cache.clone()));
        let recent = RecentMessages::new(store.clone(), cache, Arc::new(Metrics::new()));
        Self {
            store,
            redis,
            recent,
            past,
        }
    }

    async fn writes(self, mut chance: StdRng) {
        let mut carried = JoinSet::new();
        for n in 0..ACTS {
            let who = PEOPLE[chance.random_range(0..PEOPLE.len())];
            let target = self.past.any_message(&mut chance);
            let change = match (chance.random_range(0..10), target) {
                (0..2, Some(it)) => edit(&it.user_id.to_string(), &it, &format!("edited {n}")),
                (2, Some(it)) => erase(&it.user_id.to_string(), &it),
                (3..5, Some(it)) => clap(&it, &[(who, chance.random_range(1..5))]),
                (5, Some(it)) => react(who, &it, "🔔"),
                _ => Change::Send(text(who, "hall", &format!("said {n}"))),
            };
            let mut batch = vec![change];
            for _ in 0..chance.random_range(0..2) {
                batch.push(Change::Send(text(who, "hall", "and said")));
            }
            let committed: Vec<RoomChange> = self
                .store
                .commit(&batch)
                .await
                .unwrap()
                .into_iter()
                .filter_map(|outcome| match outcome {
                    Outcome::Committed(change) => Some(change),
                    _ => None,
                })
                .collect();
            committed.iter().for_each(|change| self.past.note(change));
            let late = Duration::from_millis(chance.random_range(0..4));
            let times = [0, 1, 1, 1, 1, 1, 1, 2][chance.random_range(0..8)];
            let redis = self.redis.clone();
            carried.spawn(async move {
                for _ in 0..times {
                    sleep(late).await;
                    // On a busy machine there may be no answer in time: lost like many another.
                    let _ = redis.cache.append(&committed).await;
                }
            });
        }
        carried.join_all().await;
    }

    /// What was read, and how.
    async fn reads(self, mut chance: StdRng) -> Vec<(&'static str, Recent)> {
        let mut seen = Vec::new();
        let hall = room("hall");
        while !self.past.over.load(Ordering::Acquire) {
            let known = self.past.known.load(Ordering::Acquire);
            let found = match chance.random_range(0..5) {
                0 => {
                    let now = self.recent.now(&hall, None).await.unwrap().unwrap();
                    let (recent, room) = (now.recent, now.room);
                    assert_eq!(room.rev, recent.rev);
                    ("now", recent)
                }
                1 | 2 => ("at", self.recent.at(&hall, known).await.unwrap().unwrap()),
                _ => match self.looks(&hall).await {
                    Some(recent) => {
                        seen.push(("the list", recent));
                        continue;
                    }
                    None => continue,
                },
            };
            assert!(found.1.rev >= known, "{} < {known}", found.1.rev);
            seen.push(found);
        }
        seen
    }

    /// The list as it stands. Where nothing was forgotten, it is never gone and never further back than somebody has seen it.
    async fn looks(&self, room: &RoomId) -> Option<Recent> {
        let before = self.past.forgotten.load(Ordering::Acquire);
        let (since, highest) = *self.past.highest.lock().unwrap();
        let found = self.redis.cache.read(room).await.ok()?;
        if before.is_multiple_of(2) && self.past.forgotten.load(Ordering::Acquire) == before {
            let stands = found.as_ref().map_or(-1, |recent| recent.rev);
            if since == before {
                assert!(
                    stands >= highest,
                    "the list went back from {highest} to {stands}"
                );
            }
            let mut seen = self.past.highest.lock().unwrap();
            let forgot = seen.0 < before;
            if found.is_some() && (forgot || (seen.0 == before && seen.1 < stands)) {
                *seen = (before, stands);
            }
        }
        found
    }
}

/// The real cache, to which a list may take its time: until then it is as old as may be.
struct SlowToFill(Arc<dyn RecentCache>);

#[async_trait]
impl RecentCache for SlowToFill {
    async fn append(&self, changes: &[RoomChange]) -> Result<(), BackendError> {
        self.0.append(changes).await
    }

    async fn read(&self, room: &RoomId) -> Result<Option<Recent>, BackendError> {
        self.0.read(room).await
    }

    async fn fill(&self, room: &RoomId, recent: &Recent) -> Result<(), BackendError> {
        sleep(Duration::from_millis(rand::random_range(0..15))).await;
        self.0.fill(room, recent).await
    }
}

/// Forgets the list every so many changes, as Redis may; in between there is time for fills and looks, however busy the machine.
async fn forgets(key: String, mut plain: redis::Connection, past: Arc<Happened>) {
    let mut forgotten_at = 0;
    while !past.over.load(Ordering::Acquire) {
        sleep(Duration::from_millis(1)).await;
        if past.known.load(Ordering::Acquire) < forgotten_at + EPOCH {
            continue;
        }
        forgotten_at = past.known.load(Ordering::Acquire);
        past.forgotten.fetch_add(1, Ordering::AcqRel);
        redis::cmd("UNLINK").arg(&key).exec(&mut plain).unwrap();
        past.forgotten.fetch_add(1, Ordering::AcqRel);
    }
}
