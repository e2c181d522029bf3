//! The words that the worker's stories are told in: a database and a queue of one's own, workers, and a type of job that does as it is told.

use std::{
    collections::HashMap,
    sync::{
        Arc, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use belfry::{
    adapters::memory::{
        MemoryBus, MemoryCache, MemoryCalls, MemoryNetwork, MemoryPresence, MemoryQueue,
        PresenceList,
    },
    commit::{aftermath::Aftermath, writer::Writer},
    domain::{
        error::Problem,
        id::{JobId, ReplicaId, UserId},
        job::{Job, NewJob, Priority, State},
        presence::Signal,
        timestamp::Timestamp,
    },
    jobs::{BackOff, Handler, Handlers, JobError, Rules, Running},
    metrics::Metrics,
    ports::{
        BackendError,
        bus::{Bus, Ear, Heard, News, Topic},
        calls::CALL_EVERY,
        presence::LEASE,
        queue::{Backlog, CLAIM_TIMEOUT, Claim, Line, Oldest, Queue, Taken, Ticket, Wish},
        store::{Store, Sweep},
    },
    room::{
        hubs::{Hubs, Surroundings},
        last_seen::LastSeen,
        recent::RecentMessages,
        sessions::EndedSessions,
        tracker::{Telling, Tracker},
    },
    worker::{
        Broken, Pace, Worker,
        enrich::{Enricher, notifications::Notices},
    },
};
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::support::{
    DEADLINE,
    databases::{Backend, Database, with_database_of},
    redis::Corner,
};

/// Makes a test of each story on SQLite with the queue in memory, and on Postgres with Redis.
macro_rules! stories {
    ($($story:ident),+ $(,)?) => {
        mod together {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $story() {
                $crate::worker::scene::tell($crate::support::databases::Backend::Postgres, super::$story).await;
            })+
        }
        mod alone {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $story() {
                $crate::worker::scene::tell($crate::support::databases::Backend::Sqlite, super::$story).await;
            })+
        }
    };
}
pub(super) use stories;

/// Leases and looks that a test can wait for.
pub const HURRIED: Pace = Pace {
    lease: Duration::from_millis(1_500),
    keep: Duration::from_millis(100),
    margin: Duration::from_millis(400),
    grace: Duration::from_millis(100),
    message_limit: Duration::from_secs(10),
    tell: Duration::from_millis(50),
    slot_wait: Duration::from_secs(1),
    sweep: Duration::from_millis(100),
    delivery: Duration::from_secs(2),
    forget: Duration::from_secs(60),
    last_jobs: Duration::from_millis(200),
};

/// A store and a queue.
#[derive(Clone)]
pub struct Scene {
    pub database: Arc<Database>,
    pub store: Arc<dyn Store>,
    pub queue: Arc<dyn Queue>,
    pub play: Play,
    pub metrics: Arc<Metrics>,
    network: Arc<MemoryNetwork>,
    news: Arc<tokio::sync::Mutex<Ear>>,
    _ear: Arc<MemoryBus>,
}

/// Tells a story with a store and a queue of its own.
pub async fn tell<F, S>(backend: Backend, story: S)
where
    S: FnOnce(Scene) -> F,
    F: Future<Output = ()>,
{
    with_database_of(backend, |database| async move {
        let store = database.open().await;
        let (queue, redis): (Arc<dyn Queue>, _) = match backend {
            Backend::Sqlite => (Arc::new(MemoryQueue::new(CLAIM_TIMEOUT)), None),
            Backend::Postgres => {
                let Some(corner) = Corner::open() else { return };
                let (parts, ear) = corner.patient_replica().await;
                (parts.queue.clone(), Some((corner, parts, ear)))
            }
        };
        let network = Arc::new(MemoryNetwork::default());
        let (bus, ear) = MemoryBus::attach(&network, 10_000);
        bus.subscribe(Topic::People).await;
        story(Scene {
            database,
            store: store.clone(),
            queue,
            play: Play::default(),
            metrics: Arc::new(Metrics::new()),
            network,
            news: Arc::new(tokio::sync::Mutex::new(ear)),
            _ear: Arc::new(bus),
        })
        .await;
        store.close().await;
        drop(redis);
    })
    .await;
}

