//! What every adapter of the rate limits port must do.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use belfry::{
    adapters::memory::MemoryLimits,
    ports::limits::{Key, Quota, RateLimits, Verdict},
};
use futures_util::future::join_all;
use tokio::time::{Instant, sleep};

use crate::support::redis::Corner;

/// One set of budgets as two replicas see it; in memory they are the same.
struct Budgets {
    here: Arc<dyn RateLimits>,
    there: Arc<dyn RateLimits>,
}

macro_rules! stories {
    ($($story:ident),* $(,)?) => {
        mod in_memory {
            $(#[tokio::test]
            async fn $story() {
                super::$story(super::memory()).await;
            })*
        }
        mod on_redis {
            $(#[tokio::test]
            async fn $story() {
                let Some(corner) = super::Corner::open() else { return };
                let ((here, _), (there, _)) = (corner.patient_replica().await, corner.patient_replica().await);
                super::$story(super::Budgets { here: here.limits.clone(), there: there.limits.clone() }).await;
            })*
        }
    };
}

stories![
    a_whole_budget_lets_the_burst_pass_and_then_nothing,
    who_is_refused_is_told_when_to_come_again,
    a_refusal_costs_nothing,
    what_was_used_grows_again_up_to_the_burst,
    replicas_share_one_budget,
    of_many_at_once_through_all_replicas_exactly_the_burst_passes,
    what_is_given_back_can_be_taken_again_and_no_more,
    what_is_owed_counts_before_what_is_asked_next,
    keys_do_not_disturb_each_other,
    a_smaller_quota_holds_nobody_back_for_longer_than_itself,
    names_of_all_kinds_are_names,
];

fn memory() -> Budgets {
    let limits = Arc::new(MemoryLimits::new(10_000));
    Budgets {
        here: limits.clone(),
        there: limits,
    }
}

/// A quota whose permits do not grow while a test runs.
const SLOW: Quota = every(Duration::from_secs(600), 5);

const fn every(interval: Duration, burst: u32) -> Quota {
    match NonZeroU32::new(burst) {
        Some(burst) => Quota::one_every(interval, burst),
        None => panic!("a burst is at least one"),
    }
}

fn sends(who: &str) -> Key {
    Key::new("send", who)
}

/// How many of so many tries pass, one after the other.
async fn passes(limits: &Arc<dyn RateLimits>, key: &Key, quota: Quota, tries: usize) -> usize {
    let mut passed = 0;
    for _ in 0..tries {
        let verdict = limits.take(key, quota).await.unwrap();
        passed += usize::from(verdict == Verdict::Allowed);
    }
    passed
}

async fn wait(limits: &Arc<dyn RateLimits>, key: &Key, quota: Quota) -> Duration {
    let verdict = limits.take(key, quota).await.unwrap();
    verdict.refused().expect("a refusal")
}

async fn a_whole_budget_lets_the_burst_pass_and_then_nothing(budgets: Budgets) {
    let ada = sends("ada");
    for turn in 1..=8 {
        let verdict = budgets.here.take(&ada, SLOW).await.unwrap();
        assert_eq!(
            verdict == Verdict::Allowed,
            turn <= 5,
            "{turn}: {verdict:?}"
        );
    }
}

async fn who_is_refused_is_told_when_to_come_again(budgets: Budgets) {
    let ada = sends("ada");
    let started = Instant::now();
    assert_eq!(passes(&budgets.here, &ada, SLOW, 5).await, 5);
    let first = wait(&budgets.here, &ada, SLOW).await;
    let spent = started.elapsed();
    assert!(first <= SLOW.interval(), "{first:?}");
    assert!(
        first + spent >= SLOW.interval(),
        "{first:?} after {spent:?}"
    );
    assert!(wait(&budgets.there, &ada, SLOW).await <= first);
}

async fn a_refusal_costs_nothing(budgets: Budgets) {
    let ada = sends("ada");
    let quota = every(Duration::from_millis(300), 1);
    // Whoever asks all the time gets a permit as soon as there is one.
    let asked = Instant::now();
    assert_eq!(passes(&budgets.here, &ada, quota, 1).await, 1);
    let mut refusals = 0;
    while let Some(wait) = budgets.here.take(&ada, quota).await.unwrap().refused() {
        assert!(wait <= quota.interval());
        refusals += 1;
        assert!(asked.elapsed() < Duration::from_secs(20), "{refusals}");
        sleep(Duration::from_millis(5)).await;
    }
    assert!(refusals > 0 || asked.elapsed() >= quota.interval());
}

async fn what_was_used_grows_again_up_to_the_burst(budgets: Budgets) {
    let ada = sends("ada");
    let quota = every(Duration::from_secs(3), 3);
    assert_eq!(passes(&budgets.here, &ada, quota, 3).await, 3);
    sleep(wait(&budgets.here, &ada, quota).await).await;
    assert_eq!(passes(&budgets.here, &ada, quota, 1).await, 1);
    // Rested for longer than it takes, it is whole and not more.
    let rested = every(Duration::from_millis(1), 3);
    let eve = sends("eve");
    assert_eq!(passes(&budgets.here, &eve, rested, 1).await, 1);
    sleep(Duration::from_millis(50)).await;
    let slow_now = every(Duration::from_secs(600), 3);
    assert_eq!(passes(&budgets.here, &eve, slow_now, 9).await, 3);
}

