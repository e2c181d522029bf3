//! Whom a message's text mentions: `@name` of a member, and `@here`.

use std::collections::{BTreeSet, HashMap};

use super::Enricher;
use crate::{
    domain::{
        account::{USERNAME_MAX, username_key},
        id::{RoomId, UserId},
        job::EnrichMessage,
    },
    jobs::JobError,
};

/// The most places of one message at which somebody is mentioned.
const MENTIONS_MAX: usize = 50;
/// The most words that a name in a mention has.
const WORDS_MAX: usize = 4;
/// Who is live in the room, in a mention's place.
const HERE: &str = "here";
/// In a room where more people than this are live, `@here` mentions nobody: as large as a list of who is `online` gets.
const HERE_MAX: usize = 200;

/// The members whom the text mentions: those whom it names, in the order of their first mention, then, with `@here`, all others who
/// are live in the room, but for the author.
///
/// `@here` comes before somebody who is called "here", and after a longer name that begins so. Whoever is live is whoever is so now: the
/// same text read again may find others.
pub(super) async fn mentioned(
    enricher: &Enricher,
    text: &EnrichMessage,
) -> Result<Vec<UserId>, JobError> {
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
    let mut everybody = false;
    for candidates in mentions {
        // The longest name that is somebody's: "@Ada Lovelace" is not "@Ada".
        let mut longest = candidates.iter().rev().filter(|key| *key != HERE);
        let user = longest.find_map(|key| by_key.get(key));
        match user {
            Some(user) if !found.contains(user) => found.push(user.clone()),
            Some(_) => {}
            None => everybody |= candidates.iter().any(|key| key == HERE),
        }
    }
    // A job of the version before does not say whose message it is.
    if everybody && let Some(author) = &text.user_id {
        let mut others = here(enricher, &text.room_id).await?;
        others.retain(|user| user != author && !found.contains(user));
        found.append(&mut others);
    }
    Ok(found)
}

/// The members who are live in a room, if it is not a large one.
async fn here(enricher: &Enricher, room: &RoomId) -> Result<Vec<UserId>, JobError> {
    let rooms = std::slice::from_ref(room);
    let live = enricher.presence.live(rooms, HERE_MAX).await?;
    let live = live.into_iter().next().unwrap_or_default();
    if live.count > HERE_MAX || live.users.is_empty() {
        return Ok(Vec::new());
    }
    let users: Vec<UserId> = live.users.into_iter().map(|user| user.id).collect();
    let mut members = enricher.store.members_among(room, &users).await?;
    members.sort_unstable();
    Ok(members)
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

    #[test]
    fn here_is_a_whole_word() {
        let is_meant = |text: &str| names(text).iter().flatten().any(|key| key == HERE);
        for text in [
            "@here",
            "@Here, look",
            "(@HERE)",
            "so @here: go",
            "@here\nlook",
        ] {
            assert!(is_meant(text), "{text}");
        }
        for text in [
            "here",
            "@hereby",
            "@here-and-now",
            "a@here",
            "@ here",
            "@there",
        ] {
            assert!(!is_meant(text), "{text}");
        }
    }
}
