//! The rules as an operator writes them, checked.
//!
//! A JSON array; each rule has one of `words`, `regex` and `repeats`:
//!
//! ```json
//! [
//!   { "name": "swearing", "words": ["darn", "blast it"], "action": "mask", "reason": "Swearing" },
//!   { "regex": "(?i)buy .{0,40} now", "action": "remove", "reason": "Advertising" },
//!   { "repeats": { "times": 3, "withinSeconds": 60 }, "action": "remove", "reason": "Said again and again" }
//! ]
//! ```

use std::time::Duration;

use regex::{Regex, RegexBuilder};
use serde::Deserialize;

use super::{ModerationAction, words::Words};

/// The most rules of a list.
const RULES_MAX: usize = 500;
/// The most words of a rule.
const WORDS_MAX: usize = 2_000;
/// The most characters of a word, of a name and of a reason.
const CHARACTERS_MAX: usize = 200;
/// The most bytes of a rule's matcher, compiled.
const COMPILED_MAX: usize = 10 * 1024 * 1024;
/// The most bytes of all rules' matchers together.
const COMPILED_TOGETHER_MAX: usize = 64 * 1024 * 1024;
/// The least that a pattern is taken to need; from there its bound is doubled until it fits.
const COMPILED_MIN: usize = 16 * 1024;
/// How often a text may have to be said: so many messages are looked at.
const TIMES_MAX: i64 = 50;
/// The longest time over which repeats are counted.
const WITHIN_MAX: u64 = 24 * 60 * 60;

/// The rules are not what they should be: which one, and why, in a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidRules(String);

/// An operator's rules, in their order. None of them: nothing is looked at.
#[derive(Debug, Default)]
pub struct Rules(pub(super) Vec<Rule>);

#[derive(Debug)]
pub(super) struct Rule {
    pub(super) test: Test,
    pub(super) action: ModerationAction,
    pub(super) reason: String,
}

#[derive(Debug)]
pub(super) enum Test {
    /// Something in the text.
    Match(Regex),
    /// Words in the text.
    Words(Words),
    /// The text itself, said before.
    Repeats(Repeats),
}

/// The same text of the same user in the same room, so often within a time: from then on a rule acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeats {
    /// How often, this time included: 2 to 50.
    pub times: i64,
    /// Over how long, up to this time: at least a second.
    pub within: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: Option<String>,
    words: Option<Vec<String>>,
    regex: Option<String>,
    repeats: Option<WrittenRepeats>,
    action: ModerationAction,
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenRepeats {
    times: i64,
    within_seconds: u64,
}