async fn replicas_share_one_budget(budgets: Budgets) {
    let ada = sends("ada");
    assert_eq!(passes(&budgets.here, &ada, SLOW, 3).await, 3);
    assert_eq!(passes(&budgets.there, &ada, SLOW, 9).await, 2);
    assert_eq!(passes(&budgets.here, &ada, SLOW, 3).await, 0);
}

async fn of_many_at_once_through_all_replicas_exactly_the_burst_passes(budgets: Budgets) {
    let quota = every(Duration::from_secs(600), 40);
    let tasks = (0..600).map(|turn| {
        let limits = if turn % 2 == 0 {
            &budgets.here
        } else {
            &budgets.there
        }
        .clone();
        let key = sends(if turn % 3 == 0 { "ada" } else { "eve" });
        tokio::spawn(async move {
            let verdict = limits.take(&key, quota).await.unwrap();
            (verdict == Verdict::Allowed).then_some(key)
        })
    });
    let passed = join_all(tasks).await;
    for who in [sends("ada"), sends("eve")] {
        let count = passed
            .iter()
            .filter(|it| it.as_ref().unwrap().as_ref() == Some(&who))
            .count();
        assert_eq!(count, 40, "{}", who.subject());
    }
}

async fn what_is_given_back_can_be_taken_again_and_no_more(budgets: Budgets) {
    let ada = sends("ada");
    assert_eq!(passes(&budgets.here, &ada, SLOW, 9).await, 5);
    budgets.there.give_back(&ada, SLOW).await.unwrap();
    budgets.here.give_back(&ada, SLOW).await.unwrap();
    assert_eq!(passes(&budgets.here, &ada, SLOW, 9).await, 2);
    // More than a whole budget there never is.
    let eve = sends("eve");
    assert_eq!(passes(&budgets.here, &eve, SLOW, 1).await, 1);
    for _ in 0..9 {
        budgets.here.give_back(&eve, SLOW).await.unwrap();
    }
    assert_eq!(passes(&budgets.here, &eve, SLOW, 9).await, 5);
}

async fn what_is_owed_counts_before_what_is_asked_next(budgets: Budgets) {
    let ada = sends("ada");
    let three = SLOW.interval() * 3;
    budgets.here.owe(&ada, SLOW, three).await.unwrap();
    assert_eq!(passes(&budgets.there, &ada, SLOW, 9).await, 2);
    // Emptier than empty a budget never is.
    budgets.here.owe(&ada, SLOW, three).await.unwrap();
    assert!(wait(&budgets.there, &ada, SLOW).await <= SLOW.interval());
}

async fn keys_do_not_disturb_each_other(budgets: Budgets) {
    let keys = [
        sends("ada"),
        sends("eve"),
        Key::new("login:account", "ada"),
        Key::new("login", "account:eve"),
    ];
    for key in &keys {
        assert_eq!(
            passes(&budgets.here, key, SLOW, 9).await,
            5,
            "{}",
            key.subject()
        );
    }
    budgets.here.give_back(&keys[0], SLOW).await.unwrap();
    assert_eq!(passes(&budgets.here, &keys[1], SLOW, 1).await, 0);
    assert_eq!(passes(&budgets.here, &keys[0], SLOW, 1).await, 1);
}

async fn a_smaller_quota_holds_nobody_back_for_longer_than_itself(budgets: Budgets) {
    let ada = sends("ada");
    assert_eq!(passes(&budgets.here, &ada, SLOW, 9).await, 5);
    let quick = every(Duration::from_millis(100), 2);
    let wait = wait(&budgets.here, &ada, quick).await;
    assert!(wait <= quick.interval(), "{wait:?}");
}

async fn names_of_all_kinds_are_names(budgets: Budgets) {
    let long = "🔔".repeat(128);
    for who in ["", " ", "a:b", "{tag}", "line\nbreak", "nul\0", "*", &long] {
        assert_eq!(
            passes(&budgets.here, &sends(who), SLOW, 6).await,
            5,
            "{who:?}"
        );
    }
}

#[test]
fn a_key_keeps_its_subject_to_itself() {
    let shown = format!("{:?}", Key::new("login:account", "ada@example.org"));
    assert_eq!(shown, "Key(login:account:…)");
}

#[tokio::test]
async fn in_memory_a_flood_of_keys_frees_nobody_who_is_held_back_for_long() {
    let limits: Arc<dyn RateLimits> = Arc::new(MemoryLimits::new(1_000));
    let ada = sends("ada");
    assert_eq!(passes(&limits, &ada, SLOW, 9).await, 5);
    for guest in 0..20_000 {
        let verdict = limits.take(&sends(&guest.to_string()), SLOW).await.unwrap();
        assert_eq!(verdict, Verdict::Allowed);
    }
    assert_eq!(passes(&limits, &ada, SLOW, 9).await, 0);
}

#[tokio::test]
async fn on_redis_what_is_whole_again_leaves_nothing_behind() {
    let Some(corner) = Corner::open() else { return };
    let (here, _ear) = corner.patient_replica().await;
    let limits: Arc<dyn RateLimits> = here.limits.clone();
    let quota = every(Duration::from_millis(20), 5);
    passes(&limits, &sends("ada"), quota, 9).await;
    let mut plain = corner.plain();
    crate::support::eventually("the key has gone", async || {
        let left: bool = redis::cmd("EXISTS")
            .arg(corner.key("limit:send:ada"))
            .query(&mut plain)
            .unwrap();
        !left
    })
    .await;
}
