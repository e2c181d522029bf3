//! `docs/jobs.md` shows the example as it is compiled.

const PAGE: &str = include_str!("../../docs/jobs.md");
const EXAMPLE: &str = include_str!("../../examples/word_count.rs");

#[test]
fn the_page_shows_the_example_that_is_compiled() {
    let begin = "```rust\n";
    let shown = PAGE
        .split_once(begin)
        .and_then(|(_, rest)| rest.split_once("```\n"))
        .map(|(shown, _)| shown);
    let shown = shown.expect("a block of Rust");
    assert_eq!(
        shown, EXAMPLE,
        "docs/jobs.md and examples/word_count.rs differ"
    );
}
