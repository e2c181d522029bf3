//! How the AsyncAPI document is put together: messages, operations, replies, and the handshake before them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

use crate::{
    domain::error::{Code, Problem},
    protocol::{codes, examples, nulls},
};

/// What any event may be refused for.
const OF_EVERY_EVENT: [Code; 4] = [
    Code::InvalidArgument,
    Code::RateLimited,
    Code::Unavailable,
    Code::Internal,
];

/// The document while it grows.
pub(super) struct Parts {
    messages: Map<String, Value>,
    operations: BTreeMap<String, Map<String, Value>>,
    schemas: Map<String, Value>,
    examples: Map<String, Value>,
}

/// A type's schema and those it refers to.
pub(super) struct Described {
    schema: Value,
    others: Vec<(String, Value)>,
}

pub(super) fn parts_schema<T: ToSchema + PartialSchema>() -> Described {
    let mut others = Vec::new();
    T::schemas(&mut others);
    let value = |schema| serde_json::to_value(schema).unwrap_or(Value::Null);
    Described {
        schema: value(T::schema()),
        others: others
            .into_iter()
            .map(|(name, schema)| (name, value(schema)))
            .collect(),
    }
}

impl Parts {
    pub(super) fn new() -> Self {
        Self {
            messages: Map::new(),
            operations: BTreeMap::new(),
            schemas: Map::new(),
            examples: examples::socket(),
        }
    }

    /// An event of a client's, with what it is acknowledged with, and the codes that it may be refused with beside those of every event.
    pub(super) fn client<T: ToSchema + PartialSchema>(
        &mut self,
        name: &str,
        summary: &str,
        mut answer: Described,
        codes: &[Code],
    ) {
        let key = format!("client {name}");
        nulls::take(&mut answer.schema);
        answer.schema["properties"]["ok"] =
            json!({ "type": "boolean", "const": true, "description": "It is done." });
        let example = self
            .examples
            .get(&key)
            .map(|example| example["answer"].clone());
        let title = format!("{name} answer");
        let answer = self.message(&title, &title, "The acknowledgement.", answer, example);
        let failure = json!({ "$ref": "#/channels/socket/messages/failure" });
        let reply =
            json!({ "channel": { "$ref": "#/channels/socket" }, "messages": [answer, failure] });
        let mut codes: Vec<Code> = OF_EVERY_EVENT.iter().chain(codes).copied().collect();
        codes.sort_by_key(|code| codes::EXPLAINED.iter().position(|each| each.code == *code));
        let words: Vec<&str> = codes
            .into_iter()
            .map(|code| codes::explained(code).word)
            .collect();
        let operation = self.operation::<T>(&key, name, summary, "receive", |_| {});
        operation.insert("reply".into(), reply);
        operation.insert("x-codes".into(), json!(words));
    }

    /// Another form of the argument of an event that there is.
    pub(super) fn short<T: ToSchema + PartialSchema>(
        &mut self,
        name: &str,
        summary: &str,
        example: &str,
    ) {
        let key = format!("client {name} in short");
        let message = self.message(
            &key,
            name,
            summary,
            parts_schema::<T>(),
            Some(example.into()),
        );
        let operation = self
            .operations
            .entry(identifier(&format!("client {name}")))
            .or_default();
        if let Some(Value::Array(messages)) = operation.get_mut("messages") {
            messages.push(message);
        }
    }

    /// An event of the server's.
    pub(super) fn server<T: ToSchema + PartialSchema>(&mut self, name: &str, summary: &str) {
        self.operation::<T>(
            &format!("server {name}"),
            name,
            summary,
            "send",
            nulls::take,
        );
    }

    /// `key` says the direction as well: `typing:stop` goes both ways.
    fn operation<T: ToSchema + PartialSchema>(
        &mut self,
        key: &str,
        name: &str,
        summary: &str,
        action: &str,
        adapt: fn(&mut Value),
    ) -> &mut Map<String, Value> {
        let mut payload = parts_schema::<T>();
        adapt(&mut payload.schema);
        let example = self
            .examples
            .get(key)
            .map(|example| example["argument"].clone());
        let message = self.message(key, name, summary, payload, example);
        let operation = self.operations.entry(identifier(key)).or_default();
        operation.insert("action".into(), json!(action));
        operation.insert("summary".into(), json!(summary));
        operation.insert("channel".into(), json!({ "$ref": "#/channels/socket" }));
        operation.insert("messages".into(), json!([message]));
        operation
    }

    fn message(
        &mut self,
        key: &str,
        name: &str,
        summary: &str,
        payload: Described,
        example: Option<Value>,
    ) -> Value {
        self.schemas.extend(payload.others);
        let key = identifier(key);
        let reference = json!({ "$ref": format!("#/channels/socket/messages/{key}") });
        let mut message = json!({ "name": name, "summary": summary, "payload": payload.schema });
        if let Some(example) = example {
            message["examples"] = json!([{ "name": key, "payload": example }]);
        }
        self.messages.insert(key, message);
        reference
    }

