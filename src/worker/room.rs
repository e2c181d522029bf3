//! How many jobs this worker has room for: as many as it has slots, and a few more where slots free up faster than jobs can be fetched.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::sync::Notify;

/// What the slots would begin within this time, going by the last jobs, is fetched ahead.
pub(super) const AHEAD: Duration = Duration::from_millis(20);
/// The most jobs fetched ahead.
const AHEAD_MAX: usize = 512;

/// The room of one worker.
pub(super) struct Room {
    slots: usize,
    in_hand: AtomicUsize,
    low: AtomicUsize,
    /// How long jobs took lately, in nanoseconds.
    usual: AtomicU64,
    is_stalled: AtomicBool,
    freed: Notify,
}

/// A job's place, from the moment when it is fetched; free again when dropped.
pub(super) struct Seat {
    room: Arc<Room>,
    is_low: bool,
}

impl Room {
    pub(super) fn new(slots: usize) -> Arc<Self> {
        Arc::new(Self {
            slots,
            in_hand: AtomicUsize::new(0),
            low: AtomicUsize::new(0),
            usual: AtomicU64::new(u64::MAX),
            is_stalled: AtomicBool::new(false),
            freed: Notify::new(),
        })
    }

    /// Takes a place.
    pub(super) fn seat(self: &Arc<Self>, is_low: bool) -> Seat {
        self.in_hand.fetch_add(1, Relaxed);
        if is_low {
            self.low.fetch_add(1, Relaxed);
        }
        Seat {
            room: self.clone(),
            is_low,
        }
    }

    /// Waits until there is room worth a call of the queue; answers how many jobs fit, and how many of them may be low ones.
    pub(super) async fn free(&self) -> (usize, usize) {
        loop {
            let freed = self.freed.notified();
            let ahead = self.ahead();
            let all = self.slots + ahead;
            let free = all.saturating_sub(self.in_hand.load(Relaxed));
            // Where jobs are quick, waiting for a handful to be done costs next to nothing.
            let enough = if ahead == 0 { 1 } else { (all / 4).max(1) };
            if free >= enough {
                let low = all.div_ceil(2).saturating_sub(self.low.load(Relaxed));
                return (free, low.min(free));
            }
            freed.await;
        }
    }

    fn ahead(&self) -> usize {
        if self.is_stalled.load(Relaxed) {
            return 0;
        }
        let in_time = AHEAD.as_nanos() as u64 / self.usual.load(Relaxed).max(1);
        usize::try_from(in_time).map_or(AHEAD_MAX, |each| {
            self.slots.saturating_mul(each).min(AHEAD_MAX)
        })
    }

    /// A job has taken so long.
    pub(super) fn took(&self, time: Duration) {
        let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let usual = match self.usual.load(Relaxed) {
            u64::MAX => time,
            usual => usual - usual / 8 + time / 8,
        };
        self.usual.store(usual, Relaxed);
    }

    /// Whether a job that was fetched ahead has been waiting for longer than was foreseen: nothing more is fetched ahead then.
    pub(super) fn stalled(&self, is_so: bool) {
        self.is_stalled.store(is_so, Relaxed);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if self.is_low {
            self.room.low.fetch_sub(1, Relaxed);
        }
        self.room.in_hand.fetch_sub(1, Relaxed);
        self.room.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_is_fetched_ahead_of_long_jobs_and_much_ahead_of_short_ones() {
        let room = Room::new(8);
        assert_eq!(room.free().await, (8, 4), "nothing is known yet");
        room.took(Duration::from_secs(10));
        assert_eq!(room.free().await, (8, 4));
        for _ in 0..200 {
            room.took(Duration::from_millis(10));
        }
        assert_eq!(room.free().await, (8 + 8, 8));
        for _ in 0..200 {
            room.took(Duration::from_micros(1));
        }
        assert_eq!(room.free().await, (8 + AHEAD_MAX, 260));
        room.stalled(true);
        assert_eq!(room.free().await, (8, 4));
    }

    #[tokio::test]
    async fn low_jobs_never_have_more_than_half() {
        let room = Room::new(4);
        let one = room.seat(true);
        let _two = room.seat(true);
        assert_eq!(room.free().await, (2, 0));
        let _three = room.seat(false);
        let _four = room.seat(false);
        let (freed, ()) = tokio::join!(room.free(), async { drop(one) });
        assert_eq!(freed, (1, 1));
    }
}
