//! `message.enrich`: finds mentions of members and links in a message's text, and has those notified whom it concerns.
//!
//! Mentions are one change of the message, links another, each with its own `rev`. Both apply only while the text that was read is
//! still the message's text, and only if they add something: doing the job again changes nothing.

mod mentions;
pub mod notifications;

use std::sync::Arc;

use linkify::{LinkFinder, LinkKind};

use self::{mentions::mentioned, notifications::Notices};

use crate::{
    commit::writer::Writer,
    domain::{
        change::{Change, Enrichment, Found},
        id::JobId,
        job::EnrichMessage,
        message::Preview,
    },
    jobs::JobError,
    ports::{presence::Presence, store::Store},
};

/// The most links of one message that are noted.
const LINKS_MAX: usize = 10;

/// What reading a message has come to.
pub(super) enum Finished {
    /// The job's row went with the commit of its result.
    WithItsResult,
    /// All is done but to remove the row: there was nothing to commit, or something to do after the commit.
    WithoutResult,
}

/// What reading a message takes.
#[derive(Clone)]
pub struct Enricher {
    /// Where members are found.
    pub store: Arc<dyn Store>,
    /// Where findings go.
    pub writer: Arc<Writer>,
    /// Who is here.
    pub presence: Arc<dyn Presence>,
    /// Where people are notified.
    pub notices: Arc<Notices>,
}

pub(super) async fn run(
    enricher: &Enricher,
    job: JobId,
    text: &EnrichMessage,
) -> Result<Finished, JobError> {
    let mentions = mentioned(enricher, text).await?;
    let previews = links(&text.content);
    let notices = enricher.notices.due(text, &mentions).await?;
    let mut findings = Vec::new();
    if !mentions.is_empty() {
        findings.push(Found::Mentions(mentions));
    }
    if !previews.is_empty() {
        findings.push(Found::Previews(previews));
    }
    if findings.is_empty() && notices.is_empty() {
        return Ok(Finished::WithoutResult);
    }
    let count = findings.len();
    for (at, found) in findings.into_iter().enumerate() {
        // The row goes with what is done last, so that a crash before it leaves the job to be done again.
        let is_last = at + 1 == count && notices.is_empty();
        let enrichment = Enrichment {
            finishes: is_last.then_some(job),
            room_id: text.room_id.clone(),
            message_id: text.message_id,
            content_rev: text.content_rev,
            found,
        };
        let submitted = enricher
            .writer
            .submit(Change::Enrich(enrichment))
            .map_err(|problem| JobError::Again(problem.message))?;
        submitted
            .outcome()
            .await
            .map_err(|problem| JobError::Again(problem.message))?;
    }
    if notices.is_empty() {
        return Ok(Finished::WithItsResult);
    }
    enricher.notices.keep(notices).await?;
    Ok(Finished::WithoutResult)
}

/// The first links of the text, each once.
fn links(content: &str) -> Vec<Preview> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    let mut urls: Vec<&str> = Vec::new();
    for link in finder.links(content) {
        let url = link.as_str();
        let is_web = url.split_once("://").is_some_and(|(scheme, _)| {
            matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https")
        });
        if is_web && !urls.contains(&url) {
            urls.push(url);
        }
        if urls.len() == LINKS_MAX {
            break;
        }
    }
    let preview = |url: &str| Preview {
        url: url.to_owned(),
        title: None,
        description: None,
        image_url: None,
        site_name: None,
    };
    urls.into_iter().map(preview).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_of_the_web_and_noted_once() {
        let found = links(
            "see https://example.org/a, https://example.org/a and ftp://example.org or javascript:alert(1)",
        );
        assert_eq!(
            found
                .into_iter()
                .map(|preview| preview.url)
                .collect::<Vec<_>>(),
            ["https://example.org/a"]
        );
    }
}
