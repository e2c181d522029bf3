//! Names resolved once, and only to addresses that may be asked: what is connected to is what was looked at.

use std::{io, net::IpAddr, net::SocketAddr, sync::Arc};

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use super::addresses::{Bounds, Reach};

/// Look-ups at once, abandoned ones included: each has a thread until the system gives it up.
const LOOK_UPS_MAX: usize = 32;

/// Who knows the addresses of names.
#[async_trait]
pub trait Names: Send + Sync {
    /// The addresses of a name.
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The system's resolver.
pub(super) struct SystemNames {
    turns: Arc<Semaphore>,
}

impl Default for SystemNames {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(LOOK_UPS_MAX)),
        }
    }
}

#[async_trait]
impl Names for SystemNames {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let turn = self.turns.clone().acquire_owned().await;
        let turn = turn.map_err(io::Error::other)?;
        let name = name.to_owned();
        // Its thread cannot be stopped; so the turn is held by the look-up and not by whoever waits for it.
        let look_up = tokio::spawn(async move {
            let _turn = turn;
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        });
        look_up.await.map_err(io::Error::other)?
    }
}

/// A name leads only to addresses that may not be asked.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to no address that may be asked")]
pub(super) struct Forbidden;

/// The resolver of a client whose requests may go so far.
pub(super) struct CheckedNames {
    pub(super) names: Arc<dyn Names>,
    pub(super) bounds: Arc<Bounds>,
    pub(super) reach: Reach,
}

impl Resolve for CheckedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let (names, bounds, reach) = (self.names.clone(), self.bounds.clone(), self.reach);
        Box::pin(async move {
            let mut found = names.addresses(name.as_str()).await?;
            let any = !found.is_empty();
            found.retain(|address| bounds.lets(*address, reach));
            if any && found.is_empty() {
                return Err(Forbidden.into());
            }
            let found = found.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(found) as Addrs)
        })
    }
}
