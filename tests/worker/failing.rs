//! Attempts that fail, each in its way: the others go on, and the job says why.

use belfry::domain::job::{NewJob, State};

use super::scene::{Scene, brief_job, new_job, stories};

stories!(
    a_job_that_fails_is_tried_again_later_and_later_and_then_dead,
    a_job_may_succeed_after_all,
    a_job_without_hope_is_dead_at_once,
    a_panic_is_a_failed_attempt_and_the_others_go_on,
    a_job_that_never_ends_is_ended,
    a_job_that_blocks_its_thread_is_ended_as_well,
    nobody_knows_the_type,
    a_payload_that_does_not_fit_is_hopeless,
    a_result_that_is_too_long_is_not_kept,
    a_job_cannot_cancel_itself,
);

async fn a_job_that_fails_is_tried_again_later_and_later_and_then_dead(scene: Scene) {
    let worker = scene.worker();
    let job = scene.asks("it", "fail").await;
    let dead = scene.becomes(job, State::Dead).await;
    let failures: Vec<_> = dead
        .failures
        .iter()
        .map(|failure| (failure.attempt, failure.error.as_str()))
        .collect();
    assert_eq!(
        failures,
        [
            (1, "attempt 1 failed"),
            (2, "attempt 2 failed"),
            (3, "attempt 3 failed"),
            (4, "attempt 4 failed"),
            (5, "attempt 5 failed"),
        ]
    );
    let at: Vec<i64> = dead.failures.iter().map(|it| it.at.as_millis()).collect();
    for (pair, least) in at.windows(2).zip([20, 40, 80, 100]) {
        // A millisecond less: moments are kept in whole ones.
        assert!(pair[1] - pair[0] >= least - 1, "{least} ms apart: {at:?}");
    }
    assert_eq!((dead.attempts, dead.result), (5, None));

    let told = scene.told(job, "dead").await;
    let states: Vec<_> = told.iter().map(|told| told["state"].as_str()).collect();
    let mut expected = [Some("active"), Some("delayed")].repeat(4);
    expected.extend([Some("active"), Some("dead")]);
    assert_eq!(states, expected);
    assert!(told[1]["runAt"].is_string(), "{}", told[1]);
    assert_eq!(told[9]["error"], "attempt 5 failed");
    worker.ends().await;
}

async fn a_job_may_succeed_after_all(scene: Scene) {
    let worker = scene.worker();
    let job = scene.asks("it", "fail twice").await;
    let done = scene.becomes(job, State::Completed).await;
    assert_eq!((done.attempts, done.failures.len()), (3, 2));
    assert_eq!((done.progress, done.result), (100, None));
    worker.ends().await;
}

async fn a_job_without_hope_is_dead_at_once(scene: Scene) {
    let worker = scene.worker();
    let job = scene.asks("it", "despair").await;
    let dead = scene.becomes(job, State::Dead).await;
    assert_eq!((dead.attempts, dead.error()), (1, Some("there is no way")));
    worker.ends().await;
}

async fn a_panic_is_a_failed_attempt_and_the_others_go_on(scene: Scene) {
    let worker = scene.worker_with(1, super::scene::HURRIED);
    let one = NewJob {
        max_attempts: 2,
        ..new_job("one", "panic")
    };
    let panics = scene.asks_for(one).await;
    let other = scene.asks("other", "succeed").await;
    let dead = scene.becomes(panics, State::Dead).await;
    assert_eq!(dead.attempts, 2);
    assert_eq!(dead.error(), Some("It broke off by a fault of its own."));
    scene.becomes(other, State::Completed).await;
    worker.ends().await;
}

async fn a_job_that_never_ends_is_ended(scene: Scene) {
    let worker = scene.worker_with(1, super::scene::HURRIED);
    let hangs = scene.asks_for(brief_job("it", "hang", 2)).await;
    let dead = scene.becomes(hangs, State::Dead).await;
    assert_eq!(dead.error(), Some("It took longer than 2 s."));
    scene.play.leaves("it", 2).await;
    let other = scene.asks("other", "succeed").await;
    scene.becomes(other, State::Completed).await;
    worker.ends().await;
}

async fn a_job_that_blocks_its_thread_is_ended_as_well(scene: Scene) {
    let worker = scene.worker();
    let _open = scene.play.opens_in_the_end("it");
    let blocks = scene.asks_for(brief_job("it", "block", 1)).await;
    let dead = scene.becomes(blocks, State::Dead).await;
    assert_eq!(dead.error(), Some("It took longer than 2 s."));
    let other = scene.asks("other", "succeed").await;
    scene.becomes(other, State::Completed).await;
    scene.play.opens("it");
    scene.play.leaves("it", 1).await;
    worker.ends().await;
    let still = scene.job(blocks).await;
    assert_eq!(still, dead, "what it came to afterwards counts no more");
}

async fn nobody_knows_the_type(scene: Scene) {
    let worker = scene.worker();
    let removed = NewJob {
        kind: "no.such".into(),
        max_attempts: 1,
        ..new_job("it", "succeed")
    };
    let removed = scene.asks_for(removed).await;
    let dead = scene.becomes(removed, State::Dead).await;
    assert_eq!(dead.error(), Some("No worker knows this type."));
    worker.ends().await;
}

async fn a_payload_that_does_not_fit_is_hopeless(scene: Scene) {
    let worker = scene.worker();
    let odd = NewJob {
        payload: r#"{"name":"it","act":["succeed"]}"#.into(),
        ..new_job("it", "succeed")
    };
    let odd = scene.asks_for(odd).await;
    let dead = scene.becomes(odd, State::Dead).await;
    let error = dead.error().unwrap_or_default();
    assert!(
        error.starts_with("Its payload does not fit: invalid type: sequence"),
        "{error}"
    );
    assert_eq!(dead.attempts, 1);
    worker.ends().await;
}

async fn a_result_that_is_too_long_is_not_kept(scene: Scene) {
    let worker = scene.worker();
    let job = scene.asks("it", "babble").await;
    let dead = scene.becomes(job, State::Dead).await;
    let error = dead.error().unwrap_or_default();
    assert!(
        error.starts_with("Its result is longer than 64 KiB"),
        "{error}"
    );
    worker.ends().await;
}

async fn a_job_cannot_cancel_itself(scene: Scene) {
    let worker = scene.worker();
    let job = NewJob {
        max_attempts: 2,
        ..new_job("it", "pretend")
    };
    let job = scene.asks_for(job).await;
    let dead = scene.becomes(job, State::Dead).await;
    assert_eq!(dead.error(), Some("It ended as if cancelled, and was not."));
    worker.ends().await;
}
