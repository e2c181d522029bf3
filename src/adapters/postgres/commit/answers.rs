//! The database function's rows as outcomes: put together with what was asked.

use std::{collections::HashMap, sync::Arc};

use serde::Deserialize;
use sqlx::postgres::PgRow;

use super::super::{fault, rows::Columns};
use crate::{
    domain::{
        Rev, Seq,
        change::{Act, Change, ClapsOf, NewMessage, Outcome, Refusal, RoomChange},
        id::{MessageId, RoomId, UserId},
        message::Message,
        room::{Room, Visibility},
        timestamp::Timestamp,
    },
    ports::BackendError,
};

/// One outcome for each change.
pub(super) fn outcomes(
    changes: &[Change],
    answering: &[usize],
    rows: &[PgRow],
) -> Result<Vec<Outcome>, BackendError> {
    let mut answers: Vec<Option<Answer>> = Vec::new();
    answers.resize_with(changes.len(), || None);
    for row in rows {
        let (ord, answer) = Answer::of(row)?;
        let place = usize::try_from(ord).ok().and_then(|at| answers.get_mut(at));
        *place.ok_or_else(|| fault("an answer to nothing"))? = Some(answer);
    }
    let mut states = States::default();
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(changes.len());
    for (index, change) in changes.iter().enumerate() {
        let answer = answers[index].take();
        let outcome = match (change, answer) {
            (Change::Send(_), _) if answering[index] != index => {
                repeat_of(&outcomes[answering[index]])
            }
            (Change::Enrich(_), None) => Outcome::Unchanged,
            (Change::Clap(_), None) => Outcome::Refused(Refusal::NoMessage),
            (_, None) => return Err(fault("a change without an answer")),
            (
                _,
                Some(Answer {
                    verdict: Verdict::Refused(why),
                    ..
                }),
            ) => Outcome::Refused(why),
            (Change::Send(asked), Some(answer)) => sent(asked, answer, &mut states)?,
            (Change::Enrich(asked), Some(answer)) => {
                let rev = answer.rev;
                let state = states.change(answer.known()?, |message| {
                    message.rev = rev;
                    asked.found.apply_to(message);
                });
                Outcome::Committed(asked.found.told(state))
            }
            (Change::Act(asked), Some(answer)) => acted(asked, answer, &mut states)?,
            (Change::Clap(_), Some(answer)) => clapped(answer, &mut states)?,
            (Change::UpdateRoom(_), Some(answer)) => {
                let committed = answer.is_committed();
                let change = RoomChange::Room(Arc::new(answer.room()?));
                in_state(committed, change)
            }
            (Change::DeleteRoom(asked), Some(answer)) => {
                let closed = RoomChange::Closed {
                    room_id: asked.room_id.clone(),
                    rev: answer.rev,
                };
                in_state(answer.is_committed(), closed)
            }
        };
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

/// Messages that were there before, as they are at this point of the batch.
#[derive(Default)]
struct States(HashMap<MessageId, Arc<Message>>);

impl States {
    /// As it is now; `known`: as it was before the batch.
    fn now(&mut self, known: Arc<Message>) -> Arc<Message> {
        self.0.entry(known.id).or_insert(known).clone()
    }

    fn change(&mut self, known: Arc<Message>, change: impl FnOnce(&mut Message)) -> Arc<Message> {
        let state = self.0.entry(known.id).or_insert(known);
        change(Arc::make_mut(state));
        state.clone()
    }
}

fn sent(asked: &NewMessage, answer: Answer, states: &mut States) -> Result<Outcome, BackendError> {
    Ok(match answer.verdict {
        Verdict::New => Outcome::Committed(RoomChange::New(Arc::new(asked.sent(
            answer.seq,
            answer.rev,
            answer.username,
        )))),
        _ => Outcome::Already(RoomChange::New(states.now(answer.known()?))),
    })
}

fn acted(asked: &Act, answer: Answer, states: &mut States) -> Result<Outcome, BackendError> {
    let (committed, rev) = (answer.is_committed(), answer.rev);
    let known = answer.known()?;
    if !committed {
        return Ok(Outcome::Already(asked.told(states.now(known))));
    }
    let reactions = known.reactions.clone();
    let state = states.change(known, |message| {
        message.rev = rev;
        message.reactions = reactions;
        asked.rewrite(message);
    });
    Ok(Outcome::Committed(asked.told(state)))
}

fn clapped(answer: Answer, states: &mut States) -> Result<Outcome, BackendError> {
    let (committed, rev) = (answer.is_committed(), answer.rev);
    let by: Vec<ClapsOf> = match &answer.detail {
        Some(detail) => serde_json::from_str(detail).map_err(|error| fault(error.to_string()))?,
        None => Vec::new(),
    };
    let known = answer.known()?;
    let total = known.claps.total;
    let message = match committed {
        true => states.change(known, |message| {
            message.rev = rev;
            message.claps.total = total;
        }),
        false => states.now(known),
    };
    Ok(in_state(committed, RoomChange::Clapped { message, by }))
}

fn in_state(committed: bool, change: RoomChange) -> Outcome {
    match committed {
        true => Outcome::Committed(change),
        false => Outcome::Already(change),
    }
}

/// What a later send of the same kind is told, by what its first one was told.
fn repeat_of(first: &Outcome) -> Outcome {
    match first {
        Outcome::Committed(message) => Outcome::Already(message.clone()),
        other => other.clone(),
    }
}

/// A row of the function.
struct Answer {
    verdict: Verdict,
    seq: Seq,
    rev: Rev,
    username: Arc<str>,
    /// What else there is to tell, as JSON: of applause, by whom; of a room, all but what follows here.
    detail: Option<String>,
    member_count: i64,
    /// The message that was there before, with its claps and reactions as they are after.
    known: Option<Arc<Message>>,
}

enum Verdict {
    /// A new message.
    New,
    /// A change of what was there before.
    Changed,
    /// So already.
    Already,
    Refused(Refusal),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoomDetail {
    id: RoomId,
    name: String,
    topic: Option<String>,
    visibility: Visibility,
    created_by: UserId,
    created_at: i64,
}

impl Answer {
    /// The place in the batch, and the answer.
    fn of(row: &PgRow) -> Result<(i32, Self), BackendError> {
        let mut columns = Columns::of(row);
        let member_count = columns.take::<Option<i64>>()?;
        let ord = columns.take()?;
        let verdict: &str = columns.take()?;
        let (seq, rev, username, detail) = (
            columns.take::<Option<Seq>>()?,
            columns.take::<Option<Rev>>()?,
            columns.take::<Option<&str>>()?,
            columns.take()?,
        );
        let known = match columns.is_null() {
            true => None,
            false => Some(Arc::new(columns.message()?)),
        };
        let verdict = match verdict {
            "new" => Verdict::New,
            "enriched" | "edited" | "erased" | "reacted" | "clapped" | "updated" | "closed" => {
                Verdict::Changed
            }
            "repeated" | "already" => Verdict::Already,
            "no_room" => Verdict::Refused(Refusal::NoRoom),
            "no_message" => Verdict::Refused(Refusal::NoMessage),
            "not_member" => Verdict::Refused(Refusal::NotMember),
            "forbidden" => Verdict::Refused(Refusal::Forbidden),
            "no_reply" => Verdict::Refused(Refusal::NoReply),
            "deleted" => Verdict::Refused(Refusal::Deleted),
            "too_many" => Verdict::Refused(Refusal::TooManyEmoji),
            other => return Err(fault(format!("{other:?}: an unknown verdict"))),
        };
        let answer = Self {
            verdict,
            seq: seq.unwrap_or_default(),
            rev: rev.unwrap_or_default(),
            username: Arc::from(username.unwrap_or_default()),
            detail,
            member_count: member_count.unwrap_or_default(),
            known,
        };
        Ok((ord, answer))
    }

    /// Whether it took a `rev`.
    fn is_committed(&self) -> bool {
        matches!(self.verdict, Verdict::New | Verdict::Changed)
    }

    fn known(self) -> Result<Arc<Message>, BackendError> {
        self.known
            .ok_or_else(|| fault("an answer without its message"))
    }

    fn room(self) -> Result<Room, BackendError> {
        let detail = self.detail.as_deref().unwrap_or_default();
        let detail: RoomDetail =
            serde_json::from_str(detail).map_err(|error| fault(error.to_string()))?;
        Ok(Room {
            id: detail.id,
            name: detail.name,
            topic: detail.topic,
            visibility: detail.visibility,
            created_by: detail.created_by,
            created_at: Timestamp::from_millis(detail.created_at),
            rev: self.rev,
            last_seq: self.seq,
            member_count: self.member_count,
        })
    }
}
