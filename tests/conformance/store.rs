//! What every adapter of the store port must do.
//!
//! A story is told once and happens on each backend, on a database of its own. Whatever a story needs beyond its point is said by
//! [`Scene`].

mod accounts;
mod acts;
pub(crate) mod asking;
mod claps;
mod commit;
mod concurrency;
mod direct;
mod enrichment;
mod history;
mod jobs;
mod joining;
pub(crate) mod lanes;
mod lifecycle;
mod member_model;
mod members;
mod model;
mod moderation;
mod moderation_log;
mod notifications;
mod operators;
mod owners;
mod permissions;
mod previews;
mod reactions;
mod reading;
mod room_changes;
mod rooms;
pub(crate) mod scene;
mod sessions;

use proptest::test_runner::TestError;

/// Makes a test of each story on each backend.
macro_rules! stories {
    ($($story:ident),+ $(,)?) => {
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $story() {
                $crate::conformance::store::scene::tell($crate::support::databases::Backend::Postgres, super::$story).await;
            })+
        }
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $story() {
                $crate::conformance::store::scene::tell($crate::support::databases::Backend::Sqlite, super::$story).await;
            })+
        }
    };
}
use stories;

/// Fails where a property did not hold, with its counterexample; and without one where the store was away, of which a machine that
/// stands still is the cause.
fn hold<T: std::fmt::Debug>(ended: Result<(), TestError<T>>) {
    match ended {
        Ok(()) => {}
        Err(TestError::Fail(why, _)) if why.message().contains("Unavailable {") => panic!("{why}"),
        Err(error) => panic!("{error}"),
    }
}
