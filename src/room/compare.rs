//! Certainty: what the bus may lose without a sign, the comparison with the store finds.
//!
//! Every second, and at once when the bus has had a gap, one statement asks where all live rooms stand. A change is so found
//! within a second of its commit and told within the two of the delivery rules. The shared presence list is compared likewise, more rarely.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Notify, time::MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::{hubs::Hubs, roster::LARGE};
use crate::ports::{presence::Presence, store::Store};

/// The wire contract allows 2 s from the commit to the last delivery; asking each second leaves one for answering.
const EVERY: Duration = Duration::from_secs(1);
/// How many comparisons pass between two looks at the presence list.
const PRESENCE_EVERY: u32 = 8;
/// Rooms in one statement.
const ROOMS_AT_ONCE: usize = 5_000;
/// Rooms in one look at the presence list.
const PEOPLE_AT_ONCE: usize = 200;

/// Compares until `stop`; `now` asks for a comparison out of turn.
pub async fn run(
    hubs: Arc<Hubs>,
    store: Arc<dyn Store>,
    presence: Arc<dyn Presence>,
    now: Arc<Notify>,
    stop: CancellationToken,
) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut turn = 0_u32;
    let mut failing = false;
    loop {
        let asked = tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => false,
            () = now.notified() => true,
        };
        turn = turn.wrapping_add(1);
        let rooms = hubs.live_rooms();
        for rooms in rooms.chunks(ROOMS_AT_ONCE) {
            match store.revisions(rooms).await {
                Ok(standpoints) => {
                    failing = false;
                    standpoints
                        .iter()
                        .for_each(|stands| hubs.stands_at(&stands.room, stands.rev));
                }
                Err(error) => {
                    if !std::mem::replace(&mut failing, true) {
                        tracing::warn!(%error, "live rooms cannot be compared with the store");
                    }
                }
            }
        }
        if asked || turn.is_multiple_of(PRESENCE_EVERY) {
            for rooms in rooms.chunks(PEOPLE_AT_ONCE) {
                let Ok(live) = presence.live(rooms, LARGE).await else {
                    break;
                };
                rooms
                    .iter()
                    .zip(live)
                    .for_each(|(room, live)| hubs.live(room, live));
            }
        }
    }
}
