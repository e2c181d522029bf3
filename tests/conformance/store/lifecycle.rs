//! Opening, claiming and closing a store; trouble below it.

use std::{
    pin::pin,
    sync::mpsc,
    task::Poll,
    thread,
    time::{Duration, Instant},
};

use belfry::{
    adapters::{
        postgres::{self, PoolSize, PostgresStore},
        sqlite::SqliteStore,
    },
    domain::{change::Change, message::CONTENT_MAX},
    ports::{
        BackendError,
        store::{ClaimError, MessageStore, Place, Sharing, Store},
    },
};
use futures_util::future::join_all;
use sqlx::{Connection, PgConnection, SqliteConnection};

use super::scene::{Scene, committed, room, text, user};
use crate::support::databases::{Backend, Database, with_database_of};

super::stories!(
    a_store_answers_until_it_is_closed,
    what_was_committed_is_there_after_a_restart,
    a_commit_waits_only_so_long_for_a_lock,
);

async fn a_store_answers_until_it_is_closed(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let second = scene.reopened().await;
    second.store.ping().await.unwrap();

    second.store.close().await;

    unavailable(second.store.ping().await);
    unavailable(second.store.room(&room("hall"), &user("ada")).await);
    unavailable(
        second
            .store
            .commit(&[Change::Send(text("ada", "hall", "late"))])
            .await,
    );
    second.store.close().await;
    scene.store.ping().await.unwrap();
}

async fn what_was_committed_is_there_after_a_restart(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    scene.chatter("ada", "hall", 3).await;
    let before = scene.page("hall", Place::Newest, 10).await;

    scene.store.close().await;
    let restarted = scene.reopened().await;

    assert_eq!(restarted.page("hall", Place::Newest, 10).await, before);
    assert_eq!(restarted.all_jobs().await.len(), 3);
    restarted.store.close().await;
}

async fn a_commit_waits_only_so_long_for_a_lock(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let send = [Change::Send(text("ada", "hall", "hello"))];
    let url = &scene.database.url;

    match scene.database.backend {
        Backend::Postgres => {
            let mut other = PgConnection::connect(url).await.unwrap();
            let mut lock = other.begin().await.unwrap();
            let take = sqlx::query("SELECT * FROM rooms FOR UPDATE");
            take.execute(&mut *lock).await.unwrap();
            unavailable(scene.store.commit(&send).await);
            lock.rollback().await.unwrap();
        }
        Backend::Sqlite => {
            let mut other = SqliteConnection::connect(url).await.unwrap();
            let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
            unavailable(scene.store.commit(&send).await);
            lock.rollback().await.unwrap();
        }
    }

    committed(scene.commit_one(send[0].clone()).await);
    assert_eq!(scene.history("hall").await.len(), 1);
}

