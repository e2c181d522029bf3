//! `message.enrich`: finds mentions of members in a message's text, and asks for previews of its links.
//!
//! Mentions are one change of the message; previews, which take longer, are a job of their own and another change. Both apply only
//! while the text that was read is still the message's text, and only if they add something: doing the job again changes nothing.

mod links;

use std::collections::{BTreeSet, HashMap};

use std::sync::Arc;

use crate::{
    commit::writer::Writer,
    domain::{
        account::{USERNAME_MAX, username_key},
        change::{Change, Enrichment, Found},
        id::{JobId, UserId},
        job::EnrichMessage,
    },
    jobs::JobError,
    ports::{queue::Queue, store::Store},
};

/// The most members that one message mentions.
const MENTIONS_MAX: usize = 50;
/// The most words that a name in a mention has.
const WORDS_MAX: usize = 4;

/// What reading a message has come to.
pub(super) enum Finished {
    /// The job's row went with the commit of its result.
    WithItsResult,
    /// There was nothing to commit: the row is still to be removed.
    WithoutResult,
}

/// What reading a message takes.
#[derive(Clone)]
pub struct Enricher {
    /// Where members are found.
    pub store: Arc<dyn Store>,
    /// Where findings go.
    pub writer: Arc<Writer>,
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
    let mentions = mentioned(enricher, text).await?;
    links::ask_for_previews(enricher, job, text).await?;
    let mut findings = Vec::new();
    if !mentions.is_empty() {
        findings.push(Found::Mentions(mentions));
    }
    if findings.is_empty() {
        return Ok(Finished::WithoutResult);
    }
    let last = findings.len() - 1;
    for (at, found) in findings.into_iter().enumerate() {
        let enrichment = Enrichment {
            // The row goes with the last finding, so that a crash before it leaves the job to be done again.
            finishes: (at == last).then_some(job),
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
    Ok(Finished::WithItsResult)
}

/// The members whom the text names, in the order of their first mention.
async fn mentioned(enricher: &Enricher, text: &EnrichMessage) -> Result<Vec<UserId>, JobError> {
    let mentions = names(&text.content);
    if mentions.is_empty() {
        return Ok(Vec::new());
    }
    let keys: BTreeSet<String> = mentions.iter().flatten().cloned().collect();
    let keys: Vec<String> = keys.into_iter().collect();
    let members = enricher.store.members_named(&text.room_id, &keys).await?;
    let by_key: HashMap<String, UserId> = members
        .into_iter()
        .map(|member| (username_key(&member.username), member.id))
        .collect();
    let mut found = Vec::new();
    for candidates in mentions {
        // The longest name that is somebody's: "@Ada Lovelace" is not "@Ada".
        let user = candidates.iter().rev().find_map(|key| by_key.get(key));
        if let Some(user) = user
            && !found.contains(user)
        {
            found.push(user.clone());
        }
    }
    Ok(found)
}

/// For each `@` of the text that begins a mention, the names that may be meant, shortest first, as keys.
fn names(content: &str) -> Vec<Vec<String>> {
    let mut mentions = Vec::new();
    for (at, _) in content.match_indices('@') {
        let begins = content[..at]
            .chars()
            .next_back()
            .is_none_or(|before| !before.is_alphanumeric());
        if !begins {
            continue;
        }
        let candidates = candidates(&content[at + 1..]);
        if !candidates.is_empty() {
            mentions.push(candidates);
        }
        if mentions.len() == MENTIONS_MAX {
            break;
        }
    }
    mentions
}

/// The beginnings of `rest` that may be a name: whole words, with and without the punctuation at their end.
fn candidates(rest: &str) -> Vec<String> {
    let mut candidates = Vec::new();
    let mut end = 0;
    for word in rest.split_inclusive(' ').take(WORDS_MAX) {
        let begin = end;
        end += word.len();
        let word = word.trim_end();
        let line_end = word.find(char::is_whitespace);
        let word = &word[..line_end.unwrap_or(word.len())];
        if word.is_empty() {
            break;
        }
        let bare = word.trim_end_matches(|c: char| !c.is_alphanumeric());
        for word in [bare, word] {
            let name = &rest[..begin + word.len()];
            let key = username_key(name);
            if !word.is_empty()
                && name.chars().count() <= USERNAME_MAX
                && candidates.last() != Some(&key)
            {
                candidates.push(key);
            }
        }
        if line_end.is_some() {
            break;
        }
    }
    candidates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mention_may_be_several_words_and_end_in_punctuation() {
        assert_eq!(
            names("hi @Ada, and @Bob-2!"),
            [
                vec![
                    "ada",
                    "ada,",
                    "ada, and",
                    "ada, and @bob-2",
                    "ada, and @bob-2!"
                ],
                vec!["bob-2", "bob-2!"]
            ]
        );
        assert_eq!(names("@Ada Lovelace\nwrote")[0], ["ada", "ada lovelace"]);
        assert!(names("mail ada@example.org").is_empty());
        assert!(names("@ nobody").is_empty());
    }
}
