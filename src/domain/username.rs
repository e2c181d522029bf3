//! What may be a username, and when two are the same.
//!
//! A name stands for somebody wherever it is read, so it must not seem to be another one: it is seen as it is (nothing invisible,
//! nothing that turns text around), is written in scripts that belong together, and is not ASCII in other letters.

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};
use unicode_security::{
    GeneralSecurityProfile, RestrictionLevel, RestrictionLevelDetection, skeleton,
};

/// The most characters a username may have.
pub const USERNAME_MAX: usize = 32;
/// Marks on one letter; more of them run over the lines above and below.
const MARKS_MAX: usize = 4;
/// Longer wishes are not looked at: four times what fits, if each character becomes one.
const WISH_MAX: usize = 4 * USERNAME_MAX;

/// Why a text is no username. Its text says so to the one who chose it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAName {
    /// Nothing, or too much.
    #[error("`username` is 1 to {USERNAME_MAX} characters that can be seen.")]
    Length,
    /// Holds a character that cannot be seen, or that changes how others are seen.
    #[error(
        "`username` holds U+{:04X}, which cannot be seen or changes how other characters are; leave it out.",
        u32::from(*.0)
    )]
    Unseen(char),
    /// Holds a letter, mark or digit that names are not written with.
    #[error("`username` holds {0:?}, which names are not written with; leave it out.")]
    Unusual(char),
    /// Mixes scripts that look alike.
    #[error("`username` mixes letters of scripts that look alike; write it in one script.")]
    Mixed,
    /// Can be mistaken for another name.
    #[error("`username` looks like \"{0}\" in other letters; choose another.")]
    LooksLike(String),
}

/// The username that somebody asked for, in the form in which it is kept (NFKC, white space folded), or why it cannot be one.
pub fn username(wish: &str) -> Result<String, NotAName> {
    if wish.chars().take(WISH_MAX + 1).count() > WISH_MAX {
        return Err(NotAName::Length);
    }
    let normal: String = wish.trim().nfkc().collect();
    if let Some(unseen) = normal.chars().find(|c| is_unseen(*c)) {
        return Err(NotAName::Unseen(unseen));
    }
    let name = folded(&normal);
    if !(1..=USERNAME_MAX).contains(&name.chars().count()) {
        return Err(NotAName::Length);
    }
    seems_what_it_is(&name)?;
    Ok(name)
}

/// Brings a name that a token carries to what may be a username: what is refused is left out, what is too long is cut, and what looks
/// like another name becomes that name. `None` when nothing is left that could be one.
pub fn username_from(wish: &str) -> Option<String> {
    let seen: String = wish
        .chars()
        .take(8 * WISH_MAX)
        .nfkc()
        .filter(|c| c.is_whitespace() || !is_unseen(*c))
        .collect();
    let cut: String = folded(&seen).chars().take(USERNAME_MAX).collect();
    let name = cut.trim_end();
    if name.is_empty() {
        return None;
    }
    if seems_what_it_is(name).is_ok() {
        return Some(name.to_owned());
    }
    let plain: String = in_ascii(name).chars().take(USERNAME_MAX).collect();
    username(&plain).ok().filter(|name| name.is_ascii())
}

