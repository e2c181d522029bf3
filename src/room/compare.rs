//! Certainty: what the bus may lose without a sign, the comparison with the store finds.
//!
//! Every second, and at once when the bus has had a gap, one statement asks where all live rooms stand. A change, the end of a room,
//! and that somebody may have lost the right to be there, are so found within a second of their commit and told within the two of
//! the delivery rules. The shared presence list is compared likewise, more rarely.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::Notify, time::MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::{hubs::Hubs, roster::LARGE};
use crate::ports::{presence::Presence, store::Store};

/// The wire contract allows 2 s from the commit to the last delivery; asking each second leaves one for answering.
const EVERY: Duration = Duration::from_secs(1);
/// The time between two looks at the presence list.
const PEOPLE_EVERY: Duration = Duration::from_secs(8);
/// The same while the list is young.
const PEOPLE_WHILE_YOUNG: Duration = Duration::from_secs(2);
/// Rooms in one statement.
const ROOMS_AT_ONCE: usize = 5_000;
/// Rooms in one look at the presence list.
const PEOPLE_AT_ONCE: usize = 200;

/// The least time between two comparisons, also when more are asked for.
const APART: Duration = Duration::from_millis(200);

/// Compares revisions until `stop`; `now` asks for a comparison out of turn.
pub async fn revisions(
    hubs: Arc<Hubs>,
    store: Arc<dyn Store>,
    now: Arc<Notify>,
    stop: CancellationToken,
) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
            () = now.notified() => {}
        }
        for rooms in hubs.live_rooms().chunks(ROOMS_AT_ONCE) {
            match store.revisions(rooms).await {
                Ok(standpoints) => {
                    standpoints
                        .into_iter()
                        .for_each(|stands| hubs.stands_at(stands));
                }
                Err(error) => {
                    error.log("live rooms cannot be compared with the store");
                    break;
                }
            }
        }
        tokio::time::sleep(APART).await;
    }
}

/// Compares who is live with the shared list until `stop`. Apart from the revisions, which must not wait for it. While the list is
/// young, absence from it means nothing; so it is looked at more often then, to see early who has not come back.
pub async fn people(hubs: Arc<Hubs>, presence: Arc<dyn Presence>, stop: CancellationToken) {
    let mut wait = PEOPLE_EVERY;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait.mul_f64(rand::random_range(0.75..=1.0))) => {}
        }
        wait = PEOPLE_EVERY;
        for rooms in hubs.live_rooms().chunks(PEOPLE_AT_ONCE) {
            let asked_at = Instant::now();
            let Ok(live) = presence.live(rooms, LARGE).await else {
                break;
            };
            if live.iter().any(|live| !live.settled) {
                wait = PEOPLE_WHILE_YOUNG;
            }
            rooms
                .iter()
                .zip(live)
                .for_each(|(room, live)| hubs.live(room, live, asked_at));
        }
    }
}
