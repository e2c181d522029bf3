//! What a client may send: each event with its argument, checked.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::word::{one_of, optional_word, word};
use crate::domain::{
    Rev, Seq,
    error::{Code, Problem},
    id::{ClientId, MessageId, RoomId},
    message::{MessageKind, check_content, check_emoji},
    presence::Status,
};

/// The most messages that a page of history holds.
pub const PAGE_MAX: i64 = 100;
/// How many messages a page of history holds when the client does not say.
pub const PAGE_DEFAULT: i64 = 50;

/// An event of the contract with its argument.
#[derive(Debug, Clone, PartialEq)]
pub enum ClientEvent {
    /// `join:room`
    Join(JoinRoom),
    /// `leave:room`
    Leave(RoomId),
    /// `message:send`
    Send(SendMessage),
    /// `message:edit`
    Edit(EditMessage),
    /// `message:delete`
    Delete(MessageId),
    /// `message:clap`
    Clap(ClapMessage),
    /// `message:react`
    React(ReactToMessage),
    /// `message:read`
    Read(ReadRoom),
    /// `typing:start`
    StartTyping(RoomId),
    /// `typing:stop`
    StopTyping(RoomId),
    /// `presence:update`
    UpdatePresence(Status),
}

/// The argument of `join:room`, where it is not just the room's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JoinRoom {
    /// Which room.
    pub room_id: RoomId,
    /// The revision up to which the client knows the room; then only what changed since is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, minimum = 0)]
    pub since: Option<Rev>,
    /// How many messages the first page holds; 50 if not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
}

/// The argument of `message:send`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SendMessage {
    /// Where to.
    pub room_id: RoomId,
    /// The rest, which is also the body of the REST call.
    #[serde(flatten)]
    pub draft: Draft,
}

/// A message as a client writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Draft {
    /// 1 to 8,000 Unicode code points, not blank.
    #[schema(
        min_length = 1,
        max_length = 8_000,
        pattern = r"^[^\u0000]*[^\s\u0000\u00AD\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF][^\u0000]*$"
    )]
    pub content: String,
    /// Only `text` may be sent.
    #[serde(
        rename = "type",
        skip_serializing_if = "Option::is_none",
        default,
        deserialize_with = "optional_word"
    )]
    #[schema(schema_with = one_of::<Sendable>)]
    pub kind: Option<MessageKind>,
    /// Makes the send idempotent: the same user, room and `clientId` give the same message, for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// The message that this one answers, in the same room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<MessageId>,
}

/// What kind of message a client may send.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is wanted")]
enum Sendable {
    Text,
}

/// The argument of `message:edit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EditMessage {
    /// Which message.
    pub message_id: MessageId,
    /// Its new text: 1 to 8,000 Unicode code points, not blank.
    #[schema(
        min_length = 1,
        max_length = 8_000,
        pattern = r"^[^\u0000]*[^\s\u0000\u00AD\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF][^\u0000]*$"
    )]
    pub content: String,
}

/// The argument of `message:delete`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeleteMessage {
    /// Which message.
    pub message_id: MessageId,
}

/// The argument of `message:clap`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClapMessage {
    /// Which message.
    pub message_id: MessageId,
    /// How many claps to add, 1 if not said. A user's claps on one message stop at 50; the excess is ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub count: Option<i64>,
}

/// The argument of `message:react`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReactToMessage {
    /// Which message.
    pub message_id: MessageId,
    /// Which emoji: 1 to 32 characters without white space.
    #[schema(
        min_length = 1,
        max_length = 32,
        pattern = r"^[^\s\u0000-\u001F\u007F-\u009F]+$"
    )]
    pub emoji: String,
    /// Put, or taken away.
    pub on: bool,
}

/// The argument of `message:read`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadRoom {
    /// Which room.
    pub room_id: RoomId,
    /// The newest message that has been read; only moves forward.
    #[schema(value_type = i64, minimum = 0)]
    pub seq: Seq,
}

/// The argument of events that name a room, where it is not just the room's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InRoom {
    /// Which room.
    pub room_id: RoomId,
}

/// The argument of `presence:update`, where it is not just the status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UpdatePresence {
    /// `online`, `away` or `busy`.
    #[serde(deserialize_with = "word")]
    pub status: Status,
}

