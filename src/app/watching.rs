//! Looking after figures that nothing in the process would bring up to date by itself, and the listener apart where they are read.

use std::{net::SocketAddr, num::NonZeroU32, sync::Arc, time::Duration};

use tokio::{
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use super::{AbortOnDrop, StartError};
use crate::{
    ending::{FINISHING, step},
    http::{
        aside::{Watched, routes},
        client_address::TrustedProxies,
        router::Entrance,
        serving::{self, Door},
    },
    metrics::Metrics,
    sockets::{crowd::Crowd, listening::listen, transport::CuttableListener},
};

/// How often it is looked.
const LOOKS: Duration = Duration::from_secs(5);
/// The most connections of one address to the listener apart: many times what a collector and health checks need.
/// A constant: what could not be unwrapped would not compile.
const ASIDE_MAX: NonZeroU32 = NonZeroU32::new(256).unwrap();

/// Looks at the store, at Redis and at the descriptors every 5 s until `stop`.
pub(super) async fn look_after(watched: Arc<Watched>, stop: CancellationToken) {
    let mut ticks = interval(LOOKS);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let looking = async {
        loop {
            ticks.tick().await;
            let parts = watched.parts().await;
            let figures = &watched.metrics;
            figures.ready.set(parts.not_ready.is_none().into());
            figures.store_up.set(parts.store.into());
            figures.redis_up.set(parts.redis.into());
            let figures = figures.clone();
            let _ = spawn_blocking(move || figures.count_descriptors()).await;
        }
    };
    stop.run_until_cancelled(looking).await;
    // Whoever asks until the end is to see why nothing comes here.
    watched.metrics.ready.set(0);
}

/// A listener of its own for those who look after the process: alive from the start, and until all else has ended.
pub(super) struct Aside {
    entrance: Entrance,
    stop: CancellationToken,
    serving: AbortOnDrop<()>,
}

impl Aside {
    /// Listens there, if anywhere.
    pub(super) fn open(
        address: Option<SocketAddr>,
        metrics: &Arc<Metrics>,
    ) -> Result<Option<Self>, StartError> {
        let Some(address) = address else {
            return Ok(None);
        };
        let listener = listen(address).map_err(|error| StartError::Aside(address, error))?;
        let (entrance, stop) = (Entrance::default(), CancellationToken::new());
        let listener = CuttableListener::new(listener);
        // Who may reach it is the network's to say, but not that one of them takes all descriptors.
        let crowd = Crowd::fixed("connections to METRICS_ADDR", ASIDE_MAX, metrics.clone());
        let door = Door {
            crowd,
            proxies: TrustedProxies::default(),
            tls: None,
        };
        let serving = serving::serve(listener, door, entrance.router(), stop.clone());
        Ok(Some(Self {
            serving: AbortOnDrop(tokio::spawn(serving)),
            entrance,
            stop,
        }))
    }

    /// From now on it tells of this.
    pub(super) fn shows(&self, watched: Arc<Watched>) {
        self.entrance.open(routes(watched));
    }

    /// The last thing of the process.
    pub(super) async fn close(self) {
        self.stop.cancel();
        step("the figures", FINISHING, self.serving.ended()).await;
    }
}
