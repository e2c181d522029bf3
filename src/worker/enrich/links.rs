//! The links of a message's text, and the job that finds out where they lead.

use linkify::{LinkFinder, LinkKind};
use uuid::Uuid;

use super::Enricher;
use crate::{
    domain::{
        id::JobId,
        job::{EnrichMessage, NewJob, PREVIEW, PreviewLinks, Priority},
        message::Preview,
        timestamp::Timestamp,
    },
    jobs::{JobError, preview, ticket_of},
};

/// The job `message.preview`, if there are links in the text. Made twice of one text, it is the same job: its id follows from that of the
/// job that read the text.
pub(super) fn preview(
    enricher: &Enricher,
    job: JobId,
    text: &EnrichMessage,
) -> Result<Option<NewJob>, JobError> {
    if !enricher.previews {
        return Ok(None);
    }
    let urls = links(&text.content);
    if urls.is_empty() {
        return Ok(None);
    }
    let payload = PreviewLinks {
        room_id: text.room_id.clone(),
        message_id: text.message_id,
        content_rev: text.content_rev,
        urls,
    };
    let payload = serde_json::to_string(&payload);
    Ok(Some(NewJob {
        id: preview_of(job),
        kind: PREVIEW.into(),
        payload: payload.map_err(|error| JobError::Hopeless(error.to_string()))?,
        owner: None,
        priority: Priority::Low,
        max_attempts: preview::ATTEMPTS,
        run_at: None,
        expires_at: Some(Timestamp::from_millis(
            Timestamp::now().as_millis() + preview::EXPIRES.as_millis() as i64,
        )),
    }))
}

/// Adds the job; added again, it is left as it is.
pub(super) async fn ask(enricher: &Enricher, preview: NewJob) -> Result<(), JobError> {
    let ticket = ticket_of(&preview);
    enricher.store.add_jobs(&[preview]).await?;
    if let Err(error) = enricher.queue.push(&[ticket]).await {
        tracing::debug!(%error, "a preview waits for the sweep");
    }
    Ok(())
}

/// The last bit of a message job's id is as random as the ones before it: with the other one it is nobody's.
fn preview_of(job: JobId) -> JobId {
    JobId(Uuid::from_u128(job.0.as_u128() ^ 1))
}

/// The first links of the text, each once.
fn links(content: &str) -> Vec<String> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    let mut urls: Vec<String> = Vec::new();
    for link in finder.links(content) {
        let url = link.as_str();
        let is_web = url.split_once("://").is_some_and(|(scheme, _)| {
            matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https")
        });
        let fits = url.chars().count() <= Preview::URL_MAX;
        if is_web && fits && !urls.iter().any(|known| known == url) {
            urls.push(url.to_owned());
        }
        if urls.len() == preview::LINKS_MAX {
            break;
        }
    }
    urls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_of_the_web_and_noted_once() {
        let found = links(
            "see https://example.org/a, https://example.org/a and ftp://example.org or javascript:alert(1)",
        );
        assert_eq!(found, ["https://example.org/a"]);
    }

    #[test]
    fn links_are_few_and_short() {
        let many: Vec<_> = (0..20)
            .map(|n| format!("https://example.org/{n}"))
            .collect();
        assert_eq!(links(&many.join(" ")), many[..preview::LINKS_MAX]);
        let long = format!("https://example.org/{}", "x".repeat(Preview::URL_MAX));
        assert!(links(&long).is_empty());
    }

    #[test]
    fn the_preview_of_a_job_is_always_the_same_and_another_one() {
        let job = JobId::fresh();
        assert_eq!(preview_of(job), preview_of(job));
        assert_ne!(preview_of(job), job);
    }
}
