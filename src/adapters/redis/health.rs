//! What is known about how Redis is. The subscriber's task writes it; everybody else reads it.

use tokio::sync::watch;

/// A state, and how often Redis was lost before it: a connection made before the last loss is not to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Health {
    pub(super) state: State,
    pub(super) losses: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Not known yet.
    Starting,
    /// It answers.
    Up,
    /// It does not answer.
    Down,
}

/// The writing end.
pub(super) struct Watcher(watch::Sender<Health>);

pub(super) fn health() -> (Watcher, watch::Receiver<Health>) {
    let (sender, receiver) = watch::channel(Health {
        state: State::Starting,
        losses: 0,
    });
    (Watcher(sender), receiver)
}

impl Watcher {
    pub(super) fn up(&self) {
        self.0.send_modify(|health| health.state = State::Up);
    }

    /// True when it was not down before.
    pub(super) fn down(&self) -> bool {
        self.0.send_if_modified(|health| {
            let news = health.state != State::Down;
            if news {
                health.state = State::Down;
                health.losses += 1;
            }
            news
        })
    }
}