/// A worker in a task of its own.
pub struct Hand {
    task: Option<JoinHandle<Result<(), Broken>>>,
    stop: CancellationToken,
}

impl Hand {
    /// Asks it to end, and waits until it has.
    pub async fn ends(mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take() {
            let ended = timeout(DEADLINE, task).await;
            let ended = ended.expect("it ends in time").expect("it does not panic");
            assert_eq!(ended, Ok(()));
        }
    }

    /// It ends by itself, in order, because a part of it broke off.
    pub async fn breaks(mut self) {
        if let Some(task) = self.task.take() {
            let ended = timeout(DEADLINE, task).await;
            let ended = ended.expect("it ends in time").expect("it does not panic");
            assert_eq!(ended, Err(Broken));
        }
    }

    /// It is gone where it stands, as with the power.
    pub async fn dies(mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            let _ = task.await;
        }
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl Scene {
    /// One more worker, with four slots.
    pub fn worker(&self) -> Hand {
        self.worker_with(4, HURRIED)
    }

    pub fn worker_with(&self, at_once: usize, pace: Pace) -> Hand {
        self.worker_over(self.store.clone(), at_once, pace)
    }

    /// A worker with its own way to the store.
    pub fn worker_over(&self, store: Arc<dyn Store>, at_once: usize, pace: Pace) -> Hand {
        self.worker_between(store, self.queue.clone(), at_once, pace)
    }

    /// A worker that breaks off when it wants to do this with the queue, and the test says so.
    pub fn worker_that_breaks(&self, when: Breaking) -> (Hand, CancellationToken) {
        let broken = CancellationToken::new();
        let queue = BreakingQueue {
            queue: self.queue.clone(),
            when,
            broken: broken.clone(),
        };
        let worker = self.worker_between(self.store.clone(), Arc::new(queue), 4, HURRIED);
        (worker, broken)
    }

    fn worker_between(
        &self,
        store: Arc<dyn Store>,
        queue: Arc<dyn Queue>,
        at_once: usize,
        pace: Pace,
    ) -> Hand {
        let stop = CancellationToken::new();
        let (bus, _) = MemoryBus::attach(&self.network, 1);
        let bus: Arc<dyn Bus> = Arc::new(bus);
        let telling = Telling {
            hubs: Weak::new(),
            bus: bus.clone(),
            last_seen: LastSeen::new().0,
        };
        let worker = Worker {
            tracer: belfry::telemetry::trace::Tracer::off(),
            enricher: self.enricher(&store, bus, telling.clone()),
            store,
            queue,
            handlers: Handlers::new()
                .with(self.play.clone())
                .with(Brief(self.play.clone())),
            telling,
            metrics: self.metrics.clone(),
            replica: ReplicaId::fresh(),
            at_once,
            pace,
        };
        let task = tokio::spawn(worker.run(stop.clone()));
        Hand {
            task: Some(task),
            stop,
        }
    }

    fn enricher(&self, store: &Arc<dyn Store>, bus: Arc<dyn Bus>, telling: Telling) -> Enricher {
        let metrics = self.metrics.clone();
        let cache = Arc::new(MemoryCache::new(1 << 20));
        let presence =
            MemoryPresence::attach(&Arc::new(PresenceList::new(LEASE)), ReplicaId::fresh());
        let presence: Arc<dyn belfry::ports::presence::Presence> = Arc::new(presence);
        let surroundings = Surroundings {
            store: store.clone(),
            recent: RecentMessages::new(store.clone(), cache.clone(), metrics.clone()),
            bus: bus.clone(),
            presence: presence.clone(),
            tracker: Tracker::new().0,
            ended: EndedSessions::new(Duration::from_secs(900)),
            metrics: metrics.clone(),
        };
        let hubs = Hubs::new(surroundings, CancellationToken::new());
        let (aftermath, _) = Aftermath::start(bus, cache, self.queue.clone(), metrics.clone());
        let writer = Writer::start(1, store.clone(), hubs, aftermath, metrics);
        Enricher {
            store: store.clone(),
            writer: Arc::new(writer),
            notices: Notices::start(store.clone(), telling.clone()),
            telling,
            rules: Arc::default(),
            presence,
            calls: Arc::new(MemoryCalls::new(CALL_EVERY)),
            queue: self.queue.clone(),
            previews: false,
        }
    }

    /// A job of Ada's that does `act`.
    pub async fn asks(&self, name: &str, act: &str) -> JobId {
        self.asks_for(new_job(name, act)).await
    }

    /// Stores a job and brings it to the queue, as whoever asks does.
    pub async fn asks_for(&self, job: NewJob) -> JobId {
        self.stores(&job).await;
        self.brings(&job).await;
        job.id
    }

    pub async fn stores(&self, job: &NewJob) {
        let stored = self.store.add_jobs(std::slice::from_ref(job)).await;
        stored.expect("the job is stored");
    }

    pub async fn brings(&self, job: &NewJob) {
        let ticket = Ticket {
            job: job.id,
            line: Line::Jobs(job.priority),
            due: job.run_at,
            message: None,
            again: false,
        };
        let pushed = self.queue.push(&[ticket]).await;
        pushed.expect("the job reaches the queue");
    }

    /// Brings everything to the queue that waits, as after a loss: what a dead worker had lined up would be brought in half a minute.
    pub async fn hands_out_what_waits(&self) {
        let all = Sweep::All {
            before: in_millis(1),
        };
        let swept = self
            .store
            .sweep_jobs(
                all,
                &belfry::ports::queue::Line::ALL,
                HURRIED.delivery,
                1_000,
            )
            .await;
        let pushed = self.queue.push(&swept.expect("a sweep").tickets).await;
        pushed.expect("the jobs reach the queue");
    }

    /// The job as the store has it.
    pub async fn job(&self, job: JobId) -> Job {
        let job = self.store.job(job).await.expect("the store answers");
        job.expect("the job is there")
    }

    /// Waits until the job is in that state.
    pub async fn becomes(&self, job: JobId, state: State) -> Job {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let job = self.job(job).await;
            if job.state == state {
                return job;
            }
            let begun = || self.play.begun();
            assert!(
                Instant::now() < deadline,
                "{state:?} in time: {job:?}; {:?}",
                begun()
            );
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// The `job:update`s of the job that its owner has been told of, up to one with this state.
    pub async fn told(&self, job: JobId, until: &str) -> Vec<Value> {
        let mut told = self.told_of_any(job, until).await;
        told.retain(|it| it["id"] == json!(job));
        told
    }

    /// The same with those of all other jobs among them.
    pub async fn told_of_any(&self, job: JobId, until: &str) -> Vec<Value> {
        let mut news = self.news.lock().await;
        let mut told = Vec::new();
        loop {
            let heard = timeout(DEADLINE, news.recv()).await;
            let heard = heard.unwrap_or_else(|_| panic!("{until} is told after {told:?}"));
            let Some(Heard::News(News::Signals(signals))) = heard else {
                panic!("{heard:?}");
            };
            for signal in signals {
                let Signal::Custom { event, data, .. } = signal else {
                    continue;
                };
                assert_eq!(event, "job:update");
                told.push(serde_json::from_str(&data).expect("JSON"));
            }
            let of_it = told.iter().rfind(|it: &&Value| it["id"] == json!(job));
            if of_it.is_some_and(|last| last["state"] == until) {
                return told;
            }
        }
    }
}

/// What a worker breaks off in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Breaking {
    /// Looking for what is overdue, beside the jobs.
    Sweeping,
    /// Taking jobs.
    Taking,
}

/// The queue, with a fault where the worker's own code would have one.
struct BreakingQueue {
    queue: Arc<dyn Queue>,
    when: Breaking,
    broken: CancellationToken,
}

impl BreakingQueue {
    fn check(&self, what: Breaking) {
        assert!(
            what != self.when || !self.broken.is_cancelled(),
            "a part breaks"
        );
    }
}

#[async_trait]
impl Queue for BreakingQueue {
    async fn push(&self, tickets: &[Ticket]) -> Result<(), BackendError> {
        self.queue.push(tickets).await
    }

