//! What strangers send to Belfry, read by the same functions as in earnest: nothing may panic, hang or answer outside its bounds.
//!
//! Each function here is a fuzz target and panics where something does not hold. `make fuzz` looks for inputs, the corpus keeps those worth
//! keeping, and `cargo test` reads the whole corpus each time.

use belfry::{
    adapters::pages,
    domain::{error::Problem, message::Preview, moderation::Rules, timestamp::Timestamp, username},
    protocol::{client_event::ClientEvent, frame, rest},
    sockets::event::read_event,
};
use bytes::Bytes;
use engineioxide_core::{Packet as TransportPacket, ProtocolVersion, Str};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use socketioxide_core::{
    Value,
    packet::PacketData,
    parser::{Parse, ParserState},
};
use socketioxide_parser_common::CommonParser;

/// The longest sentence that a client is told about its own mistake, in characters.
const SENTENCE_MAX: usize = 400;

/// A body of a POST on polling, or one text of a websocket: packets of Engine.IO, packets of Socket.IO in them, events in those.
pub fn socket(data: &[u8]) {
    let mut frames = Bytes::copy_from_slice(data);
    while frame::next_packet(&mut frames).is_some() {}
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let state = ParserState::default();
    let parser = CommonParser;
    for packet in text.split('\u{1e}') {
        event(packet);
        match TransportPacket::parse(ProtocolVersion::V4, Str::copy_from_slice(packet)) {
            Ok(TransportPacket::Message(text)) => {
                if let Ok(packet) = parser.decode_str(&Default::default(), &state, text) {
                    message(packet.inner);
                }
            }
            Ok(TransportPacket::Binary(data)) => {
                let _ = parser.decode_bin(&Default::default(), &state, data);
            }
            _ => {}
        }
    }
}

fn message(packet: PacketData) {
    if let PacketData::Event(Value::Str(text, binary), _)
    | PacketData::BinaryEvent(Value::Str(text, binary), _) = packet
    {
        let (_, read) = read_event(text.as_str(), binary.is_some());
        judged(read);
    }
}

fn event(text: &str) {
    judged(read_event(text, false).1);
    if let Some((name, argument)) = text.split_once(' ') {
        let argument = serde_json::from_str::<&RawValue>(argument).ok();
        judged(ClientEvent::parse(name, argument));
    }
}

fn judged(read: Result<ClientEvent, Problem>) {
    match read {
        Ok(ClientEvent::Send(send)) => bounded(&send.draft.content, 8_000),
        Ok(ClientEvent::Edit(edit)) => bounded(&edit.content, 8_000),
        Ok(ClientEvent::React(react)) => bounded(&react.emoji, 64),
        Ok(_) => {}
        Err(problem) => bounded(&problem.message, SENTENCE_MAX),
    }
}

fn bounded(text: &str, most: usize) {
    let length = text.chars().count();
    assert!((1..=most).contains(&length), "{length} of {most}: {text:?}");
}

/// A body of REST, read as each kind of body that there is.
pub fn rest(data: &[u8]) {
    body::<rest::GuestRequest>(data);
    body::<rest::Credentials>(data);
    body::<rest::RefreshRequest>(data);
    body::<rest::JobRequest>(data);
    body::<rest::MemberRequest>(data);
    body::<rest::RoleRequest>(data);
    body::<rest::RoomRequest>(data);
    body::<rest::RoomPatch>(data);
    body::<rest::DirectRequest>(data);
    body::<rest::MePatch>(data);
    body::<rest::ReadNotificationsRequest>(data);
    body::<belfry::protocol::client_event::Draft>(data);
    if let Some(Err(problem)) = body::<rest::PublishRequest>(data).map(rest::PublishRequest::check)
    {
        bounded(&problem.message, SENTENCE_MAX);
    }
    match body::<rest::NotifyRequest>(data).map(rest::NotifyRequest::check) {
        Some(Ok((_, title, _))) => bounded(&title, 200),
        Some(Err(problem)) => bounded(&problem.message, SENTENCE_MAX),
        None => {}
    }
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = rest::check_search(Some(text.to_owned()));
        let _ = rest::check_users_cursor(Some(text.to_owned()));
    }
}

fn body<T: DeserializeOwned>(data: &[u8]) -> Option<T> {
    let read = serde_json::from_slice(data);
    if let Err(error) = &read {
        let problem = belfry::protocol::client_event::unreadable("The body", error);
        bounded(&problem.message, SENTENCE_MAX);
    }
    read.ok()
}

/// The bytes of a linked page; the first one chooses what its header said of the encoding.
pub fn page(data: &[u8]) {
    let Some((first, bytes)) = data.split_first() else {
        return;
    };
    let charsets = [
        None,
        Some("utf-8"),
        Some("windows-1252"),
        Some("utf-16"),
        Some("shift_jis"),
        Some("no such"),
    ];
    let charset = charsets[usize::from(*first) % charsets.len()];
    let Some(preview) = Preview::from_page("https://example.org/", pages::read(bytes, charset))
    else {
        return;
    };
    shown(preview.title.as_deref(), Preview::TITLE_MAX);
    shown(preview.description.as_deref(), Preview::DESCRIPTION_MAX);
    shown(preview.site_name.as_deref(), Preview::SITE_MAX);
    // Whether its address may be shown is asked where the page's own is known.
    if let Some(url) = preview.image_url.filter(|url| !url.is_empty()) {
        bounded(&url, Preview::URL_MAX);
    }
}

fn shown(line: Option<&str>, most: usize) {
    if let Some(line) = line {
        bounded(line, most);
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
}

/// One rule of each kind that reads a text.
const RULES: &str = r#"[
  { "name": "digits", "match": "[0-9]{4,}", "action": "mask" },
  { "name": "words", "words": ["bad word", "schlecht", "é"], "action": "mask" }
]"#;

/// A message as moderation reads it, and as a wish for a name.
pub fn text(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(rules) = Rules::parse(RULES) {
        let reading = rules.read(text);
        if let Some(masked) = reading.masked() {
            assert_eq!(
                masked.chars().count(),
                text.chars().count(),
                "a mask covers, and neither adds nor takes"
            );
        }
        let _ = reading.forms();
        let _ = reading.judge(&[], Timestamp::from_millis(0));
    }
    let _ = Rules::parse(text);
    if let Ok(name) = username::username(text) {
        bounded(&name, 32);
        assert_eq!(
            username::username(&name).as_ref(),
            Ok(&name),
            "a name that was given may be wished for"
        );
        wished(&name);
    }
    if let Some(name) = username::username_from(text) {
        wished(&name);
    }
}

/// What is tried in turn for a name that may be had.
fn wished(name: &str) {
    for name in username::username_wishes(name) {
        bounded(&name, 32);
    }
}