    fn failure(&mut self) {
        let problem = parts_schema::<Problem>();
        self.schemas.extend(problem.others);
        self.schemas.insert("Problem".into(), problem.schema);
        let failure = json!({
            "type": "object",
            "required": ["ok", "error"],
            "properties": {
                "ok": { "type": "boolean", "const": false, "description": "It is not done, or not known to be." },
                "error": { "$ref": "#/components/schemas/Problem" }
            }
        });
        self.schemas.insert("Failure".into(), failure);
        let message = json!({
            "name": "failure",
            "summary": "The acknowledgement of what was refused or failed; `x-codes` of the operation lists its codes.",
            "payload": { "$ref": "#/components/schemas/Failure" },
            "examples": [{ "name": "failure", "payload": { "ok": false, "error": {
                "code": "rate_limited", "message": "Too many events; wait a little.", "retryAfterMs": 120
            } } }]
        });
        self.messages.insert("failure".into(), message);
    }

    /// The whole document.
    pub(super) fn document(mut self) -> Value {
        self.failure();
        nulls::take_from_answers(&mut self.schemas);
        let mut operations: Map<String, Value> = self
            .operations
            .into_iter()
            .map(|(key, operation)| (key, Value::Object(operation)))
            .collect();
        operations.insert("handshake-connect".into(), handshake());
        json!({
            "asyncapi": "3.0.0",
            "id": "urn:belfry:socket",
            "info": {
                "title": "Belfry over Socket.IO",
                "version": env!("CARGO_PKG_VERSION"),
                "license": { "name": env!("CARGO_PKG_LICENSE") },
                "description": format!(
                    "Connect with `io(url, {{ auth: {{ token }} }})`: Socket.IO (protocol 5, Engine.IO 4), by websocket or polling, in the main namespace; \
                     any other is refused with `Invalid namespace`. Payloads here are the one argument that an event carries, and \
                     replies are what its acknowledgement callback is called with, once: `{{ ok: true, … }}` or a failure. Without a callback a failure comes as the event `error`. \
                     Events of one socket take effect in the order sent, and what a durable change is acknowledged with comes after its commit. Unknown fields are ignored.\n\n\
                     An event of a name that is not here comes from a backend of the operator's own, by way of `POST /api/publish`, with whatever that sent as its argument; it is best effort. \
                     A cut (a server that goes away, a client that does not keep up, an expired token) closes the transport, and a stock client \
                     comes back by itself; a Socket.IO DISCONNECT is sent only when it must not come back as it is.\n\nThe codes of failures:\n\n{}",
                    codes::as_markdown()
                )
            },
            "defaultContentType": "application/json",
            "servers": { "this": {
                "host": "localhost:3000",
                "protocol": "wss",
                "pathname": "/socket.io/",
                "description": "Wherever Belfry is served; without TLS the protocol is ws.",
                "security": [{ "$ref": "#/components/securitySchemes/token" }]
            } },
            "channels": {
                "handshake": {
                    "address": "/socket.io/",
                    "title": "The CONNECT packet and its answer",
                    "description": "Before any event. Who has said nothing for 10 seconds is cut.",
                    "messages": handshake_messages(&self.examples)
                },
                "socket": {
                    "address": "/socket.io/",
                    "title": "The main namespace",
                    "description": "What goes both ways once the handshake is done.",
                    "messages": self.messages
                }
            },
            "operations": operations,
            "components": {
                "schemas": self.schemas,
                "securitySchemes": { "token": {
                    "type": "httpApiKey",
                    "name": "token",
                    "in": "query",
                    "description": "Not of the address, whatever its place is called here: `auth.token` of the handshake's CONNECT packet. An access token, the same as for REST."
                } }
            }
        })
    }
}

fn handshake_messages(examples: &Map<String, Value>) -> Value {
    let message = |name: &str, summary: &str, payload: Value| {
        let example = examples
            .get(&format!("handshake {name}"))
            .map(|example| example["argument"].clone());
        json!({ "name": name, "summary": summary, "payload": payload, "examples": [{ "name": name, "payload": example }] })
    };
    json!({
        "connect": message("connect", "What is given as `auth`.", json!({
            "type": "object",
            "required": ["token"],
            "properties": { "token": { "type": "string", "description": "An access token." } }
        })),
        "connected": message("connected", "The client's `connect`: events may be sent.", json!({
            "type": "object",
            "required": ["sid"],
            "properties": { "sid": { "type": "string", "description": "The socket's id, another one for each connection." } }
        })),
        "connect_error": message("connect_error", "The client's `connect_error`. A stock client stays away after it, until it is told to connect again with another token. Where the server cannot say who somebody is, it closes the transport instead, and the client comes back by itself.", json!({
            "type": "object",
            "required": ["message"],
            "properties": { "message": {
                "type": "string",
                "description": "`Authentication failed: …` (no token, or one that is not valid, has expired or whose session has ended), or `Invalid namespace`."
            } }
        })),
    })
}

/// The handshake as an operation: its reply is one of two.
fn handshake() -> Value {
    let of = |key: &str| json!({ "$ref": format!("#/channels/handshake/messages/{key}") });
    json!({
        "action": "receive",
        "summary": "Say who one is, and come in.",
        "channel": { "$ref": "#/channels/handshake" },
        "messages": [of("connect")],
        "reply": { "channel": { "$ref": "#/channels/handshake" }, "messages": [of("connected"), of("connect_error")] }
    })
}

pub(super) fn identifier(name: &str) -> String {
    name.replace([':', ' '], "-")
}