    async fn take(&self, worker: &str, wish: Wish, wait: Duration) -> Result<Taken, BackendError> {
        if matches!(wish, Wish::Jobs { .. }) {
            self.check(Breaking::Taking);
        }
        self.queue.take(worker, wish, wait).await
    }

    async fn settle(&self, claims: &[Claim]) -> Result<(), BackendError> {
        self.queue.settle(claims).await
    }

    async fn backlog(&self) -> Result<Backlog, BackendError> {
        self.check(Breaking::Sweeping);
        self.queue.backlog().await
    }

    async fn oldest(&self) -> Result<Oldest, BackendError> {
        self.queue.oldest().await
    }
}

/// A job of Ada's that does `act`, see [`Play`]; five attempts.
pub fn new_job(name: &str, act: &str) -> NewJob {
    NewJob {
        id: JobId::fresh(),
        kind: Play::TYPE.into(),
        payload: json!({ "name": name, "act": act }).to_string(),
        owner: Some(UserId::parse("ada").expect("an id")),
        priority: Priority::Normal,
        max_attempts: 5,
        run_at: None,
        expires_at: None,
    }
}

/// The same with 2 s for each attempt.
pub fn brief_job(name: &str, act: &str, max_attempts: i32) -> NewJob {
    NewJob {
        kind: Brief::TYPE.into(),
        max_attempts,
        ..new_job(name, act)
    }
}

/// A moment from now.
pub fn in_millis(millis: i64) -> Timestamp {
    Timestamp::from_millis(Timestamp::now().as_millis() + millis)
}

/// A type of job that does as its payload says, and tells the test of it.
#[derive(Clone, Default)]
pub struct Play(Arc<Stage>);

#[derive(Default)]
struct Stage {
    begun: Mutex<Vec<String>>,
    gone: Mutex<Vec<String>>,
    changed: Notify,
    running: AtomicUsize,
    most: AtomicUsize,
    gates: Mutex<HashMap<String, watch::Sender<bool>>>,
}

/// What a job of this type is given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    name: String,
    act: String,
}

