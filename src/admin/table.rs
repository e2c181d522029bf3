//! Text for a terminal: columns under a heading, and nothing in them that a terminal would take for an order.

use std::fmt::{Display, Write};

/// Rows under a heading, each column as wide as its widest cell; the last one is not padded.
pub(super) fn table<const COLUMNS: usize>(
    heading: [&str; COLUMNS],
    rows: impl IntoIterator<Item = [String; COLUMNS]>,
) -> String {
    let heading = heading.map(str::to_owned);
    let rows: Vec<[String; COLUMNS]> = std::iter::once(heading).chain(rows).collect();
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..COLUMNS).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(&widths);
        let padded: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        text.push_str(padded.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// Names and what they stand for, a line each.
pub(super) fn lines(lines: &[(&str, String)]) -> String {
    let width = lines.iter().map(|(name, _)| name.len()).max();
    let width = width.unwrap_or_default() + 2;
    let mut text = String::new();
    for (name, value) in lines {
        let _ = writeln!(text, "{name:<width$}{value}");
    }
    text
}

/// What may be missing, in a cell or on a line.
pub(super) fn or_dash(value: Option<impl Display>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// On one line and without control characters, which are shown as escapes.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_control() || is_bidirectional(c) {
            true => plain.extend(c.escape_default()),
            false => plain.push(c),
        }
    }
    plain
}

/// What turns the text around it.
fn is_bidirectional(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// At most so many characters; what is cut off shows as `…`.
pub(super) fn short(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_their_heading() {
        let rows = [
            ["a".to_owned(), "long cell".to_owned(), "é".to_owned()],
            ["abc".to_owned(), String::new(), String::new()],
        ];
        assert_eq!(
            table(["ID", "WHAT", "END"], rows),
            "ID   WHAT       END\na    long cell  é\nabc\n"
        );
    }

    #[test]
    fn a_terminal_gets_no_orders() {
        assert_eq!(
            plain("a\u{1b}[31m\nb\u{9b}2J\u{202e}c"),
            "a\\u{1b}[31m\\nb\\u{9b}2J\\u{202e}c"
        );
        assert_eq!(short("abcdef", 6), "abcdef");
        assert_eq!(short("abcdefg", 6), "abcde…");
    }
}
