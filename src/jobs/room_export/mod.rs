//! `room.export`: a room's history as a file, for whoever may read the room.

mod csv;
mod html;
mod json;

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Map, Value};

use self::{csv::Csv, html::Html, json::Json};
use super::{FileInfo, Handler, JobError, Rules, Running};
use crate::{
    domain::{
        error::{Code, Problem},
        id::{RoomId, UserId},
        message::Message,
        permission::{Action, Verdict, judge},
        room::Room,
        timestamp::Timestamp,
    },
    ports::store::{Place, Store},
};

/// How many messages are read at a time.
const PAGE: i64 = 500;

/// The type of job.
pub struct RoomExport;

/// What it is given: `{ "roomId", "format": "json" | "csv" | "html" }`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub struct ExportRequest {
    /// Which room.
    pub room_id: RoomId,
    /// As what.
    pub format: Format,
}

/// What the file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One object: `{ room, exportedAt, messages }`, the messages as the REST interface tells them, without what is one reader's own.
    Json,
    /// RFC 4180 with a header, a message a row. A text that a spreadsheet would take for a formula, or that begins with an apostrophe,
    /// has one apostrophe more in front: who takes the first apostrophe away has the text as it was.
    Csv,
    /// One page that needs nothing from elsewhere and runs nothing.
    Html,
}

impl TryFrom<Map<String, Value>> for ExportRequest {
    type Error = serde_json::Error;

    /// Serde by itself would take an array as well, field by field.
    fn try_from(fields: Map<String, Value>) -> Result<Self, Self::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Fields {
            room_id: RoomId,
            format: Format,
        }
        let Fields { room_id, format } = serde_json::from_value(Value::Object(fields))?;
        Ok(Self { room_id, format })
    }
}

/// A way to write a room down: what stands before the messages, each of them in turn, and what stands after the last. All of it UTF-8.
trait Sheet: Send {
    fn begin(&mut self, out: &mut Vec<u8>, room: &Room, at: Timestamp) -> Result<(), JobError>;
    fn message(&mut self, out: &mut Vec<u8>, message: &Message) -> Result<(), JobError>;
    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), JobError>;
}

impl Format {
    fn sheet(self) -> Box<dyn Sheet> {
        match self {
            Self::Json => Box::new(Json::default()),
            Self::Csv => Box::new(Csv),
            Self::Html => Box::new(Html::default()),
        }
    }

    fn file(self, room: &RoomId, at: Timestamp) -> FileInfo {
        let (ending, media_type) = match self {
            Self::Json => ("json", "application/json"),
            Self::Csv => ("csv", "text/csv; charset=utf-8; header=present"),
            Self::Html => ("html", "text/html; charset=utf-8"),
        };
        let at = at.to_string();
        let day = at.split('T').next().unwrap_or_default();
        FileInfo {
            name: format!("{room}-{day}.{ending}"),
            media_type: media_type.to_owned(),
        }
    }
}

#[async_trait]
impl Handler for RoomExport {
    const TYPE: &'static str = "room.export";
    type Payload = ExportRequest;

    fn rules(&self) -> Rules {
        Rules {
            max_attempts: 3,
            time_limit: Duration::from_secs(600),
            ..Rules::default()
        }
    }

    async fn admit(
        &self,
        payload: &ExportRequest,
        asker: &UserId,
        store: &dyn Store,
    ) -> Result<(), Problem> {
        let seen = store.room(&payload.room_id, asker).await;
        let view = seen.map_err(|error| error.told())?;
        let view = view.ok_or_else(Problem::no_room)?;
        let role = view.standing.map(|standing| standing.role);
        match judge(Action::Read, view.room.visibility, role, false) {
            Verdict::Allowed => Ok(()),
            Verdict::Hidden => Err(Problem::no_room()),
            Verdict::Forbidden => Err(Problem::new(
                Code::Forbidden,
                "You may not read this room's history.",
            )),
        }
    }

    /// The messages up to the newest one at the start, each as it is when its page is read.
    async fn run(&self, payload: ExportRequest, job: &Running) -> Result<Value, JobError> {
        let ExportRequest { room_id, format } = payload;
        let at = Timestamp::now();
        let room = readable(&room_id, job).await?;
        let last = room.last_seq;
        let mut file = job.file(format.file(&room_id, at));
        let mut sheet = format.sheet();
        let mut out = Vec::new();
        sheet.begin(&mut out, &room, at)?;
        file.write(&out).await?;
        let mut seq = 0;
        while seq < last {
            job.go_on()?;
            // Whoever may not read the room any more gets no file of it.
            readable(&room_id, job).await?;
            let page = job.store().page(&room_id, Place::After(seq), PAGE).await?;
            let messages = page.ok_or_else(gone)?.messages;
            let Some(newest) = messages.last().map(|message| message.seq) else {
                break;
            };
            for message in messages.iter().filter(|message| message.seq <= last) {
                out.clear();
                sheet.message(&mut out, message)?;
                file.write(&out).await?;
            }
            seq = newest;
            job.progress(percent(seq, last));
        }
        out.clear();
        sheet.end(&mut out)?;
        file.write(&out).await?;
        file.finish().await
    }
}

