//! The AsyncAPI 3 description of the socket, made from the types that the code sends and reads.

mod document;

use serde_json::Value;

use self::document::{Parts, parts_schema};
use super::{client_event as client, rest::JobView, server_event as server};
use crate::{
    domain::{
        error::Code::{self, Conflict, Forbidden, NotFound, PayloadTooLarge},
        id::RoomId,
        message::Message,
        notification::Notification,
        presence::Status,
        room::Room,
    },
    ports::store::Moderated,
};

/// What may stand against something that is done to a message.
const OF_A_MESSAGE: &[Code] = &[Forbidden, NotFound, Conflict];

/// The whole document.
pub fn document() -> Value {
    let mut parts = Parts::new();
    parts.client::<client::JoinRoom>(
        "join:room",
        "Become live in a room, and a member of it. Answered after its room:history.",
        parts_schema::<server::Joined<'static>>(),
        &[Forbidden, NotFound],
    );
    parts.short::<RoomId>("join:room", "Just the room's id.", "attic");
    parts.client::<client::InRoom>(
        "leave:room",
        "End the live events of a room; membership stays.",
        parts_schema::<server::Done>(),
        &[],
    );
    parts.short::<RoomId>("leave:room", "Just the room's id.", "attic");
    parts.client::<client::SendMessage>(
        "message:send",
        "Send a message. Answered after its commit.",
        parts_schema::<server::Sent<'static>>(),
        &[Forbidden, NotFound, PayloadTooLarge],
    );
    parts.client::<client::EditMessage>(
        "message:edit",
        "Give a message of one's own another text. Answered after its commit.",
        parts_schema::<server::Sent<'static>>(),
        &[Forbidden, NotFound, Conflict, PayloadTooLarge],
    );
    parts.client::<client::DeleteMessage>(
        "message:delete",
        "Take a message's text away; its place stays. Answered after its commit.",
        parts_schema::<server::Sent<'static>>(),
        &[Forbidden, NotFound],
    );
    parts.client::<client::ClapMessage>(
        "message:clap",
        "Clap a message, 50 times at most in all. Gathered for 100 ms and answered after the commit.",
        parts_schema::<server::Clapped>(),
        OF_A_MESSAGE,
    );
    parts.client::<client::ReactToMessage>(
        "message:react",
        "Put an emoji under a message, or take it away. Answered after its commit.",
        parts_schema::<server::Reacted<'static>>(),
        OF_A_MESSAGE,
    );
    parts.client::<client::ReadRoom>(
        "message:read",
        "Mark a room as read up to a message; only moves forward.",
        parts_schema::<server::Read>(),
        &[Forbidden, NotFound],
    );
    parts.client::<client::InRoom>(
        "typing:start",
        "Tell the room that one writes; ends by itself after 5 s.",
        parts_schema::<server::Done>(),
        &[Forbidden],
    );
    parts.short::<RoomId>("typing:start", "Just the room's id.", "attic");
    parts.client::<client::InRoom>(
        "typing:stop",
        "Tell the room that one has stopped.",
        parts_schema::<server::Done>(),
        &[],
    );
    parts.short::<RoomId>("typing:stop", "Just the room's id.", "attic");
    parts.client::<client::UpdatePresence>(
        "presence:update",
        "Choose a status; the last choice of any device counts.",
        parts_schema::<server::PresenceUpdated>(),
        &[],
    );
    parts.short::<Status>("presence:update", "Just the status.", "away");

    parts.server::<server::RoomHistory>("room:history", "Carries the socket to a revision of a room: when it joins, and where delivery had to look at the store.");
    parts.server::<Message>(
        "message:new",
        "A message was sent; carries the room's next revision.",
    );
    parts.server::<Message>(
        "message:updated",
        "A message was edited, or a worker found something in it: its current state.",
    );
    parts.server::<server::MessageDeleted<'static>>(
        "message:deleted",
        "A message's text, mentions and previews are gone; its place stays.",
    );
    parts.server::<server::MessageClapped<'static>>(
        "message:clapped",
        "People clapped a message; at most ten times a second for one message on a replica.",
    );
    parts.server::<server::MessageReacted<'static>>(
        "message:reacted",
        "Somebody put an emoji under a message, or took it away.",
    );
    parts.server::<Moderated>(
        "message:moderated",
        "One of the operator's rules has masked or removed a message; for the room's moderators and owners. Best effort.",
    );
    parts.server::<Room>(
        "room:updated",
        "The room's name, topic or visibility is another.",
    );
    parts.server::<server::RoomDeleted<'static>>(
        "room:deleted",
        "The room has ended; nothing more of it follows.",
    );
    parts.server::<server::RoomRemoved<'static>>(
        "room:removed",
        "The user is in the room no more; nothing more of it follows.",
    );
    parts.server::<server::RoomRead<'static>>(
        "room:read",
        "Somebody has read the room up to a message.",
    );
    parts.server::<JobView>(
        "job:update",
        "A job of the user's has moved, or got on: told at most ten times a second a job. Best effort; `updatedAt` says which is newer.",
    );
    parts.server::<Notification>(
        "notification",
        "Something that the user should know of; it is kept, and listed by GET /api/notifications.",
    );
    parts.server::<server::NotificationsRead>(
        "notifications:read",
        "The user has marked notifications as read, on whichever device.",
    );
    parts.server::<server::Resync>(
        "resync",
        "Personal events may have been missed: fetch unread counts, notifications and jobs again.",
    );
    parts.server::<server::UserInRoom<'static>>(
        "user:joined",
        "A user's first socket is live in the room.",
    );
    parts.server::<server::UserInRoom<'static>>(
        "user:left",
        "A user's last socket is no longer live in the room.",
    );
    parts.server::<server::RoomOccupancy<'static>>(
        "room:occupancy",
        "How many are live in a room of more than 200, at most once a second.",
    );
    parts.server::<server::UserInRoom<'static>>("typing:user", "A user writes.");
    parts.server::<server::TypingStopped<'static>>("typing:stop", "A user has stopped writing.");
    parts.server::<server::PresenceChanged<'static>>(
        "presence:changed",
        "The status of somebody who shares a live room changed.",
    );
    parts.server::<server::EventError<'static>>("error", "An event without a callback failed.");
    parts.document()
}

#[cfg(test)]
mod tests {
    use super::{document::identifier, *};
    use crate::protocol::event_names::{FROM_CLIENTS, FROM_THE_SERVER};

    #[test]
    fn every_event_is_described_but_those_that_are_not_sent_yet() {
        let document = document();
        let from_clients = FROM_CLIENTS.map(|name| format!("client {name}"));
        let from_the_server = FROM_THE_SERVER
            .into_iter()
            .map(|name| format!("server {name}"));
        for key in from_clients.into_iter().chain(from_the_server) {
            assert!(
                document["operations"][identifier(&key)].is_object(),
                "{key}"
            );
        }
    }

    #[test]
    fn every_reference_of_the_document_leads_somewhere() {
        let document = document();
        let text = document.to_string();
        for reference in text
            .split("\"$ref\":\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
        {
            assert!(
                document
                    .pointer(reference.trim_start_matches('#'))
                    .is_some(),
                "{reference}"
            );
        }
        assert_eq!(
            document["operations"]["client-message-send"]["action"],
            "receive"
        );
        assert_eq!(
            document["operations"]["server-typing-stop"]["action"],
            "send"
        );
    }
}
