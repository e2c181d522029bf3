//! A text, read with the rules.

use std::ops::Range;

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use super::{
    Measure, ModerationAction, Ruling,
    rules::{Repeats, Rule, Rules, Test},
    words::Folded,
};
use crate::domain::timestamp::Timestamp;

/// What stands for each code point that is covered.
const COVER: char = '*';

/// A text and what the rules find in it.
pub struct Reading<'t> {
    content: &'t str,
    /// Of each rule about what is in a text, where it finds that; of one that removes, the first such place.
    found: Vec<(&'t Rule, Vec<Range<usize>>)>,
}

impl Rules {
    /// What has to be known before [`Reading::judge`]: of each that is named, whether it is so.
    pub fn repeats(&self) -> impl Iterator<Item = &Repeats> {
        self.0.iter().filter_map(|rule| match &rule.test {
            Test::Match(_) | Test::Words(_) => None,
            Test::Repeats(repeats) => Some(repeats),
        })
    }

    /// Reads a text, once for everything that is asked of it.
    pub fn read<'t>(&'t self, content: &'t str) -> Reading<'t> {
        let has_words = |rule: &Rule| matches!(rule.test, Test::Words(_));
        let folded = match self.0.iter().any(has_words) {
            true => Folded::of(content.chars()),
            false => Folded::default(),
        };
        let found = self.0.iter().map(|rule| {
            let most = match rule.action {
                ModerationAction::Remove => 1,
                ModerationAction::Mask => usize::MAX,
            };
            let found = match &rule.test {
                Test::Match(regex) => {
                    let found = regex.find_iter(content).map(|found| found.range());
                    // Where it would be nothing of the text, it is nowhere.
                    found.filter(|range| !range.is_empty()).take(most).collect()
                }
                Test::Words(words) => words.found(content, &folded).take(most).collect(),
                Test::Repeats(_) => Vec::new(),
            };
            (rule, found)
        });
        Reading {
            content,
            found: found.collect(),
        }
    }
}

impl Reading<'_> {
    /// The text as it stands once the rules about what is in it have been kept; none if they leave it as it is.
    pub fn masked(&self) -> Option<String> {
        let masks = self.found.iter();
        let masks = masks.filter(|(rule, _)| rule.action == ModerationAction::Mask);
        let covered = masks.flat_map(|(_, found)| found).cloned();
        cover(self.content, covered.collect())
    }

    /// The forms in which the text may stand if it was said before: as it is, and masked. Texts that are nothing but covers between
    /// marks look alike whatever was said, and are no forms.
    pub fn forms(&self) -> Vec<String> {
        let masked = self
            .masked()
            .filter(|text| text.chars().any(says_something));
        [Some(self.content.to_owned()), masked]
            .into_iter()
            .flatten()
            .collect()
    }

    /// What is to be done about the text; none if nothing is. `repeated` answers for each of [`Rules::repeats`], in their order.
    ///
    /// The first rule that removes decides alone. Else everything that a rule masks is covered, and the reasons are told together. A
    /// text that is masked has as many code points as before.
    pub fn judge(self, repeated: &[bool], at: Timestamp) -> Option<Ruling> {
        let mut repeated = repeated.iter();
        let (mut covered, mut reasons) = (Vec::new(), Vec::<&str>::new());
        for (rule, mut found) in self.found {
            let is_repeats = matches!(rule.test, Test::Repeats(_));
            if is_repeats && repeated.next() == Some(&true) {
                found.push(0..self.content.len());
            }
            if found.is_empty() {
                continue;
            }
            if rule.action == ModerationAction::Remove {
                return Some(Ruling {
                    measure: Measure::Remove,
                    reason: rule.reason.clone(),
                    at,
                });
            }
            covered.extend(found);
            if !reasons.contains(&rule.reason.as_str()) {
                reasons.push(&rule.reason);
            }
        }
        Some(Ruling {
            measure: Measure::Mask(cover(self.content, covered)?),
            reason: reasons.join("; "),
            at,
        })
    }
}

fn says_something(c: char) -> bool {
    !c.is_whitespace()
        && !c.is_ascii_punctuation()
        && c.general_category_group() != GeneralCategoryGroup::Punctuation
}

