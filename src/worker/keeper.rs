//! Keeps what is this worker's: renews leases, has progress noted, and hears of wishes to cancel and of jobs that are lost.
//!
//! A lease is counted from before it was asked for, so that it never seems to last longer here than it does in the store. Where it
//! cannot be renewed, its job is dropped and handed back before another worker may have it: it is not the job's fault, and costs it no
//! attempt if the store hears of it before somebody looks for what is left behind.

use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture};
use tokio::time::{Instant, MissedTickBehavior};

use super::{
    attempt::{GiveUp, give_up},
    floor::Floor,
    underway::Held,
};
use crate::ports::{
    BackendError,
    store::{Keep, Kept},
};

struct Asked {
    about: Vec<(Arc<Held>, Keep)>,
    since: Instant,
    answer: Result<Vec<Kept>, BackendError>,
}

/// Keeps them. Never ends.
pub(super) async fn run(floor: Arc<Floor>) {
    let mut ticks = tokio::time::interval(floor.worker.pace.keep);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut asking: Option<BoxFuture<'static, Asked>> = None;
    loop {
        let answered = async {
            match &mut asking {
                Some(asking) => asking.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = ticks.tick() => {
                drop_what_is_over(&floor);
                if asking.is_none() {
                    asking = ask(&floor);
                }
            }
            answered = answered => {
                asking = None;
                hear(&floor, answered);
            }
        }
    }
}

fn drop_what_is_over(floor: &Floor) {
    let pace = &floor.worker.pace;
    let now = Instant::now();
    for held in floor.underway.all() {
        if held.lease_until() < now + pace.margin && held.let_go() {
            tracing::warn!(job = %held.running.id(), "the store does not renew the lease of a job: it is left to others");
        }
        // Without room there would be no waiting for it: the next look is soon enough.
        if held.ends_at() + pace.grace < now
            && let Ok(room) = floor.ends.try_reserve()
        {
            give_up(floor, &held, GiveUp::End, room);
        }
    }
}

fn ask(floor: &Floor) -> Option<BoxFuture<'static, Asked>> {
    let about: Vec<_> = floor
        .underway
        .all()
        .into_iter()
        .map(|held| {
            let keep = held.keep();
            (held, keep)
        })
        .collect();
    if about.is_empty() {
        return None;
    }
    let (store, lease) = (floor.worker.store.clone(), floor.worker.pace.lease);
    let asked = async move {
        let since = Instant::now();
        let keeps: Vec<Keep> = about.iter().map(|(_, keep)| *keep).collect();
        let answer = store.keep_jobs(&keeps, lease).await;
        Asked {
            about,
            since,
            answer,
        }
    };
    Some(asked.boxed())
}

fn hear(floor: &Floor, asked: Asked) {
    let pace = &floor.worker.pace;
    let kept = match asked.answer {
        Ok(kept) => kept,
        // The next tick asks again.
        Err(error) => return error.log("leases could not be renewed"),
    };
    for (held, keep) in asked.about {
        let Some(kept) = kept.iter().find(|kept| kept.run == keep.run) else {
            // What has ended meanwhile is not lost: `lose` knows.
            if !held.is_over() {
                tracing::warn!(job = %keep.run.job, "another worker has a job of this one's: it is dropped here");
            }
            floor.underway.lose(&held);
            continue;
        };
        held.kept(asked.since + pace.lease, keep.progress);
        if kept.cancel_asked {
            held.cancel(pace.grace);
        }
    }
}
