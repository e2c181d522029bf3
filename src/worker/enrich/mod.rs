//! `message.enrich`: keeps the operator's rules, finds the members whom a message mentions, has those notified whom it concerns, and asks
//! for previews of its links.
//!
//! Rules and mentions are one change of the message; previews, which take longer, are a job of their own and another change. Both
//! apply only while the text that was read is still the message's text, and only if they add something. The job's row goes with what
//! is done last, so that a crash before it leaves the job to be done again, and doing it again changes nothing.

mod links;
mod mentions;
mod moderation;
pub mod notifications;

use std::sync::Arc;

use self::{mentions::mentioned, notifications::Notices};
use crate::{
    commit::writer::Writer,
    domain::{
        change::{Change, Enrichment, Found, Outcome},
        id::JobId,
        job::EnrichMessage,
        moderation::Rules,
    },
    jobs::JobError,
    ports::{calls::Calls, presence::Presence, queue::Queue, store::Store},
    room::tracker::Telling,
};

/// What reading a message has come to.
pub(super) enum Finished {
    /// The job's row went with the commit of its result.
    WithItsResult,
    /// The row is still to be removed.
    WithoutResult,
}

/// What reading a message takes.
#[derive(Clone)]
pub struct Enricher {
    /// Where members are found.
    pub store: Arc<dyn Store>,
    /// Where findings go.
    pub writer: Arc<Writer>,
    /// The way to the moderators' sockets.
    pub telling: Telling,
    /// What the operator wants to be moderated.
    pub rules: Arc<Rules>,
    /// Who is here.
    pub presence: Arc<dyn Presence>,
    /// Who has called everybody.
    pub calls: Arc<dyn Calls>,
    /// Where people are notified.
    pub notices: Arc<Notices>,
    /// The way to workers for what is a job of its own.
    pub queue: Arc<dyn Queue>,
    /// Whether pages that messages link to are fetched.
    pub previews: bool,
}

pub(super) async fn run(
    enricher: &Enricher,
    job: JobId,
    text: &EnrichMessage,
) -> Result<Finished, JobError> {
    let ruling = moderation::ruling(enricher, text).await?;
    let text = &*moderation::left_of(text, ruling.as_ref());
    let mentions = mentioned(enricher, text).await?;
    let notices = enricher.notices.due(text, &mentions).await?;
    let preview = links::preview(enricher, job, text)?;
    let has_more = !notices.is_empty() || preview.is_some();
    let has_reading = !mentions.is_empty() || ruling.is_some();
    if has_reading {
        let reading = Enrichment {
            finishes: (!has_more).then_some(job),
            room_id: text.room_id.clone(),
            message_id: text.message_id,
            content_rev: text.content_rev,
            found: Found::Reading {
                mentions,
                ruling: ruling.clone(),
            },
        };
        let submitted = enricher.writer.submit(Change::Enrich(reading));
        let submitted = submitted.map_err(|problem| JobError::Again(problem.message))?;
        let outcome = submitted.outcome().await;
        let outcome = outcome.map_err(|problem| JobError::Again(problem.message))?;
        if let (Outcome::Committed(done), Some(ruling)) = (outcome, ruling) {
            moderation::tell(enricher, text, ruling, &done).await;
        }
    }
    if let Some(preview) = preview {
        links::ask(enricher, preview).await?;
    }
    if !notices.is_empty() {
        enricher.notices.keep(notices).await?;
    }
    Ok(match has_reading && !has_more {
        true => Finished::WithItsResult,
        false => Finished::WithoutResult,
    })
}
