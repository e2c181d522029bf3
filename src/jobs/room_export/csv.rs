//! A room as a table: RFC 4180, with nothing in it that a spreadsheet would take for a formula.

use std::borrow::Cow;

use csv::{Terminator, WriterBuilder};
use serde::Serialize;

use super::{JobError, Sheet, unwritable};
use crate::domain::{message::Message, room::Room, timestamp::Timestamp};

/// The columns. Lists are JSON, as the REST interface has them, and empty where there is nothing in them.
const HEADER: [&str; 16] = [
    "seq",
    "rev",
    "id",
    "timestamp",
    "userId",
    "username",
    "type",
    "content",
    "clientId",
    "replyTo",
    "editedAt",
    "deletedAt",
    "claps",
    "reactions",
    "mentions",
    "previews",
];

pub(super) struct Csv;

/// With one apostrophe in front where a spreadsheet would calculate, which shows the text as it is; and where there is one already, so that
/// taking one away always gives the text.
fn harmless(text: &str) -> Cow<'_, str> {
    match text.starts_with([
        '=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠', '\'',
    ]) {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
    }
}

fn row(out: &mut Vec<u8>, cells: &[Cow<'_, str>; HEADER.len()]) -> Result<(), JobError> {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(out);
    let cells = cells.iter().map(|cell| cell.as_bytes());
    writer
        .write_record(cells)
        .map_err(|error| unwritable(&error))?;
    writer.flush().map_err(|error| unwritable(&error))
}

fn list<T: Serialize>(items: &[T]) -> Result<Cow<'static, str>, JobError> {
    if items.is_empty() {
        return Ok(Cow::Borrowed(""));
    }
    let json = serde_json::to_string(items).map_err(|error| unwritable(&error))?;
    Ok(Cow::Owned(json))
}

fn optional(value: Option<impl ToString>) -> Cow<'static, str> {
    Cow::Owned(value.map(|value| value.to_string()).unwrap_or_default())
}

impl Sheet for Csv {
    fn begin(&mut self, out: &mut Vec<u8>, _room: &Room, _at: Timestamp) -> Result<(), JobError> {
        row(out, &HEADER.map(Cow::Borrowed))
    }

    fn message(&mut self, out: &mut Vec<u8>, message: &Message) -> Result<(), JobError> {
        let client_id = message.client_id.as_ref().map(|id| id.as_str());
        row(
            out,
            &[
                message.seq.to_string().into(),
                message.rev.to_string().into(),
                message.id.to_string().into(),
                message.timestamp.to_string().into(),
                harmless(message.user_id.as_str()),
                harmless(&message.username),
                message.kind.as_str().into(),
                harmless(&message.content),
                harmless(client_id.unwrap_or_default()),
                optional(message.reply_to),
                optional(message.edited_at),
                optional(message.deleted_at),
                message.claps.total.to_string().into(),
                list(&message.reactions)?,
                list(&message.mentions)?,
                list(&message.previews)?,
            ],
        )
    }

    fn end(&mut self, _out: &mut Vec<u8>) -> Result<(), JobError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use csv::ReaderBuilder;
    use proptest::prelude::*;

    use super::{
        super::{
            Format,
            tests::{message, written},
        },
        *,
    };

    fn rows(text: &str) -> Vec<Vec<String>> {
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .from_reader(text.as_bytes());
        let records = reader.into_records().map(Result::unwrap);
        records
            .map(|record| record.iter().map(str::to_owned).collect())
            .collect()
    }

    #[test]
    fn no_cell_is_a_formula() {
        let mut wicked = message(1, "=HYPERLINK(\"http://x\")");
        wicked.username = "@SUM(A1)".into();
        let text = written(Format::Csv, &[wicked, message(2, "-1\r\n,\"")]);
        assert_eq!(
            text.lines().nth(1).unwrap(),
            "1,1,00000000-0000-0000-0000-000000000001,2023-11-14T22:13:21.000Z,ada,'@SUM(A1),text,\
             \"'=HYPERLINK(\"\"http://x\"\")\",,,,,0,,,"
        );
        assert!(
            text.ends_with("text,\"'-1\r\n,\"\"\",,,,,0,,,\r\n"),
            "{text}"
        );
        for cell in rows(&text).concat() {
            assert!(
                !cell.starts_with(['=', '+', '-', '@', '\t', '\r']),
                "{cell}"
            );
        }
    }

    #[test]
    fn lists_are_json_and_nothing_is_empty() {
        let mut answered = message(3, "");
        answered.reply_to = Some(message(1, "").id);
        answered.deleted_at = Some(Timestamp::from_millis(0));
        answered.mentions = vec![answered.user_id.clone()];
        let text = written(Format::Csv, &[answered]);
        let row = &rows(&text)[1];
        assert_eq!(row[7], "");
        assert_eq!(row[9], "00000000-0000-0000-0000-000000000001");
        assert_eq!(row[11], "1970-01-01T00:00:00.000Z");
        assert_eq!(row[13..], ["", "[\"ada\"]", ""]);
    }

    proptest! {
        #[test]
        fn what_is_read_back_is_what_was_said(texts in prop::collection::vec("[=+@',;\"\r\n\t a-c\u{feff}-]{0,12}|\\PC{0,20}", 0..5)) {
            let messages: Vec<_> = (1..).zip(&texts).map(|(seq, text)| message(seq, text)).collect();
            let read = rows(&written(Format::Csv, &messages));
            prop_assert_eq!(read.len(), texts.len() + 1);
            for (row, text) in read[1..].iter().zip(&texts) {
                prop_assert_eq!(row.len(), HEADER.len());
                let said = row[7].strip_prefix('\'').unwrap_or(&row[7]);
                prop_assert_eq!(said, text);
            }
        }
    }
}
