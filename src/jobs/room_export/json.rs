//! A room as one JSON object.

use serde::Serialize;

use super::{JobError, Sheet, unwritable};
use crate::domain::{message::Message, room::Room, timestamp::Timestamp};

#[derive(Default)]
pub(super) struct Json {
    has_messages: bool,
}

fn put(out: &mut Vec<u8>, value: &impl Serialize) -> Result<(), JobError> {
    serde_json::to_writer(out, value).map_err(|error| unwritable(&error))
}

impl Sheet for Json {
    fn begin(&mut self, out: &mut Vec<u8>, room: &Room, at: Timestamp) -> Result<(), JobError> {
        out.extend_from_slice(b"{\"room\":");
        put(out, room)?;
        out.extend_from_slice(b",\"exportedAt\":");
        put(out, &at)?;
        out.extend_from_slice(b",\"messages\":[");
        Ok(())
    }

    fn message(&mut self, out: &mut Vec<u8>, message: &Message) -> Result<(), JobError> {
        let before: &[u8] = if self.has_messages { b",\n" } else { b"\n" };
        self.has_messages = true;
        out.extend_from_slice(before);
        put(out, message)
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), JobError> {
        out.extend_from_slice(b"\n]}\n");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{
        Format,
        tests::{message, written},
    };

    #[test]
    fn the_messages_are_those_of_the_rest_interface() {
        for count in [0, 1, 3] {
            let messages: Vec<_> = (1..=count)
                .map(|seq| message(seq, "\"</script>\u{2028}"))
                .collect();
            let read: Value = serde_json::from_str(&written(Format::Json, &messages)).unwrap();
            assert_eq!(read["messages"], json!(messages));
            assert_eq!(read["room"]["id"], "attic");
            assert_eq!(read["exportedAt"], "2023-11-14T22:13:20.000Z");
            assert_eq!(read.as_object().unwrap().len(), 3);
        }
    }
}
