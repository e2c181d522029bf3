//! From the bus to the live rooms and the people of this replica.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use super::hubs::Hubs;
use crate::{
    domain::trace::Mark,
    ports::bus::{Bus, Ear, Heard, News, Topic},
    telemetry::trace::Tracer,
};

/// The least time between two tellings that personal events may have been missed: each makes every client ask for all it has.
const RESYNC_APART: Duration = Duration::from_secs(5);

/// Brings what is heard to whom it concerns until `stop`. A gap asks for a comparison with the store, and tells every socket here
/// that personal events may have been missed: at once, or 5 s after the last time.
pub async fn run(
    bus: Arc<dyn Bus>,
    mut ear: Ear,
    hubs: Arc<Hubs>,
    compare: Arc<Notify>,
    tracer: Tracer,
    stop: CancellationToken,
) {
    // Rooms are listened to while they are live; news of people concerns any of them.
    bus.subscribe(Topic::People).await;
    let mut resynced: Option<Instant> = None;
    let mut resync_at: Option<Instant> = None;
    let mut marks: Vec<Mark> = Vec::new();
    loop {
        let due = resync_at.unwrap_or_else(Instant::now);
        let heard = tokio::select! {
            () = stop.cancelled() => return,
            heard = ear.recv() => heard,
            () = tokio::time::sleep_until(due), if resync_at.is_some() => {
                resync_at = None;
                resynced = Some(Instant::now());
                hubs.resync();
                continue;
            }
        };
        match heard {
            Some(Heard::News(News::Changes(changes))) => {
                if let Some(room) = changes.first().map(|change| change.room().clone()) {
                    let marks = std::mem::take(&mut marks);
                    if !marks.is_empty() {
                        let places = marks.iter();
                        let places = places.map(|mark| (mark.rev, tracer.resumed(mark.context)));
                        hubs.recorded(&room, places.collect());
                    }
                    hubs.changes(&room, changes);
                }
            }
            Some(Heard::Marks(of_the_next)) => marks = of_the_next,
            Some(Heard::News(News::Signals(signals))) => {
                signals.into_iter().for_each(|signal| hubs.signal(signal))
            }
            Some(Heard::Gap) => {
                marks.clear();
                compare.notify_one();
                resync_at.get_or_insert_with(|| {
                    let now = Instant::now();
                    resynced.map_or(now, |last| now.max(last + RESYNC_APART))
                });
            }
            None => return,
        }
    }
}
