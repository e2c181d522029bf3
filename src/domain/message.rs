//! A message, and what its text must be.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Rev, Seq,
    error::{Code, Problem},
    id::{ClientId, MessageId, RoomId, UserId},
    timestamp::Timestamp,
};

/// The most Unicode code points that a message's text may have.
pub const CONTENT_MAX: usize = 8_000;

/// A user's claps on one message stop here; the excess is ignored.
pub const CLAPS_MAX: i64 = 50;

/// The most different emoji under one message.
pub const EMOJI_MAX: usize = 20;

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MessageKind {
    /// Written by a person; the only kind that a client may send.
    #[default]
    Text,
    /// Written by the server.
    System,
    /// Stands for a file.
    File,
}

impl MessageKind {
    /// The word on the wire and in the stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::System => "system",
            Self::File => "file",
        }
    }

    /// The kind of that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Text, Self::System, Self::File]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

/// Applause for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Claps {
    /// Everybody's.
    #[schema(minimum = 0)]
    pub total: i64,
    /// The asking reader's; never in a broadcast.
    #[schema(minimum = 0, maximum = 50)]
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mine: Option<i64>,
}

/// One emoji under a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reaction {
    /// The emoji itself.
    #[schema(min_length = 1, max_length = 32)]
    pub emoji: String,
    /// How many people chose it.
    #[schema(minimum = 1)]
    pub count: i64,
    /// Whether the asking reader did; never in a broadcast.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mine: Option<bool>,
}

/// What a link in a message leads to, in the page's own words. They are a stranger's: to be shown as text, never as markup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// As it stands in the text.
    pub url: String,
    /// The linked page's title.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub title: Option<String>,
    /// The linked page's own summary.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
    /// A picture that stands for the page.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub image_url: Option<String>,
    /// The site's name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site_name: Option<String>,
}

impl Preview {
    /// The most code points of a title; what is longer ends in an ellipsis.
    pub const TITLE_MAX: usize = 200;
    /// The most code points of a description.
    pub const DESCRIPTION_MAX: usize = 500;
    /// The most code points of a site's name.
    pub const SITE_MAX: usize = 100;
    /// The most code points of an address; a longer link has no preview, a longer address of a picture is left out.
    pub const URL_MAX: usize = 2_000;

    /// A preview of `url` from what its page says: on one line each, within the bounds, without characters that nobody sees or that
    /// turn the text around them. None for a page without a title.
    pub fn from_page(url: &str, said: PageWords) -> Option<Self> {
        let line = |text: Option<String>, max| text.and_then(|text| one_line(&text, max));
        let image = said.image_url;
        Some(Self {
            url: url.to_owned(),
            title: Some(line(said.title, Self::TITLE_MAX)?),
            description: line(said.description, Self::DESCRIPTION_MAX),
            image_url: image.filter(|url| url.chars().count() <= Self::URL_MAX),
            site_name: line(said.site_name, Self::SITE_MAX),
        })
    }

    /// Whether it says of the same link all that the other one says.
    pub fn covers(&self, other: &Self) -> bool {
        let covers =
            |mine: &Option<String>, theirs: &Option<String>| theirs.is_none() || mine == theirs;
        self.url == other.url
            && covers(&self.title, &other.title)
            && covers(&self.description, &other.description)
            && covers(&self.image_url, &other.image_url)
            && covers(&self.site_name, &other.site_name)
    }
}

/// What a page says of itself, as it says it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageWords {
    /// Its title.
    pub title: Option<String>,
    /// Its summary.
    pub description: Option<String>,
    /// The whole address of a picture that stands for it.
    pub image_url: Option<String>,
    /// The site's name.
    pub site_name: Option<String>,
}

/// The text with single spaces between its words, cut at `max` code points; none where nothing can be seen of it.
fn one_line(text: &str, max: usize) -> Option<String> {
    let mut line = String::new();
    for word in text.split_whitespace() {
        let seen = word.chars().filter(|c| !is_hidden(*c));
        let space = line.len();
        line.extend(seen);
        if space > 0 && line.len() > space {
            line.insert(space, ' ');
        }
    }
    if line.chars().all(is_blank) {
        return None;
    }
    if let Some((cut, _)) = line.char_indices().nth(max) {
        let (last, _) = line[..cut].char_indices().next_back().unwrap_or_default();
        line.truncate(last);
        line.truncate(line.trim_end().len());
        line.push('…');
    }
    Some(line)
}

/// Controls, and what changes the direction of the text after it.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
}

