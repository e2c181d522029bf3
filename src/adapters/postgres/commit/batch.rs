//! The parameters of the database function: an array each for sends and findings, and lists of objects for everything else.

use sqlx::types::time::OffsetDateTime;
use uuid::Uuid;

use super::{
    super::{Query, fault},
    acts::Acts,
};
use crate::{
    domain::{
        Rev,
        change::{Change, Enrichment, Found, NewMessage},
    },
    ports::{BackendError, store::FIRST_LEASE},
};

#[derive(Default)]
pub(super) struct Batch<'a> {
    rooms: Vec<&'a str>,
    sends: Sends<'a>,
    findings: Findings<'a>,
    done: Vec<Uuid>,
    /// As JSON; none when there are none.
    acts: Option<String>,
    claps: Option<String>,
    room_changes: Option<String>,
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
    masked: Vec<Option<&'a str>>,
    reason: Vec<Option<&'a str>>,
    judged: Vec<Option<OffsetDateTime>>,
}

impl<'a> Batch<'a> {
    pub(super) fn of(changes: &'a [Change], answering: &[usize]) -> Result<Self, BackendError> {
        let mut batch = Self::default();
        let mut acts = Acts::default();
        for (index, change) in changes.iter().enumerate() {
            let answers = answering[index] == index;
            let ord = i32::try_from(index).map_err(|_| fault("the batch is too large"))?;
            match change {
                Change::Send(message) if answers => batch.sends.add(ord, message),
                Change::Send(_) => continue,
                Change::Enrich(found) => {
                    batch.done.extend(found.finishes.map(|job| job.0));
                    if !answers || !batch.findings.add(ord, found)? {
                        continue;
                    }
                }
                Change::Act(act) => acts.act(ord, act),
                Change::Clap(applause) => acts.clap(ord, applause),
                Change::UpdateRoom(update) => acts.update(ord, update),
                Change::DeleteRoom(deletion) => acts.delete(ord, deletion),
            }
            batch.rooms.push(change.room().as_str());
        }
        batch.rooms.sort_unstable();
        batch.rooms.dedup();
        batch.acts = as_list(&acts.acts)?;
        batch.claps = as_list(&acts.claps)?;
        batch.room_changes = as_list(&acts.rooms)?;
        Ok(batch)
    }

    /// Whether rooms themselves are to be changed.
    pub(super) fn changes_rooms(&self) -> bool {
        self.room_changes.is_some()
    }

    /// Whether there is nothing in it but sends.
    pub(super) fn is_sends(&self) -> bool {
        self.findings.ord.is_empty()
            && self.done.is_empty()
            && self.acts.is_none()
            && self.claps.is_none()
            && self.room_changes.is_none()
    }

    /// The parameters of `commit_sends`.
    pub(super) fn query_of_sends<'q>(&'q self, statement: &'static str) -> Query<'q> {
        self.with_sends(statement).bind(FIRST_LEASE)
    }

    /// The parameters of `commit_changes`.
    pub(super) fn query<'q>(&'q self, statement: &'static str) -> Query<'q> {
        let f = &self.findings;
        self.with_sends(statement)
            .bind(&f.ord)
            .bind(&f.room)
            .bind(&f.message)
            .bind(&f.content_rev)
            .bind(&f.mentions)
            .bind(&f.previews)
            .bind(&self.done)
            .bind(FIRST_LEASE)
            .bind(&self.acts)
            .bind(&self.claps)
            .bind(&self.room_changes)
            .bind(&f.masked)
            .bind(&f.reason)
            .bind(&f.judged)
    }

    fn with_sends<'q>(&'q self, statement: &'static str) -> Query<'q> {
        let s = &self.sends;
        sqlx::query(statement)
            .bind(&self.rooms)
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
        let found = &enrichment.found;
        if found.is_nothing() {
            return Ok(false);
        }
        let (mentions, previews) = match found {
            // Nobody is mentioned in what is gone.
            _ if found.removes() => (None, None),
            Found::Reading { mentions, .. } => (as_list(mentions)?, None),
            Found::Previews(list) => (None, as_list(list)?),
        };
        let ruling = found.ruling();
        self.ord.push(ord);
        self.room.push(enrichment.room_id.as_str());
        self.message.push(enrichment.message_id.0);
        self.content_rev.push(enrichment.content_rev);
        self.mentions.push(mentions);
        self.previews.push(previews);
        self.masked.push(found.masks());
        self.reason.push(ruling.map(|ruling| &*ruling.reason));
        self.judged
            .push(ruling.map(|ruling| ruling.at.to_datetime()));
        Ok(true)
    }
}

/// A list as JSON; none if it is empty.
fn as_list<T: serde::Serialize>(list: &[T]) -> Result<Option<String>, BackendError> {
    if list.is_empty() {
        return Ok(None);
    }
    let written = serde_json::to_string(list);
    written.map(Some).map_err(|error| fault(error.to_string()))
}
