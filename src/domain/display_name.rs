//! The name that somebody wants to be shown by; unlike a username it need not be unique.

use super::{error::Problem, username::is_unseen};

/// The most characters of a name to be shown.
pub const DISPLAY_NAME_MAX: usize = 64;

/// Checks a name to be shown and folds its white space: 1 to [`DISPLAY_NAME_MAX`] characters, none of them a control character or
/// one that changes how a name looks without being seen.
pub fn check_display_name(name: &str) -> Result<String, Problem> {
    let folded = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = (1..=DISPLAY_NAME_MAX).contains(&folded.chars().count());
    if !fits || name.chars().any(is_unseen) {
        return Err(Problem::invalid(
            "`displayName` is 1 to 64 characters that can be seen, or null.",
        ));
    }
    Ok(folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_seen_as_it_is() {
        let longest = "é".repeat(DISPLAY_NAME_MAX);
        for (wish, name) in [
            ("Ada Lovelace", "Ada Lovelace"),
            ("  Ada \u{A0} L. ", "Ada L."),
            ("阿達 🦀", "阿達 🦀"),
            (&longest, &longest),
        ] {
            assert_eq!(check_display_name(wish).as_deref(), Ok(name));
        }
        let too_long = "x".repeat(DISPLAY_NAME_MAX + 1);
        for wish in [
            "",
            "  ",
            "\u{3164}",
            "Ada\u{202E}nimda",
            "A\u{200B}da",
            "A\nda",
            "\0",
            &too_long,
        ] {
            assert!(check_display_name(wish).is_err(), "{wish:?}");
        }
    }
}