#[async_trait]
impl Handler for Play {
    const TYPE: &'static str = "test.play";
    type Payload = Part;

    fn rules(&self) -> Rules {
        Rules {
            max_attempts: 5,
            time_limit: Duration::from_secs(60),
            back_off: BackOff {
                first: Duration::from_millis(20),
                longest: Duration::from_millis(100),
            },
        }
    }

    async fn admit(&self, _: &Part, _: &UserId, _: &dyn Store) -> Result<(), Problem> {
        Ok(())
    }

    async fn run(&self, part: Part, job: &Running) -> Result<Value, JobError> {
        let _presence = self.enters(&part.name);
        match part.act.as_str() {
            "succeed" => Ok(json!({ "name": part.name, "attempt": job.attempt() })),
            "fail" => Err(JobError::Again(format!("attempt {} failed", job.attempt()))),
            "fail twice" if job.attempt() <= 2 => Err(JobError::Again("not yet".into())),
            "fail twice" => Ok(Value::Null),
            "despair" => Err(JobError::Hopeless("there is no way".into())),
            "panic" => panic!("as it was told"),
            "pretend" => Err(JobError::Cancelled),
            "hang" => std::future::pending().await,
            "obey" => {
                job.cancelled().await;
                let obeying = format!("{}, obeying", part.name);
                self.0.begun.lock().push(obeying);
                Err(JobError::Cancelled)
            }
            "talk" => {
                for percent in 0..=100 {
                    job.progress(percent);
                    tokio::time::sleep(Duration::from_millis(3)).await;
                }
                Ok(Value::Null)
            }
            "babble" => Ok(Value::String("x".repeat(70_000))),
            "wait" => {
                job.progress(10);
                let mut gate = self.gate(&part.name).subscribe();
                let _ = gate.wait_for(|open| *open).await;
                Ok(Value::Null)
            }
            "block" => {
                let gate = self.gate(&part.name).subscribe();
                while !*gate.borrow() {
                    std::thread::yield_now();
                }
                Ok(Value::Null)
            }
            other => Err(JobError::Hopeless(format!("what is {other}?"))),
        }
    }
}