/// The text with these parts covered, if that changes it.
fn cover(content: &str, parts: Vec<Range<usize>>) -> Option<String> {
    if parts.is_empty() {
        return None;
    }
    let mut parts = parts;
    parts.sort_unstable_by_key(|part| part.start);
    let (mut text, mut done) = (String::with_capacity(content.len()), 0);
    for part in parts {
        let begin = part.start.max(done);
        if begin >= part.end {
            continue;
        }
        text.push_str(&content[done..begin]);
        text.extend(content[begin..part.end].chars().map(|_| COVER));
        done = part.end;
    }
    text.push_str(&content[done..]);
    (text != content).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rules(list: &str) -> Rules {
        Rules::parse(list).unwrap()
    }

    fn judged(rules: &Rules, content: &str, repeated: &[bool]) -> Option<(Measure, String)> {
        let ruling = rules
            .read(content)
            .judge(repeated, Timestamp::from_millis(0))?;
        Some((ruling.measure, ruling.reason))
    }

    fn masked(rules: &Rules, content: &str) -> String {
        rules
            .read(content)
            .masked()
            .unwrap_or_else(|| content.to_owned())
    }

    fn words(words: &[&str]) -> Rules {
        let words = serde_json::to_string(words).unwrap();
        rules(&format!(
            r#"[{{ "words": {words}, "action": "mask", "reason": "Words" }}]"#
        ))
    }

    #[test]
    fn words_are_found_whole_and_in_any_case() {
        let rules = words(&["darn", "blast it", "blast", "ÄRGER", "c++", "très"]);
        for (said, stands) in [
            (
                "Darn! DARN? darned, undarn, darn_",
                "****! ****? darned, undarn, darn_",
            ),
            ("blast  it", "*********"),
            ("blast\nit or blast", "******** or *****"),
            ("so ein ärger", "so ein *****"),
            ("c++, c++x, xc++ and c", "***, c++x, xc++ and c"),
            ("tre\u{300}s, très", "*****, ****"),
            ("🙂darn🙂", "🙂****🙂"),
            ("blast items, (blast it)", "***** items, (********)"),
            ("TRE\u{300}S trè tres", "***** trè tres"),
            (
                "darn\u{300} darné édarn é darn",
                "darn\u{300} darné édarn é ****",
            ),
            ("nothing at all", "nothing at all"),
        ] {
            assert_eq!(masked(&rules, said), stands, "{said}");
        }
    }

    #[test]
    fn letters_are_found_in_all_their_cases() {
        let rules = words(&["ΣΟΦΟΣ", "straße", "한국"]);
        for (said, stands) in [
            ("σοφος σοφοσ", "***** *****"),
            ("STRAẞE strasse", "****** strasse"),
            ("한국 \u{1112}\u{1161}\u{11ab}국 한구", "** **** 한구"),
        ] {
            assert_eq!(masked(&rules, said), stands, "{said}");
        }
    }

    #[test]
    fn a_text_is_looked_for_in_the_forms_that_tell_it_from_others() {
        let rules = words(&["darn", "heck"]);
        let forms = |content| rules.read(content).forms();
        assert_eq!(forms("hello"), ["hello"]);
        assert_eq!(forms("darn it"), ["darn it", "**** it"]);
        assert_eq!(forms("darn 🙂"), ["darn 🙂", "**** 🙂"]);
        for alike in ["darn", "heck", "Darn, heck! …"] {
            assert_eq!(forms(alike), [alike]);
        }
    }

    #[test]
    fn all_masks_apply_and_their_reasons_are_told_together() {
        let rules = rules(
            r#"[
                { "words": ["darn"], "action": "mask", "reason": "Swearing" },
                { "words": ["heck"], "action": "mask", "reason": "Swearing" },
                { "regex": "darn it|[0-9]+", "action": "mask", "reason": "Numbers" }
            ]"#,
        );
        assert_eq!(
            judged(&rules, "darn it, heck 42", &[]),
            Some((
                Measure::Mask("*******, **** **".into()),
                "Swearing; Numbers".into()
            ))
        );
        assert_eq!(judged(&rules, "all well", &[]), None);
    }

    #[test]
    fn the_first_rule_that_removes_decides() {
        let rules = rules(
            r#"[
                { "words": ["darn"], "action": "mask", "reason": "Swearing" },
                { "repeats": { "times": 3, "withinSeconds": 9 }, "action": "remove", "reason": "Again" },
                { "regex": "darn it", "action": "remove", "reason": "Too much" }
            ]"#,
        );
        let removed = |reason: &str| Some((Measure::Remove, reason.to_owned()));
        assert_eq!(judged(&rules, "darn it", &[false]), removed("Too much"));
        assert_eq!(judged(&rules, "darn it", &[true]), removed("Again"));
        assert_eq!(judged(&rules, "hello", &[true]), removed("Again"));
        assert_eq!(
            judged(&rules, "darn", &[false]),
            Some((Measure::Mask("****".into()), "Swearing".into()))
        );
    }

    #[test]
    fn a_text_that_is_repeated_can_be_covered_whole() {
        let rules = rules(
            r#"[{ "repeats": { "times": 2, "withinSeconds": 9 }, "action": "mask", "reason": "Again" }]"#,
        );
        assert_eq!(
            judged(&rules, "ha ha", &[true]),
            Some((Measure::Mask("*****".into()), "Again".into()))
        );
        assert_eq!(judged(&rules, "ha ha", &[false]), None);
        assert_eq!(rules.read("ha ha").masked(), None);
        assert_eq!(rules.repeats().count(), 1);
    }

    #[test]
    fn a_match_of_nothing_is_none() {
        let rules = rules(
            r#"[{ "regex": "\\b", "action": "remove", "reason": "Never" }, { "regex": "\\b", "action": "mask", "reason": "Never" }]"#,
        );
        assert_eq!(judged(&rules, "some words", &[]), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_mask_covers_what_it_finds_and_changes_nothing_else(content in said()) {
            let rules = rules(
                r#"[
                    { "words": ["darn", "därn", "blast it"], "action": "mask", "reason": "Swearing" },
                    { "regex": "\\d+", "action": "mask", "reason": "Numbers" }
                ]"#,
            );
            let stands = masked(&rules, &content);
            prop_assert_eq!(stands.chars().count(), content.chars().count());
            for (before, after) in content.chars().zip(stands.chars()) {
                prop_assert!(after == before || after == COVER);
            }
            prop_assert!(!stands.contains(char::is_numeric) || !content.is_ascii());
            let ruling = judged(&rules, &content, &[]).map(|(measure, _)| measure);
            prop_assert_eq!(ruling, (stands != content).then_some(Measure::Mask(stands)));
        }

        #[test]
        fn words_are_covered_all_at_once(content in said()) {
            let rules = words(&["darn", "därn", "blast it", "it darn"]);
            let stands = masked(&rules, &content);
            prop_assert_eq!(rules.read(&stands).masked(), None, "{} left {}", content, stands);
        }
    }

    fn said() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            prop::sample::select(vec![
                "darn", "DÄRN", "blast it", "é🙂", " ", ", ", "7", "it"
            ])
            .prop_map(str::to_owned),
            "\\PC{0,6}",
        ];
        prop::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
    }
}