#[tokio::test]
async fn a_claim_on_postgres_is_alone_or_shared() {
    with_database_of(Backend::Postgres, async |database| {
        let (one, two) = (
            database.open_postgres().await,
            database.open_postgres().await,
        );
        let in_use = |claim| matches!(claim, Err(ClaimError::InUse));

        let alone = one.claim(Sharing::Alone).await.unwrap();
        assert!(in_use(two.claim(Sharing::Alone).await));
        assert!(in_use(two.claim(Sharing::Shared).await));
        drop(alone);

        let shared = claim_once_it_is_free(&one, Sharing::Shared).await;
        let also_shared = two.claim(Sharing::Shared).await.unwrap();
        assert!(in_use(one.claim(Sharing::Alone).await));
        drop((shared, also_shared));
        claim_once_it_is_free(&two, Sharing::Alone).await;
        one.close().await;
        two.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_claim_outlives_its_connection_unless_another_was_faster() {
    with_database_of(Backend::Postgres, async |database| {
        let (one, two) = (
            database.open_postgres().await,
            database.open_postgres().await,
        );
        let mut claim = one.claim(Sharing::Shared).await.unwrap();
        let holder = "SELECT pid::text FROM pg_locks JOIN pg_database d ON d.oid = database \
             WHERE locktype = 'advisory' AND datname = current_database()";
        let cut = format!("SELECT pg_terminate_backend(pid::int) FROM ({holder}) held");

        // Taken again: the store is in use for somebody who wants to be alone.
        let before = database.ask(holder).await;
        database.sql(&cut).await;
        while [None, before.clone()].contains(&database.ask(holder).await) {}
        let alone = two.claim(Sharing::Alone).await;
        assert!(matches!(alone, Err(ClaimError::InUse)));

        database.sql(&cut).await;
        let alone = claim_once_it_is_free(&two, Sharing::Alone).await;
        claim.lost().await;
        drop(alone);
        one.close().await;
        two.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_claim_on_sqlite_is_alone() {
    with_database_of(Backend::Sqlite, async |database| {
        let one = SqliteStore::connect(&database.url).await.unwrap();
        let two = SqliteStore::connect(&database.url).await.unwrap();
        let claim = one.claim(Sharing::Alone).unwrap();
        assert!(matches!(
            two.claim(Sharing::Alone),
            Err(ClaimError::OneProcess)
        ));
        drop(claim);
        two.claim(Sharing::Alone).unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_is_made_once_by_however_many_replicas() {
    with_database_of(Backend::Postgres, async |database| {
        let migrations = join_all((0..8).map(|_| {
            let database = database.clone();
            tokio::spawn(async move {
                let store = database.open_postgres().await;
                store.migrate().await.unwrap();
                store.ping().await.unwrap();
                store.close().await;
            })
        }));
        migrations.await.into_iter().for_each(Result::unwrap);
    })
    .await;
}

#[tokio::test]
async fn calls_go_on_when_the_database_cuts_its_connections() {
    with_database_of(Backend::Postgres, async |database| {
        let scene = Scene {
            store: database.open().await,
            database: database.clone(),
        };
        scene.room("hall", &["ada"]).await;
        for _ in 0..3 {
            scene.chatter("ada", "hall", 2).await;
            let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid()";
            database.sql(cut).await;
        }
        assert_eq!(scene.history("hall").await.len(), 6);
        scene.store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_frozen_replica_does_not_keep_its_locks() {
    with_database_of(Backend::Postgres, async |database| {
        let scene = Scene {
            store: database.open().await,
            database: database.clone(),
        };
        scene.room("hall", &["ada"]).await;
        // More than the connection's buffers hold, when all of it is repeated in one answer.
        let long = "🔔".repeat(CONTENT_MAX);
        let batch: Vec<_> = (0..400)
            .map(|_| Change::Send(text("ada", "hall", &long)))
            .collect();
        for part in batch.chunks(40) {
            scene.commit(part).await;
        }
        let (thaw, frozen) = mpsc::channel::<()>();
        let replica = thread::spawn({
            let database = database.clone();
            move || freeze_within_a_commit(&database, &batch, &frozen)
        });
        let stuck = "SELECT 'stuck' FROM pg_stat_activity \
             WHERE datname = current_database() AND wait_event = 'ClientWrite'";
        // For less than a second, which a busy machine may miss; what it holds it holds by now.
        let until = Instant::now() + Duration::from_secs(5);
        while database.ask(stuck).await.is_none() && Instant::now() < until {}

        let hello = Change::Send(text("ada", "hall", "hello"));
        let mut tries = 0;
        let sent = loop {
            tries += 1;
            match scene.store.commit(std::slice::from_ref(&hello)).await {
                Err(BackendError::Unavailable { .. }) if tries < 5 => {}
                other => break other.expect("the lock is free again"),
            }
        };

        assert_eq!(committed(sent[0].clone()).seq, 401);
        drop(thaw);
        replica.join().unwrap();
        scene.store.close().await;
    })
    .await;
}

/// Asks for a commit on a thread of its own, and stops reading as soon as it is asked for, until `thaw` is gone.
fn freeze_within_a_commit(database: &Database, batch: &[Change], thaw: &mpsc::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = database.open_postgres().await;
        let mut commit = pin!(store.commit(batch));
        let asked = "SELECT 'asked' FROM pg_stat_activity \
             WHERE datname = current_database() AND query LIKE '%commit_sends%' \
             AND state = 'active' AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()";
        while database.ask(asked).await.is_none() {
            assert_eq!(
                futures_util::poll!(commit.as_mut()).map(|_| ()),
                Poll::Pending
            );
        }
        let _ = thaw.recv();
        // Its time may be up, or there may be enough of it left to ask again.
        drop(commit.await);
        store.close().await;
    });
}

#[tokio::test]
async fn an_address_that_is_none_is_a_fault() {
    let in_memory = SqliteStore::connect("sqlite::memory:").await;
    assert!(matches!(in_memory, Err(BackendError::Fault { .. })));
    let size = PoolSize::default();
    let nonsense = PostgresStore::connect("postgres://[", size).await;
    assert!(matches!(nonsense, Err(BackendError::Fault { .. })));
    let nobody_there = PostgresStore::connect("postgres://nobody@127.0.0.1:1/none", size).await;
    unavailable(nobody_there.map(drop));
}

/// Claims a store that another process has just left: the server takes a moment to notice.
async fn claim_once_it_is_free(store: &PostgresStore, sharing: Sharing) -> postgres::Claim {
    loop {
        match store.claim(sharing).await {
            Err(ClaimError::InUse) => {}
            other => return other.unwrap(),
        }
    }
}

fn unavailable<T: std::fmt::Debug>(answer: Result<T, BackendError>) {
    assert!(
        matches!(answer, Err(BackendError::Unavailable { .. })),
        "{answer:?}"
    );
}
