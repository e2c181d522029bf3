//! Group commit over a store: whom a change in a lane may keep waiting, and whom it may harm.

use std::{collections::HashMap, sync::Arc, time::Duration};

use belfry::{
    adapters::memory::{
        MemoryBus, MemoryCache, MemoryNetwork, MemoryPresence, MemoryQueue, PresenceList,
    },
    commit::{
        aftermath::{Aftermath, AftermathTasks},
        writer::{Submitted, Writer},
    },
    domain::{
        change::{Change, Outcome},
        error::Code,
        id::ReplicaId,
    },
    metrics::Metrics,
    ports::presence::LEASE,
    room::{
        hubs::{Hubs, Surroundings},
        recent::RecentMessages,
        sessions::EndedSessions,
        tracker::Tracker,
    },
    telemetry::trace::Tracer,
};
use futures_util::future::{Either, join_all, select};
use opentelemetry::trace::Status;
use opentelemetry_sdk::trace::SpanData;
use tokio_util::sync::CancellationToken;

use super::{
    asking::{clap, react, unreact},
    scene::{Scene, committed, text},
};

super::stories!(
    a_crowd_at_one_message_does_not_keep_other_rooms_waiting,
    what_the_store_cannot_tell_of_harms_no_other_change,
    a_batch_that_is_halved_is_recorded_as_it_was,
    changes_of_a_room_keep_their_order_when_one_of_them_waits,
);

/// A writer with one lane, and nobody live.
pub(crate) struct Lane {
    pub(crate) writer: Arc<Writer>,
    tasks: AftermathTasks,
    stop: CancellationToken,
}

impl Lane {
    pub(crate) fn of(scene: &Scene) -> Self {
        let metrics = Arc::new(Metrics::new());
        let (bus, _ear) = MemoryBus::attach(&Arc::new(MemoryNetwork::default()), 16);
        let (bus, cache) = (Arc::new(bus), Arc::new(MemoryCache::new(1 << 20)));
        let list = Arc::new(PresenceList::new(LEASE));
        let surroundings = Surroundings {
            store: scene.store.clone(),
            recent: RecentMessages::new(scene.store.clone(), cache.clone(), metrics.clone()),
            bus: bus.clone(),
            presence: Arc::new(MemoryPresence::attach(&list, ReplicaId::fresh())),
            tracker: Tracker::new().0,
            ended: EndedSessions::new(Duration::from_secs(900)),
            metrics: metrics.clone(),
        };
        let stop = CancellationToken::new();
        let hubs = Hubs::new(surroundings, stop.clone());
        let queue = Arc::new(MemoryQueue::default());
        let (aftermath, tasks) = Aftermath::start(bus, cache, queue, metrics.clone());
        let writer = Writer::start(1, scene.store.clone(), hubs, aftermath, metrics);
        Self {
            writer: Arc::new(writer),
            tasks,
            stop,
        }
    }

    fn submit(&self, change: Change) -> Submitted {
        self.writer.submit(change).unwrap()
    }

    pub(crate) async fn end(self) {
        self.writer.finish().await;
        self.stop.cancel();
        drop(self.writer);
        self.tasks.finish().await;
    }
}

async fn a_crowd_at_one_message_does_not_keep_other_rooms_waiting(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    scene.room("attic", &["ada"]).await;
    let hello = scene.send(text("ada", "hall", "hello")).await;
    let lane = Lane::of(&scene);

    let mut toggled = Vec::new();
    for _ in 0..20 {
        toggled.push(lane.submit(react("ada", &hello, "🔔")));
        toggled.push(lane.submit(unreact("ada", &hello, "🔔")));
    }
    let elsewhere = lane.submit(Change::Send(text("ada", "attic", "hi")));

    let last = Box::pin(toggled.pop().unwrap().outcome());
    match select(Box::pin(elsewhere.outcome()), last).await {
        Either::Left((sent, last)) => {
            committed(sent.unwrap());
            committed(last.await.unwrap());
        }
        Either::Right(_) => panic!("the message has waited for a room that is not its own"),
    }
    assert_eq!(scene.view("hall", "ada").await.room.rev, 41);
    lane.end().await;
}

