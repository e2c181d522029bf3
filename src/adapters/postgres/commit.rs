//! Committing a batch: one call of the database function `commit_changes`, which says in its migration how it keeps the promise.
//!
//! Retrying after a lost connection needs no table of batches: messages and jobs carry ids made by the caller, so a batch that had
//! been committed finds its messages there, and an enrichment finds that its message carries it already.

use std::{collections::HashMap, sync::Arc};

use sqlx::{postgres::PgRow, types::time::OffsetDateTime};
use uuid::Uuid;

use super::{Again, Lane, PostgresStore, fault, rows::Columns};
use crate::{
    domain::{
        Rev, Seq,
        change::{Change, Enrichment, Found, NewMessage, Outcome, Refusal, RoomChange, answering},
        id::MessageId,
        message::{Claps, Message},
    },
    ports::{BackendError, store::FIRST_LEASE},
};

const COMMIT: &str = "SELECT * FROM commit_changes($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, \
                      $17, $18, $19)";

impl PostgresStore {
    pub(super) async fn commit_batch(
        &self,
        changes: &[Change],
    ) -> Result<Vec<Outcome>, BackendError> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let answering = answering(changes);
        let batch = Batch::of(changes, &answering)?;
        let rows = self
            .rows(Lane::Commits, Again::Safe, || batch.query())
            .await?;
        outcomes(changes, &answering, &rows)
    }
}

/// The parameters of the function: an array each.
#[derive(Default)]
struct Batch<'a> {
    rooms: Vec<&'a str>,
    sends: Sends<'a>,
    findings: Findings<'a>,
    done: Vec<Uuid>,
}

#[derive(Default)]
struct Sends<'a> {
    ord: Vec<i32>,
    id: Vec<Uuid>,
    room: Vec<&'a str>,
    user: Vec<&'a str>,
    client: Vec<Option<&'a str>>,
    reply: Vec<Option<Uuid>>,
    kind: Vec<&'static str>,
    content: Vec<&'a str>,
    at: Vec<OffsetDateTime>,
    job: Vec<Uuid>,
}

#[derive(Default)]
struct Findings<'a> {
    ord: Vec<i32>,
    room: Vec<&'a str>,
    message: Vec<Uuid>,
    content_rev: Vec<Rev>,
    mentions: Vec<Option<String>>,
    previews: Vec<Option<String>>,
}

impl<'a> Batch<'a> {
    fn of(changes: &'a [Change], answering: &[usize]) -> Result<Self, BackendError> {
        let mut batch = Self::default();
        for (index, change) in changes.iter().enumerate() {
            let answers = answering[index] == index;
            let ord = i32::try_from(index).map_err(|_| fault("the batch is too large"))?;
            match change {
                Change::Send(message) if answers => batch.sends.add(ord, message),
                Change::Send(_) => continue,
                Change::Act(_)
                | Change::Clap(_)
                | Change::UpdateRoom(_)
                | Change::DeleteRoom(_) => {
                    return Err(fault("not built yet"));
                }
                Change::Enrich(found) => {
                    batch.done.extend(found.finishes.map(|job| job.0));
                    if !answers || !batch.findings.add(ord, found)? {
                        continue;
                    }
                }
            }
            batch.rooms.push(change.room().as_str());
        }
        batch.rooms.sort_unstable();
        batch.rooms.dedup();
        Ok(batch)
    }

    fn query(&self) -> super::Query<'_> {
        let Self {
            rooms,
            sends: s,
            findings: f,
            done,
        } = self;
        sqlx::query(COMMIT)
            .bind(rooms)
            .bind(&s.ord)
            .bind(&s.id)
            .bind(&s.room)
            .bind(&s.user)
            .bind(&s.client)
            .bind(&s.reply)
            .bind(&s.kind)
            .bind(&s.content)
            .bind(&s.at)
            .bind(&s.job)
            .bind(&f.ord)
            .bind(&f.room)
            .bind(&f.message)
            .bind(&f.content_rev)
            .bind(&f.mentions)
            .bind(&f.previews)
            .bind(done)
            .bind(FIRST_LEASE)
    }
}

impl<'a> Sends<'a> {
    fn add(&mut self, ord: i32, message: &'a NewMessage) {
        self.ord.push(ord);
        self.id.push(message.id.0);
        self.room.push(message.room_id.as_str());
        self.user.push(message.user_id.as_str());
        let client = message.client_id.as_ref();
        self.client.push(client.map(|id| id.as_str()));
        self.reply.push(message.reply_to.map(|id| id.0));
        self.kind.push(message.kind.as_str());
        self.content.push(&message.content);
        self.at.push(message.at.to_datetime());
        self.job.push(message.job.0);
    }
}

