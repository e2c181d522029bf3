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
/// The most places of one message at which somebody might be mentioned and is looked for, whether or not anybody is.
const PLACES_MAX: usize = 200;
/// How far after an `@` is looked, in characters: a name, and what follows it without a space. A word that goes on beyond is none.
const LOOK_MAX: usize = 4 * USERNAME_MAX;
/// How a masked end of a word begins.
const MASKED: &str = "***";
/// The most words that a name in a mention has.
const WORDS_MAX: usize = 4;
/// Who is live in the room, in a mention's place.
const HERE: &str = "here";
/// In a room where more people than this are live, `@here` mentions nobody: as large as a list of who is `online` gets.
const HERE_MAX: usize = 200;

/// The members whom the text mentions: those whom it names, in the order of their first mention, then, with `@here`, all others who
/// are live in the room, but for the author.
///
/// Of a user's messages with `@here` in a room, one in ten seconds calls anybody, whichever worker reads them; in the others it is text.
/// `@here` comes before somebody who is called "here", and after a longer name that begins so. Whoever is live is whoever is so now: the
/// same text read again may find others.
pub(super) async fn mentioned(
    enricher: &Enricher,
    text: &EnrichMessage,
) -> Result<Vec<UserId>, JobError> {
    let mentions = names(&text.content, username_key);
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
        let (room, message) = (&text.room_id, text.message_id);
        if !others.is_empty() && enricher.calls.take(author, room, message).await? {
            found.append(&mut others);
        }
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
fn names(content: &str, key: impl Fn(&str) -> String) -> Vec<Vec<String>> {
    places(content)
        .map(|rest| candidates(rest, &key))
        .filter(|candidates| !candidates.is_empty())
        .take(MENTIONS_MAX)
        .collect()
}

/// What follows each `@` that may begin a mention: the first [`PLACES_MAX`].
fn places(content: &str) -> impl Iterator<Item = &str> {
    let begins = |at: usize| {
        let before = content[..at].chars().next_back();
        before.is_none_or(|before| !before.is_alphanumeric())
    };
    content
        .match_indices('@')
        .filter(move |(at, _)| begins(*at))
        .take(PLACES_MAX)
        .map(|(at, _)| &content[at + 1..])
}

/// The beginnings of `rest` that may be a name: whole words, with and without the punctuation at their end. What a rule has
/// masked is part of the word, or else masking `@adafoo` would mention Ada. Makes keys of nothing that is too long for a name.
fn candidates(rest: &str, key: impl Fn(&str) -> String) -> Vec<String> {
    let cut = rest.char_indices().nth(LOOK_MAX).map(|(at, _)| at);
    let seen = &rest[..cut.unwrap_or(rest.len())];
    let mut candidates = Vec::new();
    let mut end = 0;
    for word in seen.split_inclusive(' ').take(WORDS_MAX) {
        let begin = end;
        end += word.len();
        let word = word.trim_end();
        let line_end = word.find(char::is_whitespace);
        let word = &word[..line_end.unwrap_or(word.len())];
        let goes_on = cut.is_some_and(|cut| begin + word.len() == cut);
        if word.is_empty() || goes_on {
            break;
        }
        let bare = word.trim_end_matches(|c: char| !c.is_alphanumeric());
        // Three or more are what a rule has masked, and belong to the word: nobody has named who is left. Fewer make it bold.
        let bare = match word[bare.len()..].starts_with(MASKED) {
            true => word,
            false => bare,
        };
        for word in [bare, word] {
            let name = &seen[..begin + word.len()];
            if name.chars().count() > USERNAME_MAX {
                return candidates;
            }
            if word.is_empty() {
                continue;
            }
            let key = key(name);
            if candidates.last() != Some(&key) {
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
    use std::cell::Cell;

    use super::*;

    fn names(content: &str) -> Vec<Vec<String>> {
        super::names(content, username_key)
    }

    #[test]
    fn a_text_costs_little_whatever_it_is() {
        let long = "@".to_owned() + &"x".repeat(USERNAME_MAX + 1);
        let full = "@".to_owned() + &"x".repeat(USERNAME_MAX);
        for part in [
            "@",
            "@ ",
            "@a",
            "@a ",
            "@!a.",
            "@a b c d ",
            &long,
            &full,
            "@\u{FDFA}",
        ] {
            for gap in ["", " ", "\n", "!"] {
                let text = format!("{part}{gap}").repeat(8_000);
                let places = places(&text).count();
                assert!(places <= PLACES_MAX, "{part:?}: {places} places");
                let (keys, chars) = (Cell::new(0), Cell::new(0));
                let mentions = super::names(&text, |name| {
                    keys.set(keys.get() + 1);
                    chars.set(chars.get() + name.chars().count());
                    username_key(name)
                });
                assert!(mentions.len() <= MENTIONS_MAX);
                let most = MENTIONS_MAX * WORDS_MAX * 2;
                assert!(keys.get() <= most, "{part:?}: {} keys", keys.get());
                let most = most * USERNAME_MAX;
                assert!(chars.get() <= most, "{part:?}: {} characters", chars.get());
            }
        }
    }

    #[test]
    fn what_is_too_long_is_no_name() {
        let name = "x".repeat(USERNAME_MAX);
        assert_eq!(names(&format!("@{name}"))[0], std::slice::from_ref(&name));
        assert_eq!(names(&format!("@{name}!"))[0], std::slice::from_ref(&name));
        assert_eq!(
            names(&format!("@{name}! and"))[0],
            std::slice::from_ref(&name)
        );
        assert!(names(&format!("@{name}x")).is_empty());
        assert!(names(&format!("@{name}-x")).is_empty());
        let dots = "!".repeat(LOOK_MAX - 4);
        assert_eq!(names(&format!("@ada{dots}"))[0], ["ada"]);
        assert_eq!(names(&format!("@ada{dots} and so on"))[0], ["ada"]);
        assert!(names(&format!("@ada{dots}!!x")).is_empty());
        let link = format!("@ada https://example.org/{}", "x".repeat(200));
        assert_eq!(names(&link)[0], ["ada"]);
    }

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
    fn what_a_rule_has_masked_is_part_of_the_word() {
        assert_eq!(names("@ada***")[0], ["ada***"]);
        assert_eq!(names("@ada***!")[0], ["ada***!"]);
        assert_eq!(names("**@Ada** and")[0][0], "ada");
        assert_eq!(names("@here***")[0], ["here***"]);
        assert_eq!(names("*@ada and")[0][0], "ada");
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