/// The same with little time.
pub struct Brief(Play);

#[async_trait]
impl Handler for Brief {
    const TYPE: &'static str = "test.brief";
    type Payload = Part;

    fn rules(&self) -> Rules {
        Rules {
            time_limit: Duration::from_secs(2),
            ..self.0.rules()
        }
    }

    async fn admit(&self, _: &Part, _: &UserId, _: &dyn Store) -> Result<(), Problem> {
        Ok(())
    }

    async fn run(&self, part: Part, job: &Running) -> Result<Value, JobError> {
        self.0.run(part, job).await
    }
}

/// Somebody on the stage; whatever way they leave it.
struct Presence(Arc<Stage>, String);

impl Drop for Presence {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
        self.0.gone.lock().push(self.1.clone());
        self.0.changed.notify_waiters();
    }
}

impl Play {
    fn enters(&self, name: &str) -> Presence {
        let stage = &self.0;
        let running = stage.running.fetch_add(1, Ordering::SeqCst) + 1;
        stage.most.fetch_max(running, Ordering::SeqCst);
        stage.begun.lock().push(name.to_owned());
        stage.changed.notify_waiters();
        Presence(stage.clone(), name.to_owned())
    }

    fn gate(&self, name: &str) -> watch::Sender<bool> {
        let mut gates = self.0.gates.lock();
        let gate = gates
            .entry(name.to_owned())
            .or_insert_with(|| watch::channel(false).0);
        gate.clone()
    }

    /// Lets those of that name go on that wait or block, now and later.
    pub fn opens(&self, name: &str) {
        self.gate(name).send_replace(true);
    }

    /// The same when what this answers with is dropped: a story that fails leaves no thread blocked, for which its end would wait.
    pub fn opens_in_the_end(&self, name: &'static str) -> impl Drop + use<> {
        struct Opens(Play, &'static str);
        impl Drop for Opens {
            fn drop(&mut self) {
                self.0.opens(self.1);
            }
        }
        Opens(self.clone(), name)
    }

    /// Who has begun so far, in order, once for each time.
    pub fn begun(&self) -> Vec<String> {
        self.0.begun.lock().clone()
    }

    /// The most that ran at once.
    pub fn most(&self) -> usize {
        self.0.most.load(Ordering::SeqCst)
    }

    /// Waits until somebody of that name has begun so many times.
    pub async fn begins(&self, name: &str, times: usize) {
        self.counts(name, times, |stage| &stage.begun).await;
    }

    /// Waits until somebody of that name has left so many times.
    pub async fn leaves(&self, name: &str, times: usize) {
        self.counts(name, times, |stage| &stage.gone).await;
    }

    async fn counts(&self, name: &str, times: usize, list: fn(&Stage) -> &Mutex<Vec<String>>) {
        let reached = async {
            loop {
                let changed = self.0.changed.notified();
                let mut changed = std::pin::pin!(changed);
                changed.as_mut().enable();
                let seen = list(&self.0)
                    .lock()
                    .iter()
                    .filter(|one| *one == name)
                    .count();
                if seen >= times {
                    return;
                }
                changed.await;
            }
        };
        let reached = timeout(DEADLINE, reached).await;
        reached.unwrap_or_else(|_| panic!("{name} {times} times; so far {:?}", self.begun()));
    }
}