/// A message in its current state, as every client sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Fixed for good.
    pub id: MessageId,
    /// The room it is in.
    pub room_id: RoomId,
    /// Its place in the room.
    #[schema(value_type = i64, minimum = 1)]
    pub seq: Seq,
    /// The room's revision that its last change took.
    #[schema(value_type = i64, minimum = 1)]
    pub rev: Rev,
    /// Who wrote it.
    pub user_id: UserId,
    /// The author's name when it was written.
    #[schema(value_type = String)]
    pub username: Arc<str>,
    /// The text; empty once deleted.
    #[schema(max_length = 8_000)]
    pub content: String,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: MessageKind,
    /// When the server took it.
    pub timestamp: Timestamp,
    /// The sender's idempotency key.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client_id: Option<ClientId>,
    /// The message that this one answers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reply_to: Option<MessageId>,
    /// When its text was last changed by its author.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub edited_at: Option<Timestamp>,
    /// When it was deleted; it keeps its place.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deleted_at: Option<Timestamp>,
    /// Applause.
    pub claps: Claps,
    /// Emoji, in the order in which they were first chosen.
    pub reactions: Vec<Reaction>,
    /// Members named in the text; filled by the worker.
    pub mentions: Vec<UserId>,
    /// Links in the text; filled by the worker.
    pub previews: Vec<Preview>,
}

impl Message {
    /// The message as one reader sees it: with what is theirs. Nothing of theirs is said in so many words, as 0 and false.
    pub fn seen_with(&self, mine: Option<&Mine>) -> Self {
        let mut seen = self.clone();
        seen.claps.mine = Some(mine.map_or(0, |mine| mine.claps));
        for reaction in &mut seen.reactions {
            reaction.mine = Some(mine.is_some_and(|mine| mine.emoji.contains(&reaction.emoji)));
        }
        seen
    }

    /// Whether anybody has clapped or reacted: only then something under it may be a reader's own.
    pub fn is_applauded(&self) -> bool {
        self.claps.total > 0 || !self.reactions.is_empty()
    }
}

/// What under a message is one reader's own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mine {
    /// Their claps.
    pub claps: i64,
    /// Their emoji, in no order.
    pub emoji: Vec<String>,
}

/// Checks an emoji, or a name that stands for one: 1 to 32 code points, without white space and control characters.
pub fn check_emoji(emoji: &str) -> Result<(), Problem> {
    let fits = (1..=32).contains(&emoji.chars().count())
        && !emoji.chars().any(|c| c.is_control() || c.is_whitespace());
    if fits {
        return Ok(());
    }
    Err(Problem::invalid(
        "`emoji` is 1 to 32 characters without white space.",
    ))
}

/// Checks the text of a message: not blank, no NUL, at most [`CONTENT_MAX`] code points.
pub fn check_content(content: &str) -> Result<(), Problem> {
    if content.len() > CONTENT_MAX && content.chars().count() > CONTENT_MAX {
        return Err(Problem::new(
            Code::PayloadTooLarge,
            "The text has more than 8,000 characters; send it in parts.",
        ));
    }
    if content.contains('\0') {
        return Err(Problem::invalid(
            "The text holds a NUL character, which cannot be kept.",
        ));
    }
    if content.chars().all(is_blank) {
        return Err(Problem::invalid("The text is blank."));
    }
    Ok(())
}

/// White space, and what takes no place at all.
fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_page_are_one_line_within_bounds_that_can_be_seen() {
        let line = |text: &str| one_line(text, 10);
        assert_eq!(line(" a\n\t b\u{2028}c ").as_deref(), Some("a b c"));
        assert_eq!(line("a \u{202E} evil\u{0}").as_deref(), Some("a evil"));
        assert_eq!(line("👩\u{200D}🚀").as_deref(), Some("👩\u{200D}🚀"));
        assert_eq!(line("1234567890").as_deref(), Some("1234567890"));
        assert_eq!(line("12345678901").as_deref(), Some("123456789…"));
        assert_eq!(line("12345678 ééé").as_deref(), Some("12345678…"));
        for blank in ["", " \n", "\u{202E}\u{2066}", "\u{200D}"] {
            assert_eq!(line(blank), None, "{blank:?}");
        }
    }

    #[test]
    fn length_is_counted_in_code_points() {
        assert!(check_content(&"🔔".repeat(CONTENT_MAX)).is_ok());
        assert_eq!(
            check_content(&"a".repeat(CONTENT_MAX + 1))
                .unwrap_err()
                .code,
            Code::PayloadTooLarge
        );
        assert_eq!(
            check_content(" \n\t ").unwrap_err().code,
            Code::InvalidArgument
        );
        assert_eq!(
            check_content("\u{200B} \u{2060}").unwrap_err().code,
            Code::InvalidArgument
        );
        assert_eq!(
            check_content("a\0b").unwrap_err().code,
            Code::InvalidArgument
        );
    }
}
