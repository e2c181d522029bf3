//! Sending everybody away: spread over a time, each when what they have sent is answered, and nobody is waited for without a limit.

use std::time::Duration;

use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{engine::DisconnectReason, gateway::Gateway, link::Cut};

/// How long connections may take to end once they have been closed. A client that is dead never ends its own.
const ENDING: Duration = Duration::from_secs(2);
/// How often it is looked whether all have ended.
const LOOK: Duration = Duration::from_millis(10);

impl Gateway {
    /// Takes no new sessions and sends everybody away, spread evenly over `time`. Ends when all connections have taken what was
    /// queued for them and are gone; at the latest 6 s after `time`.
    pub async fn drain(&self, time: Duration) {
        self.close_doors();
        let inboxes = self.inboxes();
        // Who has not said who they are waits for nothing.
        for socket in self.transports() {
            if socket.data.inbox().is_none() {
                socket.close(DisconnectReason::TransportClose);
            }
        }
        let started = Instant::now();
        let step = time.as_secs_f64() / inboxes.len().max(1) as f64;
        let mut leaving = JoinSet::new();
        for (turn, inbox) in inboxes.into_iter().enumerate() {
            sleep_until(started + Duration::from_secs_f64(step * turn as f64)).await;
            leaving.spawn(async move { inbox.send_away(Cut::Drain).await });
        }
        while leaving.join_next().await.is_some() {}
        let ended = async {
            while !self.is_empty() {
                sleep(LOOK).await;
            }
        };
        if timeout(ENDING, ended).await.is_err() {
            self.cut_connections();
        }
    }
}
