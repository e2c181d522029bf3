//! Lists of words: where they stand alone in a text, however their letters are written.
//!
//! A text is folded once for all lists, and each list goes over it once, however many words it has and whatever the text is made of.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use unicode_normalization::{UnicodeNormalization, char::decompose_canonical};
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// What finds each of some words where it stands alone, in any case, letters with marks written in one or in two, and with any white
/// space between its parts.
#[derive(Debug)]
pub(super) struct Words(AhoCorasick);

impl Words {
    /// Of words that are not blank; or why there can be none.
    pub(super) fn of(words: &[String]) -> Result<Self, String> {
        let mut folded: Vec<String> = words
            .iter()
            .map(|word| Folded::of(word.trim().nfd()).text)
            .collect();
        folded.sort_unstable();
        folded.dedup();
        let built = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(folded);
        built.map(Self).map_err(|error| error.to_string())
    }

    /// Bytes that it takes.
    pub(super) fn size(&self) -> usize {
        self.0.memory_usage()
    }

    /// Where there is one in this text, which has been folded; the parts may overlap.
    pub(super) fn found<'t>(
        &'t self,
        content: &'t str,
        folded: &'t Folded,
    ) -> impl Iterator<Item = Range<usize>> + 't {
        let candidates = self.0.find_overlapping_iter(&folded.text);
        candidates.filter_map(move |found| {
            let range = folded.origin(found.range())?;
            let before = content[..range.start].chars().next_back();
            let after = content[range.end..].chars().next();
            let is_alone = ![before, after].into_iter().flatten().any(is_of_a_word);
            is_alone.then_some(range)
        })
    }
}

/// A text in the one form in which words are compared, and where each piece of it comes from.
#[derive(Debug, Default)]
pub(super) struct Folded {
    text: String,
    /// Of each character of the text, and of what it is made into: where each begins. Ends with the ends.
    places: Vec<(usize, usize)>,
}

impl Folded {
    /// Takes marks off their letters, makes capitals small, and white space one space.
    pub(super) fn of(characters: impl Iterator<Item = char>) -> Self {
        let mut folded = Self::default();
        let (mut origin, mut in_space) = (0, false);
        for c in characters {
            let is_space = c.is_whitespace();
            if !(is_space && in_space) {
                folded.places.push((origin, folded.text.len()));
                match is_space {
                    true => folded.text.push(' '),
                    false => decompose_canonical(c, |part| folded.text.push(small(part))),
                }
            }
            in_space = is_space;
            origin += c.len_utf8();
        }
        folded.places.push((origin, folded.text.len()));
        folded
    }

    /// The part of the text that became this one; none where it is not whole characters.
    fn origin(&self, part: Range<usize>) -> Option<Range<usize>> {
        let place = |at| {
            let index = self.places.binary_search_by_key(&at, |(_, folded)| *folded);
            index.ok().map(|index| self.places[index].0)
        };
        Some(place(part.start)?..place(part.end)?)
    }
}

/// The small form that all cases of a letter share; where that would be several letters, the letter.
fn small(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    // By the capital: there are letters with two small forms.
    let capital = only(c.to_uppercase()).unwrap_or(c);
    only(capital.to_lowercase()).unwrap_or(capital)
}

fn only(mut letters: impl Iterator<Item = char>) -> Option<char> {
    letters.next().filter(|_| letters.next().is_none())
}

/// Whether a word goes on with this character: what `\w` is in a regular expression.
fn is_of_a_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    c.is_alphabetic()
        || matches!(c, '\u{200C}' | '\u{200D}')
        || c.general_category_group() == GeneralCategoryGroup::Mark
        || matches!(
            c.general_category(),
            GeneralCategory::DecimalNumber | GeneralCategory::ConnectorPunctuation
        )
}