/// The room, as long as the job's owner may read its history.
async fn readable(room: &RoomId, job: &Running) -> Result<Room, JobError> {
    let Some(owner) = job.owner() else {
        return Err(JobError::Hopeless("It has no owner who may read.".into()));
    };
    let view = job.store().room(room, owner).await?.ok_or_else(gone)?;
    let role = view.standing.map(|standing| standing.role);
    match judge(Action::Read, view.room.visibility, role, false) {
        Verdict::Allowed => Ok(view.room),
        Verdict::Hidden | Verdict::Forbidden => Err(gone()),
    }
}

/// The same words whether the room is absent or not the owner's to see.
fn gone() -> JobError {
    JobError::Hopeless(Problem::no_room().message)
}

/// How far it is; all of it is for the job's end to say.
fn percent(seq: i64, last: i64) -> u8 {
    let percent = seq.saturating_mul(100) / last.max(1);
    u8::try_from(percent.clamp(0, 99)).unwrap_or(99)
}

/// What only a defect of ours can make.
fn unwritable(error: &dyn std::fmt::Display) -> JobError {
    tracing::error!(%error, "a message could not be written to a file");
    JobError::Hopeless("A message could not be written.".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        id::MessageId,
        message::{Claps, MessageKind},
        room::Visibility,
    };

    pub(super) fn message(seq: i64, content: &str) -> Message {
        Message {
            id: MessageId(uuid::Uuid::from_u128(seq as u128)),
            room_id: RoomId::parse("attic").unwrap(),
            seq,
            rev: seq,
            user_id: UserId::parse("ada").unwrap(),
            username: "Ada".into(),
            content: content.to_owned(),
            kind: MessageKind::Text,
            timestamp: Timestamp::from_millis(1_700_000_000_000 + seq * 1_000),
            client_id: None,
            reply_to: None,
            edited_at: None,
            deleted_at: None,
            claps: Claps::default(),
            reactions: Vec::new(),
            mentions: Vec::new(),
            previews: Vec::new(),
        }
    }

    /// All that a format makes of these messages.
    pub(super) fn written(format: Format, messages: &[Message]) -> String {
        let room = Room {
            id: RoomId::parse("attic").unwrap(),
            name: "The <attic>".into(),
            topic: Some("dust & spiders".into()),
            visibility: Visibility::Public,
            created_by: UserId::parse("ada").unwrap(),
            created_at: Timestamp::from_millis(0),
            rev: 9,
            last_seq: 9,
            member_count: 1,
        };
        let mut sheet = format.sheet();
        let mut out = Vec::new();
        let at = Timestamp::from_millis(1_700_000_000_000);
        sheet.begin(&mut out, &room, at).unwrap();
        for message in messages {
            sheet.message(&mut out, message).unwrap();
        }
        sheet.end(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_request_names_a_room_and_a_format() {
        let read = |json: &str| serde_json::from_str::<ExportRequest>(json);
        let request = read(r#"{"roomId":"attic","format":"csv","more":1}"#).unwrap();
        assert_eq!(request.format, Format::Csv);
        for wrong in [
            "null",
            "{}",
            r#"["attic","csv"]"#,
            r#"{"roomId":"attic"}"#,
            r#"{"roomId":"two words","format":"csv"}"#,
            r#"{"roomId":"attic","format":"pdf"}"#,
            r#"{"roomId":"attic","format":"CSV"}"#,
            r#"{"roomId":5,"format":"csv"}"#,
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_file_is_called_by_its_room_and_day() {
        let at = Timestamp::from_millis(1_700_000_000_000);
        let file = Format::Html.file(&RoomId::parse("attic").unwrap(), at);
        assert_eq!(file.name, "attic-2023-11-14.html");
        assert_eq!(file.media_type, "text/html; charset=utf-8");
    }

    #[test]
    fn progress_stops_short_of_the_end() {
        assert_eq!(percent(0, 10), 0);
        assert_eq!(percent(5, 10), 50);
        assert_eq!(percent(10, 10), 99);
        assert_eq!(percent(i64::MAX, 1), 99);
    }
}
