//! `message.preview`: fetches what a message's links lead to, and shows it under the message.
//!
//! It applies only while the text that held the links is still the message's text, and only if it adds something: doing it again
//! changes nothing.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures_util::future::join_all;
use serde_json::Value;

use super::{
    handler::{Handler, JobError, Rules},
    running::Running,
};
use crate::{
    commit::writer::Writer,
    domain::{
        change::{Change, Enrichment, Found},
        error::Problem,
        id::UserId,
        job::{PREVIEW, PreviewLinks},
        message::Preview,
    },
    ports::{pages::Pages, store::Store},
};

/// The most links of one message that are followed.
pub const LINKS_MAX: usize = 10;
/// After so long nobody waits for a preview any more, and a job that has not been done ends.
pub const EXPIRES: Duration = Duration::from_secs(10 * 60);
/// How often a job is tried: over some minutes of an outage. A page that cannot be fetched is no reason to try again.
pub const ATTEMPTS: i32 = 10;
/// How long one attempt may take.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// How long it is remembered what a link leads to, or that it leads to nothing.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);

/// The type of job.
pub struct LinkPreviews {
    /// Where links lead; none where previews are off: then jobs from before do nothing.
    pub pages: Option<Arc<dyn Pages>>,
    /// Where findings go.
    pub writer: Arc<Writer>,
}

#[async_trait]
impl Handler for LinkPreviews {
    const TYPE: &'static str = PREVIEW;

    type Payload = PreviewLinks;

    fn rules(&self) -> Rules {
        Rules {
            max_attempts: ATTEMPTS,
            time_limit: TIME_LIMIT,
            ..Rules::default()
        }
    }

    /// Comes with messages alone: to everybody who asks, there is no such type.
    async fn admit(&self, _: &PreviewLinks, _: &UserId, _: &dyn Store) -> Result<(), Problem> {
        Err(Problem::invalid(format!(
            "There is no type of job `{PREVIEW}` that can be asked for."
        )))
    }

    async fn run(&self, links: PreviewLinks, job: &Running) -> Result<Value, JobError> {
        let Some(pages) = &self.pages else {
            return Ok(Value::Null);
        };
        let previews = followed(&links.urls, &**pages, &**job.store()).await?;
        if !previews.is_empty() {
            let enrichment = Enrichment {
                // The worker ends the job; the row is not the commit's.
                finishes: None,
                room_id: links.room_id,
                message_id: links.message_id,
                content_rev: links.content_rev,
                found: Found::Previews(previews),
            };
            self.commit(enrichment).await?;
        }
        Ok(Value::Null)
    }
}

impl LinkPreviews {
    async fn commit(&self, enrichment: Enrichment) -> Result<(), JobError> {
        let submitted = self
            .writer
            .submit(Change::Enrich(enrichment))
            .map_err(|problem| JobError::Again(problem.message))?;
        submitted
            .outcome()
            .await
            .map_err(|problem| JobError::Again(problem.message))?;
        Ok(())
    }
}

/// The previews that there are, in the order of the links.
async fn followed(
    urls: &[String],
    pages: &dyn Pages,
    store: &dyn Store,
) -> Result<Vec<Preview>, JobError> {
    let urls = &urls[..urls.len().min(LINKS_MAX)];
    let known = store.known_previews(urls, REMEMBERED).await?;
    let mut known: HashMap<String, Option<Preview>> = known.into_iter().collect();
    let unknown = urls.iter().filter(|url| !known.contains_key(*url));
    let fetched = join_all(unknown.map(|url| fetched(url, pages, store))).await;
    known.extend(fetched);
    Ok(urls
        .iter()
        .filter_map(|url| known.remove(url).flatten())
        .collect())
}

/// What a link leads to, from its page; remembered at once, so that another attempt at the job does not ask again. What went wrong this
/// time is not remembered: the next message with the link may have more luck.
async fn fetched(url: &str, pages: &dyn Pages, store: &dyn Store) -> (String, Option<Preview>) {
    let looked = pages.look(url).await;
    if let Err(why) = &looked {
        tracing::debug!(%why, "a link has no preview");
    }
    let is_lasting = !matches!(&looked, Err(why) if !why.is_lasting());
    let preview = looked.ok();
    if is_lasting && let Err(error) = store.remember_preview(url, preview.as_ref()).await {
        error.log("a preview could not be remembered");
    }
    (url.to_owned(), preview)
}