impl<'a> Findings<'a> {
    /// Whether there is anything in it.
    fn add(&mut self, ord: i32, enrichment: &'a Enrichment) -> Result<bool, BackendError> {
        let (mentions, previews) = match &enrichment.found {
            Found::Mentions(list) if !list.is_empty() => (Some(as_json(list)?), None),
            Found::Previews(list) if !list.is_empty() => (None, Some(as_json(list)?)),
            Found::Mentions(_) | Found::Previews(_) => return Ok(false),
        };
        self.ord.push(ord);
        self.room.push(enrichment.room_id.as_str());
        self.message.push(enrichment.message_id.0);
        self.content_rev.push(enrichment.content_rev);
        self.mentions.push(mentions);
        self.previews.push(previews);
        Ok(true)
    }
}

fn as_json<T: serde::Serialize>(list: &[T]) -> Result<String, BackendError> {
    serde_json::to_string(list).map_err(|error| fault(error.to_string()))
}

/// Puts the function's rows together with what was asked.
fn outcomes(
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
    // Messages that were there before, as they are at this point of the batch.
    let mut states: HashMap<MessageId, Arc<Message>> = HashMap::new();
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(changes.len());
    for (index, change) in changes.iter().enumerate() {
        let outcome = match (change, answers[index].take()) {
            (Change::Send(_), _) if answering[index] != index => {
                repeat_of(&outcomes[answering[index]])
            }
            (Change::Send(asked), Some(answer)) => match answer.verdict {
                Verdict::New => {
                    Outcome::Committed(RoomChange::New(Arc::new(answer.new_message(asked))))
                }
                Verdict::Repeated(known) => Outcome::Already(RoomChange::New(
                    states.entry(known.id).or_insert(known).clone(),
                )),
                Verdict::Refused(why) => Outcome::Refused(why),
                Verdict::Enriched(_) => return Err(fault("a send was taken for an enrichment")),
            },
            (Change::Send(_), None) => return Err(fault("a send without an answer")),
            (
                Change::Act(_) | Change::Clap(_) | Change::UpdateRoom(_) | Change::DeleteRoom(_),
                _,
            ) => {
                return Err(fault("not built yet"));
            }
            (Change::Enrich(_), None) => Outcome::Unchanged,
            (Change::Enrich(asked), Some(answer)) => {
                let Verdict::Enriched(known) = answer.verdict else {
                    return Err(fault("an enrichment was taken for a send"));
                };
                let state = states.entry(known.id).or_insert(known);
                let message = Arc::make_mut(state);
                message.rev = answer.rev;
                asked.found.apply_to(message);
                Outcome::Committed(RoomChange::Updated(state.clone()))
            }
        };
        outcomes.push(outcome);
    }
    Ok(outcomes)
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
}

enum Verdict {
    New,
    /// With the message that was there before.
    Repeated(Arc<Message>),
    /// With the message as it was before.
    Enriched(Arc<Message>),
    Refused(Refusal),
}

impl Answer {
    /// The place in the batch, and the answer.
    fn of(row: &PgRow) -> Result<(i32, Self), BackendError> {
        let mut columns = Columns::of(row);
        let ord = columns.take()?;
        let verdict: &str = columns.take()?;
        let (seq, rev, username) = (
            columns.take::<Option<Seq>>()?,
            columns.take::<Option<Rev>>()?,
            columns.take::<Option<&str>>()?,
        );
        let verdict = match verdict {
            "new" => Verdict::New,
            "repeated" => Verdict::Repeated(Arc::new(columns.message()?)),
            "enriched" => Verdict::Enriched(Arc::new(columns.message()?)),
            "no_room" => Verdict::Refused(Refusal::NoRoom),
            "not_member" => Verdict::Refused(Refusal::NotMember),
            "no_reply" => Verdict::Refused(Refusal::NoReply),
            other => return Err(fault(format!("{other:?}: an unknown verdict"))),
        };
        let answer = Self {
            verdict,
            seq: seq.unwrap_or_default(),
            rev: rev.unwrap_or_default(),
            username: Arc::from(username.unwrap_or_default()),
        };
        Ok((ord, answer))
    }

    fn new_message(self, asked: &NewMessage) -> Message {
        Message {
            id: asked.id,
            room_id: asked.room_id.clone(),
            seq: self.seq,
            rev: self.rev,
            user_id: asked.user_id.clone(),
            username: self.username,
            content: asked.content.clone(),
            kind: asked.kind,
            timestamp: asked.at,
            client_id: asked.client_id.clone(),
            reply_to: asked.reply_to,
            edited_at: None,
            deleted_at: None,
            claps: Claps::default(),
            reactions: Vec::new(),
            mentions: Vec::new(),
            previews: Vec::new(),
        }
    }
}
