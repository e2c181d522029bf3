//! From the bus to the live rooms of this replica.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::hubs::Hubs;
use crate::ports::bus::{Bus, Ear, Heard, News, Topic};

/// Brings what is heard to the rooms until `stop`; a gap asks for a comparison with the store.
pub async fn run(
    bus: Arc<dyn Bus>,
    mut ear: Ear,
    hubs: Arc<Hubs>,
    compare: Arc<Notify>,
    stop: CancellationToken,
) {
    // Rooms are listened to while they are live; news of people concerns any of them.
    bus.subscribe(Topic::People).await;
    loop {
        let heard = tokio::select! {
            () = stop.cancelled() => return,
            heard = ear.recv() => heard,
        };
        match heard {
            Some(Heard::News(News::Changes(changes))) => {
                if let Some(room) = changes.first().map(|change| change.room().clone()) {
                    hubs.changes(&room, changes);
                }
            }
            Some(Heard::News(News::Signals(signals))) => {
                signals.into_iter().for_each(|signal| hubs.signal(signal))
            }
            Some(Heard::Gap) => compare.notify_one(),
            None => return,
        }
    }
}
