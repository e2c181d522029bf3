//! Socket.IO packets as text, ready for the transport: encoded once, cloned for each receiver without a copy.

use engineioxide_core::Str;
use serde::Serialize;

use crate::domain::error::Problem;

/// An encoded packet. Cloning it copies a pointer.
#[derive(Debug, Clone)]
pub struct Packet(Str);

impl Packet {
    /// An event with one argument.
    pub fn event(name: &str, payload: &impl Serialize) -> Self {
        Self::framed(&format!("2[\"{name}\","), payload, "]")
    }

    /// The answer to the event that carried the acknowledgement id `id`.
    pub fn answer(id: i64, payload: &impl Serialize) -> Self {
        Self::framed(&format!("3{id}["), payload, "]")
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
        Self::framed("0", &serde_json::json!({ "sid": sid }), "")
    }

    /// The namespace is closed for good: the stock client does not come back by itself.
    pub fn disconnect() -> Self {
        Self(Str::from("1"))
    }

    /// The namespace stays shut; `namespace` is empty for the main one.
    pub fn connect_error(namespace: &str, message: &str) -> Self {
        let prefix = if namespace.is_empty() {
            "4".to_owned()
        } else {
            format!("4{namespace},")
        };
        Self::framed(&prefix, &serde_json::json!({ "message": message }), "")
    }

    /// The text, without the Engine.IO type in front.
    pub fn text(&self) -> &Str {
        &self.0
    }

    /// Bytes on the wire, without the transport's framing.
    pub fn len(&self) -> usize {
        self.0.as_bytes().len()
    }

    /// Never: the packet's type is always there.
    pub fn is_empty(&self) -> bool {
        self.0.as_bytes().is_empty()
    }

    fn framed(before: &str, payload: &impl Serialize, after: &str) -> Self {
        let mut text = Vec::with_capacity(before.len() + 256);
        text.extend_from_slice(before.as_bytes());
        if let Err(error) = serde_json::to_writer(&mut text, payload) {
            // Only a map with keys that are no strings could do this, and none of our types holds one.
            tracing::error!(%error, "a packet could not be encoded");
            text.truncate(before.len());
            text.extend_from_slice(b"null");
        }
        text.extend_from_slice(after.as_bytes());
        Self(Str::from(String::from_utf8(text).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_read_as_the_protocol_says() {
        assert_eq!(Packet::event("a:b", &7).text().as_str(), r#"2["a:b",7]"#);
        assert_eq!(Packet::answer(12, &"x").text().as_str(), r#"312["x"]"#);
        assert_eq!(
            Packet::connected("abc").text().as_str(),
            r#"0{"sid":"abc"}"#
        );
        assert_eq!(
            Packet::connect_error("/x", "no").text().as_str(),
            r#"4/x,{"message":"no"}"#
        );
        let failure = Packet::failure(1, &Problem::no_room());
        assert_eq!(
            failure.text().as_str(),
            r#"31[{"ok":false,"error":{"code":"not_found","message":"There is no such room."}}]"#
        );
    }
}
