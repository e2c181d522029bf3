//! An event as a client sends it, read.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{
    domain::error::{Code, Problem},
    protocol::client_event::{ClientEvent, unreadable},
};

/// The name and the event of a packet's JSON array; arguments after the first are ignored, as stock servers do.
pub fn read_event(text: &str, with_attachments: bool) -> (String, Result<ClientEvent, Problem>) {
    let parts: Parts<'_> = match serde_json::from_str(text) {
        Ok(parts) => parts,
        Err(error) => {
            return (String::new(), Err(unreadable("The event", &error)));
        }
    };
    let name = parts.name.into_owned();
    let event = if with_attachments {
        Err(Problem::new(
            Code::InvalidArgument,
            format!("{name} takes JSON, not binary data."),
        ))
    } else {
        ClientEvent::parse(&name, parts.argument)
    };
    (name, event)
}

struct Parts<'a> {
    name: Cow<'a, str>,
    argument: Option<&'a RawValue>,
}

impl<'de> Deserialize<'de> for Parts<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Parts<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array that begins with the event's name")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let name = seq
                    .next_element()?
                    .ok_or_else(|| de::Error::invalid_length(0, &self))?;
                let argument = seq.next_element()?;
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Parts { name, argument })
            }
        }
        deserializer.deserialize_seq(Reader)
    }
}