async fn what_the_store_cannot_tell_of_harms_no_other_change(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    scene.room("attic", &["ada"]).await;
    let odd = scene.send(text("ada", "attic", "odd")).await;
    let nonsense = format!(
        "UPDATE messages SET kind = 'nonsense' WHERE content = '{}'",
        odd.content
    );
    scene.database.sql(nonsense).await;
    let lane = Lane::of(&scene);

    let send = |n: usize| lane.submit(Change::Send(text("ada", "hall", &n.to_string())));
    let before: Vec<Submitted> = (1..=20).map(send).collect();
    let clapped = lane.submit(clap(&odd, &[("ada", 1)]));
    let after: Vec<Submitted> = (21..=40).map(send).collect();

    let sent = join_all(before.into_iter().chain(after).map(Submitted::outcome)).await;
    for (outcome, seq) in sent.into_iter().zip(1..) {
        // Where the others were committed before the answer proved to be nonsense, they are there already.
        let (Outcome::Committed(change) | Outcome::Already(change)) = outcome.unwrap() else {
            panic!("a message was not committed");
        };
        assert_eq!(change.message().unwrap().seq, seq);
    }
    let told = clapped.outcome().await.unwrap_err();
    assert_eq!(told.code, Code::Unavailable);
    assert_eq!(scene.view("hall", "ada").await.room.last_seq, 40);
    lane.end().await;
}

async fn a_batch_that_is_halved_is_recorded_as_it_was(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    scene.room("attic", &["ada"]).await;
    let odd = scene.send(text("ada", "attic", "odd")).await;
    let nonsense = format!(
        "UPDATE messages SET kind = 'nonsense' WHERE content = '{}'",
        odd.content
    );
    scene.database.sql(nonsense).await;
    let lane = Lane::of(&scene);
    let (tracer, mut recorded) = Tracer::recording(1.0);

    let send = |n: usize| Change::Send(text("ada", "hall", &n.to_string()));
    let mut changes: Vec<Change> = (1..=20).map(send).collect();
    changes.insert(10, clap(&odd, &[("ada", 1)]));
    let asked = changes
        .into_iter()
        .map(|change| tracer.begin("asks").during(|| lane.submit(change)));
    let asked: Vec<Submitted> = asked.collect();
    let outcomes = join_all(asked.into_iter().map(Submitted::outcome)).await;
    assert_eq!(
        outcomes.iter().filter(|outcome| outcome.is_err()).count(),
        1
    );
    lane.end().await;

    let spans: Vec<SpanData> = std::iter::from_fn(|| recorded.spans.try_recv().ok()).collect();
    let mut waits = HashMap::new();
    let mut failed = 0;
    for span in &spans {
        match &*span.name {
            "wait" => *waits.entry(span.span_context.trace_id()).or_insert(0) += 1,
            "commit" => {
                let mut said = span.attributes.iter().map(|one| one.key.as_str());
                let came_to = said.any(|key| key == "belfry.outcome");
                let is_failed = matches!(span.status, Status::Error { .. });
                assert!(
                    came_to != is_failed,
                    "it came to something or failed: {span:?}"
                );
                failed += usize::from(is_failed);
            }
            _ => {}
        }
    }
    assert_eq!(waits.len(), 21);
    assert!(waits.values().all(|count| *count == 1), "{waits:?}");
    assert!(
        failed > 1,
        "those of the batch that was halved, and the one"
    );
}

async fn changes_of_a_room_keep_their_order_when_one_of_them_waits(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let hello = scene.send(text("ada", "hall", "hello")).await;
    let lane = Lane::of(&scene);

    let mut submitted = Vec::new();
    for n in 0..10 {
        submitted.push(lane.submit(react("ada", &hello, "🔔")));
        submitted.push(lane.submit(Change::Send(text("ada", "hall", &n.to_string()))));
        submitted.push(lane.submit(unreact("ada", &hello, "🔔")));
    }

    for (outcome, rev) in join_all(submitted.into_iter().map(Submitted::outcome))
        .await
        .into_iter()
        .zip(2..)
    {
        assert_eq!(committed(outcome.unwrap()).rev, rev);
    }
    lane.end().await;
}