impl ClientEvent {
    /// Reads an event's name and its argument, as JSON. Unknown fields are ignored; everything else that is not of the contract
    /// is `invalid_argument`.
    pub fn parse(name: &str, argument: Option<&RawValue>) -> Result<Self, Problem> {
        match name {
            "join:room" => {
                let join = match text_or_object(name, argument)? {
                    Argument::Text(room_id) => JoinRoom {
                        room_id,
                        since: None,
                        limit: None,
                    },
                    Argument::Object(join) => join,
                };
                if join.since.is_some_and(|since| since < 0) {
                    return Err(Problem::invalid(
                        "join:room: `since` is a revision, 0 or above.",
                    ));
                }
                check_limit(join.limit)?;
                Ok(Self::Join(join))
            }
            "leave:room" => Ok(Self::Leave(room_of(name, argument)?)),
            "message:send" => {
                let send: SendMessage = object(name, argument)?;
                check_draft(&send.draft)?;
                Ok(Self::Send(send))
            }
            "message:edit" => {
                let edit: EditMessage = object(name, argument)?;
                check_content(&edit.content)?;
                Ok(Self::Edit(edit))
            }
            "message:delete" => {
                let DeleteMessage { message_id } = object(name, argument)?;
                Ok(Self::Delete(message_id))
            }
            "message:clap" => {
                let clap: ClapMessage = object(name, argument)?;
                if clap.count.is_some_and(|count| count < 1) {
                    return Err(Problem::invalid(
                        "message:clap: `count` is how many to add, 1 or more.",
                    ));
                }
                Ok(Self::Clap(clap))
            }
            "message:react" => {
                let react: ReactToMessage = object(name, argument)?;
                check_emoji(&react.emoji)?;
                Ok(Self::React(react))
            }
            "message:read" => {
                let read: ReadRoom = object(name, argument)?;
                if read.seq < 0 {
                    return Err(Problem::invalid(
                        "message:read: `seq` is a message's place, 0 or above.",
                    ));
                }
                Ok(Self::Read(read))
            }
            "typing:start" => Ok(Self::StartTyping(room_of(name, argument)?)),
            "typing:stop" => Ok(Self::StopTyping(room_of(name, argument)?)),
            "presence:update" => {
                let status = match text_or_object(name, argument)? {
                    Argument::Text(status) => status,
                    Argument::Object(UpdatePresence { status }) => status,
                };
                if status == Status::Offline {
                    return Err(Problem::invalid(
                        "presence:update: choose online, away or busy; offline is whoever is not connected.",
                    ));
                }
                Ok(Self::UpdatePresence(status))
            }
            _ => {
                let shown: String = name.chars().take(64).collect();
                Err(Problem::invalid(format!("There is no event `{shown}`.")))
            }
        }
    }
}

/// Checks the parts of a draft that its types do not.
pub fn check_draft(draft: &Draft) -> Result<(), Problem> {
    if !matches!(draft.kind, None | Some(MessageKind::Text)) {
        return Err(Problem::invalid(
            "A client may send messages of type `text` only.",
        ));
    }
    check_content(&draft.content)
}

/// The page size asked for, or the default.
pub fn check_limit(limit: Option<i64>) -> Result<i64, Problem> {
    match limit {
        None => Ok(PAGE_DEFAULT),
        Some(limit) if (1..=PAGE_MAX).contains(&limit) => Ok(limit),
        Some(_) => Err(Problem::invalid("`limit` is a number from 1 to 100.")),
    }
}

enum Argument<T, O> {
    Text(T),
    Object(O),
}

fn text_or_object<T: DeserializeOwned, O: DeserializeOwned>(
    name: &str,
    argument: Option<&RawValue>,
) -> Result<Argument<T, O>, Problem> {
    match argument {
        Some(raw) if raw.get().starts_with('"') => read(name, raw).map(Argument::Text),
        _ => object(name, argument).map(Argument::Object),
    }
}

fn room_of(name: &str, argument: Option<&RawValue>) -> Result<RoomId, Problem> {
    Ok(match text_or_object(name, argument)? {
        Argument::Text(room_id) => room_id,
        Argument::Object(InRoom { room_id }) => room_id,
    })
}

fn object<T: DeserializeOwned>(name: &str, argument: Option<&RawValue>) -> Result<T, Problem> {
    match argument {
        Some(raw) if raw.get().starts_with('{') => read(name, raw),
        _ => Err(Problem::invalid(format!("{name} takes an object."))),
    }
}

fn read<T: DeserializeOwned>(name: &str, raw: &RawValue) -> Result<T, Problem> {
    serde_json::from_str(raw.get()).map_err(|error| unreadable(name, &error))
}

/// What is wrong with the JSON of `what`, in one sentence without positions.
pub fn unreadable(what: &str, error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    let cause = text.split(" at line ").next().unwrap_or_default();
    let code = Code::InvalidArgument;
    Problem::new(
        code,
        format!("{what}: {}.", cause.chars().take(200).collect::<String>()),
    )
}
