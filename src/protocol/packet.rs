//! Socket.IO packets as they are on the wire: encoded once, cloned for each receiver without a copy.

use bytes::Bytes;
use serde::Serialize;

use super::frame::framed;
use crate::domain::error::Problem;

/// The type of an Engine.IO message, which stands before each packet.
const MESSAGE: u8 = b'4';

/// An encoded packet, as a whole frame. Cloning it copies a pointer.
#[derive(Debug, Clone)]
pub struct Packet {
    frame: Bytes,
    text_at: usize,
}

/// Packets that go to many receivers together, as one piece of bytes.
#[derive(Debug)]
pub struct Burst {
    packets: Vec<Packet>,
    frames: Bytes,
    len: usize,
}

impl Burst {
    /// Copies what is more than one packet, once for all receivers.
    pub fn new(packets: Vec<Packet>) -> Self {
        let frames = match &packets[..] {
            [packet] => packet.frame.clone(),
            _ => {
                let frames: Vec<&[u8]> = packets.iter().map(|it| &it.frame[..]).collect();
                frames.concat().into()
            }
        };
        let len = packets.iter().map(Packet::len).sum();
        Self {
            packets,
            frames,
            len,
        }
    }

    /// Bytes on the wire, without the transport's framing.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// One by one, in order.
    pub fn packets(&self) -> &[Packet] {
        &self.packets
    }

    /// All of them, as frames.
    pub fn frames(&self) -> &Bytes {
        &self.frames
    }
}

impl Packet {
    /// An event with one argument.
    pub fn event(name: &str, payload: &impl Serialize) -> Self {
        Self::around(&format!("2[\"{name}\","), payload, "]")
    }

    /// The answer to the event that carried the acknowledgement id `id`.
    pub fn answer(id: i64, payload: &impl Serialize) -> Self {
        Self::around(&format!("3{id}["), payload, "]")
    }

    /// The answer `{ "ok": false, "error": … }`.
    pub fn failure(id: i64, problem: &Problem) -> Self {
        #[derive(Serialize)]
        struct Failure<'a> {
            ok: bool,
            error: &'a Problem,
        }
        Self::answer(
            id,
            &Failure {
                ok: false,
                error: problem,
            },
        )
    }

    /// The namespace is open.
    pub fn connected(sid: &str) -> Self {
        Self::around("0", &serde_json::json!({ "sid": sid }), "")
    }

    /// The namespace is closed for good: the stock client does not come back by itself.
    pub fn disconnect() -> Self {
        Self::of(b"1")
    }

    /// The namespace stays shut; `namespace` is empty for the main one.
    pub fn connect_error(namespace: &str, message: &str) -> Self {
        let prefix = if namespace.is_empty() {
            "4".to_owned()
        } else {
            format!("4{namespace},")
        };
        Self::around(&prefix, &serde_json::json!({ "message": message }), "")
    }

    /// The text, without the Engine.IO type in front.
    pub fn text(&self) -> &str {
        // Made of JSON and ASCII alone.
        std::str::from_utf8(&self.frame[self.text_at..]).unwrap_or_default()
    }

    /// Bytes on the wire, without the transport's framing: the type and the text.
    pub fn len(&self) -> usize {
        self.frame.len() + 1 - self.text_at
    }

    /// Never: the packet's type is always there.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The packet as a frame, with the Engine.IO type.
    pub fn frame(&self) -> &Bytes {
        &self.frame
    }

    fn of(text: &[u8]) -> Self {
        let (frame, text_at) = framed(MESSAGE, text);
        Self { frame, text_at }
    }

    fn around(before: &str, payload: &impl Serialize, after: &str) -> Self {
        let mut text = Vec::with_capacity(before.len() + 256);
        text.extend_from_slice(before.as_bytes());
        if let Err(error) = serde_json::to_writer(&mut text, payload) {
            // Only a map with keys that are no strings could do this, and none of our types holds one.
            tracing::error!(%error, "a packet could not be encoded");
            text.truncate(before.len());
            text.extend_from_slice(b"null");
        }
        text.extend_from_slice(after.as_bytes());
        Self::of(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_read_as_the_protocol_says() {
        assert_eq!(Packet::event("a:b", &7).text(), r#"2["a:b",7]"#);
        assert_eq!(Packet::answer(12, &"x").text(), r#"312["x"]"#);
        assert_eq!(Packet::connected("abc").text(), r#"0{"sid":"abc"}"#);
        assert_eq!(
            Packet::connect_error("/x", "no").text(),
            r#"4/x,{"message":"no"}"#
        );
        let failure = Packet::failure(1, &Problem::no_room());
        assert_eq!(
            failure.text(),
            r#"31[{"ok":false,"error":{"code":"not_found","message":"There is no such room."}}]"#
        );
    }
}
