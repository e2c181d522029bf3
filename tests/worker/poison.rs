//! A job that kills every worker that takes it: dead after its attempts, and nobody dies with it.

use belfry::domain::job::{NewJob, State};

use super::scene::{Scene, new_job, stories};

stories!(
    poison_is_dead_after_its_attempts,
    the_innocent_are_not_counted_dead_with_it,
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
        scene.play.begins("poison", death).await;
        if death == 2 {
            // By now they have died twice beside it, and from here on would be done if they were let be.
            scene.play.begins("innocent", 6).await;
            scene.play.opens("innocent");
        }
        worker.dies().await;
    }
    let worker = scene.worker();
    for job in innocent {
        let done = scene.becomes(job, State::Completed).await;
        assert!(done.attempts <= 4, "{done:?}");
    }
    let dead = scene.becomes(poison, State::Dead).await;
    assert_eq!(dead.attempts, 5);
    worker.ends().await;
}
