//! What a command answers: JSON for a program, or words for a person; of a list, a page.

use clap::Args;
use serde::Serialize;

use super::table::table;

/// How much of a list is wanted.
#[derive(Debug, Clone, Copy, Args)]
pub struct Limit {
    /// How many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=1_000))]
    pub(super) limit: i64,
}

/// A page of a list.
pub(super) struct Page<T> {
    pub(super) shown: Vec<T>,
    more: bool,
}

impl Limit {
    /// How many are asked for: one more than is shown, which tells whether there are more.
    pub(super) fn asked(self) -> i64 {
        self.limit + 1
    }

    /// The page, of what was found when so many were asked for.
    pub(super) fn page<T>(self, mut found: Vec<T>) -> Page<T> {
        let more = found.len() as i64 > self.limit;
        found.truncate(self.limit as usize);
        Page { shown: found, more }
    }
}

impl<T> Page<T> {
    /// The last one, where there are more after it.
    pub(super) fn last_of_more(&self) -> Option<&T> {
        self.shown.last().filter(|_| self.more)
    }

    /// A row for each under a heading, and by which `option` the next page is had, where there is one; `what` there is none of, if
    /// there is none.
    pub(super) fn table<const COLUMNS: usize>(
        &self,
        what: &str,
        heading: [&str; COLUMNS],
        row: impl Fn(&T) -> [String; COLUMNS],
        next: Option<String>,
    ) -> String {
        if self.shown.is_empty() {
            return format!("No {what}.\n");
        }
        let mut text = table(heading, self.shown.iter().map(row));
        if let Some(option) = next {
            text.push_str(&format!("There are more: {option}\n"));
        }
        text
    }
}

/// The answer as it was asked for.
pub(super) fn answer(
    as_json: bool,
    value: &impl Serialize,
    words: impl FnOnce() -> String,
) -> String {
    if !as_json {
        return words();
    }
    let mut text = serde_json::to_string_pretty(value).unwrap_or_else(|_| "null".to_owned());
    text.push('\n');
    text
}
