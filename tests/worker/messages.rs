//! The jobs that come with messages: done by the handful, and noted in the store only where they fail or have been handed out before.

use belfry::{
    domain::{
        change::{Change, NewMessage, Outcome},
        id::{JobId, MessageId, RoomId, UserId},
        job::{EnrichMessage, State},
        message::MessageKind,
        timestamp::Timestamp,
    },
    ports::{
        queue::{Line, Ticket},
        store::Entry,
    },
};

use sqlx::{Connection, PgConnection};

use super::scene::{Scene, stories, tell};
use crate::support::{databases::Backend, eventually};

stories!(
    mentions_are_found_and_the_rows_go,
    a_message_that_is_read_twice_changes_once,
    a_job_that_the_queue_has_lost_is_found,
    one_that_nobody_can_read_is_dead,
);

fn lobby() -> RoomId {
    RoomId::parse("lobby").unwrap()
}

fn ada() -> UserId {
    UserId::parse("ada").unwrap()
}

/// Ada says something that mentions herself; answers with the ticket of the message's job, which nobody has brought to the queue.
async fn says(scene: &Scene) -> Ticket {
    says_this(scene, "it was @Ada").await
}

async fn says_this(scene: &Scene, content: &str) -> Ticket {
    scene.store.first_sight(&ada(), "Ada").await.unwrap();
    let entry = Entry {
        room: lobby(),
        user: ada(),
        create: true,
        at: Timestamp::now(),
    };
    scene.store.join(&[entry]).await.unwrap();
    let new = NewMessage {
        id: MessageId::fresh(),
        room_id: lobby(),
        user_id: ada(),
        content: content.into(),
        kind: MessageKind::Text,
        client_id: None,
        reply_to: None,
        at: Timestamp::now(),
        job: JobId::fresh(),
    };
    let sent = scene
        .store
        .commit(&[Change::Send(new.clone())])
        .await
        .unwrap();
    let [Outcome::Committed(sent)] = &sent[..] else {
        panic!("{sent:?}");
    };
    let text = EnrichMessage {
        room_id: lobby(),
        message_id: new.id,
        content_rev: sent.rev(),
        content: new.content,
        seq: None,
        user_id: None,
        reply_to: None,
        trace: None,
    };
    Ticket {
        job: new.job,
        line: Line::Messages,
        due: None,
        message: Some(Box::new(text)),
        again: false,
    }
}

async fn is_read(scene: &Scene, job: JobId) {
    eventually("the row is gone", async || {
        scene.store.job(job).await.unwrap().is_none()
    })
    .await;
}

async fn mentions_are_found_and_the_rows_go(scene: Scene) {
    let worker = scene.worker();
    let mut jobs = Vec::new();
    for _ in 0..20 {
        let ticket = says(&scene).await;
        jobs.push(ticket.job);
        scene.queue.push(&[ticket]).await.unwrap();
    }
    for job in jobs {
        is_read(&scene, job).await;
    }
    let room = scene.store.room(&lobby(), &ada()).await.unwrap().unwrap();
    assert_eq!(room.room.rev, 40);
    worker.ends().await;
}

async fn a_message_that_is_read_twice_changes_once(scene: Scene) {
    let worker = scene.worker();
    let ticket = says(&scene).await;
    for again in [false, false, true] {
        let ticket = Ticket {
            again,
            ..ticket.clone()
        };
        scene.queue.push(&[ticket]).await.unwrap();
    }
    is_read(&scene, ticket.job).await;
    let marker = says(&scene).await;
    scene
        .queue
        .push(std::slice::from_ref(&marker))
        .await
        .unwrap();
    is_read(&scene, marker.job).await;
    let room = scene.store.room(&lobby(), &ada()).await.unwrap().unwrap();
    assert_eq!(room.room.rev, 4, "two messages, and a mention in each");
    worker.ends().await;
}

async fn a_job_that_the_queue_has_lost_is_found(scene: Scene) {
    let ticket = says(&scene).await;
    // The first worker of a queue is told that it has lost what it held.
    let worker = scene.worker();
    is_read(&scene, ticket.job).await;
    worker.ends().await;
}

async fn one_that_nobody_can_read_is_dead(scene: Scene) {
    let ticket = says(&scene).await;
    let broken = "UPDATE jobs SET payload = '{\"content\": 5}'";
    scene.database.sql(broken).await;
    let worker = scene.worker();
    let again = Ticket {
        again: true,
        ..ticket
    };
    scene
        .queue
        .push(std::slice::from_ref(&again))
        .await
        .unwrap();
    let dead = scene.becomes(again.job, State::Dead).await;
    assert!(
        dead.error()
            .is_some_and(|error| error.starts_with("Its payload")),
        "{dead:?}"
    );
    worker.ends().await;
}

/// A table that nobody can read is as good as a store that is away for whoever needs that table.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_that_fails_says_so_and_is_tried_again() {
    tell(Backend::Postgres, |scene: Scene| async move {
        let ticket = says(&scene).await;
        scene
            .database
            .sql("ALTER TABLE members RENAME TO elsewhere")
            .await;
        let worker = scene.worker();
        scene
            .queue
            .push(std::slice::from_ref(&ticket))
            .await
            .unwrap();
        let delayed = scene.becomes(ticket.job, State::Delayed).await;
        assert_eq!(delayed.attempts, 1);
        assert_eq!(
            delayed.error(),
            Some("A part of the server was not available.")
        );
        scene
            .database
            .sql("ALTER TABLE elsewhere RENAME TO members")
            .await;
        is_read(&scene, ticket.job).await;
        worker.ends().await;
    })
    .await;
}

/// The room is locked: what a message that mentions somebody brings cannot be kept, and one with nothing to find needs no room.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_slow_message_holds_up_nobody_else() {
    tell(Backend::Postgres, |scene: Scene| async move {
        let worker = scene.worker();
        let first = says(&scene).await;
        scene
            .queue
            .push(std::slice::from_ref(&first))
            .await
            .unwrap();
        // From now on nothing more is handed out twice, as it is when a queue is new.
        is_read(&scene, first.job).await;
        let slow = says(&scene).await;
        let quick = says_this(&scene, "nobody").await;
        let mut other = PgConnection::connect(&scene.database.url).await.unwrap();
        let mut lock = other.begin().await.unwrap();
        sqlx::query("UPDATE rooms SET id = id")
            .execute(&mut *lock)
            .await
            .unwrap();
        // In one handful.
        scene
            .queue
            .push(&[slow.clone(), quick.clone()])
            .await
            .unwrap();
        is_read(&scene, quick.job).await;
        // It is neither done nor given up meanwhile, which is noted after the second that the store waits for a lock.
        let still = scene.job(slow.job).await;
        assert_eq!((still.state, still.failures), (State::Waiting, Vec::new()));
        lock.rollback().await.unwrap();
        other.close().await.unwrap();
        is_read(&scene, slow.job).await;
        worker.ends().await;
    })
    .await;
}
