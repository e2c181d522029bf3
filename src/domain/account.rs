//! Who somebody is, independent of whether they are here.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::id::UserId;

/// A user as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Fixed for good.
    pub id: UserId,
    /// Unique without case, 1 to 32 characters.
    pub username: Arc<str>,
    /// A name to show instead of `username`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub display_name: Option<String>,
}

/// The most characters a username may have.
pub const USERNAME_MAX: usize = 32;

/// Brings a name that somebody chose, or that a token carries, to what may be a username: trimmed, inner white space folded,
/// control and format characters taken out, at most [`USERNAME_MAX`] characters. `None` when nothing is left.
pub fn username_from(wish: &str) -> Option<String> {
    let visible: String = wish
        .chars()
        .filter(|c| !c.is_control() && !is_invisible(*c))
        .collect();
    let folded = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = folded.chars().take(USERNAME_MAX).collect();
    let cut = cut.trim_end();
    (!cut.is_empty()).then(|| cut.to_owned())
}

/// What two usernames must differ in: the name without case.
pub fn username_key(username: &str) -> String {
    username.to_lowercase()
}

/// The names to try in turn for somebody who is seen for the first time: the one wished for, then `ada-2` to `ada-9`, then some
/// that nobody will have. All within [`USERNAME_MAX`] characters; the last ones differ from call to call.
pub fn username_wishes(wish: &str) -> Vec<String> {
    let with = |suffix: &str| -> String {
        let room = USERNAME_MAX - suffix.len();
        let base: String = wish.chars().take(room).collect();
        format!("{}{suffix}", base.trim_end())
    };
    let numbered = (2..=9).map(|n| with(&format!("-{n}")));
    let random = (0..4).map(|_| with(&format!("-{:06x}", rand::random::<u32>() & 0xff_ffff)));
    std::iter::once(with(""))
        .chain(numbered)
        .chain(random)
        .collect()
}

/// Zero-width, bidirectional-control and other characters that change how a name looks without being seen.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180E}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_becomes_a_name_that_can_be_shown() {
        assert_eq!(
            username_from("  Ada   Lovelace\n").as_deref(),
            Some("Ada Lovelace")
        );
        assert_eq!(username_from("evil\u{202E}txt").as_deref(), Some("eviltxt"));
        assert_eq!(username_from(" \u{200B}\u{0} "), None);
        assert_eq!(
            username_from(&"x".repeat(40)).map(|name| name.len()),
            Some(USERNAME_MAX)
        );
    }
}
