//! An event of a backend's own.

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::{Map, Value, value::RawValue};
use utoipa::ToSchema;

use crate::{
    domain::{
        error::Problem,
        id::{RoomId, UserId},
        presence::Recipients,
    },
    protocol::{client_event::unreadable, event_names::check_custom},
};

/// The body of `POST /api/publish`.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PublishRequest {
    /// To whom.
    #[serde(deserialize_with = "object")]
    pub to: PublishTo,
    /// Its name: 1 to 64 characters; none of Belfry's own events, nor of Socket.IO's.
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = r"^[^\u0000-\u001F\u007F-\u009F]+$"
    )]
    pub event: String,
    /// Its argument: any JSON, null if not said.
    #[schema(value_type = Option<Value>)]
    pub data: Option<Box<RawValue>>,
}

/// Whom a backend's event is for: exactly one of them.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct PublishTo {
    /// Who is live in this room.
    pub room: Option<RoomId>,
    /// The sockets of this user.
    pub user: Option<UserId>,
    /// Every socket; `true`.
    pub all: Option<bool>,
}

/// The answer of `POST /api/publish`: on its way, and best effort.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PublishAnswer {}

/// Serde would take an array as well, field by field.
fn object<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PublishTo, D::Error> {
    let fields = Map::deserialize(deserializer)?;
    PublishTo::deserialize(Value::Object(fields)).map_err(D::Error::custom)
}

impl PublishRequest {
    /// To whom, the name, and the argument as JSON; or what is wrong with them.
    pub fn check(self) -> Result<(Recipients, String, String), Problem> {
        check_custom(&self.event)?;
        let to = match self.to {
            PublishTo {
                room: Some(room),
                user: None,
                all: None,
            } => Recipients::Room(room),
            PublishTo {
                room: None,
                user: Some(user),
                all: None,
            } => Recipients::User(user),
            PublishTo {
                room: None,
                user: None,
                all: Some(true),
            } => Recipients::All(true),
            _ => {
                return Err(Problem::invalid(
                    "`to` is exactly one of { room }, { user } and { all: true }.",
                ));
            }
        };
        let data = self.data.as_deref().map_or("null", RawValue::get);
        // As it stands it goes out; but what a common reader would stumble over does not.
        serde_json::from_str::<Value>(data).map_err(|error| unreadable("`data`", &error))?;
        Ok((to, self.event, data.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_for_a_room_or_a_user_or_all() {
        let check = |to: &str| {
            let body = format!(r#"{{"to":{to},"event":"x","data":[1.0]}}"#);
            let request: PublishRequest = serde_json::from_str(&body).ok()?;
            request.check().ok()
        };
        let all = (Recipients::All(true), "x".to_owned(), "[1.0]".to_owned());
        assert_eq!(check(r#"{"all":true}"#), Some(all));
        assert!(check(r#"{"room":"a"}"#).is_some());
        assert!(check(r#"{"user":"a","room":null}"#).is_some());
        for wrong in [
            "{}",
            r#"{"all":false}"#,
            r#"{"all":1}"#,
            r#"{"room":"a","user":"b"}"#,
            r#"{"room":"a","all":false}"#,
            r#"{"room":"a b"}"#,
            r#""all""#,
            "null",
        ] {
            assert_eq!(check(wrong), None, "{wrong}");
        }
    }
}
