//! A job that kills every worker that takes it: dead after its attempts, and nobody dies with it.

use belfry::domain::job::{NewJob, State};

use super::scene::{Scene, brief_job, new_job, stories};

stories!(
    poison_is_dead_after_its_attempts,
    the_innocent_are_not_counted_dead_with_it,
    a_suspect_that_blocks_its_thread_blocks_nobody_else,
);

async fn poison_is_dead_after_its_attempts(scene: Scene) {
    let poison = NewJob {
        max_attempts: 3,
        ..new_job("poison", "hang")
    };
    let poison = scene.asks_for(poison).await;
    for death in 1..=3 {
        let worker = scene.worker();
        scene.play.begins("poison", death).await;
        worker.dies().await;
    }
    let worker = scene.worker();
    let dead = scene.becomes(poison, State::Dead).await;
    let failures: Vec<_> = dead
        .failures
        .iter()
        .map(|failure| (failure.attempt, failure.error.as_str()))
        .collect();
    let gone = "Its worker was gone before it was done.";
    assert_eq!(failures, [(1, gone), (2, gone), (3, gone)]);
    assert_eq!(scene.play.begun().len(), 3, "it is not begun any more");
    scene.told(poison, "dead").await;
    worker.ends().await;
}

async fn the_innocent_are_not_counted_dead_with_it(scene: Scene) {
    let poison = scene.asks("poison", "hang").await;
    let mut innocent = Vec::new();
    for _ in 0..3 {
        innocent.push(scene.asks("innocent", "wait").await);
    }
    for death in 1..=5 {
        let worker = scene.worker();
        scene.hands_out_what_waits().await;
        scene.play.begins("poison", death).await;
        if death == 1 {
            scene.play.begins("innocent", 3).await;
        }
        if death == 2 {
            // By now they have died twice beside it, and from here on would be done if they were let be.
            scene.play.begins("innocent", 6).await;
            scene.play.opens("innocent");
        }
        worker.dies().await;
    }
    let worker = scene.worker();
    scene.hands_out_what_waits().await;
    for job in innocent {
        let done = scene.becomes(job, State::Completed).await;
        assert!(done.attempts <= 4, "{done:?}");
    }
    let dead = scene.becomes(poison, State::Dead).await;
    assert_eq!(dead.attempts, 5);
    worker.ends().await;
}

async fn a_suspect_that_blocks_its_thread_blocks_nobody_else(scene: Scene) {
    let _open = scene.play.opens_in_the_end("one");
    let suspects = [brief_job("one", "block", 2), brief_job("two", "hang", 2)];
    for job in &suspects {
        scene.asks_for(job.clone()).await;
    }
    let worker = scene.worker();
    scene.play.begins("one", 1).await;
    scene.play.begins("two", 1).await;
    worker.dies().await;
    // The next start of each is its last, and so it is done alone.
    let worker = scene.worker();
    let other = scene.asks("other", "succeed").await;
    scene.becomes(other, State::Completed).await;
    for job in suspects {
        let dead = scene.becomes(job.id, State::Dead).await;
        let errors: Vec<_> = dead.failures.iter().map(|it| it.error.as_str()).collect();
        assert_eq!(
            errors,
            [
                "Its worker was gone before it was done.",
                "It took longer than 2 s."
            ]
        );
    }
    let another = scene.asks("another", "succeed").await;
    scene.becomes(another, State::Completed).await;
    scene.play.opens("one");
    scene.play.leaves("one", 2).await;
    worker.ends().await;
}
