//! An export that is done twice, as after the death of its worker, leaves one file.

use std::time::Duration;

use belfry::{
    domain::{
        id::JobId,
        job::{NewJob, Priority},
    },
    jobs::{Handler, Running, room_export::RoomExport},
    ports::store::{End, Ending, Started},
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{
    conformance::store::scene::{Scene, tell, text, user},
    support::databases::Backend,
};

#[tokio::test]
async fn done_twice_it_leaves_one_file_on_postgres() {
    tell(Backend::Postgres, done_twice_it_leaves_one_file).await;
}

#[tokio::test]
async fn done_twice_it_leaves_one_file_on_sqlite() {
    tell(Backend::Sqlite, done_twice_it_leaves_one_file).await;
}

async fn done_twice_it_leaves_one_file(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    for content in ["one", "two", "three"] {
        scene.send(text("ada", "hall", content)).await;
    }
    let payload = json!({ "roomId": "hall", "format": "json" }).to_string();
    let job = NewJob {
        id: JobId::fresh(),
        kind: RoomExport::TYPE.into(),
        payload: payload.clone(),
        owner: Some(user("ada")),
        priority: Priority::Normal,
        max_attempts: 3,
        run_at: None,
        expires_at: None,
    };
    scene
        .store
        .add_jobs(std::slice::from_ref(&job))
        .await
        .unwrap();

    // Its worker writes all of the file, and dies before it can say so.
    let first = starts(&scene, job.id).await;
    exports(&scene, first.clone(), &payload).await;
    scene.send(text("ada", "hall", "four")).await;
    let second = starts(&scene, job.id).await;
    let result = exports(&scene, second.clone(), &payload).await;
    let ended = [first, second].map(|started| End {
        run: started.run,
        how: Ending::Completed {
            result: Some(result.to_string()),
        },
    });
    assert_eq!(scene.store.end_jobs(&ended).await.unwrap().len(), 1);

    let part = scene.store.result_part(job.id, 0).await.unwrap().unwrap();
    let file: Value = serde_json::from_slice(&part).unwrap();
    assert_eq!(file["messages"].as_array().unwrap().len(), 4);
    assert_eq!(result["file"]["bytes"], json!(part.len()));
    assert_eq!(scene.store.result_part(job.id, 1).await.unwrap(), None);
}

/// Starts it on a lease that has passed already.
async fn starts(scene: &Scene, job: JobId) -> Started {
    let starts = scene.store.start_jobs(&[job], Duration::ZERO).await;
    starts.unwrap().started.remove(0)
}

async fn exports(scene: &Scene, started: Started, payload: &str) -> Value {
    let running = Running::new(started, scene.store.clone(), CancellationToken::new());
    let payload = serde_json::from_str(payload).unwrap();
    RoomExport.run(payload, &running).await.unwrap()
}