impl Rules {
    /// Makes sense of a list of rules, or says which one makes none.
    pub fn parse(text: &str) -> Result<Self, InvalidRules> {
        let list: Vec<serde_json::Value> = serde_json::from_str(text)
            .map_err(|error| InvalidRules(format!("not a JSON array of rules: {error}.")))?;
        if list.len() > RULES_MAX {
            return Err(InvalidRules(format!(
                "{} rules; {RULES_MAX} at most.",
                list.len()
            )));
        }
        let mut room = COMPILED_TOGETHER_MAX;
        let rules = list.into_iter().enumerate().map(|(index, value)| {
            let name = value.get("name").and_then(|name| name.as_str());
            let which = match name {
                Some(name) => format!("rule {} ({name:.40?})", index + 1),
                None => format!("rule {}", index + 1),
            };
            let rule = serde_json::from_value(value).map_err(|error| error.to_string());
            rule.and_then(|rule| Rule::of(rule, &mut room))
                .map_err(|why| InvalidRules(format!("{which}: {}", in_a_line(&why))))
        });
        Ok(Self(rules.collect::<Result<_, _>>()?))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Rule {
    /// Takes the bytes of its matcher from the room that is left for all.
    fn of(written: Written, room: &mut usize) -> Result<Self, String> {
        let Written {
            name,
            words,
            regex,
            repeats,
            action,
            reason,
        } = written;
        let fits = |text: &str| {
            !text.trim().is_empty()
                && text.chars().count() <= CHARACTERS_MAX
                && !text.contains(char::is_control)
        };
        for (what, text) in [("name", name.as_deref()), ("reason", Some(&reason))] {
            if text.is_some_and(|text| !fits(text)) {
                return Err(format!(
                    "`{what}` is 1 to {CHARACTERS_MAX} characters in one line, not blank."
                ));
            }
        }
        let test = match (words, regex, repeats) {
            (Some(words), None, None) => match words.iter().find(|word| !fits(word)) {
                Some(word) => {
                    return Err(format!(
                        "{word:.40?} is no word; one is 1 to {CHARACTERS_MAX} characters in one line, not blank."
                    ));
                }
                None => Test::Words(any_of(&words, room)?),
            },
            (None, Some(pattern), None) => Test::Match(compiled(&pattern, room)?),
            (None, None, Some(repeats)) => Test::Repeats(repeats.checked()?),
            _ => return Err("takes one of `words`, `regex` and `repeats`.".into()),
        };
        Ok(Self {
            test,
            action,
            reason,
        })
    }
}

impl Repeats {
    /// Whether a text that was said before, so long ago each time, has now been said too often.
    pub fn are_in(&self, ages: &[Duration]) -> bool {
        let before = ages.iter().filter(|age| **age <= self.within).count();
        i64::try_from(before).is_ok_and(|before| before + 1 >= self.times)
    }
}

impl WrittenRepeats {
    fn checked(self) -> Result<Repeats, String> {
        if !(2..=TIMES_MAX).contains(&self.times) {
            return Err(format!("`times` is 2 to {TIMES_MAX}."));
        }
        if !(1..=WITHIN_MAX).contains(&self.within_seconds) {
            return Err(format!("`withinSeconds` is 1 to {WITHIN_MAX}."));
        }
        Ok(Repeats {
            times: self.times,
            within: Duration::from_secs(self.within_seconds),
        })
    }
}

fn any_of(words: &[String], room: &mut usize) -> Result<Words, String> {
    if !(1..=WORDS_MAX).contains(&words.len()) {
        return Err(format!("`words` is a list of 1 to {WORDS_MAX}."));
    }
    let words = Words::of(words)?;
    take(words.size(), room)?;
    Ok(words)
}

/// What a pattern takes once it is compiled is not told, but whether it fits into a bound: the first of some that it fits into is
/// taken for its size.
fn compiled(pattern: &str, room: &mut usize) -> Result<Regex, String> {
    let mut bound = COMPILED_MIN;
    let regex = loop {
        match RegexBuilder::new(pattern).size_limit(bound).build() {
            Ok(regex) => break regex,
            Err(regex::Error::CompiledTooBig(_)) if bound < COMPILED_MAX => {
                bound = (2 * bound).min(COMPILED_MAX);
            }
            Err(regex::Error::CompiledTooBig(_)) => {
                return Err("is too large; make several rules of it.".into());
            }
            Err(error) => return Err(format!("is no regular expression: {error}")),
        }
    };
    take(bound, room)?;
    match regex.is_match("") {
        true => Err("fits what is empty, and so every text.".into()),
        false => Ok(regex),
    }
}

fn take(size: usize, room: &mut usize) -> Result<(), String> {
    *room = room.checked_sub(size).ok_or_else(|| {
        let together = COMPILED_TOGETHER_MAX / (1024 * 1024);
        format!("is more than there is room for; all rules together take {together} MiB at most.")
    })?;
    Ok(())
}

/// The regular expressions' own errors draw the place over several lines; the last one says what is wrong.
fn in_a_line(why: &str) -> String {
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    match why.split_once('\n') {
        Some((first, rest)) => {
            let last = rest.lines().next_back().unwrap_or_default();
            format!("{} {}", words(first), words(last))
        }
        None => why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Rules::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn rules_are_a_list_of_words_patterns_and_repeats() {
        let rules = Rules::parse(
            r#"[
                { "name": "swearing", "words": ["darn"], "action": "mask", "reason": "Swearing" },
                { "regex": "[0-9]{16}", "action": "remove", "reason": "A card's number" },
                { "repeats": { "times": 3, "withinSeconds": 60 }, "action": "remove", "reason": "Again" }
            ]"#,
        );
        assert_eq!(rules.unwrap().0.len(), 3);
        assert!(Rules::parse("[]").unwrap().is_empty());
    }

    #[test]
    fn all_rules_together_are_bounded() {
        let large = r#"{ "regex": "\\w{120}", "action": "mask", "reason": "r" }"#;
        Rules::parse(&format!("[{large}]")).unwrap();
        let told = refused(&format!("[{}]", [large; 100].join(",")));
        assert!(
            told.contains(
                "is more than there is room for; all rules together take 64 MiB at most."
            ),
            "{told}"
        );
    }

    #[test]
    fn what_makes_no_sense_is_named_in_a_line() {
        for (text, expected) in [
            ("", "not a JSON array of rules: "),
            ("{}", "not a JSON array of rules: "),
            ("[5]", "rule 1: invalid type"),
            (
                r#"[{ "words": ["a"], "action": "mask", "reason": "r" }, { "action": "mask", "reason": "r" }]"#,
                "rule 2: takes one of",
            ),
            (
                r#"[{ "name": "x", "words": ["a"], "regex": "b", "action": "mask", "reason": "r" }]"#,
                "rule 1 (\"x\"): takes one of",
            ),
            (
                r#"[{ "words": ["a"], "action": "shout", "reason": "r" }]"#,
                "rule 1: unknown variant",
            ),
            (
                r#"[{ "words": ["a"], "action": "mask" }]"#,
                "rule 1: missing field `reason`",
            ),
            (
                r#"[{ "words": ["a"], "action": "mask", "reason": " " }]"#,
                "rule 1: `reason`",
            ),
            (
                r#"[{ "words": ["a"], "word": 1, "action": "mask", "reason": "r" }]"#,
                "rule 1: unknown field `word`",
            ),
            (
                r#"[{ "words": [], "action": "mask", "reason": "r" }]"#,
                "rule 1: `words`",
            ),
            (
                r#"[{ "words": ["a", ""], "action": "mask", "reason": "r" }]"#,
                "rule 1: \"\" is no word",
            ),
            (
                r#"[{ "regex": "(a", "action": "mask", "reason": "r" }]"#,
                "rule 1: is no regular expression: regex parse error: error: unclosed group",
            ),
            (
                r#"[{ "regex": "a*", "action": "mask", "reason": "r" }]"#,
                "rule 1: fits what is empty",
            ),
            (
                r#"[{ "regex": "\\w{1000}{1000}", "action": "mask", "reason": "r" }]"#,
                "rule 1: is too large",
            ),
            (
                r#"[{ "repeats": { "times": 1, "withinSeconds": 1 }, "action": "mask", "reason": "r" }]"#,
                "rule 1: `times`",
            ),
            (
                r#"[{ "repeats": { "times": 2, "withinSeconds": 0 }, "action": "mask", "reason": "r" }]"#,
                "rule 1: `withinSeconds`",
            ),
            (
                r#"[{ "repeats": { "times": 2, "withinSeconds": -1 }, "action": "mask", "reason": "r" }]"#,
                "rule 1: invalid value",
            ),
        ] {
            let told = refused(text);
            assert!(
                told.starts_with(expected) && !told.contains('\n'),
                "{text}: {told}"
            );
        }
    }
}
