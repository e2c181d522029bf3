//! The socket's part of the page: the handshake, and every event with its payload, its answer and an example of each.

use maud::{Markup, html};
use serde_json::Value;

use super::schema_view::{Schemas, list, prose, sample};

/// The AsyncAPI document, to be read.
#[derive(Clone, Copy)]
pub(super) struct Socket<'a>(pub &'a Value);

/// An event for the index: where it is on the page, and what it is called.
pub(super) struct Entry<'a> {
    pub anchor: String,
    pub name: &'a str,
}

impl<'a> Socket<'a> {
    fn message(self, reference: &Value) -> &'a Value {
        let at = reference["$ref"].as_str().unwrap_or_default();
        self.0
            .pointer(at.trim_start_matches('#'))
            .unwrap_or(&Value::Null)
    }

    /// The operations of one direction on the main channel, by their names.
    fn operations(self, action: &'static str) -> impl Iterator<Item = (&'a String, &'a Value)> {
        let all = self.0["operations"].as_object().into_iter().flatten();
        all.filter(move |(_, operation)| {
            operation["action"] == action && operation["channel"]["$ref"] == "#/channels/socket"
        })
    }

    /// What the index lists of one direction.
    pub(super) fn entries(self, action: &'static str) -> Vec<Entry<'a>> {
        let entry = |(key, operation): (&String, &Value)| Entry {
            anchor: format!("event-{key}"),
            name: self.message(&operation["messages"][0])["name"]
                .as_str()
                .unwrap_or_default(),
        };
        self.operations(action).map(entry).collect()
    }

    pub(super) fn view(self) -> Markup {
        let connect = &self.0["operations"]["handshake-connect"];
        html! {
            section #handshake {
                h2 { "Socket.IO: the handshake" }
                p { (prose(self.0["channels"]["handshake"]["description"].as_str().unwrap_or_default())) }
                @for message in list(&connect["messages"]).chain(list(&connect["reply"]["messages"])) {
                    @let message = self.message(message);
                    article.operation {
                        h3 { code { (message["name"].as_str().unwrap_or_default()) } }
                        p { (prose(message["summary"].as_str().unwrap_or_default())) }
                        (self.payload(message))
                    }
                }
            }
            section #from-clients {
                h2 { "Socket.IO: what a client sends" }
                @for (key, operation) in self.operations("receive") { (self.event(key, operation)) }
            }
            section #from-the-server {
                h2 { "Socket.IO: what the server sends" }
                @for (key, operation) in self.operations("send") { (self.event(key, operation)) }
            }
        }
    }

    fn event(self, key: &str, operation: &Value) -> Markup {
        let anchor = format!("event-{key}");
        let message = self.message(&operation["messages"][0]);
        let answer = self.message(&operation["reply"]["messages"][0]);
        html! {
            article.operation #(anchor) {
                h3 { a href={ "#" (anchor) } { code { (message["name"].as_str().unwrap_or_default()) } } }
                p { (prose(operation["summary"].as_str().unwrap_or_default())) }
                h4 { "Argument" }
                (self.payload(message))
                @for short in list(&operation["messages"]).skip(1) {
                    @let short = self.message(short);
                    p { "Or " (prose(&short["summary"].as_str().unwrap_or_default().to_lowercase())) " " code { (short["examples"][0]["payload"].to_string()) } }
                }
                @if !answer.is_null() {
                    h4 { "Acknowledgement" }
                    (self.payload(answer))
                    p.codes {
                        "Or a failure: "
                        @for code in list(&operation["x-codes"]).filter_map(Value::as_str) {
                            a href={ "#error-" (code) } { code { (code) } } " "
                        }
                    }
                }
            }
        }
    }

    fn payload(self, message: &Value) -> Markup {
        let schemas = Schemas(&self.0["components"]["schemas"]);
        html! {
            div.sides {
                div { (schemas.view(&message["payload"])) }
                @let example = &message["examples"][0]["payload"];
                @if !example.is_null() { div { (sample(example)) } }
            }
        }
    }
}
