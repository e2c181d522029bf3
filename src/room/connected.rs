//! The sockets of this replica by user: for what is somebody's own, in whichever rooms they are.

use std::sync::Arc;

use dashmap::DashMap;
use serde::Serialize;
use serde_json::value::RawValue;

use super::link::Link;
use crate::{
    domain::{
        id::{SocketId, UserId},
        presence::EndedSession,
    },
    protocol::packet::Packet,
};

/// Every socket of this replica that is in.
#[derive(Default)]
pub struct Connected {
    by_user: DashMap<UserId, Vec<Arc<dyn Link>>>,
}

impl Connected {
    /// A socket has come.
    pub fn came(&self, link: Arc<dyn Link>) {
        let user = link.account().id.clone();
        self.by_user.entry(user).or_default().push(link);
    }

    /// A socket has gone.
    pub fn went(&self, user: &UserId, socket: SocketId) {
        if let Some(mut links) = self.by_user.get_mut(user) {
            links.retain(|link| link.id() != socket);
        }
        self.by_user.remove_if(user, |_, links| links.is_empty());
    }

    /// The sockets of a user.
    pub fn of(&self, user: &UserId) -> Vec<Arc<dyn Link>> {
        self.by_user
            .get(user)
            .map(|links| links.clone())
            .unwrap_or_default()
    }

    /// Sends to all sockets of a user.
    pub fn tell(&self, user: &UserId, packet: &Packet) {
        for link in self.of(user) {
            link.send(packet);
        }
    }

    /// Sends to every socket.
    pub fn tell_everybody(&self, packet: &Packet) {
        let links: Vec<_> = self
            .by_user
            .iter()
            .flat_map(|links| links.value().clone())
            .collect();
        for link in links {
            link.send(packet);
        }
    }

    /// Sends those away for good who are here by a session that has ended; after a log-out, all of the user's but those that have logged in since.
    pub fn end(&self, ended: &EndedSession) {
        for link in self.of(&ended.user_id) {
            if ended.ends(link.session()) {
                link.disconnect("its session has ended");
            }
        }
    }
}

/// `resync`: personal events may have been missed.
pub(super) fn resync_packet() -> Packet {
    #[derive(Serialize)]
    struct Nothing {}
    Packet::event("resync", &Nothing {})
}

/// An event of a backend's own; its argument is JSON already. `None` when it is not.
pub(super) fn custom_packet(event: &str, data: String) -> Option<Packet> {
    let data = RawValue::from_string(data)
        .inspect_err(|error| tracing::warn!(%error, event, "an event was no JSON"))
        .ok()?;
    let quoted = serde_json::to_string(event).ok()?;
    let name = quoted.strip_prefix('"')?.strip_suffix('"')?;
    Some(Packet::event(name, &data))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_a_backend_is_framed_whatever_its_name() {
        let packet = custom_packet("a \"b\"", r#"{"n":1}"#.into()).unwrap();
        assert_eq!(packet.text(), r#"2["a \"b\"",{"n":1}]"#);
        assert!(custom_packet("a", "{".into()).is_none());
        assert_eq!(resync_packet().text(), r#"2["resync",{}]"#);
    }
}
