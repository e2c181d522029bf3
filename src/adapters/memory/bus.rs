//! News inside one process. A network with one bus attached carries nothing, which is right: there are no others to tell.

use std::{
    collections::HashSet,
    sync::{Arc, Weak},
};

use async_trait::async_trait;
use parking_lot::Mutex;

use crate::{
    domain::trace::Mark,
    ports::bus::{Bus, Ear, Mouth, News, Topic, ear},
};

/// What the buses of one system share.
#[derive(Default)]
pub struct MemoryNetwork {
    listeners: Mutex<Vec<Weak<Mutex<Listener>>>>,
}

/// The bus port in memory.
pub struct MemoryBus {
    network: Arc<MemoryNetwork>,
    listener: Arc<Mutex<Listener>>,
}

struct Listener {
    topics: HashSet<Topic>,
    mouth: Mouth,
}

impl MemoryBus {
    /// Attaches one more replica to a network. In its ear up to `bound` news can wait.
    pub fn attach(network: &Arc<MemoryNetwork>, bound: usize) -> (Self, Ear) {
        let (mouth, ear) = ear(bound);
        let listener = Arc::new(Mutex::new(Listener {
            topics: HashSet::new(),
            mouth,
        }));
        let mut listeners = network.listeners.lock();
        listeners.retain(|it| it.strong_count() > 0);
        listeners.push(Arc::downgrade(&listener));
        drop(listeners);
        let bus = Self {
            network: network.clone(),
            listener,
        };
        (bus, ear)
    }
}

#[async_trait]
impl Bus for MemoryBus {
    fn publish(&self, topic: &Topic, news: &News) {
        self.publish_marked(topic, news, &[]);
    }

    fn publish_marked(&self, topic: &Topic, news: &News, marks: &[Mark]) {
        for listener in self.network.listeners.lock().iter() {
            let Some(listener) = listener.upgrade() else {
                continue;
            };
            if Arc::ptr_eq(&listener, &self.listener) {
                continue;
            }
            let mut listener = listener.lock();
            if listener.topics.contains(topic) {
                if !marks.is_empty() {
                    listener.mouth.mark(marks.to_vec());
                }
                listener.mouth.say(news.clone());
            }
        }
    }

    async fn subscribe(&self, topic: Topic) {
        self.listener.lock().topics.insert(topic);
    }

    async fn unsubscribe(&self, topic: &Topic) {
        self.listener.lock().topics.remove(topic);
    }

    fn is_up(&self) -> bool {
        true
    }
}
