//! All names that an event of the socket may have: those of the contract, and those that Socket.IO keeps to itself.

use crate::domain::error::Problem;

/// What clients send.
pub const FROM_CLIENTS: [&str; 11] = [
    "join:room",
    "leave:room",
    "message:send",
    "message:edit",
    "message:delete",
    "message:clap",
    "message:react",
    "message:read",
    "typing:start",
    "typing:stop",
    "presence:update",
];

/// What the server sends.
pub const FROM_THE_SERVER: [&str; 22] = [
    "room:history",
    "message:new",
    "message:updated",
    "message:deleted",
    "message:clapped",
    "message:reacted",
    "message:moderated",
    "room:updated",
    "room:deleted",
    "room:removed",
    "room:read",
    "room:occupancy",
    "user:joined",
    "user:left",
    "typing:user",
    "typing:stop",
    "presence:changed",
    "notification",
    "notifications:read",
    "job:update",
    "resync",
    "error",
];

/// What the libraries of Socket.IO tell their own users of; no event on the wire may be called so.
pub const OF_SOCKET_IO: [&str; 7] = [
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
    "error",
];

/// The most characters of the name of an event of a backend's own.
pub const CUSTOM_MAX: usize = 64;

/// Checks the name of an event of a backend's own: 1 to [`CUSTOM_MAX`] characters without control characters, and none of the names
/// in this file.
pub fn check_custom(name: &str) -> Result<(), Problem> {
    if !(1..=CUSTOM_MAX).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(Problem::invalid(
            "`event` is 1 to 64 characters without control characters.",
        ));
    }
    let taken = [&FROM_CLIENTS[..], &FROM_THE_SERVER, &OF_SOCKET_IO]
        .into_iter()
        .flatten()
        .any(|taken| *taken == name);
    if taken {
        return Err(Problem::invalid(
            "`event` is a name of Belfry's or of Socket.IO's; choose another.",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{asyncapi, client_event::ClientEvent};

    #[test]
    fn every_event_that_is_described_is_here() {
        let document = asyncapi::document();
        let messages = document["channels"]["socket"]["messages"]
            .as_object()
            .unwrap();
        for operation in document["operations"].as_object().unwrap().values() {
            if operation["channel"]["$ref"] != "#/channels/socket" {
                continue;
            }
            let reference = operation["messages"][0]["$ref"].as_str().unwrap();
            let message = &messages[reference.rsplit('/').next().unwrap()];
            let name = message["name"].as_str().unwrap();
            let list = match operation["action"].as_str() {
                Some("receive") => &FROM_CLIENTS[..],
                _ => &FROM_THE_SERVER,
            };
            assert!(list.contains(&name), "{name}");
        }
    }

    #[test]
    fn every_event_of_a_client_is_understood() {
        for name in FROM_CLIENTS {
            let problem = ClientEvent::parse(name, None).unwrap_err();
            assert!(!problem.message.starts_with("There is no event"), "{name}");
        }
    }

    #[test]
    fn a_backend_names_its_own_events_as_it_likes_but_for_those() {
        for name in ["ticket:closed", "a", "é\u{1F980}", "Connect", "say \"hi\""] {
            assert_eq!(check_custom(name), Ok(()), "{name}");
        }
        assert_eq!(check_custom(&"x".repeat(CUSTOM_MAX)), Ok(()));
        let too_long = "x".repeat(CUSTOM_MAX + 1);
        for name in ["", too_long.as_str(), "a\nb"]
            .into_iter()
            .chain(FROM_CLIENTS)
            .chain(FROM_THE_SERVER)
            .chain(OF_SOCKET_IO)
        {
            assert!(check_custom(name).is_err(), "{name}");
        }
    }
}
