//! How tickets and claims are written: as small as they can be, for a million may wait. `scripts/queue_lib.lua` has the same in words.

use uuid::Uuid;

use super::queue_reply::Entry;
use crate::{
    domain::{
        id::JobId,
        job::{EnrichMessage, Priority},
    },
    ports::queue::{Claim, Claimed, Line, Ticket},
};

const FRESH: u8 = b'j';
const AGAIN: u8 = b'a';

/// How many bytes a job's id takes.
const ID: usize = 16;

/// A line's first letter.
pub(super) fn letter(line: Line) -> char {
    match line {
        Line::Messages => 'm',
        Line::Jobs(Priority::High) => 'h',
        Line::Jobs(Priority::Normal) => 'n',
        Line::Jobs(Priority::Low) => 'l',
    }
}

/// The line of that letter.
pub(super) fn line(of: &str) -> Option<Line> {
    Line::ALL
        .into_iter()
        .find(|line| of.len() == 1 && of.starts_with(letter(*line)))
}

/// A ticket, with its line, without its time.
pub(super) fn written(ticket: &Ticket) -> serde_json::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(2 + ID);
    bytes.push(letter(ticket.line) as u8);
    bytes.push(if ticket.again { AGAIN } else { FRESH });
    bytes.extend_from_slice(ticket.job.0.as_bytes());
    if let Some(message) = &ticket.message {
        serde_json::to_writer(&mut bytes, message)?;
    }
    Ok(bytes)
}

/// The ticket of a line's entry; `held`: another worker had a claim on it.
pub(super) fn read(line: Line, entry: &Entry, held: bool) -> Result<Claimed, String> {
    let [name, value] = entry.fields.as_slice() else {
        return Err("it has not one field".into());
    };
    let again = match name.as_slice() {
        [FRESH] => false,
        [AGAIN] => true,
        _ => return Err("its field has an unknown name".into()),
    };
    let (id, payload) = value
        .split_first_chunk::<ID>()
        .ok_or("it is too short for an id")?;
    let message: Option<Box<EnrichMessage>> = if payload.is_empty() {
        None
    } else {
        Some(serde_json::from_slice(payload).map_err(|error| error.to_string())?)
    };
    Ok(Claimed {
        claim: claim(line, &entry.id),
        ticket: Ticket {
            job: JobId(Uuid::from_bytes(*id)),
            line,
            due: None,
            message,
            again: again || held,
        },
    })
}

/// The claim on an entry: its line's letter and its place.
pub(super) fn claim(line: Line, entry: &str) -> Claim {
    Claim(format!("{}{entry}", letter(line)))
}

/// Where a claim's entry is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) line: Line,
    pub(super) millis: u64,
    pub(super) number: u64,
}

/// What a claim is on; none for what was never one.
pub(super) fn place(claim: &Claim) -> Option<Place> {
    let (of, entry) = claim.0.split_at_checked(1)?;
    let (millis, number) = entry.split_once('-')?;
    Some(Place {
        line: line(of)?,
        millis: millis.parse().ok()?,
        number: number.parse().ok()?,
    })
}
