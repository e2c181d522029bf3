//! The files that jobs make.

use belfry::domain::{id::JobId, job::Run};

use super::{super::scene::Scene, GONE, LONG, chore, completed, export, failed};

super::super::stories!(
    a_file_is_read_part_by_part,
    a_part_that_is_added_again_is_the_same_part,
    a_lost_run_keeps_nothing,
    the_file_is_the_last_runs,
    a_run_without_a_file_has_none,
    a_job_without_an_owner_leaves_no_file,
);

async fn a_file_is_read_part_by_part(scene: Scene) {
    let job = scene.add(export()).await;
    let run = scene.start(job, LONG).await;
    let parts: Vec<Vec<u8>> = vec![vec![7; 256 * 1024], (0..=255).collect(), vec![]];
    for (n, bytes) in (0..).zip(&parts) {
        assert!(add(&scene, run, n, bytes).await);
        // Nobody reads half a file.
        assert_eq!(part(&scene, job, 0).await, None);
    }
    scene.end(run, completed("{}")).await.unwrap();

    for (n, bytes) in (0..).zip(parts) {
        assert!(part(&scene, job, n).await == Some(bytes), "part {n}");
    }
    assert_eq!(part(&scene, job, 3).await, None);
    assert_eq!(part(&scene, job, -1).await, None);
    assert_eq!(part(&scene, JobId::fresh(), 0).await, None);
    assert!(!add(&scene, run, 3, b"late").await);
}

async fn a_part_that_is_added_again_is_the_same_part(scene: Scene) {
    let job = scene.add(export()).await;
    let run = scene.start(job, LONG).await;
    for _ in 0..2 {
        assert!(add(&scene, run, 0, b"all").await);
    }
    scene.end(run, completed("{}")).await.unwrap();
    assert_eq!(part(&scene, job, 0).await.unwrap(), b"all");
    assert_eq!(part(&scene, job, 1).await, None);
}

async fn a_lost_run_keeps_nothing(scene: Scene) {
    let job = scene.add(export()).await;
    let lost = scene.start(job, GONE).await;
    assert!(add(&scene, lost, 0, b"first, 0").await);
    let held = scene.start(job, LONG).await;
    assert!(add(&scene, held, 0, b"second, 0").await);

    assert!(!add(&scene, lost, 0, b"first again, 0").await);
    assert!(!add(&scene, lost, 1, b"first, 1").await);

    scene.end(held, completed("{}")).await.unwrap();
    assert_eq!(part(&scene, job, 0).await.unwrap(), b"second, 0");
    assert_eq!(part(&scene, job, 1).await, None);
}

async fn the_file_is_the_last_runs(scene: Scene) {
    let job = scene.add(export()).await;
    let first = scene.start(job, LONG).await;
    for n in 0..3 {
        add(&scene, first, n, b"first").await;
    }
    scene
        .end(first, failed("no luck", Some(GONE)))
        .await
        .unwrap();
    let second = scene.start(job, LONG).await;
    assert!(add(&scene, second, 0, b"second").await);
    assert_eq!(parts(&scene).await, 1);

    scene.end(second, completed("{}")).await.unwrap();

    assert_eq!(part(&scene, job, 0).await.unwrap(), b"second");
    assert_eq!(part(&scene, job, 1).await, None);
}

async fn a_run_without_a_file_has_none(scene: Scene) {
    let job = scene.add(export()).await;
    let first = scene.start(job, LONG).await;
    add(&scene, first, 0, b"first").await;
    scene
        .end(first, failed("no luck", Some(GONE)))
        .await
        .unwrap();
    let second = scene.start(job, LONG).await;
    scene.end(second, completed("{}")).await.unwrap();
    assert_eq!(part(&scene, job, 0).await, None);
}

async fn a_job_without_an_owner_leaves_no_file(scene: Scene) {
    let jobs = scene.add_many(2, chore).await;
    for job in &jobs {
        let run = scene.start(*job, LONG).await;
        assert!(add(&scene, run, 0, b"for nobody").await);
        match *job == jobs[0] {
            true => drop(scene.end(run, completed("{}")).await.unwrap()),
            false => scene.store.finish_jobs(&[*job]).await.unwrap(),
        }
    }
    assert_eq!(parts(&scene).await, 0);
}

async fn add(scene: &Scene, run: Run, n: i32, bytes: &[u8]) -> bool {
    scene.store.add_result_part(run, n, bytes).await.unwrap()
}

async fn part(scene: &Scene, job: JobId, n: i32) -> Option<Vec<u8>> {
    scene.store.result_part(job, n).await.unwrap()
}

/// How many parts there are, whosever.
pub(super) async fn parts(scene: &Scene) -> i64 {
    scene.database.count("job_results").await
}
