//! How much of one kind (connections, sessions, requests) each address has here at a time, and the bound on that.

use std::{net::IpAddr, num::NonZeroU32, sync::Arc};

use dashmap::{DashMap, Entry};

use super::notice::Notice;
use crate::{domain::subscriber::Subscriber, metrics::Metrics};

/// Everybody who is here, by address. What is counted has a [`Seat`] for as long as it is here.
pub struct Crowd {
    what: &'static str,
    remedy: &'static str,
    most: Option<NonZeroU32>,
    taken: DashMap<Subscriber, u32>,
    notice: Notice,
    metrics: Arc<Metrics>,
}

/// A seat that is taken until this and all clones of it are dropped. As small as a pointer.
#[derive(Clone, Default)]
pub struct Seat {
    _taken: Option<Arc<Taken>>,
}

struct Taken {
    crowd: Arc<Crowd>,
    by: Subscriber,
}

/// The address has as many as it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

impl Crowd {
    /// Nobody yet; `most` for one address, without a bound where there is none. `what` is in the log: "connections".
    pub fn new(what: &'static str, most: Option<NonZeroU32>, metrics: Arc<Metrics>) -> Arc<Self> {
        let remedy = "raise CONNECTIONS_PER_ADDRESS if that is a network of many people, or name it in TRUSTED_PROXIES if it is your proxy";
        Self::bounded(what, remedy, most, metrics)
    }

    /// As [`new`](Self::new), where the bound is no setting.
    pub fn fixed(what: &'static str, most: NonZeroU32, metrics: Arc<Metrics>) -> Arc<Self> {
        let remedy = "what is it that leaves so many open?";
        Self::bounded(what, remedy, Some(most), metrics)
    }

    fn bounded(
        what: &'static str,
        remedy: &'static str,
        most: Option<NonZeroU32>,
        metrics: Arc<Metrics>,
    ) -> Arc<Self> {
        Arc::new(Self {
            what,
            remedy,
            most,
            taken: DashMap::new(),
            notice: Notice::default(),
            metrics,
        })
    }

    /// Takes a seat for somebody at this address. A refusal is counted, and logged once a minute.
    pub fn enter(self: &Arc<Self>, from: IpAddr) -> Result<Seat, Full> {
        let Some(most) = self.most else {
            return Ok(Seat::default());
        };
        let by = Subscriber::of(from);
        {
            let mut taken = self.taken.entry(by).or_insert(0);
            if *taken < most.get() {
                *taken += 1;
                drop(taken);
                let crowd = self.clone();
                return Ok(Seat {
                    _taken: Some(Arc::new(Taken { crowd, by })),
                });
            }
        }
        self.metrics.refused("connections");
        if let Some(times) = self.notice.is_due() {
            tracing::warn!(
                "{by} has {most} {} here, and is refused more ({times} times since this was last said): {}",
                self.what,
                self.remedy
            );
        }
        Err(Full)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let Entry::Occupied(mut seats) = self.crowd.taken.entry(self.by) {
            *seats.get_mut() = seats.get().saturating_sub(1);
            if *seats.get() == 0 {
                seats.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_seats_and_others_have_theirs() {
        let crowd = Crowd::new("connections", NonZeroU32::new(2), Arc::default());
        let enter = |from: &str| crowd.enter(from.parse().unwrap());
        let (one, _two) = (enter("192.0.2.1").ok(), enter("::ffff:192.0.2.1").ok());
        assert!(one.is_some() && enter("192.0.2.1").is_err());
        let _other = enter("192.0.2.2").ok();
        drop(one);
        let again = enter("192.0.2.1").ok();
        assert!(again.is_some() && enter("192.0.2.1").is_err());
        drop((again, _two, _other));
        assert!(crowd.taken.is_empty());
    }

    #[test]
    fn without_a_bound_nothing_is_counted() {
        let crowd = Crowd::new("connections", None, Arc::default());
        let _seats: Vec<Seat> = (0..10)
            .filter_map(|_| crowd.enter([192, 0, 2, 1].into()).ok())
            .collect();
        assert!(crowd.taken.is_empty() && _seats.len() == 10);
    }
}