/// What two usernames must differ in: the name in NFKC, without case.
///
/// Keys that were kept before NFKC was part of this (the plain lower case) are the same for every name that is in NFKC, which all new
/// ones are. An older name that is not, say one in full-width letters, keeps its account and its key; only is its NFKC form another
/// name still, as it was when it was given.
pub fn username_key(username: &str) -> String {
    let normal: String = username.nfkc().collect();
    normal.to_lowercase().nfkc().collect()
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

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a name cannot be taken for another one, as far as its letters go.
fn seems_what_it_is(name: &str) -> Result<(), NotAName> {
    let mut marks = MARKS_MAX;
    for c in name.chars() {
        let is_mark = c.general_category_group() == GeneralCategoryGroup::Mark;
        marks = if is_mark { marks + 1 } else { 0 };
        // `marks` begins at its bound: a mark that comes first would be set on whatever stands before the name.
        if marks > MARKS_MAX || (is_written(c) && !GeneralSecurityProfile::identifier_allowed(c)) {
            return Err(NotAName::Unusual(c));
        }
    }
    let written: String = name.chars().filter(|c| is_written(*c)).collect();
    if !written
        .as_str()
        .check_restriction_level(RestrictionLevel::HighlyRestrictive)
    {
        return Err(NotAName::Mixed);
    }
    if !name.is_ascii() && !name.chars().any(is_told_apart) && skeleton(name).all(|c| c.is_ascii())
    {
        return Err(NotAName::LooksLike(in_ascii(name)));
    }
    Ok(())
}

/// The name with what is not ASCII replaced by what it looks like. (The skeleton of the whole would replace ASCII as well: `m` by `rn`.)
fn in_ascii(name: &str) -> String {
    let mut plain = String::new();
    for c in name.chars() {
        if c.is_ascii() {
            plain.push(c);
        } else {
            plain.extend(skeleton(c.encode_utf8(&mut [0; 4])));
        }
    }
    plain
}

/// Letters, marks and digits: what the rules on scripts are about. Punctuation, symbols and emoji belong to all scripts.
fn is_written(c: char) -> bool {
    matches!(
        c.general_category_group(),
        GeneralCategoryGroup::Letter | GeneralCategoryGroup::Mark | GeneralCategoryGroup::Number
    )
}

/// Letters that readers do not take for ASCII, although the table of confusables has an ASCII counterpart for them: those written from
/// right to left, and the ligatures of Danish, Norwegian, Icelandic and French.
fn is_told_apart(c: char) -> bool {
    matches!(c, '\u{0590}'..='\u{08FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFF}' | 'Æ' | 'æ' | 'Œ' | 'œ')
}

/// Control, format, private and unassigned characters, and others that are blank or change their neighbours.
pub(super) fn is_unseen(c: char) -> bool {
    use GeneralCategory::{
        Control, Format, LineSeparator, ParagraphSeparator, PrivateUse, Unassigned,
    };
    matches!(
        c.general_category(),
        Control | Format | LineSeparator | ParagraphSeparator | PrivateUse | Unassigned
    ) || matches!(c,
        '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{2800}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FFA0}' | '\u{FFFC}' | '\u{FFFD}' | '\u{E0100}'..='\u{E01EF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_many_scripts_are_names() {
        for name in [
            "Ada",
            "ada lovelace",
            "O'Brien",
            "user_42",
            "Ágnes",
            "Kjær",
            "Øre",
            "Łukasz",
            "Þór",
            "Straße",
            "Иван",
            "Ελένη",
            "יוסי",
            "محمد",
            "देवी",
            "สมชาย",
            "田中さくら",
            "サクラSakura",
            "김민준",
            "Ada 🎉",
        ] {
            assert_eq!(username(name).as_deref(), Ok(name));
            assert_eq!(username_from(name).as_deref(), Some(name));
        }
    }

    #[test]
    fn a_name_has_1_to_32_characters() {
        assert_eq!(username(""), Err(NotAName::Length));
        assert_eq!(username(" \t "), Err(NotAName::Length));
        assert_eq!(username(&"x".repeat(33)), Err(NotAName::Length));
        assert_eq!(username(&"x".repeat(1_000_000)), Err(NotAName::Length));
        assert!(username(&"ü".repeat(32)).is_ok());
        // One character, eighteen in the form in which it is kept.
        assert_eq!(username(&"\u{FDFA}".repeat(2)), Err(NotAName::Length));
        assert_eq!(username("  Ada   Lovelace ").as_deref(), Ok("Ada Lovelace"));
    }

    #[test]
    fn what_cannot_be_seen_is_refused() {
        for c in [
            '\u{0}',
            '\n',
            '\u{7F}',
            '\u{AD}',
            '\u{200B}',
            '\u{200D}',
            '\u{200E}',
            '\u{202E}',
            '\u{2066}',
            '\u{2069}',
            '\u{FEFF}',
            '\u{FE0F}',
            '\u{115F}',
            '\u{2800}',
            '\u{E0041}',
            '\u{E000}',
            '\u{2028}',
            '\u{378}',
        ] {
            assert_eq!(
                username(&format!("ad{c}a")),
                Err(NotAName::Unseen(c)),
                "{c:?}"
            );
            assert_eq!(
                username_from(&format!("ad{c}min")).map(|name| name.replace(' ', "")),
                Some("admin".into()),
                "{c:?}"
            );
        }
        // These become something else in NFKC, which is blank all the same.
        assert!(username("\u{3164}").is_err());
        assert!(username("\u{FFA0}").is_err());
        assert_eq!(username_from(" \u{200B}\u{0} "), None);
    }

    #[test]
    fn look_alikes_are_refused_and_brought_back_to_what_they_look_like() {
        // Cyrillic a; Cyrillic throughout; Greek o and a; dotless i; a letter of phonetics; mathematical letters (NFKC).
        for (name, looks_like) in [
            ("\u{0430}dmin", "admin"),
            ("\u{0440}\u{0430}\u{0443}\u{0440}\u{0430}l", "paypal"),
            ("\u{0441}\u{043E}\u{0441}\u{043E}", "coco"),
            ("B\u{03BF}b", "Bob"),
            ("adm\u{0131}n", "admin"),
            ("\u{0251}dmin", "admin"),
        ] {
            assert!(username(name).is_err(), "{name}");
            assert_eq!(username_from(name).as_deref(), Some(looks_like), "{name}");
        }
        assert_eq!(
            username("\u{0441}\u{043E}\u{0441}\u{043E}"),
            Err(NotAName::LooksLike("coco".into()))
        );
        assert_eq!(username("\u{0430}dmin"), Err(NotAName::Mixed));
        assert_eq!(username("\u{1D41A}da").as_deref(), Ok("ada"));
        assert_eq!(username("ＡＤＡ").as_deref(), Ok("ADA"));
        // Mixed beyond repair.
        assert_eq!(username("Иваnж"), Err(NotAName::Mixed));
        assert_eq!(username_from("ЖЖЖω"), None);
    }

    #[test]
    fn marks_stay_with_their_letter() {
        assert_eq!(username("\u{0301}da"), Err(NotAName::Unusual('\u{0301}')));
        assert!(matches!(
            username(&format!("a{}", "\u{0323}".repeat(12))),
            Err(NotAName::Unusual(_))
        ));
    }

    #[test]
    fn a_key_is_without_case_and_form() {
        for (one, other) in [
            ("Ada", "aDA"),
            ("Ágnes", "a\u{0301}gnes"),
            ("ＡＤＡ", "ada"),
            ("ﬁn", "FIN"),
        ] {
            assert_eq!(username_key(one), username_key(other));
        }
        assert_ne!(username_key("ada"), username_key("ida"));
        for name in ["ADA", "İstanbul", "ΑΣ", "ß"] {
            let key = username_key(name);
            assert_eq!(username_key(&key), key);
        }
    }

    #[test]
    fn a_wish_becomes_a_name_that_can_be_shown() {
        assert_eq!(
            username_from("  Ada   Lovelace\n").as_deref(),
            Some("Ada Lovelace")
        );
        assert_eq!(username_from("evil\u{202E}txt").as_deref(), Some("eviltxt"));
        assert_eq!(
            username_from(&"x".repeat(40)).map(|name| name.len()),
            Some(USERNAME_MAX)
        );
    }
}
